"""A multipart body for file uploads, made whole because its bytes are signed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from bybit_async.errors import InvalidParameter

Files = Mapping[str, tuple[str, bytes, str]]
"""Part name → (file name, content, media type)."""


def multipart(params: Mapping[str, Any], files: Files) -> tuple[bytes, bytes]:
    """Return the body and its Content-Type.

    Raises:
        InvalidParameter: a name holds a quote or a line break, which would break out of its header.
    """
    boundary = secrets.token_hex(16).encode()
    parts: list[bytes] = []
    for name, value in params.items():
        parts += [b"--", boundary, b'\r\nContent-Disposition: form-data; name="', _safe(name, name), b'"\r\n\r\n']
        parts += [str(value).encode(), b"\r\n"]
    for name, (file_name, content, media_type) in files.items():
        parts += [b"--", boundary, b'\r\nContent-Disposition: form-data; name="', _safe(name, name)]
        parts += [b'"; filename="', _safe(file_name, name), b'"\r\nContent-Type: ', _safe(media_type, name)]
        parts += [b"\r\n\r\n", content, b"\r\n"]
    parts += [b"--", boundary, b"--\r\n"]
    return b"".join(parts), b"multipart/form-data; boundary=" + boundary


def _safe(text: str, parameter: str) -> bytes:
    if any(character in text for character in '"\r\n\0'):
        raise InvalidParameter(parameter, "a file name or media type with quotes or line breaks")
    return text.encode()
