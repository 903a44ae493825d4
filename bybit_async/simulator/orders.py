"""An order, from its acceptance to its end, and how the wire shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from bybit_async.simulator.amounts import ZERO, plain, rounded
from bybit_async.simulator.matching import Resting, Side, SmpType

if TYPE_CHECKING:
    from bybit_async.simulator.accounts import Account
    from bybit_async.simulator.listing import Listing
    from bybit_async.simulator.positions import Position

OrderType = Literal["Market", "Limit"]
TimeInForce = Literal["GTC", "IOC", "FOK", "PostOnly"]
OrderStatus = Literal[
    "New",
    "PartiallyFilled",
    "Untriggered",
    "Triggered",
    "Deactivated",
    "Filled",
    "Cancelled",
    "PartiallyFilledCanceled",
    "Rejected",
]
PriceKind = Literal["LastPrice", "MarkPrice", "IndexPrice"]

_EXIT_MODES = {
    "TakeProfit": "Full",
    "StopLoss": "Full",
    "TrailingStop": "Full",
    "PartialTakeProfit": "Partial",
    "PartialStopLoss": "Partial",
}
"""Whether an order that ends a position is for all of it."""


@dataclass(slots=True)
class ExitPlan:
    """Take profit and stop loss that an order carries for the position (or the coins) it will bring."""

    mode: Literal["Full", "Partial"] = "Full"
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    tp_by: PriceKind = "LastPrice"
    sl_by: PriceKind = "LastPrice"
    tp_limit: Decimal | None = None
    sl_limit: Decimal | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is planned."""
        return self.take_profit is None and self.stop_loss is None


