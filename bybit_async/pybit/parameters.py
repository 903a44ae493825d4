"""Parameters as pybit's callers give them, made fit to be sent."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bybit_async.api.p2p.orders import UPLOAD_CHAT_FILE
from bybit_async.errors import InvalidParameter
from bybit_async.models.trade.requests import PlaceOrder, numbers_of, order_kind, with_order_link_ids
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.multipart import Files
from bybit_async.wire import plain, wire_name

_TEXTS = frozenset(map(wire_name, numbers_of(PlaceOrder)))
_UPLOAD = UPLOAD_CHAT_FILE.path


def prepared(endpoint: Endpoint, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is sent: nothing that is None, numbers spelled plainly, and an order link id on every new order."""
    params = {name: _value(endpoint, name, value) for name, value in given.items() if value is not None}
    return with_order_link_ids(params) if order_kind(endpoint.path) == "create" else params


def _value(endpoint: Endpoint, name: str, value: Any) -> Any:
    if endpoint.method == "GET":
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if name in _TEXTS and not isinstance(value, str):
        return plain(value, name)
    if name == "positionIdx":
        return int(value)
    if name == "request" and isinstance(value, list | tuple):
        return [{key: _value(endpoint, key, held) for key, held in item.items()} for item in value]
    return value


def split_upload(endpoint: Endpoint, params: dict[str, Any]) -> tuple[dict[str, Any], Files | None]:
    """Take the file out of the parameters of an upload: a path, bytes with `filename`, or an open file.

    Raises:
        InvalidParameter: it is something else.
    """
    if endpoint.path != _UPLOAD:
        return params, None
    rest = dict(params)
    source, name = rest.pop("upload_file", None), rest.pop("filename", None)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        source, name = path.read_bytes(), name or path.name
    elif hasattr(source, "read"):
        name = name or getattr(source, "name", None)
        source = source.read()
    if not isinstance(source, bytes | bytearray | memoryview) or not name:
        raise InvalidParameter("upload_file", "expected a path, an open file, or bytes with `filename`")
    kind = mimetypes.guess_type(str(name))[0] or "application/octet-stream"
    return rest, {"upload_file": (Path(str(name)).name, bytes(source), kind)}
