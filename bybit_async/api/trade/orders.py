"""Orders one at a time: place, amend, cancel, cancel all, check beforehand."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any, Literal, get_args

from typing_extensions import TypedDict, Unpack

from bybit_async.api.resource import Caller
from bybit_async.api.setting import Setting, SettingResource
from bybit_async.api.trade.explaining import Explainer
from bybit_async.api.trade.reads import GET_OPEN_ORDERS
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
from bybit_async.errors import BybitError, RequestRejected, TransportError
from bybit_async.models import trade as m
from bybit_async.models.checks import any_of, known, none_or_one_of, within
from bybit_async.transport.endpoint import post
from bybit_async.transport.pages import Pager
from bybit_async.transport.resolution import OnUnknown
from bybit_async.wire import Nothing, Number

PLACE_ORDER = post("/v5/order/create", "trade.place_order", m.OrderAck)
AMEND_ORDER = post("/v5/order/amend", "trade.amend_order", m.OrderAck)
CANCEL_ORDER = post("/v5/order/cancel", "trade.cancel_order", m.OrderAck)
CANCEL_ALL_ORDERS = post("/v5/order/cancel-all", "trade.cancel_all_orders", m.CancelledOrders)
PRE_CHECK_ORDER = post("/v5/order/pre-check", "trade.pre_check_order", m.PreCheck, write=False)
SET_DCP = post("/v5/order/disconnected-cancel-all", "trade.set_dcp", Nothing)

_CANCELLED_AT_ONCE = 500
_PAGE = 50


class _OrderOptions(TypedDict, total=False):
    price: Number | None
    time_in_force: TimeInForce | None
    order_link_id: str | None
    position_idx: PositionIdx | None
    reduce_only: bool | None
    close_on_trigger: bool | None
    is_leverage: bool | Literal[0, 1] | None
    market_unit: MarketUnit | None
    slippage_tolerance_type: Literal["TickSize", "Percent"] | None
    slippage_tolerance: Number | None
    trigger_price: Number | None
    trigger_direction: TriggerDirection | None
    trigger_by: TriggerBy | None
    order_filter: OrderFilter | None
    order_iv: Number | None
    take_profit: Number | None
    stop_loss: Number | None
    tp_trigger_by: TriggerBy | None
    sl_trigger_by: TriggerBy | None
    tpsl_mode: TpslMode | None
    tp_limit_price: Number | None
    sl_limit_price: Number | None
    tp_order_type: Literal["Market", "Limit"] | None
    sl_order_type: Literal["Market", "Limit"] | None
    smp_type: SmpType | None
    mmp: bool | None
    rpi_taker_access: bool | None
    bbo_side_type: Literal["Queue", "Counterparty"] | None
    bbo_level: Literal["1", "2", "3", "4", "5"] | None


class Orders(SettingResource):
    """The part of `Trade` that changes single orders."""

    __slots__ = ("_explainer",)

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller)
        self._explainer = Explainer(caller)

    async def place_order(
        self,
        *,
        category: Category,
        symbol: str,
        side: Side,
        order_type: Literal["Market", "Limit"],
        qty: Number,
        price: Number | None = None,
        time_in_force: TimeInForce | None = None,
        order_link_id: str | None = None,
        position_idx: PositionIdx | None = None,
        reduce_only: bool | None = None,
        close_on_trigger: bool | None = None,
        is_leverage: bool | Literal[0, 1] | None = None,
        market_unit: MarketUnit | None = None,
        slippage_tolerance_type: Literal["TickSize", "Percent"] | None = None,
        slippage_tolerance: Number | None = None,
        trigger_price: Number | None = None,
        trigger_direction: TriggerDirection | None = None,
        trigger_by: TriggerBy | None = None,
        order_filter: OrderFilter | None = None,
        order_iv: Number | None = None,
        take_profit: Number | None = None,
        stop_loss: Number | None = None,
        tp_trigger_by: TriggerBy | None = None,
        sl_trigger_by: TriggerBy | None = None,
        tpsl_mode: TpslMode | None = None,
        tp_limit_price: Number | None = None,
        sl_limit_price: Number | None = None,
        tp_order_type: Literal["Market", "Limit"] | None = None,
        sl_order_type: Literal["Market", "Limit"] | None = None,
        smp_type: SmpType | None = None,
        mmp: bool | None = None,
        rpi_taker_access: bool | None = None,
        bbo_side_type: Literal["Queue", "Counterparty"] | None = None,
        bbo_level: Literal["1", "2", "3", "4", "5"] | None = None,
        on_unknown: OnUnknown | None = None,
        timeout: float | None = None,
    ) -> m.OrderAck:
        """Place an order; see `PlaceOrder` for every argument. `POST /v5/order/create`.

        The answer says only that Bybit took it; `OutcomeUnknown` that it may live, under the order link id it carries.
        """
        order = m.PlaceOrder(
            category=category, symbol=symbol, side=side, order_type=order_type, qty=qty, price=price,
            time_in_force=time_in_force, order_link_id=order_link_id, position_idx=position_idx,
            reduce_only=reduce_only, close_on_trigger=close_on_trigger, is_leverage=is_leverage,
            market_unit=market_unit, slippage_tolerance_type=slippage_tolerance_type,
            slippage_tolerance=slippage_tolerance, trigger_price=trigger_price, trigger_direction=trigger_direction,
            trigger_by=trigger_by, order_filter=order_filter, order_iv=order_iv, take_profit=take_profit,
            stop_loss=stop_loss, tp_trigger_by=tp_trigger_by, sl_trigger_by=sl_trigger_by, tpsl_mode=tpsl_mode,
            tp_limit_price=tp_limit_price, sl_limit_price=sl_limit_price, tp_order_type=tp_order_type,
            sl_order_type=sl_order_type, smp_type=smp_type, mmp=mmp, rpi_taker_access=rpi_taker_access,
            bbo_side_type=bbo_side_type, bbo_level=bbo_level)  # fmt: skip
        try:
            answer = await self._caller.call(PLACE_ORDER, order.wire(), timeout=timeout, on_unknown=handled(on_unknown))
        except RequestRejected as refusal:
            raise await self._explainer.explained(refusal, order)  # noqa: B904 - it is the same one
        return _acknowledged(answer.result, order)

    async def place(
        self, order: m.PlaceOrder, *, on_unknown: OnUnknown | None = None, timeout: float | None = None
    ) -> m.OrderAck:
        """Place an order that was made before; see `place_order`. `POST /v5/order/create`."""
        try:
            answer = await self._caller.call(PLACE_ORDER, order.wire(), timeout=timeout, on_unknown=handled(on_unknown))
        except RequestRejected as refusal:
            raise await self._explainer.explained(refusal, order)  # noqa: B904 - it is the same one
        return _acknowledged(answer.result, order)

    async def amend_order(
        self,
        *,
        category: Category,
        symbol: str,
        order_id: str | None = None,
        order_link_id: str | None = None,
        qty: Number | None = None,
        price: Number | None = None,
        trigger_price: Number | None = None,
        trigger_by: TriggerBy | None = None,
        order_iv: Number | None = None,
        take_profit: Number | None = None,
        stop_loss: Number | None = None,
        tp_trigger_by: TriggerBy | None = None,
        sl_trigger_by: TriggerBy | None = None,
        tpsl_mode: TpslMode | None = None,
        tp_limit_price: Number | None = None,
        sl_limit_price: Number | None = None,
        on_unknown: OnUnknown | None = None,
        timeout: float | None = None,
    ) -> m.OrderAck:
        """Change an open order, named by `order_id` or `order_link_id`; see `AmendOrder`. `POST /v5/order/amend`.

        Raises `OrderNotFound` when it is final already, `OutcomeUnknown` when the answer was lost.
        """
        order = m.AmendOrder(
            category=category, symbol=symbol, order_id=order_id, order_link_id=order_link_id, qty=qty, price=price,
            trigger_price=trigger_price, trigger_by=trigger_by, order_iv=order_iv, take_profit=take_profit,
            stop_loss=stop_loss, tp_trigger_by=tp_trigger_by, sl_trigger_by=sl_trigger_by, tpsl_mode=tpsl_mode,
            tp_limit_price=tp_limit_price, sl_limit_price=sl_limit_price,
        )  # fmt: skip
        return await self.amend(order, on_unknown=on_unknown, timeout=timeout)

    async def amend(
        self, order: m.AmendOrder, *, on_unknown: OnUnknown | None = None, timeout: float | None = None
    ) -> m.OrderAck:
        """Send a change that was made before; see `amend_order`. `POST /v5/order/amend`."""
        try:
            answer = await self._caller.call(AMEND_ORDER, order.wire(), timeout=timeout, on_unknown=handled(on_unknown))
        except RequestRejected as refusal:
            raise await self._explainer.explained(refusal, order)  # noqa: B904 - it is the same one
        return _acknowledged(answer.result, order)

    async def cancel_order(
        self,
        *,
        category: Category,
        symbol: str,
        order_id: str | None = None,
        order_link_id: str | None = None,
        order_filter: OrderFilter | None = None,
        on_unknown: OnUnknown | None = None,
        timeout: float | None = None,
    ) -> m.OrderAck:
        """Cancel an order, named by `order_id` or `order_link_id`. `POST /v5/order/cancel`.

        `order_filter` is for spot. Raises `OrderNotFound` when it is final already, `OutcomeUnknown` when the answer
        was lost.
        """
        order = m.CancelOrder(
            category=category, symbol=symbol, order_id=order_id, order_link_id=order_link_id, order_filter=order_filter
        )
        return await self.cancel(order, on_unknown=on_unknown, timeout=timeout)

    async def cancel(
        self, order: m.CancelOrder, *, on_unknown: OnUnknown | None = None, timeout: float | None = None
    ) -> m.OrderAck:
        """Send a cancellation that was made before; see `cancel_order`. `POST /v5/order/cancel`."""
        answer = await self._caller.call(CANCEL_ORDER, order.wire(), timeout=timeout, on_unknown=handled(on_unknown))
        return _acknowledged(answer.result, order)

    async def cancel_all_orders(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        base_coin: str | None = None,
        settle_coin: str | None = None,
        order_filter: OrderFilter | Literal["OpenOrder"] | None = None,
        stop_order_type: Literal["Stop"] | None = None,
        until_none_left: bool = False,
        on_unknown: OnUnknown | None = None,
        timeout: float | None = None,
    ) -> m.CancelledOrders:
        """Cancel every open order of a symbol, a base coin or a settle coin. `POST /v5/order/cancel-all`.

        Contracts need one of the three; without any, spot and option cancel all of the category. Without
        `order_filter` spot cancels plain orders only, the others every kind.

        Of contracts Bybit cancels 500 orders at once, chosen by chance: the result names those that `remaining` open.
        With `until_none_left` it is asked again until no order is left; the `timeout` holds for each time, and an error
        of a later time says in its notes (`__notes__`) how many were cancelled before.
        """
        if known(category) in ("linear", "inverse"):
            any_of({"symbol": symbol, "base_coin": base_coin, "settle_coin": settle_coin}, f"for {category}")
        scope = {"category": category, "symbol": symbol, "base_coin": base_coin, "settle_coin": settle_coin}
        kinds = {"order_filter": order_filter, "stop_order_type": stop_order_type}
        body = self._spelled(CANCEL_ALL_ORDERS, {**scope, **kinds})
        cancelled: dict[str, m.OrderAck] = {}
        while True:
            try:
                answer = await self._caller.call(
                    CANCEL_ALL_ORDERS, body, timeout=timeout, on_unknown=handled(on_unknown)
                )
            except BybitError as error:
                if cancelled:
                    error.add_note(f"{len(cancelled)} orders were asked to be cancelled before")
                raise
            last = answer.result
            news = {row.order_id: row for row in last.rows if row.order_id not in cancelled}
            cancelled |= news
            if not until_none_left or len(last.rows) < _CANCELLED_AT_ONCE or not news:
                break
        rest = await self._left_open(body, cancelled, timeout) if len(last.rows) >= _CANCELLED_AT_ONCE else []
        return m.CancelledOrders(rows=list(cancelled.values()), success=last.success, remaining=rest)

    async def _left_open(
        self, body: Mapping[str, Any], cancelled: Container[str], timeout: float | None
    ) -> list[m.OrderAck] | None:
        asked = {name: value for name, value in body.items() if name != "stopOrderType"}
        pages: Pager[m.OrderPage, m.Order] = Pager(
            self._caller.call, GET_OPEN_ORDERS, {**asked, "limit": _PAGE}, timeout
        )
        try:
            # Those that were just cancelled may still be listed for a moment.
            return [
                m.OrderAck(order_id=order.order_id, order_link_id=order.order_link_id)
                async for order in pages
                if order.order_id not in cancelled
            ]
        except (RequestRejected, TransportError):
            # What was cancelled is still worth returning.
            return None

    async def pre_check_order(
        self,
        *,
        category: Category,
        symbol: str,
        side: Side,
        order_type: Literal["Market", "Limit"],
        qty: Number,
        timeout: float | None = None,
        **options: Unpack[_OrderOptions],
    ) -> m.PreCheck:
        """Ask what an order would do to the account's margin rates, without placing it. `POST /v5/order/pre-check`.

        Takes what `place_order` takes. Not for spot, conditional orders, or isolated margin.
        """
        order = m.PlaceOrder(category=category, symbol=symbol, side=side, order_type=order_type, qty=qty, **options)
        answer = await self._caller.call(PRE_CHECK_ORDER, order.wire(), timeout=timeout)
        return answer.result

    async def set_dcp(
        self,
        *,
        time_window: int,
        product: Literal["OPTIONS", "DERIVATIVES", "SPOT"] | None = None,
        timeout: float | None = None,
    ) -> Setting:
        """Have Bybit cancel the orders of `product` when the private connection is gone for `time_window` seconds.

        3 to 300 seconds; options when `product` is left out. It works only while the stream is subscribed to the
        ``dcp`` topic of the product. `POST /v5/order/disconnected-cancel-all`.
        """
        within(time_window, 3, 300, "time_window")
        return await self._set(SET_DCP, timeout, product=product, time_window=time_window)


def handled(on_unknown: OnUnknown | None) -> OnUnknown | None:
    """Return what to do about a lost answer, when it is a way that exists."""
    return none_or_one_of(on_unknown, get_args(OnUnknown), "on_unknown")


def _acknowledged(ack: m.OrderAck, order: m.AnyOrderRequest) -> m.OrderAck:
    """Return an acknowledgement with the ids that were sent, where Bybit accepted without naming the order."""
    order_id = ack.order_id or getattr(order, "order_id", None) or ""
    link = ack.order_link_id or order.order_link_id
    if (order_id, link) == (ack.order_id, ack.order_link_id):
        return ack
    return m.OrderAck(order_id=order_id, order_link_id=link)
