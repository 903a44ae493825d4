"""What a failure means, as a table."""

from __future__ import annotations

from typing import Any

import pytest

from bybit_async.errors import (
    AnswerLost,
    AnswerUnreadable,
    BybitError,
    DeadlineExceeded,
    HostBanned,
    InvalidParameter,
    NotSent,
    SessionClosed,
)
from bybit_async.ret_codes import ORDER_ENTRY_CODES, rejection
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.policy import Attempt, Consequence, consequence

READ = get("/v5/market/tickers", "market.get_tickers", dict)
WRITE = post("/v5/order/create", "trade.place_order", dict)
AGAIN, RAISE, UNKNOWN = Consequence.AGAIN, Consequence.RAISE, Consequence.UNKNOWN


def code(ret_code: int) -> BybitError:
    return rejection(ret_code, "no")


def on_socket(ret_code: int) -> BybitError:
    return rejection(ret_code, "no", codes=ORDER_ENTRY_CODES)


TABLE: list[tuple[BybitError, Consequence, Consequence]] = [
    # failure, a read, a write
    (NotSent("x"), AGAIN, AGAIN),
    (DeadlineExceeded("x"), RAISE, RAISE),
    (AnswerLost("x"), AGAIN, UNKNOWN),
    (AnswerUnreadable("x", status=502), AGAIN, UNKNOWN),
    (AnswerUnreadable("x", status=500), AGAIN, UNKNOWN),
    (AnswerUnreadable("x", status=200), RAISE, UNKNOWN),
    (AnswerUnreadable("x", status=499), RAISE, UNKNOWN),
    (code(10006), AGAIN, AGAIN),
    (HostBanned(403, "x"), RAISE, RAISE),
    (code(10002), AGAIN, AGAIN),
    (code(429), AGAIN, RAISE),
    (code(10016), AGAIN, UNKNOWN),
    (code(170007), AGAIN, UNKNOWN),
    (code(110007), RAISE, RAISE),
    (code(110001), RAISE, RAISE),
    (code(110072), RAISE, RAISE),
    (code(10003), RAISE, RAISE),
    (on_socket(10019), AGAIN, AGAIN),
    (on_socket(10003), AGAIN, RAISE),
    (code(10019), RAISE, RAISE),
    (SessionClosed("x"), RAISE, RAISE),
    (InvalidParameter("x", "y"), RAISE, RAISE),
]


@pytest.mark.parametrize(("error", "read", "write"), TABLE, ids=lambda value: str(value)[:30])
def test_a_first_attempt(error: BybitError, read: Consequence, write: Consequence) -> None:
    first = Attempt(1, 4)
    assert consequence(error, first, READ) is read
    assert consequence(error, first, WRITE) is write


@pytest.mark.parametrize(("error", "read", "write"), TABLE, ids=lambda value: str(value)[:30])
def test_the_last_attempt_is_not_followed_by_another(error: BybitError, read: Consequence, write: Consequence) -> None:
    for number, most in ((4, 4), (1, 1)):
        last = Attempt(number, most)
        for endpoint, first_time in ((READ, read), (WRITE, write)):
            found = consequence(error, last, endpoint)
            assert found is (RAISE if first_time is AGAIN else first_time)


@pytest.mark.parametrize(("attempt", "expected"), [(Attempt(2, 4), AGAIN), (Attempt(2, 4, True), RAISE)])
def test_a_second_refusal_of_the_timestamp_is_final(attempt: Any, expected: Consequence) -> None:
    assert consequence(code(10002), attempt, WRITE) is expected


def test_a_duplicate_id_is_a_refusal_whose_meaning_the_resolution_finds_out() -> None:
    for number in (1, 2):
        assert consequence(code(110072), Attempt(number, 4), WRITE) is RAISE
