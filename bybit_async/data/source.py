"""One kind of data by REST: which endpoint has it, in which windows it is asked for, and how an answer is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from bybit_async.api.market import contracts, klines
from bybit_async.api.market.prices import GET_PUBLIC_TRADE_HISTORY
from bybit_async.api.resource import Caller
from bybit_async.data import intervals
from bybit_async.data.columns import Table, empty, join, numbers_of
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.rows import RawRows, read_rows
from bybit_async.data.series import Series
from bybit_async.errors import AnswerUnreadable, InvalidParameter
from bybit_async.models.checks import one_of
from bybit_async.models.market.trades import PublicTrade
from bybit_async.transport.endpoint import Endpoint

_HOUR = 60 * intervals.MINUTE
_TIMEOUT = 60.0
SETTLING = 10 * intervals.MINUTE
"""How long after its time a funding may be published, in milliseconds."""
_CLOSING = 5_000
"""How long after its end a candle may still change."""

_PERIODS = {"5": "5min", "15": "15min", "30": "30min", "60": "1h", "240": "4h", "D": "1d"}


class RestSource(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind is asked for.

    Attributes:
        endpoint: its result stays bytes.
        rows: the most that one answer holds; options have fewer.
        start: the wire name of the lower bound, inclusive.
        end: the wire name of the upper bound, inclusive.
        period: the wire name of the interval, or empty.
        fields: the wire names of time and columns where rows are objects.
        categories: where it exists.
    """

    endpoint: Endpoint
    rows: int
    start: str = "startTime"
    end: str = "endTime"
    period: str = ""
    fields: tuple[str, ...] = ()
    categories: tuple[str, ...] = ("linear", "inverse")


def _raw(endpoint: Endpoint) -> Endpoint:
    return msgspec.structs.replace(endpoint, result=RawRows)


def _klines(endpoint: Endpoint, *categories: str) -> RestSource:
    return RestSource(
        endpoint=_raw(endpoint), rows=1000, start="start", end="end", period="interval", categories=categories
    )


SOURCES: Mapping[str, RestSource] = {
    "klines": _klines(klines.GET_KLINE, "spot", "linear", "inverse"),
    "mark_klines": _klines(klines.GET_MARK_PRICE_KLINE, "linear", "inverse", "option"),
    "index_klines": _klines(klines.GET_INDEX_PRICE_KLINE, "linear", "inverse"),
    "premium_klines": _klines(klines.GET_PREMIUM_INDEX_PRICE_KLINE, "linear"),
    "funding_rates": RestSource(
        endpoint=_raw(contracts.GET_FUNDING_RATE_HISTORY),
        rows=200,
        fields=("fundingRateTimestamp", "fundingRate"),
    ),
    "open_interest": RestSource(
        endpoint=_raw(contracts.GET_OPEN_INTEREST),
        rows=200,
        period="intervalTime",
        fields=("timestamp", "openInterest"),
    ),
    "long_short_ratio": RestSource(
        endpoint=_raw(contracts.GET_LONG_SHORT_RATIO),
        rows=500,
        period="period",
        fields=("timestamp", "buyRatio", "sellRatio"),
    ),
}


def check(series: Series) -> None:
    """Refuse a series that Bybit does not have; raises `InvalidParameter`."""
    if not isinstance(series.symbol, str) or not series.symbol:
        raise InvalidParameter("symbol", f"expected a symbol as Bybit spells it, got {series.symbol!r}")
    source = SOURCES.get(series.kind)
    if series.kind == "orderbook_snapshots":
        one_of(series.category, ("spot", "linear", "inverse"), "category")
    if source is None:
        return
    if series.category not in source.categories:
        known = ", ".join(source.categories)
        raise InvalidParameter("category", f"{series.kind} exist for {known}, got {series.category!r}")
    if source.period in ("intervalTime", "period") and series.interval not in _PERIODS:
        raise InvalidParameter("interval", f"{series.kind} exist for {', '.join(_PERIODS.values())}")


