"""Which trade opened what is held, and what it earned: first in, first out, symbol by symbol. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec

from bybit_async.bot.records import OrderSide

ZERO = Decimal(0)


class Lot(msgspec.Struct):
    """Part of a position that one trade opened.

    Attributes:
        execution_id: the trade; empty for what was not opened by the bot.
        size: what is left of it, positive when long, negative when short.
        fee: what was paid to open what is left.
        realized: what the closed part has earned, after fees.
    """

    execution_id: str
    strategy_id: str
    size: Decimal
    price: Decimal
    fee: Decimal = ZERO
    realized: Decimal = ZERO


class Realized(msgspec.Struct, frozen=True):
    """Part of a lot that was closed.

    Attributes:
        size: how much; `pnl` is what it earned.
        total: what the whole lot earned, once nothing is left of it.
    """

    symbol: str
    execution_id: str
    strategy_id: str
    size: Decimal
    pnl: Decimal
    total: Decimal | None


class Lots:
    """The open lots of every symbol."""

    def __init__(self) -> None:
        self._lots: dict[str, list[Lot]] = {}

    def size(self, symbol: str) -> Decimal:
        """Return the signed size of a position, as the executions made it."""
        return sum((lot.size for lot in self._lots.get(symbol, ())), ZERO)

    @property
    def symbols(self) -> list[str]:
        """The symbols that are not flat."""
        return [symbol for symbol, lots in self._lots.items() if lots]

    def opener(self, symbol: str) -> str | None:
        """Return the trade that opened the newest lot of a symbol; None when it is flat."""
        lots = self._lots.get(symbol)
        return lots[-1].execution_id if lots else None

    @property
    def openers(self) -> set[str]:
        """The trades of which something is still held."""
        return {lot.execution_id for lots in self._lots.values() for lot in lots}

    def take(
        self,
        symbol: str,
        side: OrderSide,
        qty: Decimal,
        price: Decimal,
        fee: Decimal,
        *,
        execution_id: str = "",
        strategy_id: str = "",
    ) -> list[Realized]:
        """Take an execution: it closes what is opposite, oldest first, and opens a lot with the rest."""
        lots = self._lots.setdefault(symbol, [])
        left, paid, closed = qty * side.sign, fee, []
        while left and lots and (lots[0].size > 0) != (left > 0):
            lot = lots[0]
            size = min(abs(left), abs(lot.size))
            last_of_lot, last_of_execution = size == abs(lot.size), size == abs(left)
            # The last part takes what is left of a fee, so that nothing of it is lost by rounding.
            entry_fee = lot.fee if last_of_lot else lot.fee * size / abs(lot.size)
            exit_fee = paid if last_of_execution else fee * size / qty
            sign = 1 if lot.size > 0 else -1
            pnl = (price - lot.price) * size * sign - entry_fee - exit_fee
            lot.size -= size * sign
            lot.fee -= entry_fee
            lot.realized += pnl
            left += size * sign
            paid -= exit_fee
            closed.append(
                Realized(symbol, lot.execution_id, lot.strategy_id, size, pnl, lot.realized if last_of_lot else None)
            )
            if last_of_lot:
                lots.pop(0)
        if left:
            self._open(lots, Lot(execution_id, strategy_id, left, price, paid))
        return closed

    def _open(self, lots: list[Lot], lot: Lot) -> None:
        if lots and lot.execution_id and lots[-1].execution_id == lot.execution_id:
            known = lots[-1]
            size = known.size + lot.size
            known.price = (known.price * known.size + lot.price * lot.size) / size
            known.size, known.fee = size, known.fee + lot.fee
        else:
            lots.append(lot)

    def adopt(self, symbol: str, size: Decimal, price: Decimal) -> None:
        """Take the difference to a position that others changed: lots go without earning anything, or one is added.

        Args:
            symbol: of the position.
            size: what it holds beyond the lots, signed.
            price: what a new lot counts at.
        """
        lots = self._lots.setdefault(symbol, [])
        while size and lots and (lots[0].size > 0) != (size > 0):
            lot = lots[0]
            if abs(lot.size) > abs(size):
                lot.fee -= lot.fee * abs(size) / abs(lot.size)
                lot.size += size
                return
            size += lot.size
            lots.pop(0)
        if size:
            lots.append(Lot("", "", size, price))

    def to_plain(self, symbol: str) -> list[Any]:
        """Return the lots of one symbol as plain values, for the journal."""
        made: list[Any] = msgspec.to_builtins(self._lots.get(symbol, []))
        return made

    def restore(self, symbol: str, lots: Iterable[Any]) -> None:
        """Take lots that `to_plain` returned."""
        self._lots[symbol] = msgspec.convert(list(lots), list[Lot])
