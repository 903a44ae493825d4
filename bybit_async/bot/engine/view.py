"""What can be seen of a running engine from outside, at one moment and without awaiting anything."""

from __future__ import annotations

import asyncio
import time

import msgspec

from bybit_async.bot.engine.recovery import Recovered
from bybit_async.bot.engine.rooms import Rooms
from bybit_async.bot.engine.supervision import Supervision
from bybit_async.bot.records import EngineState, PortfolioSnapshot, TradeExecution
from bybit_async.bot.timings import Latency
from bybit_async.wire import Limit

_SHOWN_TRADES = 50


class Tally(msgspec.Struct):
    """What happened to a strategy's signals since the engine was made; `last_refusal` says why one was refused."""

    signals: int = 0
    refused: int = 0
    traded: int = 0
    last_refusal: str = ""


class DataState(msgspec.Struct, frozen=True, kw_only=True):
    """The ages of one symbol's data in milliseconds; None before the first, or where they are not followed.

    Attributes:
        book_stale: whether its live book is known to be wrong or incomplete; None where no book is followed.
    """

    symbol: str
    price_age_ms: int | None = None
    candle_age_ms: int | None = None
    book_age_ms: int | None = None
    book_stale: bool | None = None


class EngineView(msgspec.Struct, frozen=True, kw_only=True):
    """A running or stopped engine at one moment.

    Attributes:
        time_ms: the moment, by the exchange's clock where that is known.
        started_ms: when it was started; None while it is stopped, as is all else that only a running engine has.
        round_age: seconds since it last looked at its account; that grows when its loop does not run.
        trades: the newest, newest first.
        tallies: what happened to signals, by strategy.
        clock_offset_ms: exchange time less local time.
        limits: what the newest answer of each endpoint said of its limit.
    """

    state: EngineState
    time_ms: int
    started_ms: int | None = None
    account_id: str | None = None
    round_age: float | None = None
    portfolio: PortfolioSnapshot | None = None
    recovered: Recovered | None = None
    data: tuple[DataState, ...] = ()
    trades: list[TradeExecution] = []
    tallies: dict[str, Tally] = {}
    latencies: tuple[Latency, ...] = ()
    clock_offset_ms: float | None = None
    limits: dict[str, Limit] = {}
    journal_lag: float = 0.0
    journal_healthy: bool = True
    journal_writes: int = 0


def view_of(rooms: Rooms, supervision: Supervision | None, state: EngineState, tallies: dict[str, Tally]) -> EngineView:
    """Return the view of a running engine."""
    now_ms = rooms.now_ms()
    since = None if supervision is None else asyncio.get_running_loop().time() - supervision.round_at
    calls = rooms.client.calls
    return EngineView(
        state=state,
        time_ms=now_ms,
        started_ms=rooms.started_ms,
        account_id=rooms.client.account_id,
        round_age=since,
        portfolio=rooms.portfolio(),
        recovered=rooms.recovered,
        data=data_states(rooms, now_ms),
        trades=[trade.report() for trade in rooms.desk.trades.history(None, _SHOWN_TRADES)],
        tallies=tallies,
        latencies=(*rooms.desk.timings.latencies(), *calls.timings.latencies()),
        clock_offset_ms=now_ms - time.time() * 1000,
        limits=calls.limits,
        journal_lag=rooms.journal.lag,
        journal_healthy=rooms.journal.is_healthy,
        journal_writes=rooms.journal.writes,
    )


def data_states(rooms: Rooms, now_ms: int) -> tuple[DataState, ...]:
    """Return how young the news of every symbol is that the engine has to do with, and that is open for trading."""
    prices, data = rooms.prices.ages_ms(now_ms), rooms.data
    candles = dict.fromkeys(data.symbols) if data is not None else {}
    books = data.books() if data is not None else {}
    return tuple(
        DataState(
            symbol=symbol,
            price_age_ms=prices.get(symbol),
            candle_age_ms=data.age_ms(symbol) if data is not None and symbol in candles else None,
            book_age_ms=books[symbol].age_ms if symbol in books else None,
            book_stale=books[symbol].stale if symbol in books else None,
        )
        for symbol in sorted({*prices, *candles, *books} - rooms.shut)
    )
