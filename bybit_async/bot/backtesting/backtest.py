"""`backtest`: strategies over history, on the simulated exchange's own engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from bybit_async.bot.backtesting.history import CandleData, CandleHistory, load, when
from bybit_async.bot.backtesting.metrics import metrics_of
from bybit_async.bot.backtesting.minds import Wanted, frames_of
from bybit_async.bot.backtesting.plan import Plan
from bybit_async.bot.backtesting.result import BacktestResult, Interval
from bybit_async.bot.backtesting.rules import FillRule, milliseconds_of
from bybit_async.bot.backtesting.run import Run
from bybit_async.bot.backtesting.venue import known_instrument, traded_instrument
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.strategies import BaseStrategy
from bybit_async.data.intervals import interval_of, length_of
from bybit_async.models.market import LinearInstrument
from bybit_async.simulator.engine import Instrument

if TYPE_CHECKING:
    import pandas as pd

Data = "pd.DataFrame | CandleData | Mapping[str, pd.DataFrame | CandleData]"


def backtest(
    strategies: Wanted | Sequence[Wanted],
    data: pd.DataFrame | CandleData | Mapping[str, pd.DataFrame | CandleData],
    *,
    balance: Decimal | str | float = 10_000,
    interval: str | int | None = None,
    latency: int | str | timedelta | None = None,
    seed: int = 0,
    rule: FillRule | None = None,
    config: ConfigurationManager | None = None,
    instruments: Mapping[str, Instrument | LinearInstrument] | None = None,
    leverage: float | None = None,
    symbol: str = "BTCUSDT",
    skip: bool = True,
    progress: Callable[[float], None] | None = None,
) -> BacktestResult:
    """Run strategies over history and return what they would have earned.

    Strategies, risk manager, sizing and breakers are those of live trading; the exchange is the simulated one's engine,
    in virtual time. A tripped breaker refuses entries; with ``risk.on_breaker: emergency_stop`` it ends trading.

    Args:
        strategies: strategies, their classes, or pairs of a class and its parameters. Those given are copied.
        data: candles of linear contracts: a frame as `bybit.data.fetch_klines` returns it, or one for each symbol.
        balance: what the account starts with, in USDT.
        interval: of the candles that decisions are made on; a multiple of the data's, which say what happens in
            between. None for ``trading.interval``, or if that is shorter than the data's, theirs.
        latency: from a decision to the exchange: milliseconds, a `timedelta` or text such as ``"250ms"``; more than 0.
            None for the rule's.
        seed: of the engine's ids.
        rule: how orders are filled; its latency gives way to `latency`.
        config: limits and sizing; the defaults of every key where it is left out.
        instruments: what is traded, by symbol, as `bybit.market.get_instrument` returns it; known ones where left out.
        leverage: of every symbol; None for the exchange's default.
        symbol: what a single frame is of.
        skip: pass over candles in which nothing can happen; the result is the same without.
        progress: called with the done part of each run, 0 to 1, every hundredth.

    Raises:
        LookAhead: a strategy looks into the future; see `bybit_async.bot.check`.
        MissingData: a candle or funding is missing or invalid; symbol and time are named.
        ValueError: an argument cannot be used.
    """
    history = load(data if isinstance(data, Mapping) else {symbol: data})
    settings = config or ConfigurationManager.from_dict({})
    spelled = _interval(interval, settings, history)
    plan = Plan(
        strategies=[strategies] if isinstance(strategies, BaseStrategy | type | tuple) else list(strategies),
        history=history,
        frames=frames_of(history, spelled),
        instruments=_instruments(history, instruments or {}),
        config=settings,
        interval=spelled,
        length_ms=_length(spelled),
        rule=_rule(rule, latency),
        balance=_amount(balance),
        leverage=leverage,
        seed=seed,
    )
    return _outcome(plan, progress, skip=skip)


def _rule(rule: FillRule | None, latency: int | str | timedelta | None) -> FillRule:
    filled = rule or FillRule()
    return filled if latency is None else replace(filled, latency=milliseconds_of(latency))


def _instruments(history: CandleHistory, given: Mapping[str, Instrument | LinearInstrument]) -> dict[str, Instrument]:
    return {symbol: traded_instrument(given.get(symbol) or known_instrument(symbol)) for symbol in history.symbols}


def _outcome(plan: Plan, progress: Callable[[float], None] | None, *, skip: bool) -> BacktestResult:
    """Run what was planned, twice where the path through a candle decides."""
    run = Run(plan, worse=True, skip=skip)
    run.go(progress)
    profit = float(run.curve.equity[-1]) - float(plan.balance)
    other = profit
    if run.ambiguous and plan.rule.path == "both":
        better = Run(plan, worse=False, skip=skip)
        better.go(progress)
        other = float(better.curve.equity[-1]) - float(plan.balance)
    return _result(plan, run, Interval(min(profit, other), max(profit, other)))


def _result(plan: Plan, run: Run, profit: Interval) -> BacktestResult:
    import pandas as pd

    history = plan.history
    start, step = pd.Timestamp(int(history.times[0]), unit="ms", tz="UTC"), pd.Timedelta(history.step, "ms")
    # Not from the array: to localise one takes its memory three times.
    closes = pd.date_range(start + step, periods=len(history), freq=step, unit="ms", name="time")
    closes.freq = None  # type: ignore[misc]
    equity = pd.Series(run.curve.equity, index=closes, name="equity", copy=False)
    return BacktestResult(
        trades=run.ledger.trades,
        equity=equity,
        metrics=metrics_of(equity, run.ledger, plan.balance),
        profit=profit,
        ambiguous_fills=run.ambiguous,
        hash=run.ledger.digest(run.venue.cash),
        orders=run.ledger.orders,
        fills=run.ledger.fills,
        balance=plan.balance,
        rule=str(plan.rule),
        seed=plan.seed,
        interval=plan.interval,
        assumptions=_assumptions(plan),
        stopped=None if run.stopped_ms is None else when(run.stopped_ms),
    )


def _assumptions(plan: Plan) -> list[str]:
    made = [f"fills: {plan.rule}", "the mark price is the last price"]
    unfunded = [symbol for symbol, series in plan.history.symbols.items() if series.funding is None]
    if unfunded:
        made.append(f"no funding is paid for {', '.join(unfunded)}: none was given")
    return made


def _interval(given: str | int | None, config: ConfigurationManager, history: CandleHistory) -> str:
    if given is not None:
        return interval_of(given)
    usual: str = config.settings.trading.interval
    return usual if _length(usual) >= history.step else interval_of(f"{history.step // 60_000}m")


def _length(interval: str) -> int:
    # Months have no one length; `grouped` has refused them.
    return length_of(interval) or 0


def _amount(balance: Decimal | str | float) -> Decimal:
    try:
        amount = Decimal(str(balance))
    except InvalidOperation:
        raise ValueError(f"balance must be a number, not {balance!r}") from None
    if not amount.is_finite() or amount <= 0:
        raise ValueError(f"balance must be positive, not {balance}")
    return amount
