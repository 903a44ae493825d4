"""Batches: one outcome per order, whatever the two lists of the answer look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from bybit_async.enums import Category
from bybit_async.errors import InvalidParameter
from bybit_async.models.building import Fields, build_all
from bybit_async.models.checks import known
from bybit_async.models.trade.requests import AmendOrder, CancelOrder, PlaceOrder
from bybit_async.ret_codes import AMBIGUOUS_CODES
from bybit_async.wire import Rows, Wire

AnyOrderRequest = PlaceOrder | AmendOrder | CancelOrder
Order = TypeVar("Order", PlaceOrder, AmendOrder, CancelOrder)

_MOST = {"spot": 10}
_MOST_ELSEWHERE = 20


class BatchAck(Wire):
    """One order of a batch as the answer's first list has it; ids are None where it was refused."""

    category: str | None = None
    symbol: str | None = None
    order_id: str | None = None
    order_link_id: str | None = None
    create_at: int | None = None


class BatchAcks(Rows[BatchAck]):
    """The first list of a batch answer; the second one, the codes, is in `ret_ext_info`."""


class BatchItem(BatchAck):
    """What happened to one order of a batch.

    Attributes:
        code: 0 when accepted, Bybit's code when refused, None when it is not known: then the order may live, look it
            up by its order link id.
        message: Bybit's words.
    """

    code: int | None = None
    message: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it was accepted."""
        return self.code == 0

    @property
    def unknown(self) -> bool:
        """Whether it may have been accepted or not."""
        return self.code is None


class BatchResult(Rows[BatchItem]):
    """One outcome per order, in the order they were given."""

    @property
    def ok(self) -> bool:
        """Whether every order was accepted."""
        return all(item.ok for item in self.rows)


def orders_of(
    kind: type[Order], category: Category, request: Sequence[Order | Fields], parameter: str = "request"
) -> list[Order]:
    """Return the orders of a batch, made from dicts where they are dicts; these need not repeat the category.

    Raises:
        InvalidParameter: Bybit would refuse the batch as a whole: it is empty, longer than 20 orders (spot: 10), mixes
            categories, or an item is invalid; the item is named, as ``request[2].qty``.
    """
    known(category)
    most = _MOST.get(category, _MOST_ELSEWHERE)
    if not isinstance(request, list | tuple):
        raise InvalidParameter(parameter, f"expected a list of {kind.__name__} or dicts, got {request!r}")
    if not 1 <= len(request) <= most:
        raise InvalidParameter(parameter, f"expected 1 to {most} orders for {category}, got {len(request)}")
    given = [{"category": category, **item} if isinstance(item, Mapping) else item for item in request]
    orders = build_all(kind, given, parameter)
    for index, order in enumerate(orders):
        if order.category != category:
            raise InvalidParameter(
                f"{parameter}[{index}].category", f"is {order.category!r} in a batch of {category!r}"
            )
    return orders


def batch_result(
    request: Sequence[AnyOrderRequest],
    acks: Sequence[BatchAck],
    ret_ext_info: Any,
) -> BatchResult:
    """Pair each order with its acknowledgement and its code; what cannot be paired has no code."""
    codes = item_codes(ret_ext_info, len(request))
    items = [
        _item(order, acks[index] if index < len(acks) else BatchAck(), codes[index])
        for index, order in enumerate(request)
    ]
    return BatchResult(rows=items)


def item_codes(ret_ext_info: Any, count: int) -> list[dict[str, Any]]:
    """Return the `count` codes of a batch answer; empty ones where codes are missing.

    Documented as an object with a list, but ``""`` and ``{}`` were seen where nothing was to be said.
    """
    listed = ret_ext_info.get("list") if isinstance(ret_ext_info, dict) else None
    codes = [row if isinstance(row, dict) else {} for row in listed] if isinstance(listed, list) else []
    return (codes + [{}] * count)[:count]


def item_code(code: Mapping[str, Any]) -> int | None:
    """Return what one code of a batch says for certain; None where it leaves open what happened to the order."""
    number = _whole(code.get("code"))
    return None if number in AMBIGUOUS_CODES else number


def _item(order: AnyOrderRequest, ack: BatchAck, code: dict[str, Any]) -> BatchItem:
    return BatchItem(
        category=ack.category or order.category,
        symbol=ack.symbol or order.symbol,
        order_id=ack.order_id or getattr(order, "order_id", None),
        order_link_id=ack.order_link_id or order.order_link_id,
        create_at=ack.create_at,
        code=item_code(code),
        message=code.get("msg") or None,
    )


def _whole(code: Any) -> int | None:
    try:
        return int(code)
    except (TypeError, ValueError):
        return None
