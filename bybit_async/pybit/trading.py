"""`WebSocketTrading`: pybit's orders over a socket, answered by callback."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from bybit_async.errors import BybitError, OutcomeUnknown, RequestRejected
from bybit_async.pybit.exceptions import UnauthorizedExceptionError
from bybit_async.pybit.feeds import Callback
from bybit_async.pybit.names import methods
from bybit_async.pybit.parameters import prepared
from bybit_async.pybit.raw import data_of
from bybit_async.pybit.websocket import Socket
from bybit_async.secret import hide_secret
from bybit_async.stream.frames import OrderEntryAnswer
from bybit_async.stream.orders.frames import OPERATIONS
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response

log: logging.Logger = logging.getLogger("bybit_async.pybit")

_UNKNOWN = 10016
"""Bybit's own code for "the service did not answer": what an order whose outcome is unknown is reported with."""
_FAILED = -1


class WebSocketTrading(Socket):
    """Orders over the trade socket: `place_order`, `amend_order`, `cancel_order` and their batches.

    Each takes a `callback` for the accepted answer, an `error_callback` for any other, and the order's parameters under
    Bybit's own names; it returns at once. An order whose answer is lost is looked up; when that tells nothing, the
    error callback gets a message with retCode 10016, and -1 when it certainly was not sent.
    """

    def __init__(self, recv_window: int = 0, referral_id: str = "", **options: Any) -> None:
        hide_secret(options)
        if not options.get("api_key") or not options.get("api_secret"):
            raise UnauthorizedExceptionError("orders need api_key and api_secret")
        super().__init__(recv_window=recv_window or 5000, referral_id=referral_id or None, **options)
        self._sending: set[asyncio.Task[None]] = set()
        self._link.portal.run(self._session.order_entry.connect)

    def __getattr__(self, name: str) -> Callable[..., None]:
        endpoint = None if name.startswith("_") else methods().get(name)
        if endpoint is None or endpoint.path not in OPERATIONS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        found = endpoint

        def method(callback: Callback, error_callback: Callback | None = None, **parameters: Any) -> None:
            self._send(found, callback, error_callback, parameters)

        method.__name__ = method.__qualname__ = name
        method.__doc__ = f"`{OPERATIONS[endpoint.path]}`"
        return method

    def _send(
        self, endpoint: Endpoint, callback: Callback, error_callback: Callback | None, given: dict[str, Any]
    ) -> None:
        params = prepared(endpoint, given)

        def start() -> None:
            task = asyncio.create_task(self._answer(endpoint, params, callback, error_callback))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

        self._link.portal.run(start)

    async def _answer(
        self, endpoint: Endpoint, params: dict[str, Any], callback: Callback, error_callback: Callback | None
    ) -> None:
        answers: list[OrderEntryAnswer] = []
        op = OPERATIONS[endpoint.path]
        entry = self._session.order_entry.entry
        try:
            response = await entry.call(endpoint, params, on_answer=answers.append)
        except BybitError as error:
            refused = isinstance(error, RequestRejected) and answers and answers[-1].ret_code == error.ret_code
            message = _message(answers[-1]) if refused else _made_up(op, params, error)
            log.warning("%s was not accepted: %s", op, error)
            if error_callback is not None:
                self._feeds.put(error_callback, message, time.monotonic_ns())
            return
        # What was found out by asking has no body of its own.
        message = _message(answers[-1]) if response.raw else _found_out(op, response)
        self._feeds.put(callback, message, time.monotonic_ns())


def _message(answer: OrderEntryAnswer) -> dict[str, Any]:
    message: dict[str, Any] = {
        "reqId": answer.req_id,
        "retCode": answer.ret_code,
        "retMsg": answer.ret_msg,
        "op": answer.op,
        "data": answer.data,
        "header": answer.header,
        "connId": answer.conn_id,
    }
    if answer.ret_ext_info is not None:
        message["retExtInfo"] = answer.ret_ext_info
    return message


def _made_up(op: str, params: Mapping[str, Any], error: BybitError) -> dict[str, Any]:
    code = getattr(error, "ret_code", None) or (_UNKNOWN if isinstance(error, OutcomeUnknown) else _FAILED)
    ids = {name: params[name] for name in ("orderId", "orderLinkId") if name in params}
    return {"reqId": None, "retCode": code, "retMsg": str(error), "op": op, "data": ids, "header": {}, "connId": None}


def _found_out(op: str, response: Response[Any]) -> dict[str, Any]:
    message = {"reqId": None, "retCode": 0, "retMsg": "OK", "op": op, "data": data_of(response.result)}
    if response.ret_ext_info is not None:
        message["retExtInfo"] = response.ret_ext_info
    return {**message, "header": {}, "connId": None}
