"""From the bytes of an answer to a value or one exception."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from bybit_async import drift
from bybit_async.errors import (
    AnswerUnreadable,
    AuthenticationError,
    BybitError,
    HostBanned,
    RegionBlocked,
    RequestRejected,
    ServiceBusy,
)
from bybit_async.ret_codes import AMBIGUOUS_CODES, REST_CODES, rejection
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Limit, Response

_BAN_MS = 600_000
"""Bybit asks for at least ten minutes without a request after "access too frequent"."""

_GIVEN_UP = frozenset({408, 499})

_OLD_SPELLING = {"ret_code": "retCode", "ret_msg": "retMsg", "ext_info": "retExtInfo", "time_now": "time"}


def read_answer(
    endpoint: Endpoint,
    body: bytes,
    params: Mapping[str, Any],
    *,
    status: int = 200,
    limit: Limit | None = None,
    now_ms: int = 0,
) -> Response[Any]:
    """Turn an answer into its `Response`.

    Raises:
        RequestRejected: the answer is a refusal; the subclass says what to do about it.
        AnswerUnreadable: the answer is not V5.
    """
    if status != 200:
        raise refusal_by_status(endpoint, status, body, limit=limit, now_ms=now_ms)
    tp = endpoint.result_type(params)
    try:
        answer = _typed_envelope(tp, body)
    except msgspec.ValidationError:
        answer = _repaired_envelope(endpoint, tp, _document(body), body, limit)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerUnreadable(f"not JSON: {error}", status=status, body=body) from error
    if answer.ret_code != 0:
        raise _rejected(endpoint, answer.ret_code, answer.ret_msg or "", limit)
    answer.limit = limit
    answer.raw = body
    return answer


def _typed_envelope(tp: Any, body: bytes) -> Response[Any]:
    # A caller who asked for plain objects gets them as sent, empty strings included.
    text = body if tp in (Any, dict) else drift.absent_as_null(body)
    answer: Response[Any] = _envelope_decoder(tp).decode(text)
    return answer


@cache
def _envelope_decoder(tp: Any) -> msgspec.json.Decoder[Any]:
    return drift.decoder(Response[tp])


def _document(body: bytes) -> Any:
    # What does not fit its type may, further on, be no JSON either: an answer that was cut.
    try:
        return drift.decode_untyped(drift.absent_as_null(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerUnreadable(f"not JSON: {error}", status=200, body=body) from error


def _repaired_envelope(endpoint: Endpoint, tp: Any, document: Any, body: bytes, limit: Limit | None) -> Response[Any]:
    if not isinstance(document, dict):
        raise AnswerUnreadable(f"an answer that is no object: {type(document).__name__}", body=body)
    header = {_OLD_SPELLING.get(key, key): value for key, value in document.items()}
    if "retCode" not in header:
        if not endpoint.bare:
            raise AnswerUnreadable("an answer without retCode", body=body)
        header = {"retCode": 0, "result": document}
    code = _whole(header["retCode"])
    if code is None:
        raise AnswerUnreadable(f"an answer with retCode {header['retCode']!r:.40}", body=body)
    message = header.get("retMsg")
    if code != 0:
        raise _rejected(endpoint, code, str(message or ""), limit)
    return Response(
        ret_code=0,
        ret_msg=None if message is None else str(message),
        result=drift.repair(tp, header.get("result")),
        ret_ext_info=header.get("retExtInfo"),
        time=_milliseconds(header.get("time")),
    )


def _rejected(endpoint: Endpoint, code: int, message: str, limit: Limit | None) -> RequestRejected:
    until = limit.reset if limit is not None else None
    return rejection(code, message, method=endpoint.method, path=endpoint.path, until=until)


def refusal_by_status(
    endpoint: Endpoint, status: int, body: bytes, *, limit: Limit | None = None, now_ms: int = 0
) -> BybitError:
    """Say what an HTTP status other than 200 means."""
    where = {"method": endpoint.method, "path": endpoint.path, "status": status}
    # A banned address and a blocked region differ in nothing but this phrase of the body, whatever code it names.
    if status == 403 and b"too frequent" in body.lower():
        return HostBanned(403, "access too frequent", until=now_ms + _BAN_MS, **where)  # type: ignore[arg-type]
    code, message = _code_within(body)
    # A 5xx that repeats its own status, or names a code that means nothing, comes from a gateway: it says nothing about
    # what happened to the request behind it.
    if code and (status < 500 or code in REST_CODES or code in AMBIGUOUS_CODES):
        return rejection(code, message, until=limit.reset if limit else None, **where)  # type: ignore[arg-type]
    if status == 403:
        return RegionBlocked(403, "refused before it reached the API (region, firewall, or address)", **where)  # type: ignore[arg-type]
    if status == 401:
        return AuthenticationError(401, "not authorised", **where)  # type: ignore[arg-type]
    if status == 429:
        return ServiceBusy(429, "system protection", **where)  # type: ignore[arg-type]
    # A gateway that gave up waiting may have handed the request on.
    if 400 <= status < 500 and status not in _GIVEN_UP:
        return RequestRejected(status, f"HTTP {status}", **where)  # type: ignore[arg-type]
    words = f": {code} {message}" if code else ""
    return AnswerUnreadable(f"HTTP {status} from {endpoint.path}{words}", status=status, body=body)


def _code_within(body: bytes) -> tuple[int, str]:
    try:
        document = drift.decode_untyped(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0, ""
    if not isinstance(document, dict):
        return 0, ""
    code = _whole(document.get("retCode", document.get("ret_code")))
    return code or 0, str(document.get("retMsg", document.get("ret_msg", "")))


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    # 0.5 is no code, and certainly not success; nor is what no integer of theirs can hold.
    exact = isinstance(value, str) or number == value
    return number if exact and abs(number) < 2**63 else None


def _milliseconds(value: Any) -> int | None:
    try:
        number = float(value)
        # The older services send seconds with a fraction.
        return int(number if number > 1e11 else number * 1000)
    except (TypeError, ValueError, OverflowError):
        return None


def read_limit(headers: Mapping[bytes, bytes]) -> Limit | None:
    """Read the rate limit headers; None if they are missing, and a figure is None if it is invalid."""
    if b"x-bapi-limit" not in headers and b"x-bapi-limit-status" not in headers:
        return None
    return Limit(
        total=_figure(headers.get(b"x-bapi-limit")),
        remaining=_figure(headers.get(b"x-bapi-limit-status")),
        reset=_figure(headers.get(b"x-bapi-limit-reset-timestamp")),
    )


def read_trace_id(headers: Mapping[bytes, bytes]) -> str | None:
    """Read Bybit's own id of a request, as far as it is one."""
    value = headers.get(b"traceid", b"")[:128].decode("latin-1")
    return value if value.isascii() and value.isprintable() and value else None


def _figure(value: bytes | None) -> int | None:
    return int(value) if value and value.isdigit() and len(value) < 16 else None
