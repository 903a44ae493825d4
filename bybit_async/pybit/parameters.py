"""Parameters as pybit's callers give them, made fit to be sent."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bybit_async.errors import InvalidParameter
from bybit_async.models.trade.requests import new_order_link_id
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.multipart import Files
from bybit_async.wire import plain

_TEXTS = frozenset({"qty", "price", "triggerPrice", "takeProfit", "stopLoss"})
_CREATE, _CREATE_BATCH, _UPLOAD = "/v5/order/create", "/v5/order/create-batch", "/v5/p2p/oss/upload_file"


def prepared(endpoint: Endpoint, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is sent: nothing that is None, numbers spelled plainly, and an order link id on every new order."""
    params = {name: _value(endpoint, name, value) for name, value in given.items() if value is not None}
    if endpoint.path == _CREATE:
        params = _named(params)
    elif endpoint.path == _CREATE_BATCH:
        params["request"] = [_named(item) for item in params.get("request", ())]
    return params


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


def _named(order: dict[str, Any]) -> dict[str, Any]:
    # By it the order is found again when its answer is lost.
    return order if order.get("orderLinkId") else {**order, "orderLinkId": new_order_link_id()}


def split_upload(endpoint: Endpoint, params: dict[str, Any]) -> tuple[dict[str, Any], Files | None]:
    """Take the file out of the parameters of an upload: a path, bytes with `filename`, or an open file.

    Raises:
        InvalidParameter: it is none of these.
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
