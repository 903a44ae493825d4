"""What an order request says: one body for REST, batches and the order entry socket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Literal, get_args, get_type_hints
from uuid import uuid4

import msgspec
from msgspec.structs import force_setattr

from bybit_async.enums import (
    Category,
    MarketUnit,
    OrderFilter,
    PositionIdx,
    Side,
    SmpType,
    TimeInForce,
    TpslMode,
    TriggerBy,
    TriggerDirection,
)
from bybit_async.errors import InvalidParameter
from bybit_async.models.checks import any_of, check_fields, check_symbol
from bybit_async.wire import Number, Wire, plain, wire_name

_LINK_ID = re.compile(r"[0-9A-Za-z_-]{1,36}\Z")
_GENERATED = re.compile(r"ba-[0-9a-f]{32}\Z")

_KINDS: Mapping[str, Literal["create", "amend", "cancel", "cancel all"]] = {
    "/v5/order/create": "create",
    "/v5/order/amend": "amend",
    "/v5/order/cancel": "cancel",
    "/v5/order/create-batch": "create",
    "/v5/order/amend-batch": "amend",
    "/v5/order/cancel-batch": "cancel",
    "/v5/order/cancel-all": "cancel all",
}


def order_kind(path: str) -> Literal["create", "amend", "cancel", "cancel all"] | None:
    """Return what a request to this endpoint does to orders; None if it does nothing."""
    return _KINDS.get(path)


def new_order_link_id() -> str:
    """Return a fresh order link id (35 characters): by it an order is found again, whatever happens to its answer."""
    return f"ba-{uuid4().hex}"


def is_generated(order_link_id: object) -> bool:
    """Say whether an order link id is one that `new_order_link_id` made: no one else can have used it."""
    return isinstance(order_link_id, str) and _GENERATED.match(order_link_id) is not None


def with_order_link_ids(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a create, or of a batch of them, with fresh order link ids where they are missing."""
    items = body.get("request")
    if isinstance(items, list):
        return {**body, "request": [with_order_link_ids(item) if isinstance(item, dict) else item for item in items]}
    return body if body.get("orderLinkId") else {**body, "orderLinkId": new_order_link_id()}


class _OrderRequest(Wire, omit_defaults=True):
    category: Category
    symbol: str

    def __post_init__(self) -> None:
        check_fields(self)
        check_symbol(self.symbol)

    def wire(self) -> dict[str, Any]:
        """Return the request as it is sent by REST and by the order entry socket."""
        body: dict[str, Any] = msgspec.to_builtins(self)
        return body

    def batch_item(self) -> dict[str, Any]:
        """Return the request as one item of a batch, whose category stands outside."""
        body = self.wire()
        del body["category"]
        return body

    def _spell(self) -> None:
        for name in numbers_of(type(self)):
            value = getattr(self, name)
            if value is not None:
                force_setattr(self, name, plain(value, name))


@cache
def numbers_of(request: type[_OrderRequest]) -> tuple[str, ...]:
    """Return the fields of an order request that hold numbers."""
    return tuple(name for name, hint in get_type_hints(request).items() if Decimal in get_args(hint))


