"""`compare`: what a run did, beside what a backtest of it does on the candles of that time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bybit_async.bot.backtesting import BacktestResult, CandleData, FillRule, backtest
from bybit_async.bot.backtesting.history import load
from bybit_async.bot.backtesting.minds import frames_of
from bybit_async.bot.backtesting.rules import milliseconds_of
from bybit_async.bot.comparing.candles import SeenCandles
from bybit_async.bot.comparing.comparison import Comparison
from bybit_async.bot.comparing.judging import Judge
from bybit_async.bot.comparing.matching import pairs_of
from bybit_async.bot.comparing.recorded import RecordedRun, read_run
from bybit_async.bot.errors import NothingToCompare
from bybit_async.bot.journal import JournalStore
from bybit_async.bot.runner import Bot
from bybit_async.bot.strategies import BaseStrategy, BookStrategy
from bybit_async.data.intervals import length_of

if TYPE_CHECKING:
    import pandas as pd

Data = "pd.DataFrame | CandleData | Mapping[str, pd.DataFrame | CandleData]"
_BEYOND = 10
"""Candles after the last decision: its order has to be filled somewhere."""


def compare(
    journal: str | Path | JournalStore,
    data: pd.DataFrame | CandleData | Mapping[str, pd.DataFrame | CandleData],
    *,
    session: str | None = None,
    latency: int | str | timedelta = 250,
    rule: FillRule | None = None,
    slack: int = 250,
) -> Comparison:
    """Repeat a recorded run as a backtest, and say where they part and why; see `Comparison`.

    The journal brings strategies, configuration, instruments and equity; nothing is asked of an exchange. The newest
    run of the journal is taken. What it held when it began is not known to the backtest, which begins without.

    Args:
        journal: a file, the address of a database, or an open store.
        data: candles as for `backtest`: those of the span and of the warm-up before it, some beyond its end.
        session: how the id of another run begins.
        latency: what the backtest assumes from a decision to the exchange.
        rule: how it fills orders; `latency` is taken into it, and the fee that was paid where it names none.
        slack: milliseconds that an order may arrive later than assumed before that is the difference.

    Raises:
        NothingToCompare: journal or data lack what is needed; it says what.
        JournalError: the journal cannot be read.
        MissingData: a candle is missing; symbol and time are named.
    """
    run = read_run(journal, session)
    strategies, apart = _strategies(run)
    interval = run.config.settings.trading.interval
    length_ms = length_of(interval) or 0
    held = _cut(run, data, length_ms)
    history = load(held)
    seen = SeenCandles(run, frames_of(history, interval), length_ms, exact=history.step == length_ms)
    filled = _with_fees(run, replace(rule or FillRule(), latency=milliseconds_of(latency)))
    result = _repeated(run, strategies, held, filled)
    end_ms = min(run.last_ms, int(history.times[-1]))
    pairs = pairs_of(run, result, interval, (run.first_ms, end_ms), apart)
    judge = Judge(run, result, seen, slack)
    differences = [found for pair in pairs if (found := judge.order(pair)) is not None]
    differences += judge.exits(end_ms, length_ms)
    return Comparison(
        mode=run.mode,
        session=run.session,
        first_ms=run.first_ms,
        last_ms=end_ms,
        decisions=sum(closed <= end_ms for _, closed in run.decisions),
        orders=len(pairs),
        differences=sorted(differences, key=lambda item: item.decided_ms),
        slippage=[row for pair in pairs if (row := judge.slippage(pair)) is not None],
        rule=str(filled),
        notes=_notes(run, result, seen, apart, end_ms),
    )


def _repeated(
    run: RecordedRun, strategies: list[BaseStrategy], data: Mapping[str, CandleData], rule: FillRule
) -> BacktestResult:
    return backtest(
        strategies,
        data,
        balance=run.equity,
        interval=run.config.settings.trading.interval,
        latency=rule.latency,
        rule=rule,
        config=run.config,
        instruments=run.instruments,
    )


def _strategies(run: RecordedRun) -> tuple[list[BaseStrategy], set[str]]:
    """Return the strategies of a run that decide on candles, and the ids of those that decide on books."""
    made = Bot(run.config).strategies.strategies
    apart = {strategy.strategy_id for strategy in made if isinstance(strategy, BookStrategy)}
    found = [strategy for strategy in made if strategy.strategy_id not in apart]
    if not found:
        raise NothingToCompare("strategies: none of the run decides on candles, and books are not recorded")
    return found, apart


def _cut(
    run: RecordedRun,
    data: pd.DataFrame | CandleData | Mapping[str, pd.DataFrame | CandleData],
    length_ms: int,
) -> dict[str, CandleData]:
    """Return the candles that strategies were shown, and a few beyond."""
    import pandas as pd

    if not isinstance(data, Mapping):
        if len(run.symbols) > 1:
            raise NothingToCompare(f"data: one frame for {', '.join(run.symbols)}; give a mapping by symbol")
        data = {run.symbols[0]: data}
    lacking = [symbol for symbol in run.symbols if symbol not in data]
    if lacking:
        raise NothingToCompare(f"data: the run traded {', '.join(lacking)} too, of which there are no candles")
    begin = pd.Timestamp(min(run.shown_from_ms(symbol) for symbol in run.symbols), unit="ms", tz="UTC")
    end = pd.Timestamp(run.last_ms + _BEYOND * length_ms, unit="ms", tz="UTC")
    found = {}
    for symbol in run.symbols:
        given = data[symbol]
        whole = given if isinstance(given, CandleData) else CandleData(given)
        candles = whole.candles.loc[begin:end]
        if not len(candles) or candles.index[-1].value // 1_000_000 < run.first_ms:
            raise NothingToCompare(f"data: the candles of {symbol} end before the run's first decision has a next one")
        found[symbol] = CandleData(candles, whole.funding, datetime.fromtimestamp(run.first_ms / 1000, UTC))
    return found


def _with_fees(run: RecordedRun, rule: FillRule) -> FillRule:
    """Return the rule with the fee that orders at market have paid, where the rule has none."""
    paid = [
        Decimal(row["fee"]) / (Decimal(row["price"]) * Decimal(row["qty"]))
        for order in run.orders
        if order.trade is not None and order.trade["order_type"] == "Market"
        for row in order.fills
    ]
    if rule.taker_fee is not None or not paid:
        return rule
    return replace(rule, taker_fee=round(median(paid), 6))


def _notes(run: RecordedRun, result: BacktestResult, seen: SeenCandles, apart: set[str], end_ms: int) -> list[str]:
    notes = list(result.assumptions)
    if run.positions:
        held = ", ".join(f"{size} {symbol}" for symbol, size in run.positions.items())
        notes.append(f"the run began with a position ({held}), which the backtest does not have")
    if seen.wrong:
        notes.append(f"{len(seen.wrong)} candles are not those that the bot saw; {seen.wrong[0]}")
    if end_ms < run.last_ms:
        notes.append("the data end before the run does; later decisions are not compared")
    if apart:
        notes.append(f"not compared, because they decide on books: {', '.join(sorted(apart))}")
    return notes
