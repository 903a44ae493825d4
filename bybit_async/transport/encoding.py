"""Parameters as they are signed and sent: a query string, or a JSON body."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from bybit_async.wire import plain

json_body: Callable[[Any], bytes] = msgspec.json.Encoder(decimal_format="string").encode
"""Encodes a JSON body; numbers given as `Decimal` go out as plain decimal text."""


def query_string(params: Mapping[str, Any]) -> bytes:
    """Encode the parameters of a GET; a cursor that came percent-encoded stays as it came."""
    parts = []
    for name, value in params.items():
        safe = "%" if name == "cursor" else ""
        parts.append(f"{quote(name, safe='')}={quote(_text(value), safe=safe)}")
    return "&".join(parts).encode("ascii")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | float):
        return plain(value)
    if isinstance(value, list | tuple):
        return ",".join(_text(item) for item in value)
    return str(value)
