"""What an order, as Bybit has it now, says about a request that was sent for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from bybit_async.models.trade import Order


class Verdict(Enum):
    """What became of a request."""

    HAPPENED = "happened"
    TOO_LATE = "too late"
    OPEN = "open"


_CANCELLED = frozenset({"Cancelled", "PartiallyFilledCanceled", "Deactivated"})

_NUMBERS = {
    "qty": "qty",
    "price": "price",
    "triggerPrice": "trigger_price",
    "orderIv": "order_iv",
    "takeProfit": "take_profit",
    "stopLoss": "stop_loss",
    "tpLimitPrice": "tp_limit_price",
    "slLimitPrice": "sl_limit_price",
}
_WORDS = {
    "triggerBy": "trigger_by",
    "tpTriggerBy": "tp_trigger_by",
    "slTriggerBy": "sl_trigger_by",
    "tpslMode": "tpsl_mode",
}


_AHEAD_MS = 1_000
"""Bybit takes no request whose timestamp is further ahead of its own time."""


def judge(kind: str, order: Order, request: Mapping[str, Any], sent_at: int | None = None) -> Verdict:
    """Say what became of a request of this kind: ``"create"``, ``"amend"`` or ``"cancel"``.

    `sent_at` is the timestamp that it carried, in exchange milliseconds.
    """
    if kind == "create":
        # Its order link id is this request's own, unless the user has used it before.
        return Verdict.OPEN if _older(order, sent_at) else Verdict.HAPPENED
    # An amendment is looked at before the status: an amended price may have been what filled the order.
    if order.order_status in _CANCELLED if kind == "cancel" else _as_amended(order, request):
        return Verdict.HAPPENED
    return Verdict.OPEN if order.is_open else Verdict.TOO_LATE


def _older(order: Order, sent_at: int | None) -> bool:
    return sent_at is not None and order.created_time is not None and order.created_time < sent_at - _AHEAD_MS


def _as_amended(order: Order, request: Mapping[str, Any]) -> bool:
    numbers = {name: field for name, field in _NUMBERS.items() if request.get(name) is not None}
    words = {name: field for name, field in _WORDS.items() if request.get(name) is not None}
    return all(_same(getattr(order, field), request[name]) for name, field in numbers.items()) and all(
        getattr(order, field) in (request[name], None) for name, field in words.items()
    )


def _same(held: Decimal | None, wanted: Any) -> bool:
    try:
        return (held or Decimal(0)) == Decimal(str(wanted))
    except InvalidOperation:
        return False
