"""The frames of order entry: a request as it is sent, an answer as what it means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bybit_async import drift
from bybit_async.errors import AnswerUnreadable
from bybit_async.ret_codes import ORDER_ENTRY_CODES, rejection
from bybit_async.stream.frames import OrderEntryAnswer
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Limit, Response

OPERATIONS: Mapping[str, str] = {
    "/v5/order/create": "order.create",
    "/v5/order/amend": "order.amend",
    "/v5/order/cancel": "order.cancel",
    "/v5/order/create-batch": "order.create-batch",
    "/v5/order/amend-batch": "order.amend-batch",
    "/v5/order/cancel-batch": "order.cancel-batch",
}
"""The REST endpoints that the socket offers, and what it calls them."""


def request_frame(
    req_id: str, op: str, params: Mapping[str, Any], *, timestamp: int, recv_window: int, referer: str | None
) -> bytes:
    """Return a request as it is sent; `timestamp` and `recv_window` in milliseconds."""
    header = {"X-BAPI-TIMESTAMP": str(timestamp), "X-BAPI-RECV-WINDOW": str(recv_window)}
    if referer is not None:
        header["Referer"] = referer
    return _encoder.encode({"reqId": req_id, "header": header, "op": op, "args": [params]})


def read_answer(endpoint: Endpoint, op: str, params: Mapping[str, Any], answer: OrderEntryAnswer) -> Response[Any]:
    """Return an accepted answer as the `Response` that REST would have given.

    Raises:
        RequestRejected: it is a refusal.
        AnswerUnreadable: it has no code.
    """
    if answer.ret_code is None:
        raise AnswerUnreadable("an answer without retCode")
    limit = limit_of(answer)
    if answer.ret_code != 0:
        raise rejection(
            answer.ret_code, answer.ret_msg or "", method=op, path="trade", codes=ORDER_ENTRY_CODES,
            until=limit.reset if limit else None,
        )  # fmt: skip
    body = _encoder.encode(answer.data)
    return Response(
        ret_code=0,
        ret_msg=answer.ret_msg,
        result=drift.decode(body, endpoint.result_type(params)),
        ret_ext_info=answer.ret_ext_info,
        time=_number(answer.header.get("Timenow")),
        limit=limit,
        raw=body,
    )


def limit_of(answer: OrderEntryAnswer) -> Limit | None:
    """Return what an answer's header says of the rate limit; None when it says nothing."""
    header = answer.header
    if "X-Bapi-Limit" not in header and "X-Bapi-Limit-Status" not in header:
        return None
    return Limit(
        total=_number(header.get("X-Bapi-Limit")),
        remaining=_number(header.get("X-Bapi-Limit-Status")),
        reset=_number(header.get("X-Bapi-Limit-Reset-Timestamp")),
    )


def trace_id_of(answer: OrderEntryAnswer) -> str | None:
    """Return Bybit's own id of a request, from its answer, as far as it is one."""
    value = answer.header.get("Traceid")
    return value[:128] if isinstance(value, str) and value.isascii() and value.isprintable() and value else None


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


_encoder = msgspec.json.Encoder(decimal_format="string")
