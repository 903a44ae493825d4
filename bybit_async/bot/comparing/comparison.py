"""What a comparison found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import numpy as np

Cause = Literal["data", "decision", "latency", "fill", "missing", "extra"]
"""Why an order differs.

``data``: the decision saw other candles. ``decision``: on the same candles signal, size, limit or refusal differ.
``latency``: the same order arrived later than assumed. ``fill``: the same order in time, but it traded otherwise.
``missing``: the backtest has an order that the journal lacks though nothing was decided against it. ``extra``: the
journal has one that no strategy of the configuration wanted.
"""


@dataclass(frozen=True)
class Difference:
    """One order, or exit, that is not the same on both sides.

    Attributes:
        decided_ms: the close it was decided at; of an exit, when it traded.
        words: what differs, for people.
        execution_id: the order link id; empty for exits.
        journal: what the journal has of it: side, quantity, price, arrival in milliseconds; None if it has nothing.
        backtest: the same of the backtest.
    """

    cause: Cause
    strategy_id: str
    symbol: str
    side: str
    decided_ms: int
    words: str
    execution_id: str = ""
    journal: dict[str, Any] | None = None
    backtest: dict[str, Any] | None = None


@dataclass(frozen=True)
class FilledOrder:
    """The slippage of one order of the journal, in basis points; positive is worse for us.

    Attributes:
        decided_price: what it was decided at.
        price: what it traded at, on average; `backtest_price` what the backtest's order did, None if it did not.
        against_decision: of `price` from `decided_price`.
        against_backtest: of `price` from `backtest_price`.
    """

    execution_id: str
    symbol: str
    side: str
    decided_ms: int
    decided_price: Decimal
    price: Decimal
    backtest_price: Decimal | None
    against_decision: float
    against_backtest: float | None


class SlippageSummary(NamedTuple):
    """How slippage is spread, in basis points; None where nothing was filled."""

    orders: int
    median: float | None
    p95: float | None


@dataclass
class Comparison:
    """A recorded run beside its backtest.

    Attributes:
        mode: ``live``, ``paper`` or ``simulated``; `session` is the run's id in the journal.
        decisions: closes that strategies were asked at; `orders` how many were compared.
        differences: in order of time; after the first one the others are often its consequences.
        slippage: of each order that was filled.
        rule: how the backtest filled orders.
        notes: what was assumed, and what could not be compared.
    """

    mode: str
    session: str
    first_ms: int
    last_ms: int
    decisions: int
    orders: int
    differences: list[Difference]
    slippage: list[FilledOrder]
    rule: str
    notes: list[str] = field(default_factory=list)

    @property
    def first(self) -> Difference | None:
        """The first difference; None if nothing differs."""
        return self.differences[0] if self.differences else None

    @property
    def causes(self) -> dict[Cause, int]:
        """How many differences have each cause."""
        return dict(Counter(difference.cause for difference in self.differences))

    @property
    def against_decision(self) -> SlippageSummary:
        """Slippage against the prices that were decided at."""
        return _spread(row.against_decision for row in self.slippage)

    @property
    def against_backtest(self) -> SlippageSummary:
        """Slippage against the backtest's fills."""
        return _spread(row.against_backtest for row in self.slippage if row.against_backtest is not None)

    def __str__(self) -> str:
        if self.first is None:
            return f"{self.orders} orders compared, no difference"
        found = f"{self.orders} orders compared, {len(self.differences)} differences"
        return f"{found}; first: {self.first.cause}: {self.first.words}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; prices and sizes as text, exactly."""
        made = {
            "mode": self.mode,
            "session": self.session,
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
            "decisions": self.decisions,
            "orders": self.orders,
            "rule": self.rule,
            "notes": self.notes,
            "causes": self.causes,
            "first": None if self.first is None else asdict(self.first),
            "differences": [asdict(difference) for difference in self.differences],
            "slippage": [asdict(row) for row in self.slippage],
            "against_decision": self.against_decision._asdict(),
            "against_backtest": self.against_backtest._asdict(),
        }
        plain: dict[str, Any] = json.loads(json.dumps(made, default=str))
        return plain

    def to_json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(self.to_dict(), indent=1)


def _spread(values: Iterable[float]) -> SlippageSummary:
    found = np.fromiter(values, dtype=np.float64)
    if not len(found):
        return SlippageSummary(0, None, None)
    return SlippageSummary(len(found), float(np.median(found)), float(np.percentile(found, 95)))
