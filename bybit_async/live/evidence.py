"""What an order, as Bybit has it now, says about a request that was sent for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from bybit_async.models.trade import AmendOrder, Order
from bybit_async.models.trade.requests import AMENDABLE, is_generated, numbers_of


class Finding(Enum):
    """What an order shows of a request."""

    HAPPENED = "happened"
    TOO_LATE = "too late"
    NOT_SHOWN = "not shown"


_CANCELLED = frozenset({"Cancelled", "PartiallyFilledCanceled", "Deactivated"})

_NUMBERS = frozenset(numbers_of(AmendOrder))

_BY_USER = frozenset({None, "UNKNOWN", "CancelByUser"})


def judge(kind: str, order: Order, request: Mapping[str, Any], after: int | None = None) -> Finding:
    """Say what happened to a request of this kind: ``"create"``, ``"amend"`` or ``"cancel"``.

    Args:
        kind: what was asked for.
        order: the order as Bybit has it now.
        request: what was asked for, under Bybit's names.
        after: the earliest moment at which the request can have left, in exchange milliseconds.
    """
    if kind == "create":
        return Finding.HAPPENED if is_creation(order, request, after) else Finding.NOT_SHOWN
    # An amendment is looked at before the status: an amended price may have been what filled the order.
    if order.order_status in _CANCELLED if kind == "cancel" else _as_amended(order, request):
        return Finding.HAPPENED
    return Finding.NOT_SHOWN if order.is_open else Finding.TOO_LATE


def is_creation(order: Order, request: Mapping[str, Any], after: int | None) -> bool:
    """Say whether an order with the order link id of a request was created by it."""
    if is_generated(request.get("orderLinkId")):
        return True
    if after is not None and order.created_time is not None and order.created_time < after:
        return False
    return _as_asked(order, request)


def done_since(kind: str, order: Order, request: Mapping[str, Any], after: int | None) -> bool:
    """Say whether an order shows that an amendment or cancellation was carried out at `after` or later."""
    if after is None or order.updated_time is None or order.updated_time < after:
        return False
    if kind == "amend":
        return _as_amended(order, request)
    return order.order_status in _CANCELLED and order.cancel_type in _BY_USER


def _as_asked(order: Order, request: Mapping[str, Any]) -> bool:
    names = {"symbol": order.symbol, "side": order.side, "orderType": order.order_type}
    if any(request.get(name) not in (None, held) for name, held in names.items()):
        return False
    # A quantity of 0 closes whatever there is, and the price of a market order is Bybit's own.
    closes_all = _same(Decimal(0), request.get("qty"))
    priced = request.get("orderType") == "Limit" and request.get("price") is not None
    return (request.get("qty") is None or closes_all or _same(order.qty, request["qty"])) and (
        not priced or _same(order.price, request["price"])
    )


def _as_amended(order: Order, request: Mapping[str, Any]) -> bool:
    asked = {field: request[name] for name, field in AMENDABLE.items() if request.get(name) is not None}
    return all(
        _same(getattr(order, field), value) if field in _NUMBERS else getattr(order, field) in (value, None)
        for field, value in asked.items()
    )


def _same(held: Decimal | None, wanted: Any) -> bool:
    try:
        return (held or Decimal(0)) == Decimal(str(wanted))
    except InvalidOperation:
        return False