class PlaceOrder(_OrderRequest, omit_defaults=True):
    """A new order. Numbers become their plain spelling and everything certain is checked when it is made.

    An order without `order_link_id` gets a fresh one.

    Attributes:
        qty: in the base coin (inverse: in USD; spot market buys: in the quote coin unless `market_unit` says else);
            0 closes the whole position when `reduce_only` and `close_on_trigger` are both set.
        price: needed by limit orders, unless `order_iv` (options) or `bbo_side_type` prices them.
        is_leverage: whether a spot order may borrow.
        market_unit: the coin that a spot market order's `qty` counts.
        slippage_tolerance: how far a market order may go: 1 to 10000 ticks, or 0.01 to 10 percent.
        trigger_direction: 1 triggers when the price rises to `trigger_price`, 2 when it falls.
        order_filter: spot only, the kind of conditional order.
        order_iv: implied volatility of an option order, 0.1 for 10 %.
        position_idx: 0 one-way, 1 long side and 2 short side of hedge mode.
        mmp: marks an option order for market maker protection.
        bbo_side_type: price the order from the book, on its own or on the opposite side.

    Raises:
        InvalidParameter: what would be refused with certainty; `parameter` names it.
    """

    side: Side
    order_type: Literal["Market", "Limit"]
    qty: Number
    price: Number | None = None
    time_in_force: TimeInForce | None = None
    order_link_id: str | None = None
    position_idx: PositionIdx | None = None
    reduce_only: bool | None = None
    close_on_trigger: bool | None = None
    is_leverage: bool | Literal[0, 1] | None = None
    market_unit: MarketUnit | None = None
    slippage_tolerance_type: Literal["TickSize", "Percent"] | None = None
    slippage_tolerance: Number | None = None
    trigger_price: Number | None = None
    trigger_direction: TriggerDirection | None = None
    trigger_by: TriggerBy | None = None
    order_filter: OrderFilter | None = None
    order_iv: Number | None = None
    take_profit: Number | None = None
    stop_loss: Number | None = None
    tp_trigger_by: TriggerBy | None = None
    sl_trigger_by: TriggerBy | None = None
    tpsl_mode: TpslMode | None = None
    tp_limit_price: Number | None = None
    sl_limit_price: Number | None = None
    tp_order_type: Literal["Market", "Limit"] | None = None
    sl_order_type: Literal["Market", "Limit"] | None = None
    smp_type: SmpType | None = None
    mmp: bool | None = None
    rpi_taker_access: bool | None = None
    bbo_side_type: Literal["Queue", "Counterparty"] | None = None
    bbo_level: Literal["1", "2", "3", "4", "5"] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._spell()
        self._check_size()
        self._check_price()
        if self.is_leverage is not None:
            force_setattr(self, "is_leverage", int(self.is_leverage))
        if self.order_link_id is None:
            force_setattr(self, "order_link_id", new_order_link_id())
        else:
            _check_link_id(self.order_link_id)

    def _check_size(self) -> None:
        sign = _sign(self.qty)
        closes_all = self.reduce_only and self.close_on_trigger
        if sign < 0 or (sign == 0 and not closes_all):
            raise InvalidParameter("qty", f"expected more than 0, got {self.qty}")

    def _check_price(self) -> None:
        if self.price is None:
            if self.order_type == "Limit" and self.order_iv is None and self.bbo_side_type is None:
                raise InvalidParameter("price", "a limit order needs a price")
        elif self.order_type == "Limit" and _sign(self.price) <= 0:
            raise InvalidParameter("price", f"expected more than 0, got {self.price}")


class _ExistingOrder(_OrderRequest, omit_defaults=True):
    order_id: str | None = None
    order_link_id: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        any_of({"order_id": self.order_id, "order_link_id": self.order_link_id})


class AmendOrder(_ExistingOrder, omit_defaults=True):
    """A change to an open order, found by `order_id` or `order_link_id`; what is left out stays as it is.

    Attributes:
        qty: the whole new quantity, what is already filled included.
        take_profit: 0 removes it.
        stop_loss: 0 removes it.

    Raises:
        InvalidParameter: neither id is given, or a number is invalid.
    """

    qty: Number | None = None
    price: Number | None = None
    trigger_price: Number | None = None
    trigger_by: TriggerBy | None = None
    order_iv: Number | None = None
    take_profit: Number | None = None
    stop_loss: Number | None = None
    tp_trigger_by: TriggerBy | None = None
    sl_trigger_by: TriggerBy | None = None
    tpsl_mode: TpslMode | None = None
    tp_limit_price: Number | None = None
    sl_limit_price: Number | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._spell()
        for name in ("qty", "price"):
            value = getattr(self, name)
            if value is not None and _sign(value) <= 0:
                raise InvalidParameter(name, f"expected more than 0, got {value}")


AMENDABLE = {wire_name(name): name for name in AmendOrder.__annotations__}
"""What an amendment may change: the names that are sent, and the fields."""


class CancelOrder(_ExistingOrder, omit_defaults=True):
    """A cancellation, found by `order_id` or `order_link_id`.

    Attributes:
        order_filter: spot only, the kind of order; ``Order`` when left out.

    Raises:
        InvalidParameter: neither id is given.
    """

    order_filter: OrderFilter | None = None


def _check_link_id(order_link_id: str) -> None:
    if not isinstance(order_link_id, str) or not _LINK_ID.match(order_link_id):
        raise InvalidParameter(
            "order_link_id", f"expected 1 to 36 letters, digits, dashes and underscores, got {order_link_id!r}"
        )


def _sign(number: Number) -> int:
    # Works on the plain spelling, which has no exponent: any digit but 0 makes it non-zero.
    text = str(number)
    if not text.strip("-+0."):
        return 0
    return -1 if text.startswith("-") else 1
