"""Answers read the same wherever their bytes are cut: every split, at every byte, of recorded conversations."""

from __future__ import annotations

import gzip
import random

import pytest

from bybit_async.errors import AnswerLost, AnswerUnreadable
from bybit_async.transport.carrier import RawAnswer
from bybit_async.transport.http1 import _HttpConnection
from tests.transport.wire import Wire

BODY = b'{"retCode":0,"retMsg":"OK","result":{"orderId":"1","orderLinkId":"a\xc3\xa9"},"retExtInfo":{},"time":17}'
LIMITS = b"Content-Type: application/json; charset=utf-8\r\nX-Bapi-Limit: 10\r\nX-Bapi-Limit-Status: 9\r\n"


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


PACKED = gzip.compress(BODY, mtime=0)
ANSWERS = {
    "plain": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b" % (len(BODY), LIMITS, BODY),
    "chunked": b"HTTP/1.1 200 OK\r\n%bTransfer-Encoding: chunked\r\n\r\n%b" % (LIMITS, chunked(BODY, 17)),
    "gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(PACKED), PACKED),
    "gzip in chunks": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunked(PACKED, 11),
    "interim first": b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY),
    "refusal": b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(BODY), BODY),
}  # fmt: skip


def connection() -> _HttpConnection:
    made = _HttpConnection(b"host", 1_000_000, lambda made: None, lambda lost: None)
    made.connection_made(Wire())
    return made


def read(made: _HttpConnection, pieces: list[bytes], *, lost: bool = False) -> RawAnswer | Exception:
    answer = made.send("GET", b"/", [], b"")
    for piece in pieces:
        made.data_received(piece)
    if lost:
        made.connection_lost(None)
    assert answer.done()
    error = answer.exception()
    assert error is None or isinstance(error, Exception)
    return answer.result() if error is None else error


@pytest.mark.parametrize("name", sorted(ANSWERS))
async def test_every_split_of_an_answer_reads_the_same(name: str) -> None:
    data = ANSWERS[name]
    whole = read(connection(), [data])
    assert isinstance(whole, RawAnswer)
    assert whole.body == BODY
    for at in range(1, len(data)):
        assert read(connection(), [data[:at], data[at:]]) == whole, at
    assert read(connection(), [data[at : at + 1] for at in range(len(data))]) == whole


async def test_answers_of_one_connection_do_not_leak_into_each_other_however_they_are_cut() -> None:
    chance, made = random.Random(2), connection()
    kept = [answer for name, answer in ANSWERS.items() if name != "refusal"]
    for _ in range(300):
        data = chance.choice(kept)
        cuts = sorted(chance.sample(range(1, len(data)), chance.randint(0, 6)))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        answer = read(made, pieces)
        assert isinstance(answer, RawAnswer)
        assert answer.body == BODY
        assert (b"x-bapi-limit" in answer.headers) == (LIMITS in data)
        assert made.usable


@pytest.mark.parametrize("name", ["plain", "chunked", "gzip", "gzip in chunks"])
async def test_an_answer_that_stops_anywhere_is_lost_never_short(name: str) -> None:
    data = ANSWERS[name]
    for at in range(len(data)):
        error = read(connection(), [data[:at]] if at else [], lost=True)
        assert isinstance(error, AnswerLost | AnswerUnreadable), at
