"""Journals as a bot would have written them that did exactly what a backtest does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bybit_async.bot import CandleData, ConfigurationManager, SignalStrength, TradeSignal, backtest
from bybit_async.bot.backtesting.venue import connector_instrument, known_instrument
from bybit_async.bot.engine.record import decision_row
from bybit_async.bot.engine.trades import written
from bybit_async.bot.journal import Journal, Put, open_store
from bybit_async.bot.runner import Bot

MINUTE = 60_000
START = 1_760_000_040_000
BEGIN = 60
"""The bot begins to decide at the close of this candle; what is before is its warm-up."""
COUNT = 260
SESSION = "5e55" + "0" * 28


def candles(seed: int = 3, count: int = COUNT) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    close = np.round(60_000 * np.exp(np.cumsum(draw.normal(0, 0.0008, count))), 1)
    opened = np.concatenate([[60_000.0], close[:-1]])
    high, low = np.maximum(opened, close) + 5, np.minimum(opened, close) - 5
    times = pd.date_range(pd.Timestamp(START, unit="ms", tz="UTC"), periods=count, freq="min", name="time")
    frame = {"open": opened, "high": high, "low": low, "close": close, "volume": 1.0}
    return pd.DataFrame(frame, index=times)


def configuration(**parameters: Any) -> ConfigurationManager:
    given = {"fast_period": 3, "slow_period": 12, "stop_loss": 0.01} | parameters
    return ConfigurationManager.exactly(
        {
            "risk": {"max_volatility": 100.0, "max_daily_loss": 0.9, "max_consecutive_losses": 1000},
            "strategies": {"trend": {"type": "crossover", "parameters": given}},
        }
    )


class Recorder:
    """Writes the journal of a run, which can be changed before and after."""

    def __init__(self, frame: pd.DataFrame, config: ConfigurationManager) -> None:
        self.frame, self.config = frame, config
        self.tables: dict[str, list[dict[str, Any]]] = {}
        begin = datetime.fromtimestamp((START + BEGIN * MINUTE) / 1000, UTC)
        data = CandleData(frame, start=begin)
        self.result = backtest(Bot(config).strategies.strategies, data, balance=10_000, interval="1", config=config)
        self._record()

    def _record(self) -> None:
        times = self.frame.index.as_unit("ms").asi8.tolist()  # type: ignore[attr-defined]
        last = len(self.frame) - 3
        decisions = [
            {"session": SESSION} | decision_row("BTCUSDT", self.frame.iloc[:place], times[place], times[place] + 40)
            for place in range(BEGIN, last)
        ]
        rules = {"BTCUSDT": connector_instrument(known_instrument("BTCUSDT")).to_dict(wire=True)}
        session = {
            "id": SESSION,
            "started_ms": times[BEGIN] - 1_000,
            "mode": "simulated",
            "version": "0",
            "configuration": json.dumps(self.config.recordable()),
            "instruments": json.dumps(rules),
            "equity": "10000",
            "positions": "{}",
        }
        self.tables = {"sessions": [session], "decisions": decisions, "signals": [], "trades": [], "executions": []}
        for record in self.result.orders:
            closed = record.decided_ms // MINUTE * MINUTE
            if closed <= times[last - 1]:
                self._order(record, closed)
        for fill in self.result.fills:
            own = fill.reason == "order"
            row = {
                "exec_id": f"e{len(self.tables['executions'])}",
                "order_id": fill.execution_id if own else f"stop{fill.time_ms}",
                "execution_id": fill.execution_id if own else "",
                "time_ms": fill.time_ms,
                "symbol": fill.symbol,
                "side": fill.side,
                "kind": "Trade",
                "price": str(fill.price),
                "qty": str(fill.qty),
                "fee": str(fill.fee),
            }
            self.tables["executions"].append(row)

    def _order(self, record: Any, closed: int) -> None:
        signal = TradeSignal(
            record.strategy_id, record.symbol, record.side.upper(), record.qty, record.decided_price, 1.0,
            SignalStrength.MODERATE, datetime.fromtimestamp(closed / 1000, UTC),
            stop_loss=None if record.reduce_only else record.stop_loss,
            metadata={"order_type": "market"} | ({"reduce_only": True} if record.reduce_only else {}),
        )  # fmt: skip
        common = {"execution_id": record.execution_id, "strategy_id": "trend", "symbol": record.symbol}
        text = written(signal)
        self.tables["signals"].append(
            common
            | {"session": SESSION, "time_ms": record.decided_ms, "decided_ms": closed, "signal": text}
            | {"refusal": record.refused or None, "equity": str(self._equity(closed))}
        )
        if record.refused:
            return
        filled = [fill for fill in self.result.fills if fill.execution_id == record.execution_id]
        value = sum((fill.price * fill.qty for fill in filled if fill.reason == "order"), Decimal(0))
        row = common | {
            "created_ms": record.decided_ms,
            "updated_ms": record.sent_ms,
            "side": record.side.capitalize(),
            "order_type": "Market",
            "qty": str(record.qty),
            "price": None,
            "stop_loss": None if record.stop_loss is None else str(record.stop_loss),
            "take_profit": None,
            "reduce_only": int(record.reduce_only),
            "signal": text,
            "status": "filled",
            "order_id": record.execution_id,
            "filled_qty": str(record.qty),
            "filled_value": str(value),
            "fees": "0",
            "realized_pnl": None,
            "reason": None,
            "arrived_ms": record.sent_ms,
        }
        self.tables["trades"].append(row)

    def _equity(self, closed: int) -> float:
        return float(self.result.equity.loc[: pd.Timestamp(closed, unit="ms", tz="UTC")].iloc[-1])

    async def write(self, folder: Path) -> str:
        """Write everything into a file and return its path."""
        path = folder / "journal.sqlite3"
        journal = Journal(open_store(f"sqlite:///{path}"))
        for table, rows in self.tables.items():
            await journal.write(*(Put(table, row) for row in rows))  # type: ignore[arg-type]
        await journal.aclose()
        return str(path)
