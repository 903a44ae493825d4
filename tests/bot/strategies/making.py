"""Strategies without an exchange."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.data_manager import DataManager
from bybit_async.bot.risk import UnifiedRiskManager
from bybit_async.bot.strategies import BaseStrategy
from tests.bot.risk.accounts import BTC_RULES, QUIET, account

MINUTE = 60_000
START = 1_700_000_040_000
"""A full minute, UTC, in milliseconds."""


def frame_of(closes: Sequence[float], *, spread: float = 0.0, start: int = START, step: int = MINUTE) -> pd.DataFrame:
    """Return candles with these closes; each opens where the one before closed."""
    close = np.asarray(closes, dtype=np.float64)
    opened = np.concatenate([close[:1], close[:-1]])
    times = pd.DatetimeIndex(
        np.arange(start, start + len(close) * step, step).astype("datetime64[ms]"), tz="UTC", name="time"
    )
    return pd.DataFrame(
        {
            "open": opened,
            "high": np.maximum(opened, close) * (1 + spread),
            "low": np.minimum(opened, close) * (1 - spread),
            "close": close,
            "volume": np.full(len(close), 10.0),
        },
        index=times,
    )


def walk(count: int, seed: int = 0, move: float = 0.002) -> pd.DataFrame:
    """Return a random walk of candles."""
    draw = np.random.default_rng(seed)
    closes = np.round(100.0 * np.exp(np.cumsum(draw.normal(0, move, count))), 1)
    return frame_of(closes, spread=0.001)


class NoExchange:
    """What strategies need of a client that is never called."""


def made(
    kind: type[BaseStrategy], *, strategy_id: str = "one", settings: dict[str, Any] | None = None, **options: Any
) -> Any:
    """Return a strategy over an account with 10,000, all known."""
    config = ConfigurationManager.from_dict(settings or {"trading": {"max_position_size": 1.0}})
    risk = UnifiedRiskManager(config)
    risk.set_rules("BTCUSDT", BTC_RULES)
    risk.observe_closes("BTCUSDT", QUIET)
    risk.observe(account())
    data = DataManager(NoExchange(), config)  # type: ignore[arg-type]
    return kind(strategy_id, strategy_id, data, risk, config, **options)


D = Decimal