def windows(series: Series, wanted: Coverage) -> list[Span]:
    """Split ranges into what one request answers each; no window crosses from one file of the store to the next."""
    rows = _rows(series)
    found = []
    for start, end in wanted:
        while start < end:
            if series.interval == "all":
                # Fundings come every one to eight hours; windows for the eight are filled up again where they overflow.
                after = start + rows * 8 * _HOUR
            else:
                after = intervals.step(series.interval, intervals.floor(series.interval, start), rows)
            after = min(after, end, series.unit_of(start)[1])
            found.append((start, after))
            start = after
    return found


class WindowAnswer(msgspec.Struct, frozen=True):
    """The rows of one window, and how far they are final.

    Attributes:
        time: when Bybit answered, in exchange milliseconds.
        requests: how many it took.
    """

    table: Table
    time: int
    requests: int = 1


async def fetch(caller: Caller, series: Series, window: Span) -> WindowAnswer:
    """Fetch every row of a window, the unfinished one included; asks again for what did not fit into one answer."""
    start, last = window[0], window[1] - 1
    tables: list[Table] = []
    while True:
        table, time = await _ask(caller, series, start, last)
        tables.append(table)
        if len(table) < _rows(series) or int(table.times[0]) <= start:
            break
        # Full, and newest first: older ones may have been left out.
        last = int(table.times[0]) - 1
    whole = join([part for part in tables if len(part)] or tables[:1]).ordered(unique=True)
    return WindowAnswer(whole.cut(*window), time, len(tables))


async def _ask(caller: Caller, series: Series, start: int, last: int) -> tuple[Table, int]:
    source = SOURCES[series.kind]
    params: dict[str, Any] = {
        "category": series.category,
        "symbol": series.symbol,
        source.start: start,
        source.end: last,
        "limit": _rows(series),
    }
    if source.period:
        spelled = source.period == "interval"
        params[source.period] = series.interval if spelled else _PERIODS[series.interval]
    answer = await caller.call(source.endpoint, params, timeout=_TIMEOUT)
    if not isinstance(answer.result, RawRows) or answer.time is None:
        raise AnswerUnreadable("an answer without a result or without its time", body=answer.raw)
    return read_rows(answer.result, series.about.numbers, source.fields), answer.time


def _rows(series: Series) -> int:
    return 500 if series.category == "option" else SOURCES[series.kind].rows


def final(series: Series, answer: WindowAnswer, window: Span, passed: int = 0) -> tuple[Table, Coverage]:
    """Return the rows of a window that are in the past, and the range that is final with them.

    What ended a moment ago may still be on its way into the answers, so that range ends a little earlier, unless a
    message of the exchange says (`passed`) that its clock has reached a time.
    """
    if series.interval == "all":
        last = int(answer.table.times[-1]) if len(answer.table) else 0
        # Two of them are an hour apart at least: after one the next hour is known.
        sure = answer.time if answer.time - last < _HOUR else answer.time - SETTLING
        return answer.table.cut(*window), Coverage([(window[0], min(window[1], sure))])
    # A candle has ended once its whole interval is in the past; figures of a moment are treated the same.
    sure = max(answer.time - _CLOSING, min(passed, answer.time))
    ended, settled = (min(window[1], intervals.floor(series.interval, time)) for time in (answer.time, sure))
    return answer.table.cut(window[0], ended), Coverage([(window[0], settled)])


async def fetch_trades(caller: Caller, series: Series) -> tuple[Table, Coverage]:
    """Fetch the latest public trades, ascending, and the range that they are all trades of."""
    limit = 60 if series.category == "spot" else 1000
    params = {"category": series.category, "symbol": series.symbol, "limit": limit}
    answer = await caller.call(GET_PUBLIC_TRADE_HISTORY, params, timeout=_TIMEOUT)
    trades: list[PublicTrade] = list(answer.result)[::-1]
    if not trades or answer.time is None:
        return empty(series.about.numbers, series.about.texts), Coverage()
    table = Table(
        np.array([trade.time for trade in trades], dtype=np.int64),
        {"price": numbers_of(trade.price for trade in trades), "size": numbers_of(trade.size for trade in trades)},
        {
            "side": np.array([trade.side for trade in trades], dtype=object),
            "id": np.array([trade.exec_id for trade in trades], dtype=object),
        },
    ).ordered(unique=False)
    # Of the oldest millisecond some may have been cut off, of the present one some may still come.
    first = int(table.times[0]) + 1
    return table.cut(first, answer.time), Coverage([(first, answer.time)])
