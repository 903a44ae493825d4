"""Small candles, and strategies that do what they are told at a candle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from bybit_async.bot.backtesting import BacktestResult, CandleData, FillRule, backtest
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.strategies import CandleStrategy, Decision, View
from bybit_async.simulator.engine import Instrument

D = Decimal
START = 1_704_067_200_000
"""Midnight of 2024-01-01, UTC, in milliseconds."""

MINUTE = 60_000
WARM = 25
"""Candles before a scene: risk management wants twenty returns to know how much a symbol moves."""

Row = tuple[float, float, float, float]

# Nothing but the fill is looked at: limits that do not get in the way.
FREE = {
    "risk": {
        "max_portfolio_risk": 1.0, "max_daily_loss": 1.0, "max_drawdown": 1.0, "max_exposure": 100.0,
        "max_leverage": 100.0, "max_volatility": 1000.0, "max_consecutive_losses": 10_000,
    },
    "trading": {"max_position_size": 1.0, "enable_stop_loss": True, "stop_loss_distance": 0.9, "max_slippage": 0.1},
}  # fmt: skip


def free(**changes: Mapping[str, Any]) -> ConfigurationManager:
    """Return a configuration that limits nothing, with some keys changed."""
    return ConfigurationManager.from_dict(
        {section: {**FREE.get(section, {}), **changes.get(section, {})} for section in {*FREE, *changes}}
    )


def instrument(**changes: Any) -> Instrument:
    """Return a contract with a tick and a lot of 1 and 0.1 % fees, so that fills can be reckoned in the head."""
    values: dict[str, Any] = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "tick": D(1),
        "lot": D(1),
        "min_qty": D(1),
        "max_limit_qty": D(10_000),
        "max_market_qty": D(10_000),
        "min_price": D(1),
        "max_price": D(100_000),
        "min_notional": D(5),
        "max_leverage": D(100),
        "maker_fee": D("0.001"),
        "taker_fee": D("0.001"),
        "risk_tiers": TIERS,
    }
    return Instrument(**{**values, **changes})


def _tiers() -> Any:
    from bybit_async.simulator.engine.instruments import RiskTier

    return (RiskTier(1, D(10_000_000), D("0.005"), D("0.01"), D(100)),)


TIERS = _tiers()


def candles(rows: Sequence[Row], *, start: int = START, step: int = MINUTE, warm: bool = True) -> pd.DataFrame:
    """Return a frame of candles; before them, unless told otherwise, quiet ones that lead to the first open."""
    before: list[Row] = []
    if warm:
        first = rows[0][0]
        before = [(first, first + 1, first, first + n % 2) for n in range(WARM)]
    values = np.array([*before, *rows], dtype=np.float64)
    times = np.arange(start, start + len(values) * step, step).astype("datetime64[ms]")
    frame = pd.DataFrame(values, columns=["open", "high", "low", "close"], index=pd.DatetimeIndex(times, tz="UTC"))
    frame.index.name = "time"
    return frame.assign(volume=1.0)


class Told(CandleStrategy):
    """Wants at the close of each candle what it was told; candles of a scene are counted from 0."""

    def __init__(self, *rooms: Any, orders: Mapping[int, Decision | Sequence[Decision]], warm: int = WARM) -> None:
        super().__init__(*rooms)
        self.orders = {place + warm: wanted for place, wanted in orders.items()}

    def indicators(self, data: pd.DataFrame) -> Mapping[str, Any]:
        return {}

    def decide(self, view: View) -> Any:
        return self.orders.get(len(view) - 1)


def scene(
    orders: Mapping[int, Decision | Sequence[Decision]],
    rows: Sequence[Row],
    *,
    rule: FillRule | None = None,
    funding: Any = None,
    config: ConfigurationManager | None = None,
    **options: Any,
) -> BacktestResult:
    """Run one scene: minutes, a balance of 10,000, sellers get the price and buyers pay a tick more."""
    data: Any = candles(rows)
    if funding is not None:
        data = CandleData(data, funding)
    changes = options.pop("instrument", {})
    return backtest(
        (Told, {"orders": orders}),
        data,
        interval="1",
        rule=rule or FillRule(),
        config=config or free(),
        instruments={"BTCUSDT": instrument(**changes)},
        **options,
    )


def at(candle: int, seconds: float = 0.0) -> int:
    """Return a moment in a scene, in milliseconds."""
    return START + (WARM + candle) * MINUTE + round(seconds * 1000)


def told(result: BacktestResult) -> list[tuple[int, str, Decimal, Decimal, str]]:
    """Return the fills as (time, side, price, quantity, reason)."""
    return [(fill.time_ms, fill.side, fill.price, fill.qty, fill.reason) for fill in result.fills]
