"""What an account can look up afterwards: balance changes, closed profit and loss, deliveries."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from bybit_async.simulator.engine.amounts import ZERO, plain, rounded


@dataclass(slots=True)
class LogEntry:
    """One balance change: `change` = `cash_flow` + `funding` - `fee`; a `fee` is positive when paid."""

    id: str
    time_ms: int
    type: str
    currency: str
    category: str = ""
    symbol: str = ""
    side: str = "None"
    qty: Decimal = ZERO
    size: Decimal = ZERO
    price: Decimal = ZERO
    cash_flow: Decimal = ZERO
    funding: Decimal | None = None
    fee: Decimal = ZERO
    fee_rate: Decimal | None = None
    balance: Decimal = ZERO
    base: str = ""
    trade_id: str = ""
    order_id: str = ""
    order_link_id: str = ""
    sub_type: str = ""

    @property
    def change(self) -> Decimal:
        """What the balance gained."""
        return self.cash_flow + (self.funding or ZERO) - self.fee

    def to_wire(self) -> dict[str, object]:
        """Return the entry of `/v5/account/transaction-log`."""
        return {
            "id": self.id,
            "symbol": self.symbol,
            "category": self.category,
            "side": self.side,
            "transactionTime": str(self.time_ms),
            "type": self.type,
            "transSubType": self.sub_type,
            "qty": plain(self.qty),
            "size": plain(self.size),
            "currency": self.currency,
            "tradePrice": plain(self.price),
            "funding": plain(self.funding),
            "fee": plain(self.fee),
            "cashFlow": plain(self.cash_flow),
            "change": plain(self.change),
            "cashBalance": plain(self.balance),
            "feeRate": plain(self.fee_rate),
            "bonusChange": "",
            "tradeId": self.trade_id,
            "orderId": self.order_id,
            "orderLinkId": self.order_link_id,
            "extraFees": "",
        }


@dataclass(slots=True)
class ClosedPnlEntry:
    """What one order realised by closing (part of) a position; fees are counted in `pnl`."""

    category: str
    symbol: str
    order_id: str
    side: str
    qty: Decimal
    order_price: Decimal
    order_type: str
    exec_type: str
    leverage: Decimal
    created_ms: int
    updated_ms: int
    closed_size: Decimal = ZERO
    entry_value: Decimal = ZERO
    exit_value: Decimal = ZERO
    pnl: Decimal = ZERO
    open_fee: Decimal = ZERO
    close_fee: Decimal = ZERO
    fills: int = 0

    def to_wire(self) -> dict[str, object]:
        """Return the entry of `/v5/position/closed-pnl`."""
        return {
            "symbol": self.symbol,
            "orderId": self.order_id,
            "side": self.side,
            "qty": plain(self.qty),
            "orderPrice": plain(self.order_price),
            "orderType": self.order_type,
            "execType": self.exec_type,
            "closedSize": plain(self.closed_size),
            "cumEntryValue": plain(self.entry_value),
            "avgEntryPrice": rounded(self._average(self.entry_value)),
            "cumExitValue": plain(self.exit_value),
            "avgExitPrice": rounded(self._average(self.exit_value)),
            "closedPnl": plain(self.pnl),
            "fillCount": str(self.fills),
            "leverage": plain(self.leverage),
            "openFee": plain(self.open_fee),
            "closeFee": plain(self.close_fee),
            "createdTime": str(self.created_ms),
            "updatedTime": str(self.updated_ms),
        }

    def _average(self, value: Decimal) -> Decimal:
        if not value or not self.closed_size:
            return ZERO
        return self.closed_size / value if self.category == "inverse" else value / self.closed_size


@dataclass(slots=True)
class ClosedOption:
    """An option position from its opening to its end, by trades or by delivery at `delivery_price`."""

    symbol: str
    side: str
    opened_ms: int
    closed_ms: int = 0
    qty: Decimal = ZERO
    entry_value: Decimal = ZERO
    exit_value: Decimal = ZERO
    pnl: Decimal = ZERO
    open_fee: Decimal = ZERO
    close_fee: Decimal = ZERO
    delivery_fee: Decimal = ZERO
    delivery_price: Decimal | None = None

    @property
    def category(self) -> str:
        """Product category."""
        return "option"

    def to_wire(self) -> dict[str, object]:
        """Return the entry of `/v5/position/get-closed-positions`."""
        delivered = self.delivery_price
        return {
            "symbol": self.symbol,
            "side": self.side,
            "totalOpenFee": f"{self.open_fee:.8f}",
            "deliveryFee": f"{self.delivery_fee:.8f}",
            "totalCloseFee": f"{self.close_fee:.8f}",
            "qty": plain(self.qty),
            "closeTime": self.closed_ms,
            # What was delivered left at the delivery price of the underlying, as it is shown.
            "avgExitPrice": f"{self.exit_value / self.qty if delivered is None else delivered:.8f}",
            "deliveryPrice": "" if delivered is None else f"{delivered:.8f}",
            "openTime": self.opened_ms,
            "avgEntryPrice": f"{self.entry_value / self.qty:.8f}",
            "totalPnl": f"{self.pnl:.8f}",
        }


@dataclass(slots=True)
class Delivery:
    """One position settled at expiry or delisting."""

    category: str
    symbol: str
    side: str
    size: Decimal
    entry_price: Decimal
    price: Decimal
    strike: Decimal | None
    fee: Decimal
    pnl: Decimal
    time_ms: int

    def to_wire(self) -> dict[str, object]:
        """Return the entry of `/v5/asset/delivery-record`."""
        return {
            "deliveryTime": self.time_ms,
            "symbol": self.symbol,
            "side": self.side,
            "position": plain(self.size),
            "entryPrice": rounded(self.entry_price),
            "deliveryPrice": plain(self.price),
            "strike": plain(self.strike),
            "fee": plain(self.fee),
            "deliveryRpl": plain(self.pnl),
        }


@dataclass(slots=True)
class Settlement:
    """What one position settled in USDC was paid at the end of a session."""

    symbol: str
    side: str
    size: Decimal
    session_price: Decimal
    mark_price: Decimal
    pnl: Decimal
    time_ms: int

    def to_wire(self) -> dict[str, object]:
        """Return the entry of `/v5/asset/settlement-record`."""
        return {
            "symbol": self.symbol,
            "side": self.side,
            "size": plain(self.size),
            "sessionAvgPrice": rounded(self.session_price),
            "markPrice": plain(self.mark_price),
            "realisedPnl": plain(self.pnl),
            "createdTime": str(self.time_ms),
        }


@dataclass(frozen=True, slots=True)
class InterestCharge:
    """One hour's interest on a borrowed coin."""

    coin: str
    time_ms: int
    amount: Decimal
    cost: Decimal
    rate: Decimal

    def to_wire(self) -> dict[str, object]:
        """Return the entry of `/v5/account/borrow-history`."""
        return {
            "currency": self.coin,
            "createdTime": self.time_ms,
            "borrowCost": plain(self.cost),
            "hourlyBorrowRate": plain(self.rate),
            "InterestBearingBorrowSize": plain(self.amount),
            "costExemption": "",
            "borrowAmount": plain(self.amount),
            "unrealisedLoss": "0",
            "freeBorrowedAmount": "0",
        }


class Change(NamedTuple):
    """What one trade did: how much it closed, at what entry and exit value, and the profit without fees."""

    closed: Decimal
    entry_value: Decimal
    exit_value: Decimal
    pnl: Decimal
    open_fee: Decimal
