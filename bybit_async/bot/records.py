"""What the rooms of the bot hand to each other: signals, executions, portfolio snapshots and their words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec


class SignalStrength(Enum):
    """How sure a strategy is of a signal, in words; `TradeSignal.confidence` says it as a number."""

    WEAK = "weak"
    MODERATE = "moderate"
    STRONG = "strong"
    VERY_STRONG = "very_strong"


class RiskLevel(Enum):
    """How risky a trade or a portfolio is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    EXTREME = "extreme"


class RiskAction(Enum):
    """What the risk manager wants done with a proposed trade."""

    APPROVE = "approve"
    REDUCE = "reduce"
    REJECT = "reject"


class OrderSide(Enum):
    """Side of an order; the value is Bybit's spelling."""

    BUY = "Buy"
    SELL = "Sell"

    @property
    def opposite(self) -> OrderSide:
        """The other side."""
        return OrderSide.SELL if self is OrderSide.BUY else OrderSide.BUY

    @property
    def sign(self) -> int:
        """1 for a purchase, -1 for a sale."""
        return 1 if self is OrderSide.BUY else -1

    @classmethod
    def parse(cls, text: str) -> OrderSide:
        """Read ``"BUY"``, ``"Buy"`` or ``"buy"``.

        Raises:
            ValueError: the text names no side.
        """
        try:
            return cls(str(text).strip().capitalize())
        except ValueError:
            raise ValueError(f"expected BUY or SELL, got {text!r}") from None


class OrderType(Enum):
    """Kind of an order; the value is Bybit's spelling."""

    MARKET = "Market"
    LIMIT = "Limit"


class TimeInForce(Enum):
    """How long an order stays; the value is Bybit's spelling."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "PostOnly"


class EngineState(Enum):
    """What the engine is doing."""

    STOPPED = "stopped"
    RUNNING = "running"
    PAUSED = "paused"
    EMERGENCY_STOPPED = "emergency_stopped"


class ExecutionStatus(Enum):
    """What happened to a trade.

    `UNKNOWN`: the answer to its order was lost, and until the exchange tells, its whole size counts as exposure.
    """

    PENDING = "pending"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether nothing can change it any more."""
        return self in (ExecutionStatus.FILLED, ExecutionStatus.CANCELLED, ExecutionStatus.REJECTED)


@dataclass
class TradeSignal:
    """What a strategy wants traded.

    Attributes:
        strategy_id: the strategy that wants it.
        symbol: as ``"BTCUSDT"``.
        action: ``"BUY"`` or ``"SELL"``.
        quantity: in the base coin; risk management may trade less, and more only if it sizes trades itself.
        price: the price the decision was made at; of a limit order also its limit.
        confidence: 0 to 1.
        strength: the same in words.
        timestamp: when it was decided; without a time zone it is local time.
        stop_loss: where the loss is taken.
        take_profit: where the profit is taken.
        metadata: anything else; ``{"order_type": "market"}`` and ``{"reduce_only": True}`` are understood.
    """

    strategy_id: str
    symbol: str
    action: str
    quantity: Decimal
    price: Decimal
    confidence: float
    strength: SignalStrength
    timestamp: datetime
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


TradingSignal = TradeSignal
"""The same thing under its other name."""


@dataclass
class TradeExecution:
    """What happened to a signal.

    Attributes:
        execution_id: the bot's own id of the trade; the order carries it as its order link id.
        signal: what was wanted.
        order_id: Bybit's id of the order; None while it is not known, or when no order was sent.
        status: how far it got.
        timestamp: when that became known, in UTC.
        fill_price: average price of its executions.
        filled_quantity: sum of its executions.
        realized_pnl: profit so far of the position that it opened, after fees of both sides; None until some of that
            was closed, and for a trade that only closed what another had opened.
        rejection_reason: why it was refused, cancelled, or is unknown.
    """

    execution_id: str
    signal: TradeSignal
    order_id: str | None
    status: ExecutionStatus
    timestamp: datetime
    fill_price: Decimal | None = None
    filled_quantity: Decimal | None = None
    realized_pnl: Decimal | None = None
    rejection_reason: str | None = None


class HeldPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position that is not flat.

    Attributes:
        side: `BUY` is long.
        size: positive, in the base coin.
        entry_price: its average.
        mark_price: what it is valued at; the entry price where no mark price is known yet.
        stop_loss: the stop that is at the exchange; None when the position is unprotected.
        take_profit: the target that is at the exchange.
        unrealised_pnl: in the settle coin, at the mark price.
        liquidation_price: None when it cannot be liquidated by itself.
        leverage: as set; None if the exchange reports none.
    """

    symbol: str
    side: OrderSide
    size: Decimal
    entry_price: Decimal
    mark_price: Decimal
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    unrealised_pnl: Decimal = Decimal(0)
    liquidation_price: Decimal | None = None
    leverage: Decimal | None = None

    @property
    def signed_size(self) -> Decimal:
        """Positive when long, negative when short."""
        return self.size * self.side.sign

    @property
    def value(self) -> Decimal:
        """What it is worth at the mark price, never negative."""
        return self.size * self.mark_price


class WorkingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that may still trade.

    Attributes:
        remaining: what of it may still trade.
        price: its limit, or for a market order the price it was decided at.
        reduce_only: whether it can only make a position smaller.
        stop_loss: the stop that a position gets from it.
        unknown: whether its outcome is unknown; it then counts as if all of it will trade.
    """

    order_link_id: str
    symbol: str
    side: OrderSide
    remaining: Decimal
    price: Decimal
    reduce_only: bool = False
    stop_loss: Decimal | None = None
    unknown: bool = False


class PortfolioSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All that a decision may know of the account, at one moment. Money is in the settle coin.

    What is not known is None, and a rule that needs it fails closed.

    Attributes:
        time_ms: the moment, in milliseconds of the exchange's clock.
        equity: wallet balance and unrealised profit; `available` is what of it new orders may use.
        positions: all that are not flat.
        orders: all that may still trade, those of unknown outcome included.
        day_start_equity: equity at the last midnight, UTC.
        peak_equity: the highest equity since the journal began.
        consecutive_losses: closed trades that lost, since the last one that won.
        synced: whether the account is what the exchange knows, as far as is known.
        data_age_ms: age of the oldest market data that strategies use.
        clock_error_ms: how far the local clock may be from the exchange's, after correction.
        calls: calls to the exchange in the last minute; `errors` are those of them that failed.
    """

    time_ms: int
    equity: Decimal | None
    available: Decimal | None = None
    positions: tuple[HeldPosition, ...] = ()
    orders: tuple[WorkingOrder, ...] = ()
    day_start_equity: Decimal | None = None
    peak_equity: Decimal | None = None
    consecutive_losses: int | None = None
    synced: bool = True
    data_age_ms: int | None = None
    clock_error_ms: float | None = None
    calls: int | None = None
    errors: int | None = None

    def position(self, symbol: str) -> HeldPosition | None:
        """Return the position in a symbol; None when it is flat."""
        return next((held for held in self.positions if held.symbol == symbol), None)

    def size_of(self, symbol: str) -> Decimal:
        """Return the signed size of the position in a symbol; 0 when flat."""
        held = self.position(symbol)
        return Decimal(0) if held is None else held.signed_size

    @property
    def unknown_orders(self) -> tuple[WorkingOrder, ...]:
        """The orders whose outcome is unknown."""
        return tuple(order for order in self.orders if order.unknown)

    def worst_value(self, symbol: str) -> Decimal:
        """Return what the position in a symbol may become worth, the worse of two cases.

        All orders that buy trade and none that sells, or the other way round; reduce-only orders add nothing.
        """
        held = self.position(symbol)
        value = Decimal(0) if held is None else held.value * held.side.sign
        worst = abs(value)
        for side in OrderSide:
            adding = (o for o in self.orders if o.symbol == symbol and o.side is side and not o.reduce_only)
            worst = max(worst, abs(value + side.sign * sum((o.remaining * o.price for o in adding), Decimal(0))))
        return worst

    @property
    def exposure(self) -> Decimal:
        """What all positions are worth now."""
        return sum((held.value for held in self.positions), Decimal(0))

    @property
    def worst_exposure(self) -> Decimal:
        """What all positions may become worth when the orders trade that make it worst; see `worst_value`."""
        symbols = {held.symbol for held in self.positions} | {order.symbol for order in self.orders}
        return sum((self.worst_value(symbol) for symbol in symbols), Decimal(0))


__all__ = [
    "EngineState",
    "ExecutionStatus",
    "HeldPosition",
    "OrderSide",
    "OrderType",
    "PortfolioSnapshot",
    "RiskAction",
    "RiskLevel",
    "SignalStrength",
    "TimeInForce",
    "TradeExecution",
    "TradeSignal",
    "TradingSignal",
    "WorkingOrder",
]
