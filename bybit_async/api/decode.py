"""Recorded answers, decoded offline by the code that decodes live ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bybit_async.api.registry import endpoint_for
from bybit_async.errors import InvalidParameter
from bybit_async.transport.answer import read_answer
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response


class _Categorised(msgspec.Struct):
    category: str | None = None


class _Peek(msgspec.Struct):
    result: _Categorised | None = None


_peek = msgspec.json.Decoder(_Peek)


def decode_rest(method: str, path: str, body: bytes, params: dict[str, Any] | None = None) -> Response[Any]:
    """Decode the body of an answer to ``method path`` into its whole `Response`.

    `params` are what the request was sent with, under Bybit's names. They matter where the answer's shape depends on
    the category; without them the category that the answer names is used.

    Raises:
        InvalidParameter: the library wraps no such endpoint.
        RequestRejected: the body is a refusal.
        AnswerUnreadable: the body is not V5.
    """
    endpoint = endpoint_for(method, path)
    if endpoint is None:
        raise InvalidParameter("path", f"no endpoint {method} {path} is known")
    return read_answer(endpoint, body, _with_category(endpoint, params or {}, body))


def _with_category(endpoint: Endpoint, params: Mapping[str, Any], body: bytes) -> Mapping[str, Any]:
    if not endpoint.variants or "category" in params:
        return params
    try:
        result = _peek.decode(body).result
    except msgspec.DecodeError:
        return params
    return params if result is None or result.category is None else {**params, "category": result.category}
