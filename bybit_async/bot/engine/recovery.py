"""From what the journal knew and what the exchange knows to one truth, before anything is decided.

The order: what happened to our own orders, then executions not seen yet, then positions that do not fit, then stops.
Nothing is invented: a difference that no execution explains is adopted, closed or refused, as configured.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from bybit_async import BybitError
from bybit_async.bot.engine.desk import Desk
from bybit_async.bot.engine.lots import Lots
from bybit_async.bot.engine.trades import BotTrade, TradeBook
from bybit_async.bot.errors import EngineRefused
from bybit_async.bot.journal import Journal
from bybit_async.bot.journal.journal import meta
from bybit_async.bot.journal.tables import Row
from bybit_async.bot.records import ExecutionStatus, HeldPosition
from bybit_async.bot.risk import ClosedTrade

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

ZERO = Decimal(0)
_OVERLAP_MS = 60_000
_ARRIVES_WITHIN = 20.0
"""Seconds after which an order that the exchange does not know cannot arrive any more, beyond the recv window."""

Policy = Literal["adopt", "flatten", "refuse"]


class Recovered(msgspec.Struct, frozen=True):
    """What the start of the engine found out and changed.

    Attributes:
        orders: trades of the journal that had not ended, and were looked up.
        unknown: those of them that the exchange did not know yet.
        executions: executions that the journal did not have.
        adopted: what positions held beyond what executions explain, by symbol.
        stops: stops that were laid because a position was bare.
    """

    orders: int = 0
    unknown: int = 0
    executions: int = 0
    adopted: dict[str, Decimal] = {}
    stops: int = 0


class Remembered(msgspec.Struct):
    """What the journal knew when the engine started.

    Attributes:
        began_ms: when the journal's first engine started; None for this one.
        seen_ms: until when every execution of the account is surely in the journal.
        known: executions in it from `seen_ms` on, without the overlap, oldest first.
        risk: the state of the risk manager.
    """

    trades: TradeBook
    lots: Lots
    began_ms: int | None
    seen_ms: int | None
    known: list[tuple[str, str]]
    risk: dict[str, Any] | None

    @property
    def asked_from_ms(self) -> int | None:
        """From when on executions have to be asked for; None if there was nothing before."""
        return None if self.seen_ms is None else max(self.seen_ms - _OVERLAP_MS, self.began_ms or 0)


def remember(journal: Journal, *, keep: int = 500) -> Remembered:
    """Read the journal.

    Raises:
        JournalError: it cannot be read.
    """
    kept = journal.meta()
    trades, lots = TradeBook(keep=keep), Lots()
    for name, value in kept.items():
        if name.startswith("lots:"):
            lots.restore(name.removeprefix("lots:"), value)
    trades.pin(lots.openers)
    trades.load(_trades(journal, lots.openers, keep))
    began_ms, seen_ms = kept.get("began_ms"), kept.get("seen_ms")
    rows = journal.read("executions", since=max((seen_ms or 0) - 2 * _OVERLAP_MS, 0))
    known = [(row["exec_id"], row["order_id"]) for row in rows]
    return Remembered(trades, lots, began_ms, seen_ms, known, kept.get("risk"))


def _trades(journal: Journal, held: set[str], keep: int) -> list[Row]:
    """Return the newest trades, and older ones that have not ended or are still held."""
    found = journal.read("trades", limit=keep)
    found += journal.read(
        "trades", only={"status": [status.value for status in ExecutionStatus if not status.is_final]}
    )
    found += journal.read("trades", only={"execution_id": sorted(held)})
    rows = {row["execution_id"]: row for row in found}
    return sorted(rows.values(), key=lambda row: int(row["created_ms"]))


def closed_trades(past: Remembered) -> list[ClosedTrade]:
    """Return what the journal's trades earned, those of which nothing is held any more, oldest first."""
    held = past.lots.openers
    return [
        ClosedTrade(trade.plan.symbol, trade.realized, trade.signal.strategy_id)
        for trade in reversed(past.trades.history(None, len(past.trades)))
        if trade.realized is not None and trade.execution_id not in held
    ]


