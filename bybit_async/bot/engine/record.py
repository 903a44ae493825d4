"""What the journal keeps so that a run can be repeated: what it was made from, was shown, and wanted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from bybit_async import __version__
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.engine.trades import written
from bybit_async.bot.journal.tables import Row
from bybit_async.bot.records import ExecutionStatus, PortfolioSnapshot, TradeExecution
from bybit_async.bot.strategies.base import CANDLE_COLUMNS
from bybit_async.models.market import Instrument

if TYPE_CHECKING:
    import pandas as pd


def session_row(
    started_ms: int,
    config: ConfigurationManager,
    instruments: Mapping[str, Instrument],
    portfolio: PortfolioSnapshot,
) -> Row:
    """Return what a run is made from: configuration, rules of the instruments, and what the account held."""
    rules = {symbol: found.to_dict(wire=True) for symbol, found in instruments.items()}
    held = {position.symbol: str(position.signed_size) for position in portfolio.positions}
    return {
        "id": uuid4().hex,
        "started_ms": started_ms,
        "mode": config.settings.exchange.mode,
        "version": __version__,
        "configuration": json.dumps(config.recordable(), default=str),
        "instruments": json.dumps(rules, default=str),
        "equity": _text(portfolio.equity),
        "positions": json.dumps(held),
    }


def decision_row(symbol: str, frame: pd.DataFrame, closed_ms: int, asked_ms: int) -> Row:
    """Return what strategies are shown at a close: the last candle, and a digest of all."""
    return {
        "symbol": symbol,
        "closed_ms": closed_ms,
        "asked_ms": asked_ms,
        "first_ms": int(frame.index[0].value // 1_000_000),
        "candles": len(frame),
        "digest": digest_of(frame),
        "candle": json.dumps([float(frame[name].iloc[-1]) for name in CANDLE_COLUMNS]),
    }


def signal_row(execution: TradeExecution, time_ms: int, equity: Decimal | None) -> Row:
    """Return what a strategy wanted, and why it was refused."""
    signal = execution.signal
    return {
        "execution_id": execution.execution_id,
        "time_ms": time_ms,
        "strategy_id": signal.strategy_id,
        "symbol": signal.symbol,
        "decided_ms": int(signal.timestamp.timestamp() * 1000),
        "signal": written(signal),
        "refusal": execution.rejection_reason if execution.status is ExecutionStatus.REJECTED else None,
        "equity": _text(equity),
    }


def digest_of(frame: pd.DataFrame) -> str:
    """Return a digest of the candles of a frame, opening times included."""
    made = hashlib.blake2b(digest_size=16)
    made.update(frame.index.as_unit("ms").asi8.tobytes())  # type: ignore[attr-defined]
    for name in CANDLE_COLUMNS:
        made.update(frame[name].to_numpy(dtype=np.float64).tobytes())
    return made.hexdigest()


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
