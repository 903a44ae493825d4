"""Candles: traded, mark, index and premium index prices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypedDict

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.market.candles import INTERVALS, Row
from bybit_async.simulator.market.klines import bounds, candles, warm
from bybit_async.simulator.market.quotation import Quotation, spelled_premium
from bybit_async.simulator.market.tape import Tape
from bybit_async.simulator.rest.call import Endpoint, Preparation, RestCall, Route


class _AskedSpan(TypedDict):
    """Which candles are asked for, as `candles` and `bounds` take it."""

    start: int | None
    end: int | None
    limit: int
    launch: int


class _Series(NamedTuple):
    """One kind of candles: where its tape is, how a row is spelled, and which categories have it."""

    tape: Callable[[Quotation], Tape]
    wire: Callable[[Quotation, Row], list[str]]
    categories: tuple[str, ...] = ("linear", "inverse")


def get_kline(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/kline`."""
    return _answer(call, _TRADED)


def get_mark_kline(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/mark-price-kline`."""
    return _answer(call, _MARK)


def get_index_kline(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/index-price-kline`."""
    return _answer(call, _INDEX)


def get_premium_kline(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/premium-index-price-kline`."""
    return _answer(call, _PREMIUM)


def _answer(call: RestCall, series: _Series) -> dict[str, Any]:
    quotation, interval, window = _read(call, series)
    found = candles(series.tape(quotation), interval, **window)
    return {
        "symbol": quotation.instrument.symbol,
        "category": quotation.instrument.category,
        "list": [[str(opened), *series.wire(quotation, row)] for opened, row in found],
    }


def _prepare(series: _Series) -> Preparation:
    def prepare(call: RestCall) -> Iterator[None]:
        quotation, interval, window = _read(call, series)
        tape = series.tape(quotation)
        oldest, newest = bounds(tape, interval, **window)
        if oldest <= newest:
            yield from warm(tape, interval, oldest, newest)

    return prepare


def _read(call: RestCall, series: _Series) -> tuple[Quotation, str, _AskedSpan]:
    params = call.params
    listing = call.listing(params.category(*series.categories, default="linear"))
    interval = params.choice("interval", INTERVALS)
    start, end = params.optional_integer("start"), params.optional_integer("end")
    if start is not None and end is not None and start > end:
        raise refusals.parameter("start is after end")
    quotation = call.venue.market.quotations[listing.instrument.key]
    quotation.last.roll(call.now)
    limit = params.limit(200, 1000)
    return quotation, interval, {"start": start, "end": end, "limit": limit, "launch": listing.instrument.launch_ms}


def _priced(quotation: Quotation, row: Row) -> list[str]:
    return [quotation.spell(ticks) for ticks in row[:4]]


def _traded(quotation: Quotation, row: Row) -> list[str]:
    volume, turnover = quotation.volume(row[4]), quotation.turnover(row[5])
    return [*_priced(quotation, row), format(volume, "f"), format(turnover, "f")]


def _premium(_: Quotation, row: Row) -> list[str]:
    return [spelled_premium(millionths) for millionths in row[:4]]


_TRADED = _Series(lambda quotation: quotation.last, _traded, ("linear", "inverse", "spot"))
_MARK = _Series(lambda quotation: quotation.mark, _priced)
_INDEX = _Series(lambda quotation: quotation.index, _priced)
_PREMIUM = _Series(lambda quotation: quotation.premiums, _premium, ("linear",))


def _route(path: str, endpoint: Endpoint, series: _Series) -> Route:
    return Route("GET", path, endpoint, signed=False, prepare=_prepare(series))


ROUTES = (
    _route("/v5/market/kline", get_kline, _TRADED),
    _route("/v5/market/mark-price-kline", get_mark_kline, _MARK),
    _route("/v5/market/index-price-kline", get_index_kline, _INDEX),
    _route("/v5/market/premium-index-price-kline", get_premium_kline, _PREMIUM),
)
