"""Candles: traded, mark, index and premium index prices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bybit_async.simulator import refusals
from bybit_async.simulator.market.candles import INTERVALS, Row
from bybit_async.simulator.market.klines import candles
from bybit_async.simulator.market.quotation import Quotation, spelled_premium
from bybit_async.simulator.market.tape import Tape
from bybit_async.simulator.rest.call import Call, Route


def get_kline(call: Call) -> dict[str, Any]:
    """`GET /v5/market/kline`."""
    category = call.params.category("linear", "inverse", "spot", default="linear")
    return _answer(call, category, lambda quotation: quotation.last, _traded)


def get_mark_kline(call: Call) -> dict[str, Any]:
    """`GET /v5/market/mark-price-kline`."""
    category = call.params.category("linear", "inverse", default="linear")
    return _answer(call, category, lambda quotation: quotation.mark, _priced)


def get_index_kline(call: Call) -> dict[str, Any]:
    """`GET /v5/market/index-price-kline`."""
    category = call.params.category("linear", "inverse", default="linear")
    return _answer(call, category, lambda quotation: quotation.index, _priced)


def get_premium_kline(call: Call) -> dict[str, Any]:
    """`GET /v5/market/premium-index-price-kline`."""
    category = call.params.category("linear", default="linear")
    return _answer(call, category, lambda quotation: quotation.premiums, _premium)


def _answer(
    call: Call, category: str, tape: Callable[[Quotation], Tape], wire: Callable[[Quotation, Row], list[str]]
) -> dict[str, Any]:
    params = call.params
    listing = call.listing(category)
    interval = params.choice("interval", INTERVALS)
    start, end = params.optional_integer("start"), params.optional_integer("end")
    if start is not None and end is not None and start > end:
        raise refusals.parameter("start is after end")
    quotation = call.exchange.market.quotations[listing.instrument.key]
    quotation.last.roll(call.now)
    found = candles(
        tape(quotation),
        interval,
        start=start,
        end=end,
        limit=params.limit(200, 1000),
        launch=listing.instrument.launch_ms,
    )
    return {
        "symbol": listing.instrument.symbol,
        "category": category,
        "list": [[str(opened), *wire(quotation, row)] for opened, row in found],
    }


def _priced(quotation: Quotation, row: Row) -> list[str]:
    return [quotation.spell(ticks) for ticks in row[:4]]


def _traded(quotation: Quotation, row: Row) -> list[str]:
    volume, turnover = quotation.volume(row[4]), quotation.turnover(row[5])
    return [*_priced(quotation, row), format(volume, "f"), format(turnover, "f")]


def _premium(_: Quotation, row: Row) -> list[str]:
    return [spelled_premium(millionths) for millionths in row[:4]]


ROUTES = (
    Route("GET", "/v5/market/kline", get_kline, signed=False),
    Route("GET", "/v5/market/mark-price-kline", get_mark_kline, signed=False),
    Route("GET", "/v5/market/index-price-kline", get_index_kline, signed=False),
    Route("GET", "/v5/market/premium-index-price-kline", get_premium_kline, signed=False),
)
