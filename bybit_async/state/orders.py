"""My orders, never running backwards, whatever order the news of them arrives in.

Of two reports of an order the later one is the one that is final; else the one with more executed; else the one that
was updated later. That is a total order, so any sequence of reports ends in the same state.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from bybit_async.models.trade import Order

FINAL = frozenset({"Filled", "Cancelled", "Rejected", "PartiallyFilledCanceled", "Deactivated"})
"""The states that no order leaves."""

_STEPS = {"Untriggered": 0, "Triggered": 1, "New": 2, "PartiallyFilled": 3}
_TOO_LATE = "EC_OrigClOrdIDDoesNotExist"
_IDS_PER_ORDER = 10


class OrderChange(msgspec.Struct, frozen=True):
    """An order moved on.

    Attributes:
        order: as it is now.
        previous: as it was; None for the first report of it.
        became_final: whether this is the one change that ended it.
    """

    order: Order
    previous: Order | None
    became_final: bool


class KnownOrders:
    """Orders by id and by order link id: all open ones, and the last `keep` that ended.

    Attributes:
        late: reports that were older than what was known.
        repeats: reports that said nothing new.
    """

    def __init__(self, *, keep: int = 1000) -> None:
        self._keep = keep
        self._open: dict[str, Order] = {}
        self._final: dict[str, Order] = {}
        self._forgotten: dict[str, None] = {}
        self._links: dict[str, str] = {}
        self.late: int = 0
        self.repeats: int = 0

    def __len__(self) -> int:
        return len(self._open) + len(self._final)

    def __iter__(self) -> Iterator[Order]:
        yield from self._open.values()
        yield from self._final.values()

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._open or order_id in self._final

    @property
    def open(self) -> list[Order]:
        """The orders that are not final, in the order they became known."""
        return list(self._open.values())

    def find(self, *, order_id: str | None = None, order_link_id: str | None = None) -> Order | None:
        """Return one order; the order id wins where both are given."""
        if order_id is None:
            order_id = self._links.get(order_link_id or "")
        if order_id is None:
            return None
        return self._open.get(order_id) or self._final.get(order_id)

    def apply(self, order: Order) -> OrderChange | None:
        """Take a report and return what it changed; None when it is late or says nothing new."""
        known = self.find(order_id=order.order_id)
        if known is None:
            if order.order_id in self._forgotten:
                self.late += 1
                return None
            return self._store(order, None)
        newer, older = _age(order), _age(known)
        if newer < older:
            self.late += 1
            return None
        if newer == older and not _differs(order, known):
            self.repeats += 1
            return None
        if newer[:2] == older[:2] and newer[0]:
            # A second message about the same end: of a fill and the cancel that lost the race, the fill's is kept.
            if newer > older:
                self._store(order, known)
            self.repeats += 1
            return None
        return self._store(order, known)

    def _store(self, order: Order, known: Order | None) -> OrderChange:
        final = order.order_status in FINAL
        if final:
            self._open.pop(order.order_id, None)
            self._final[order.order_id] = order
            self._forget_old()
        else:
            self._open[order.order_id] = order
        if order.order_link_id:
            self._links[order.order_link_id] = order.order_id
        return OrderChange(order, known, final and (known is None or known.order_status not in FINAL))

    def _forget_old(self) -> None:
        while len(self._final) > self._keep:
            order_id, order = next(iter(self._final.items()))
            del self._final[order_id]
            if self._links.get(order.order_link_id or "") == order_id:
                del self._links[order.order_link_id or ""]
            # The id is kept longer than the order: a late report must not bring it back to life.
            self._forgotten[order_id] = None
            if len(self._forgotten) > self._keep * _IDS_PER_ORDER:
                del self._forgotten[next(iter(self._forgotten))]


def _age(order: Order) -> tuple[bool, Decimal, int, int]:
    final = order.order_status in FINAL
    executed = order.cum_exec_qty or Decimal(0)
    if final:
        return True, executed, 0, int(order.reject_reason != _TOO_LATE)
    return False, executed, order.updated_time or 0, _STEPS.get(order.order_status, 0)


# Bybit's two ways of reporting do not carry the same fields, so only what an order does is compared.
_TELLING = (
    "order_status", "cum_exec_qty", "leaves_qty", "qty", "price", "trigger_price", "take_profit", "stop_loss",
    "order_link_id",
)  # fmt: skip


def _differs(order: Order, known: Order) -> bool:
    def reported(report: Order) -> list[Any]:
        return [getattr(report, name) or None for name in _TELLING]

    return reported(order) != reported(known)
