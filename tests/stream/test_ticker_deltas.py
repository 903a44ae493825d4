"""A ticker delta says what the typed decoder says, and which fields it carried."""

from __future__ import annotations

import json
import warnings
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.drift import SchemaDriftWarning, absent_as_null
from bybit_async.models.stream_message import StreamMessage
from bybit_async.models.stream_public import ContractTickerData
from bybit_async.stream.router import route
from bybit_async.stream.ticker_deltas import TickerDeltas

FIELDS = {field.encode_name: field for field in msgspec.structs.fields(ContractTickerData)}
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4).map(lambda number: format(number, "f"))
WHOLE = {"nextFundingTime", "fundingIntervalHour"}
TEXTS = {"deliveryTime": "2026-11-21T00:00:00Z", "tickDirection": "PlusTick", "curPreListingPhase": "NotStarted"}
typed = msgspec.json.Decoder(StreamMessage[ContractTickerData], strict=False).decode


def values(name: str) -> st.SearchStrategy[Any]:
    if name in TEXTS:
        return st.sampled_from([TEXTS[name], "", None])
    if name in WHOLE:
        return st.sampled_from(["8", 8, "", None])
    return st.one_of(NUMBERS, st.just(""), st.none(), st.integers(-5, 5))


@st.composite
def deltas(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(FIELDS.keys() - {"symbol"})), unique=True, max_size=8))
    data = {"symbol": "BTCUSDT"} | {name: draw(values(name)) for name in names if not name.startswith("~")}
    return dict(draw(st.permutations(list(data.items()))))


def frame(data: dict[str, Any], **envelope: Any) -> bytes:
    message = {"topic": "tickers.BTCUSDT", "type": "delta", "data": data, "cs": 5, "ts": 7, **envelope}
    return json.dumps(message, separators=(",", ":")).encode()


@given(deltas())
def test_a_delta_reads_like_any_message(data: dict[str, Any]) -> None:
    sent = frame(data)
    found, expected = route("linear", sent), typed(absent_as_null(sent))
    assert isinstance(found, StreamMessage)
    assert found.data.changed == tuple(FIELDS[name].name for name in data)
    assert msgspec.structs.replace(found.data, changed=()) == expected.data
    assert (found.topic, found.type, found.cs, found.ts) == ("tickers.BTCUSDT", "delta", 5, 7)


def test_an_unknown_field_is_left_out() -> None:
    found = route("linear", frame({"symbol": "BTCUSDT", "newField": "1", "lastPrice": "2.50"}))
    assert isinstance(found, StreamMessage)
    assert found.data.changed == ("symbol", "last_price")
    assert found.data.last_price == Decimal("2.50")


@pytest.mark.parametrize("value", ["much", [1], {"a": 1}, True])
def test_a_value_that_is_no_number_is_kept_and_reported(value: Any) -> None:
    with pytest.warns(SchemaDriftWarning):
        # Each field is reported once per process.
        found = route("linear", frame({"symbol": "BTCUSDT", FRESH.pop(): value, "lastPrice": "2"}))
    assert isinstance(found, StreamMessage)
    assert found.data.last_price == 2


@pytest.mark.parametrize("data", [{"symbol": ""}, {"symbol": "X", "deliveryTime": 5}], ids=str)
def test_what_is_not_as_documented_is_left_to_the_typed_decoder(data: dict[str, Any]) -> None:
    sent = frame(data)
    assert TickerDeltas(ContractTickerData).read(sent) is None
    assert TickerDeltas(ContractTickerData).read(frame({"symbol": "X", "deliveryTime": "5"})) is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SchemaDriftWarning)
        found = route("linear", sent)
    assert isinstance(found, StreamMessage)
    assert found.data.symbol == data["symbol"]


def test_sets_of_fields_without_end_are_not_all_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bybit_async.stream.ticker_deltas._MOST_SHAPES", 3)
    deltas = TickerDeltas(ContractTickerData)
    for name in sorted(name for name in FIELDS if name != "symbol" and not name.startswith("~")):
        found = deltas.read(frame({"symbol": "X", name: None}))
        assert found is not None
        assert found.data.changed == ("symbol", FIELDS[name].name)
        assert len(deltas._shapes) <= 3


FRESH = ["openInterest", "openInterestValue", "fundingRate", "basis"]


def test_a_ticker_does_not_change_under_the_eyes_of_its_reader() -> None:
    first = route("linear", frame({"symbol": "BTCUSDT", "lastPrice": "1"}))
    second = route("linear", frame({"symbol": "BTCUSDT", "lastPrice": "2"}))
    assert isinstance(first, StreamMessage)
    assert isinstance(second, StreamMessage)
    assert (first.data.last_price, second.data.last_price) == (1, 2)