@dataclass(slots=True, eq=False)
class Order:
    """One order of one account.

    `qty` is in base coin (contracts for inverse), except that a spot market order by value has `qty` in quote
    coin. `market_limit` is the protection price of a market order. `resting` is set while it is in the book.
    """

    account: Account
    listing: Listing
    order_id: str
    link_id: str
    side: Side
    order_type: OrderType
    qty: Decimal
    price: Decimal
    time_in_force: TimeInForce
    created_ms: int
    updated_ms: int
    position_idx: int = 0
    reduce_only: bool = False
    close_on_trigger: bool = False
    smp: SmpType = "None"
    by_value: bool = False
    market_unit: str = ""
    slippage_type: str = "UNKNOWN"
    slippage: str = ""
    order_filter: str = "Order"
    stop_order_type: str = ""
    create_type: str = "CreateByUser"
    trigger_price: Decimal | None = None
    trigger_by: PriceKind | None = None
    trigger_direction: int = 0
    order_iv: str = ""
    mmp: bool = False
    """Whether market maker protection may pull it."""
    exit_plan: ExitPlan = field(default_factory=ExitPlan)
    trail: Decimal | None = None
    active_price: Decimal | None = None
    trail_extreme: Decimal | None = None
    parent_link_id: str = ""
    pair: Order | None = None
    oco_trigger_by: str = ""
    market_limit: Decimal | None = None
    last_on_created: Decimal | None = None
    status: OrderStatus = "New"
    cancel_type: str = "UNKNOWN"
    reject_reason: str = "EC_NoError"
    smp_order_id: str = ""
    filled: Decimal = ZERO
    filled_value: Decimal = ZERO
    fees: dict[str, Decimal] = field(default_factory=dict)
    closed_pnl: Decimal = ZERO
    locked: Decimal = ZERO
    """What it holds: spot coins, or the value of its resting part in settle coin."""
    exposed: Decimal = ZERO
    """The resting quantity that its position counts for margin."""
    covered: Decimal = ZERO
    """Filled quantity for which partial exit orders exist already."""
    resting: Resting | None = None
    position: Position | None = None
    """The position it belongs to, once looked up; None for spot."""

    @property
    def category(self) -> str:
        """Product category."""
        return self.listing.instrument.category

    @property
    def symbol(self) -> str:
        """Symbol name."""
        return self.listing.instrument.symbol

    @property
    def is_live(self) -> bool:
        """Whether it can still trade, or be triggered."""
        return self.status in ("New", "PartiallyFilled", "Untriggered", "Triggered")

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its trigger."""
        return self.status == "Untriggered"

    @property
    def closes_only(self) -> bool:
        """Whether it may only ever reduce its position (flags, or the closing side in hedge mode)."""
        if self.reduce_only or self.close_on_trigger:
            return True
        return self.position_idx != 0 and (self.position_idx == 1) != (self.side == "Buy")

    @property
    def leaves(self) -> Decimal:
        """What is left to trade (base coin, or quote coin for a spot order by value)."""
        return self.qty - (self.filled_value if self.by_value else self.filled)

    @property
    def avg_price(self) -> Decimal | None:
        """Average price of its fills, or None without any."""
        if not self.filled:
            return None
        if self.listing.instrument.category == "inverse":
            return self.filled / self.filled_value
        return self.filled_value / self.filled

    def to_wire(self) -> dict[str, object]:
        """Return the entry of `/v5/order/realtime` and `/v5/order/history`."""
        is_spot = self.category == "spot"
        leaves = self.leaves if self.is_live else ZERO
        wire: dict[str, object] = {
            "orderId": self.order_id,
            "orderLinkId": self.link_id,
            "parentOrderLinkId": self.parent_link_id,
            "blockTradeId": "",
            "symbol": self.symbol,
            "price": plain(self.shown_price()),
            "qty": plain(self.qty),
            "side": self.side,
            "isLeverage": "0" if is_spot else "",
            "positionIdx": self.position_idx,
            "orderStatus": self.status,
            "cancelType": self.cancel_type,
            "rejectReason": self.reject_reason,
            "avgPrice": rounded(self.avg_price),
            "leavesQty": plain(leaves),
            "leavesValue": plain(self._leaves_value(leaves)),
            "cumExecQty": plain(self.filled),
            "cumExecValue": plain(self.filled_value),
            "cumExecFee": plain(sum(self.fees.values(), ZERO)),
            "timeInForce": self.time_in_force,
            "orderType": self.order_type,
            "orderIv": self.order_iv,
            "marketUnit": self.market_unit,
            "slippageToleranceType": self.slippage_type,
            "slippageTolerance": self.slippage,
            **self._trigger_wire(),
            "reduceOnly": self.reduce_only,
            "closeOnTrigger": self.close_on_trigger,
            "placeType": "price" if self.category == "option" else "",
            "smpType": self.smp,
            "smpGroup": self.account.smp_group,
            "smpOrderId": self.smp_order_id,
            "createdTime": str(self.created_ms),
            "updatedTime": str(self.updated_ms),
            "extraFees": "",
            "cumFeeDetail": {coin: plain(fee) for coin, fee in self.fees.items()},
            "rpiTakerAccess": False,
            "rpiMatchedQty": "0",
        }
        if is_spot:
            wire["basePrice"] = plain(self.last_on_created)
        else:
            # Clients tell contracts from spot by whether these keys are there at all.
            wire["tpslMode"] = self._exit_mode()
            wire["createType"] = self.create_type
            wire["lastPriceOnCreated"] = plain(self.last_on_created)
        return wire

    def _exit_mode(self) -> str:
        if self.category == "option":
            return ""
        return _EXIT_MODES.get(self.stop_order_type) or ("" if self.exit_plan.empty else self.exit_plan.mode)

    def _trigger_wire(self) -> dict[str, object]:
        is_spot = self.category == "spot"
        plan = self.exit_plan
        trigger = self.active_price if self.active_price is not None else self.trigger_price
        return {
            "stopOrderType": self.stop_order_type or ("" if is_spot else "UNKNOWN"),
            "triggerPrice": plain(trigger),
            "triggerDirection": self.trigger_direction,
            "triggerBy": self.trigger_by or "",
            "takeProfit": plain(plan.take_profit),
            "stopLoss": plain(plan.stop_loss),
            "ocoTriggerBy": self.oco_trigger_by,
            "tpLimitPrice": plain(plan.tp_limit),
            "slLimitPrice": plain(plan.sl_limit),
            "tpTriggerBy": plan.tp_by if plan.take_profit is not None else "",
            "slTriggerBy": plan.sl_by if plan.stop_loss is not None else "",
        }

    def to_stream(self) -> dict[str, object]:
        """Return the entry of the private `order` topic."""
        wire = self.to_wire()
        del wire["extraFees"]
        wire.setdefault("lastPriceOnCreated", wire.pop("basePrice", ""))
        if self.category == "option":
            del wire["createType"]
        wire["category"] = self.category
        wire["brokerOrderPrice"] = ""
        wire["closedPnl"] = plain(self.closed_pnl)
        wire["feeCurrency"] = next(iter(self.fees), "") if self.category == "spot" else ""
        return wire

    def shown_price(self) -> Decimal:
        """Return the limit price; for a market order the price that protects it, and zero for a spot one."""
        if self.order_type == "Limit":
            return self.price
        if self.category == "spot" or self.market_limit is None:
            return ZERO
        return self.market_limit

    def _leaves_value(self, leaves: Decimal) -> Decimal:
        if not leaves:
            return ZERO
        if self.by_value:
            return leaves
        price = self.shown_price()
        if self.category == "inverse":
            return round(leaves / price, 8) if price else ZERO
        return leaves * price
