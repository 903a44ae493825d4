"""The router is total: any bytes become something, and odd values never raise."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async import decode_stream
from bybit_async.drift import SchemaDriftWarning, forget_reports
from bybit_async.errors import StreamError
from bybit_async.models.stream_message import StreamMessage
from bybit_async.models.stream_public import ContractTickerData, OptionTickerData, SpotTickerData, SpreadTickerData
from bybit_async.stream import router
from bybit_async.stream.frames import Junk, OrderEntryAnswer, ServerPing
from bybit_async.stream.router import route
from bybit_async.stream.topics import CHANNELS


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    forget_reports()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SchemaDriftWarning)
        yield
    forget_reports()


def test_the_order_of_keys_does_not_matter() -> None:
    first = b'{"topic":"orderbook.1.X","ts":5,"type":"snapshot","data":{"s":"X","b":[],"a":[],"u":1,"seq":2}}'
    last = b'{"data":{"seq":2,"u":1,"a":[],"b":[],"s":"X"},"type":"snapshot","ts":5,"topic":"orderbook.1.X"}'
    assert route("linear", first) == route("linear", last)


def test_book_levels_stay_the_strings_that_were_sent() -> None:
    frame = b'{"topic":"orderbook.50.X","type":"delta","ts":1,"data":{"s":"X","b":[["1.10","0.00"]],"a":[],"u":2}}'
    message = decode_stream("linear", frame)
    assert message.data.bids == [("1.10", "0.00")]


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("spot", SpotTickerData), ("linear", ContractTickerData), ("inverse", ContractTickerData),
     ("option", OptionTickerData), ("spread", SpreadTickerData)],
)  # fmt: skip
def test_a_ticker_is_typed_by_its_channel(channel: str, expected: type) -> None:
    message = decode_stream(channel, b'{"topic":"tickers.X","ts":1,"data":{"symbol":"X","lastPrice":"1"}}')
    assert type(message.data) is expected


def test_a_ticker_delta_names_what_it_carried_and_empty_is_not_absent() -> None:
    frame = b'{"topic":"tickers.X","type":"delta","ts":1,"data":{"symbol":"X","fundingRate":"","bid1Price":"0"}}'
    data = decode_stream("linear", frame).data
    assert set(data.changed) == {"symbol", "funding_rate", "bid1_price"}
    assert data.funding_rate is None
    assert data.bid1_price == Decimal(0)


def test_an_unknown_topic_comes_out_untyped() -> None:
    message = decode_stream("linear", b'{"topic":"moonPhase.BTC","ts":1,"data":{"full":true,"x":1.10}}')
    assert message.topic == "moonPhase.BTC"
    assert message.data == {"full": True, "x": pytest.approx(1.1)}


def test_an_unknown_word_and_a_missing_field_are_kept_and_repaired() -> None:
    order = {"symbol": "X", "orderId": 12, "side": "Sideways", "orderStatus": "Pondering", "qty": "abc"}
    data = decode_stream("private", json.dumps({"topic": "order", "creationTime": "5", "data": [order]}).encode()).data
    assert (data[0].side, data[0].order_status, data[0].order_id, data[0].qty) == ("Sideways", "Pondering", "12", "abc")
    trade = {"topic": "publicTrade.X", "ts": 1, "data": [{"s": "X", "p": "1"}]}
    assert decode_stream("linear", json.dumps(trade).encode()).data[0].price == Decimal(1)


@pytest.mark.parametrize(
    "frame",
    [b"", b"{}", b"[]", b"null", b"1", b"nonsense", b"\xff\xfe\x00", b'{"topic":"', b'{"topic":"\xff"}', b'{"op":5}',
     b"[" * 100_000, b'{"topic":"a","data":' + b"[" * 100_000, b'{"topic":7}'],
    ids=str,
)  # fmt: skip
def test_junk_is_named_as_such(frame: bytes) -> None:
    found = route("linear", frame)
    assert isinstance(found, Junk)
    assert len(found.head) <= 200
    with pytest.raises(StreamError, match="not a stream frame"):
        decode_stream("linear", frame)


def test_a_ping_of_the_server_and_an_order_entry_answer_without_an_op() -> None:
    assert route("linear", b'{"op":"ping","req_id":"7"}') == ServerPing("7")
    found = route("trade", b'{"retCode":10404,"retMsg":"op","connId":"c"}')
    assert isinstance(found, OrderEntryAnswer)
    assert found.ret_code == 10404


@given(st.sampled_from(CHANNELS), st.binary(max_size=300))
def test_any_bytes_become_something(channel: str, frame: bytes) -> None:
    assert route(channel, frame) is not None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
TOPICS = [
    "orderbook.50.X", "orderbook.rpi.X", "publicTrade.X", "tickers.X", "kline.1.X", "order", "execution", "position",
    "wallet", "priceLimit.X", "insurance.USDT", "adlAlert.USDT", "system.status", "spread.order", "rfq.open.rfqs",
]  # fmt: skip
KEYS = [
    "s", "b", "a", "u", "seq", "T", "S", "v", "p", "i", "symbol", "side", "orderId", "size", "coin", "legs", "start",
]  # fmt: skip


@given(
    st.sampled_from(CHANNELS),
    st.sampled_from(TOPICS),
    st.sampled_from(["snapshot", "delta", None, 5]),
    VALUES | st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)
    | st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), max_size=2),
)  # fmt: skip
def test_known_topics_survive_any_data(channel: str, topic: str, kind: Any, data: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SchemaDriftWarning)
        found = route(channel, json.dumps({"topic": topic, "type": kind, "ts": 1, "data": data}).encode())
    assert isinstance(found, StreamMessage | Junk)


def test_topics_without_end_are_not_all_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "_routes", {})
    monkeypatch.setattr(router, "_MOST_ROUTES", 5)
    for number in range(100):
        message = decode_stream("linear", b'{"topic":"publicTrade.X%d","ts":1,"data":[]}' % number)
        assert (message.topic, message.data) == (f"publicTrade.X{number}", [])
        assert len(router._routes["linear"]) <= 5


def test_a_code_that_is_no_number_is_none() -> None:
    codes = [route("trade", b'{"op":"order.create","retCode":%s}' % code) for code in (b"true", b'"-7"', b"{}", b"9")]
    assert [found.ret_code for found in codes if isinstance(found, OrderEntryAnswer)] == [None, -7, None, 9]


@pytest.mark.parametrize("empty", ["type", "id", "both"])
def test_an_empty_type_or_id_is_absent_where_no_field_may_be_empty(empty: str) -> None:
    fields = {"type": "snapshot", "id": "i"}
    for name in fields if empty == "both" else [empty]:
        fields[name] = ""
    body = {"topic": "orderbook.50.X", **fields, "ts": 1, "data": {"s": "X", "b": [["1", "2"]], "a": [], "u": 1}}
    message = decode_stream("linear", json.dumps(body, separators=(",", ":")).encode())
    assert (message.type, message.id) == tuple(fields[name] or None for name in ("type", "id"))
    assert message.data.bids == [("1", "2")]
