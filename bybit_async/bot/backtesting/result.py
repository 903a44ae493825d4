"""What a backtest returns."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from bybit_async.bot.backtesting.days import daily
from bybit_async.bot.backtesting.ledger import BacktestTrade, Fill, OrderRecord
from bybit_async.bot.backtesting.report import ReportPage, html_of, png_of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


class Interval(NamedTuple):
    """What is known of a figure: not less than `low`, not more than `high`."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.1f}" if self.low == self.high else f"{self.low:.1f} … {self.high:.1f}"


@dataclass
class BacktestResult:
    """The outcome of a backtest.

    Where the path inside a candle decides what is filled, two runs are made: everything here is of the one that takes
    the worse way each time; `profit` spans both.

    Attributes:
        trades: positions that were opened and closed, in the order of their ends.
        equity: at each close, with unrealised profit: a series with a UTC index of closing times.
        metrics: figures by name; None where data do not carry one. See `metrics_of`.
        profit: from the balance to the last equity, in USDT.
        ambiguous_fills: candles in which the path decided what was filled.
        hash: of all orders, fills, fees and the final balance; equal runs have equal ones.
        orders: everything that was decided on, what was refused included.
        fills: executions and fundings.
        balance: what it began with; `rule` how orders were filled; `seed` and `interval` as given.
        assumptions: what was assumed because data did not say it.
        stopped: when a breaker ended it, as text; None otherwise.
    """

    trades: list[BacktestTrade]
    equity: pd.Series[float]
    metrics: dict[str, float | None]
    profit: Interval
    ambiguous_fills: int
    hash: str
    orders: list[OrderRecord]
    fills: list[Fill]
    balance: Decimal
    rule: str
    seed: int
    interval: str
    assumptions: list[str] = field(default_factory=list)
    stopped: str | None = None

    def __str__(self) -> str:
        return (
            f"profit {self.profit} USDT, {len(self.trades)} trades, {self.ambiguous_fills} ambiguous fills, "
            f"hash {self.hash[:12]}"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the trades as a frame, one row each; times in UTC, amounts as floats."""
        import pandas as pd

        frame = pd.DataFrame([asdict(trade) for trade in self.trades], columns=list(BacktestTrade.__annotations__))
        for name in ("qty", "entry_price", "exit_price", "fees", "pnl"):
            frame[name] = frame[name].astype(float)
        for name in ("entry_time", "exit_time"):
            frame[name] = pd.to_datetime(frame[name], unit="ms", utc=True)
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; amounts as text, exactly."""
        days = daily(self.equity)
        return {
            "profit": list(self.profit),
            "ambiguous_fills": self.ambiguous_fills,
            "hash": self.hash,
            "balance": str(self.balance),
            "rule": self.rule,
            "seed": self.seed,
            "interval": self.interval,
            "assumptions": self.assumptions,
            "stopped": self.stopped,
            "metrics": self.metrics,
            "trades": [_plain(asdict(trade)) for trade in self.trades],
            "orders": [_plain(order._asdict()) for order in self.orders],
            "fills": [_plain(fill._asdict()) for fill in self.fills],
            "equity": {str(day.date()): float(value) for day, value in days.items()},  # type: ignore[attr-defined]
        }

    def to_json(self, path: str | Path | None = None) -> str:
        """Return everything as JSON, equity at the end of each day; written to `path` if one is given."""
        text = json.dumps(self.to_dict(), indent=1)
        _write(path, text)
        return text

    def to_html(self, path: str | Path | None = None) -> str:
        """Return a page that needs nothing else: figures, curves, months and trades; written to `path` if given."""
        text = html_of(self._page())
        _write(path, text)
        return text

    def to_png(self, path: str | Path) -> None:
        """Draw equity and drawdown into a PNG file; takes the `chart` extra."""
        png_of(self._page(), path)

    def _page(self) -> ReportPage:
        return ReportPage(
            profit=str(self.profit),
            period=(self.equity.index[0], self.equity.index[-1]),
            balance=self.balance,
            ambiguous_fills=self.ambiguous_fills,
            details=f"interval {self.interval}, seed {self.seed}",
            hash=self.hash,
            equity=self.equity,
            metrics=self.metrics,
            trades=self.trades,
            assumptions=self.assumptions,
            stopped=self.stopped,
            seed=self.seed,
        )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: format(value, "f") if isinstance(value, Decimal) else value for name, value in row.items()}


def _write(path: str | Path | None, text: str) -> None:
    if path is not None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