def account_matches(journal: Journal, account: str) -> bool:
    """Return whether the journal is of this account; a new one becomes so."""
    known = journal.meta().get("account")
    if known is None:
        journal.post(meta("account", account))
    return known in (None, account)


def differences(positions: Iterable[HeldPosition], lots: Lots) -> Mapping[str, tuple[Decimal, Decimal]]:
    """Return what each position holds beyond what the executions explain, and the price it counts at."""
    held = {position.symbol: position for position in positions}
    found = {}
    for symbol in sorted({*held, *lots.symbols}):
        position = held.get(symbol)
        extra = (position.signed_size if position is not None else ZERO) - lots.size(symbol)
        if extra:
            found[symbol] = (extra, position.entry_price if position is not None else ZERO)
    return found


class Recovery:
    """Brings the journal up to the exchange's state.

    Args:
        desk: takes what is found out.
        recv_window: milliseconds that a request stays valid.
        since_ms: from when on the journal may lack executions; None if nothing was there before.

    Attributes:
        recovered: what was found and changed so far.
        unflattened: positions of others that were to be closed, and are not yet.
    """

    def __init__(self, desk: Desk, recv_window: int, since_ms: int | None) -> None:
        self._desk = desk
        self._since_ms = since_ms
        self.recovered: Recovered = Recovered()
        self.unflattened: set[str] = set()
        self._patience_ms = recv_window + int(_ARRIVES_WITHIN * 1000)

    async def orders(self) -> None:
        """Find our orders by their link ids; what the exchange does not know yet stays UNKNOWN."""
        doubtful = [trade for trade in self._desk.trades.active if trade.ending is None or not trade.is_final]
        await asyncio.gather(*(self.ask(trade) for trade in doubtful))
        unknown = sum(trade.is_unknown for trade in doubtful)
        self.recovered = msgspec.structs.replace(self.recovered, orders=len(doubtful), unknown=unknown)

    async def ask(self, trade: BotTrade) -> None:
        """Find out what happened to one trade, as far as the exchange knows by now."""
        try:
            found = await self._desk.find_out(trade)
        except BybitError as error:
            log.warning("%s cannot be looked up, it stays unknown: %s", trade.execution_id, error)
            found = False
        else:
            if not found and self._desk.now_ms() - trade.created_ms > self._patience_ms:
                self._desk.never_arrived(trade)
                return
        if not found and not trade.is_final and not trade.is_unknown:
            trade.doubt("the exchange does not know the order yet", self._desk.now_ms())

    async def executions(self) -> None:
        """Take the executions that the exchange knows and the journal does not.

        Raises:
            BybitError: the exchange does not tell.
        """
        found = list(self._desk.account.executions)
        if self._since_ms is not None:
            found += await self._desk.executions_since(self._since_ms)
        found.sort(key=lambda item: item.exec_time)
        taken = sum(self._desk.take_execution(execution) for execution in found)
        self.recovered = msgspec.structs.replace(self.recovered, executions=self.recovered.executions + taken)

    async def positions(self, positions: Iterable[HeldPosition], policy: Policy) -> None:
        """Deal with what no execution explains.

        Raises:
            EngineRefused: the policy is to refuse, and there is something.
        """
        found = differences(positions, self._desk.lots)
        if found and policy == "refuse":
            shown = ", ".join(f"{symbol} {extra}" for symbol, (extra, _) in found.items())
            raise EngineRefused(f"positions that the journal does not know: {shown} (engine.on_foreign is refuse)")
        adopted = {symbol: extra for symbol, (extra, _) in found.items()}
        self.recovered = msgspec.structs.replace(self.recovered, adopted=adopted)
        for symbol, (extra, price) in found.items():
            self._desk.adopt(symbol, extra, price)
            if policy == "flatten" and any(held.symbol == symbol for held in positions):
                self.unflattened.add(symbol)
        await self.flatten()

    async def flatten(self) -> None:
        """Close what others opened and is not closed yet; what fails is left for the next time."""
        for symbol in sorted(self.unflattened):
            try:
                await self._desk.flatten(symbol)
            except BybitError as error:
                log.warning("%s could not be closed, trying again: %s", symbol, error)
            else:
                self.unflattened.discard(symbol)
