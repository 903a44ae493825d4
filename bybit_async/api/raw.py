"""Requests to endpoints that the library does not wrap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from bybit_async.errors import InvalidParameter
from bybit_async.models.checks import one_of
from bybit_async.models.trade.requests import order_kind, with_order_link_ids
from bybit_async.transport.endpoint import Endpoint, Method

R = TypeVar("R")


def raw_request(
    method: Method, path: str, params: Mapping[str, Any] | None, *, signed: bool, result: type[R]
) -> tuple[Endpoint[R], dict[str, Any]]:
    """Return the endpoint and the parameters of a request; orders get an order link id when they lack one.

    Raises:
        InvalidParameter: the method or path is invalid.
    """
    one_of(method, get_args(Method), "method")
    if not path.startswith("/") or not path.isascii() or not path.isprintable() or set(path) & set(" ?#"):
        raise InvalidParameter("path", f"expected a path without a query, as /v5/market/time, got {path!r}")
    given = {name: value for name, value in (params or {}).items() if value is not None}
    if order_kind(path) == "create":
        given = with_order_link_ids(given)
    endpoint = Endpoint(
        method=method,
        path=path,
        name=f"{method} {path}",
        result=result,
        signed=signed,
        write=method == "POST",
        # A batch costs as many requests as it has items, whichever way it was built.
        batch="request" if isinstance(given.get("request"), list) else "",
    )
    return endpoint, given
