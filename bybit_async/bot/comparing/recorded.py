"""A run as the journal kept it: what it was made from, what strategies were shown and wanted, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.errors import NothingToCompare
from bybit_async.bot.journal import JournalStore, open_store
from bybit_async.bot.journal.tables import Row
from bybit_async.bot.records import TradeSignal
from bybit_async.models.market import LinearInstrument

ZERO = Decimal(0)
_FIRST_VERSION = 2


@dataclass
class RecordedOrder:
    """One signal of the run, the order it became, and what that traded; an order may lack its signal, or the reverse.

    Attributes:
        decided_ms: the close that it was decided at.
        refusal: why no order was sent, or none lived.
    """

    execution_id: str
    strategy_id: str
    symbol: str
    side: str
    decided_ms: int
    signal: TradeSignal
    has_signal: bool
    refusal: str | None = None
    equity: Decimal | None = None
    trade: Row | None = None
    fills: list[Row] = field(default_factory=list)

    @property
    def taken(self) -> bool:
        """Whether the exchange had the order."""
        return self.trade is not None and self.refusal is None

    @property
    def qty(self) -> Decimal:
        """What was ordered; what was wanted if nothing was."""
        return self.signal.quantity if self.trade is None else Decimal(self.trade["qty"])

    @property
    def arrived_ms(self) -> int | None:
        """When the exchange had it, by its own clock; None if that is not known."""
        if self.trade is None:
            return None
        moments = [row["time_ms"] for row in self.fills]
        at_market = self.trade["order_type"] == "Market" and moments
        return self.trade["arrived_ms"] or (min(moments) if at_market else None)

    @property
    def filled(self) -> Decimal:
        """What of it traded."""
        return sum((Decimal(row["qty"]) for row in self.fills), ZERO)

    @property
    def price(self) -> Decimal | None:
        """The average price of what traded."""
        value = sum((Decimal(row["qty"]) * Decimal(row["price"]) for row in self.fills), ZERO)
        return value / self.filled if self.filled else None


@dataclass
class RecordedExit:
    """Executions of one order that was none of the bot's signals: a stop, a target, a liquidation, or somebody's."""

    symbol: str
    side: str
    time_ms: int
    qty: Decimal
    price: Decimal


@dataclass
class RecordedRun:
    """One run of a journal; see the tables `sessions`, `decisions` and `signals`."""

    session: str
    mode: str
    started_ms: int
    config: ConfigurationManager
    instruments: dict[str, LinearInstrument]
    equity: Decimal
    positions: dict[str, str]
    decisions: dict[tuple[str, int], Row]
    orders: list[RecordedOrder]
    exits: list[RecordedExit]

    @property
    def first_ms(self) -> int:
        """The first close that strategies were asked at."""
        return min(closed for _, closed in self.decisions)

    @property
    def last_ms(self) -> int:
        """The last one."""
        return max(closed for _, closed in self.decisions)

    def shown_from_ms(self, symbol: str) -> int:
        """Return when the first candle opened that strategies were shown of a symbol."""
        return min(int(row["first_ms"]) for (name, _), row in self.decisions.items() if name == symbol)

    @property
    def symbols(self) -> list[str]:
        """The symbols that strategies were asked about."""
        return sorted({symbol for symbol, _ in self.decisions})


def read_run(journal: str | Path | JournalStore, session: str | None) -> RecordedRun:
    """Read a run, the newest one by default; `session` is how its id begins.

    Raises:
        JournalError: the journal cannot be read.
        NothingToCompare: it has no such run, or is of a version that kept too little.
    """
    with _opened(journal) as store:
        version = {row["name"]: row["value"] for row in store.read("meta")}.get("version", "1")
        if int(version) < _FIRST_VERSION:
            raise NothingToCompare(
                f"the journal is of version {version}, which did not keep what strategies were shown; "
                "what the bot records from its next start on can be compared"
            )
        rows = store.read("sessions")
        chosen = [row for row in rows if session is None or row["id"].startswith(session)]
        if not chosen:
            known = ", ".join(row["id"][:8] for row in rows) or "none"
            raise NothingToCompare(f"session: the journal has no run {session or ''}; known: {known}")
        run = chosen[-1]
        later = [row["started_ms"] for row in rows if row["started_ms"] > run["started_ms"]]
        return _read(store, run, min(later, default=None))


@contextmanager
def _opened(journal: str | Path | JournalStore) -> Iterator[JournalStore]:
    if not isinstance(journal, str | Path):
        yield journal
        return
    store = open_store(str(journal) if "://" in str(journal) else f"sqlite:///{journal}", read_only=True)
    try:
        yield store
    finally:
        store.close()


def _read(store: JournalStore, run: Row, until_ms: int | None) -> RecordedRun:
    def within(rows: Iterable[Row], clock: str) -> list[Row]:
        return [row for row in rows if until_ms is None or row[clock] < until_ms]

    since, of_run = run["started_ms"], {"session": [run["id"]]}
    decisions = {(row["symbol"], row["closed_ms"]): row for row in store.read("decisions", only=of_run)}
    if not decisions:
        raise NothingToCompare(f"strategies were asked at no close in the run {run['id'][:8]}")
    if run["equity"] is None:
        raise NothingToCompare(f"the run {run['id'][:8]} began with an equity that was not known")
    executions = [
        row for row in within(store.read("executions", since=since), "time_ms") if row["kind"] not in _BOOKINGS
    ]
    trades = {row["execution_id"]: row for row in within(store.read("trades", since=since), "created_ms")}
    rules = json.loads(run["instruments"])
    return RecordedRun(
        session=run["id"],
        mode=run["mode"],
        started_ms=since,
        config=ConfigurationManager.exactly(json.loads(run["configuration"])),
        instruments={name: msgspec.convert(rule, LinearInstrument, strict=False) for name, rule in rules.items()},
        equity=Decimal(run["equity"]),
        positions=json.loads(run["positions"]),
        decisions=decisions,
        orders=_orders(store.read("signals", only=of_run), trades, executions),
        exits=_exits(executions),
    )


_BOOKINGS = frozenset({"Funding", "SessionSettlePnL"})


def _orders(signals: list[Row], trades: dict[str, Row], executions: list[Row]) -> list[RecordedOrder]:
    found: dict[str, RecordedOrder] = {}
    for row in signals:
        order = found[row["execution_id"]] = _order(row, has_signal=True)
        order.refusal = row["refusal"]
        order.equity = None if row["equity"] is None else Decimal(row["equity"])
    for execution_id, trade in trades.items():
        order = found.setdefault(execution_id, _order(trade, has_signal=False))
        order.trade = trade
        if trade["status"] == "rejected":
            order.refusal = trade["reason"] or "rejected"
    for row in executions:
        if row["execution_id"] in found:
            found[row["execution_id"]].fills.append(row)
    return sorted(found.values(), key=lambda order: order.decided_ms)


def _order(row: Row, *, has_signal: bool) -> RecordedOrder:
    signal = msgspec.json.decode(row["signal"], type=TradeSignal)
    return RecordedOrder(
        execution_id=row["execution_id"],
        strategy_id=row["strategy_id"],
        symbol=row["symbol"],
        side=signal.action.capitalize(),
        decided_ms=int(signal.timestamp.timestamp() * 1000),
        signal=signal,
        has_signal=has_signal,
    )


def _exits(executions: list[Row]) -> list[RecordedExit]:
    grouped: dict[str, list[Any]] = {}
    for row in executions:
        if not row["execution_id"]:
            grouped.setdefault(row["order_id"], []).append(row)
    found = []
    for rows in grouped.values():
        qty = sum((Decimal(row["qty"]) for row in rows), ZERO)
        value = sum((Decimal(row["qty"]) * Decimal(row["price"]) for row in rows), ZERO)
        found.append(RecordedExit(rows[0]["symbol"], rows[0]["side"], rows[0]["time_ms"], qty, value / qty))
    return sorted(found, key=lambda item: item.time_ms)
