"""One execution of an order: a trade, a funding payment, a takeover or a delivery."""

from dataclasses import dataclass
from decimal import Decimal

from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.matching import Side

_ZERO = Decimal(0)


@dataclass(slots=True)
class AccountExecution:
    """What one account sees of one execution; `fee` is positive when paid, in `fee_coin`."""

    category: str
    symbol: str
    exec_id: str
    order_id: str
    order_link_id: str
    side: Side
    exec_type: str
    order_type: str
    price: Decimal
    qty: Decimal
    value: Decimal
    fee: Decimal
    fee_rate: Decimal
    fee_coin: str
    is_maker: bool
    time_ms: int
    seq: int
    order_price: Decimal = _ZERO
    order_qty: Decimal = _ZERO
    leaves_qty: Decimal = _ZERO
    closed_size: Decimal = _ZERO
    pnl: Decimal = _ZERO
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    mark_iv: Decimal | None = None
    create_type: str = ""
    stop_order_type: str = ""
    market_unit: str = ""

    def to_wire(self) -> dict[str, object]:
        """Return the entry of `/v5/execution/list`."""
        is_option = self.category == "option"
        wire: dict[str, object] = {
            "symbol": self.symbol,
            "orderId": self.order_id,
            "orderLinkId": self.order_link_id,
            "side": self.side,
            "orderPrice": plain(self.order_price),
            "orderQty": plain(self.order_qty),
            "leavesQty": plain(self.leaves_qty),
            "orderType": self.order_type,
            "stopOrderType": self.stop_order_type or "UNKNOWN",
            "execFee": plain(self.fee),
            "execFeeV2": "",
            "execId": self.exec_id,
            "execPrice": plain(self.price),
            "execQty": plain(self.qty),
            "execType": self.exec_type,
            "execValue": plain(self.value),
            "execTime": str(self.time_ms),
            "feeCurrency": self.fee_coin,
            "isMaker": self.is_maker,
            "feeRate": plain(self.fee_rate),
            "tradeIv": "",
            "markIv": plain(self.mark_iv) if is_option else "",
            "markPrice": plain(self.mark_price),
            "indexPrice": plain(self.index_price) if is_option else "",
            "underlyingPrice": plain(self.index_price) if is_option else "",
            "blockTradeId": "",
            "closedSize": plain(self.closed_size) if self.category != "spot" else "",
            "seq": self.seq,
            "extraFees": "",
        }
        if self.category != "spot":
            wire["createType"] = self.create_type
        return wire

    def to_stream(self) -> dict[str, object]:
        """Return the entry of the private `execution` topic."""
        wire = self.to_wire()
        del wire["execFeeV2"]
        if self.category == "option":
            del wire["createType"]
        wire["category"] = self.category
        wire["isLeverage"] = "0"
        wire["marketUnit"] = self.market_unit
        wire["execPnl"] = plain(self.pnl)
        return wire

    def to_fast_stream(self) -> dict[str, object]:
        """Return the entry of the private `execution.fast` topic."""
        return {
            "category": self.category,
            "symbol": self.symbol,
            "execId": self.exec_id,
            "execPrice": plain(self.price),
            "execQty": plain(self.qty),
            "orderId": self.order_id,
            "isMaker": self.is_maker,
            "orderLinkId": self.order_link_id,
            "side": self.side,
            "execTime": str(self.time_ms),
            "seq": self.seq,
        }
