"""From a signal to the order that is sent, or the reason why none is. Pure: live trading and backtests share it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bybit_async import InvalidParameter
from bybit_async.bot.configuration import BotSettings
from bybit_async.bot.records import (
    OrderSide,
    OrderType,
    PortfolioSnapshot,
    RiskAction,
    SignalStrength,
    TimeInForce,
    TradeSignal,
    WorkingOrder,
)
from bybit_async.models.market import Instrument
from bybit_async.models.trade import PlaceOrder

if TYPE_CHECKING:
    from bybit_async.bot.risk import UnifiedRiskManager

_ABSURD = Decimal(10) ** 15

PREFIX = "bot-"
"""What the order link ids of the bot begin with."""


class PriceQuote(NamedTuple):
    """The market at one moment, in milliseconds of the exchange's clock."""

    bid: Decimal
    ask: Decimal
    mark: Decimal
    time_ms: int

    def price_for(self, side: OrderSide) -> Decimal:
        """Return what an order of that side would trade at now."""
        return self.ask if side is OrderSide.BUY else self.bid


class Refusal(msgspec.Struct, frozen=True):
    """No order is sent; `reason` says why, in words."""

    reason: str


class OrderPlan(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it will be sent.

    Attributes:
        execution_id: its order link id.
        price: its limit; None for a market order.
        decided_price: what it was decided at; slippage is measured against it.
        reduce_only: it can only make a position smaller, and carries no stop.
    """

    execution_id: str
    symbol: str
    side: OrderSide
    order_type: OrderType
    qty: Decimal
    price: Decimal | None
    decided_price: Decimal
    time_in_force: TimeInForce | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    reduce_only: bool = False

    def order(self, category: str) -> PlaceOrder:
        """Return the order as the connector sends it."""
        return PlaceOrder(
            category=category,  # type: ignore[arg-type]
            symbol=self.symbol,
            side=self.side.value,
            order_type=self.order_type.value,
            qty=self.qty,
            price=self.price,
            time_in_force=None if self.time_in_force is None else self.time_in_force.value,
            order_link_id=self.execution_id,
            stop_loss=self.stop_loss,
            take_profit=self.take_profit,
            reduce_only=self.reduce_only or None,
            position_idx=0,
        )

    def working(self, remaining: Decimal, *, unknown: bool) -> WorkingOrder:
        """Return what of it counts as exposure."""
        return WorkingOrder(
            order_link_id=self.execution_id,
            symbol=self.symbol,
            side=self.side,
            remaining=remaining,
            price=self.price or self.decided_price,
            reduce_only=self.reduce_only,
            stop_loss=self.stop_loss,
            unknown=unknown,
        )


class Situation(NamedTuple):
    """What a decision may know, at one moment of the exchange's clock."""

    portfolio: PortfolioSnapshot
    instrument: Instrument
    quote: PriceQuote | None
    settings: BotSettings
    now_ms: int


def execution_id_of(signal: TradeSignal) -> str:
    """Return the id of the trade that a signal leads to: one decision has one, so it is traded once.

    A strategy that decides again about the same candle, as after a restart, may come to another size, and at market to
    another price; it is the same decision. Limit orders of one moment differ by their prices.
    """
    market = str(signal.metadata.get("order_type", "")).lower() == "market"
    parts = (
        signal.strategy_id,
        signal.symbol,
        signal.action,
        signal.timestamp.isoformat(),
        "" if market else format(signal.price.normalize(), "f"),
        "reduce" if signal.metadata.get("reduce_only") else "",
    )
    return PREFIX + hashlib.blake2b("|".join(parts).encode(), digest_size=16).hexdigest()


def decide(signal: TradeSignal, situation: Situation, risk: UnifiedRiskManager) -> OrderPlan | Refusal:
    """Return the order that a signal leads to in a situation, or why it leads to none."""
    problem = problem_of(signal) or obstacle_to(signal, situation)
    if problem is not None:
        return Refusal(problem)
    assert situation.quote is not None
    side = OrderSide.parse(signal.action)
    settings, instrument = situation.settings.trading, situation.instrument
    kind = _kind(signal, settings.order_type)
    reference = situation.quote.price_for(side)
    problem = _slipped(signal, side, kind, reference, settings.max_slippage)
    if problem is not None:
        return Refusal(problem)
    limit = None if kind is OrderType.MARKET else instrument.round_price(signal.price, side.value)
    entry = reference if limit is None else limit
    stop, target = _exits(signal, side, entry, situation)
    assessment = risk.assess(
        signal.symbol,
        side.name,
        signal.quantity,
        entry,
        stop,
        target,
        portfolio=situation.portfolio,
        strategy_id=signal.strategy_id,
        reduce_only=bool(signal.metadata.get("reduce_only")),
    )
    if assessment.recommended_action is RiskAction.REJECT:
        return Refusal("; ".join(assessment.risk_factors) or "refused by risk management")
    held = situation.portfolio.size_of(signal.symbol)
    qty = assessment.position_size_recommendation
    reduces = held * side.sign < 0 and qty <= abs(held)
    # A position that no longer fits the lot size can still be closed whole.
    qty = qty if reduces and qty == abs(held) else instrument.round_qty(qty)
    plan = OrderPlan(
        execution_id=execution_id_of(signal),
        symbol=signal.symbol,
        side=side,
        order_type=kind,
        qty=qty,
        price=limit,
        decided_price=signal.price,
        time_in_force=None if limit is None else TimeInForce(settings.time_in_force),
        stop_loss=None if reduces else stop,
        take_profit=None if reduces else target,
        reduce_only=reduces,
    )
    return _placeable(plan, situation)


def problem_of(signal: TradeSignal) -> str | None:
    """Return what is wrong with a signal in itself, or None: one that has nothing wrong can be identified and kept."""
    return _misnamed(signal) or _misnumbered(signal) or _misdescribed(signal)


def _misnamed(signal: TradeSignal) -> str | None:
    for name, text in {"strategy_id": signal.strategy_id, "symbol": signal.symbol, "action": signal.action}.items():
        if not isinstance(text, str) or not text.isprintable():
            return f"{name}: expected text, got {text!r}"
    try:
        OrderSide.parse(signal.action)
    except ValueError as error:
        return f"action: {error}"
    return None


def _misnumbered(signal: TradeSignal) -> str | None:
    numbers = {"quantity": signal.quantity, "price": signal.price}
    optional = {"stop_loss": signal.stop_loss, "take_profit": signal.take_profit}
    numbers |= {name: value for name, value in optional.items() if value is not None}
    for name, value in numbers.items():
        problem = _no_number(value)
        if problem is not None:
            return f"{name}: {problem}"
    confidence = signal.confidence
    return None if _is_fraction(confidence) else f"confidence: expected 0 to 1, got {confidence!r}"


def _misdescribed(signal: TradeSignal) -> str | None:
    for name, kind in {"strength": SignalStrength, "timestamp": datetime, "metadata": dict}.items():
        if not isinstance(value := getattr(signal, name), kind):
            return f"{name}: expected a {kind.__name__}, got {value!r}"
    try:
        signal.timestamp.timestamp()
    except (ValueError, OverflowError, OSError) as error:
        return f"timestamp: {signal.timestamp!r}: {error}"
    try:
        msgspec.json.encode(signal.metadata, enc_hook=str)
    except (TypeError, ValueError, RecursionError) as error:
        return f"metadata: it cannot be written down: {error}"
    order_type = signal.metadata.get("order_type", "limit")
    if str(order_type).lower() not in ("limit", "market"):
        return f"metadata['order_type']: expected limit or market, got {order_type!r}"
    return None


def _is_fraction(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite() and 0 <= value <= 1
    return isinstance(value, Real) and 0 <= float(value) <= 1


def _no_number(value: object) -> str | None:
    if not isinstance(value, Decimal):
        return f"expected a Decimal, got {value!r}"
    sound = value.is_finite() and 1 / _ABSURD < value < _ABSURD
    return None if sound else f"expected a positive number, got {value}"


def obstacle_to(signal: TradeSignal, situation: Situation) -> str | None:
    """Return why nothing can be traded on a signal now, or None: its age, its instrument, the account, the price."""
    settings, now_ms = situation.settings, situation.now_ms
    decided_ms = int(signal.timestamp.timestamp() * 1000)
    age = (now_ms - decided_ms) / 1000
    if abs(age) > settings.trading.max_signal_age:
        when = f"{age:.1f} s old" if age > 0 else f"{-age:.1f} s in the future"
        return f"the signal is {when}, at most {settings.trading.max_signal_age:g} s are allowed; check the clock"
    status = situation.instrument.status
    if status not in (None, "Trading"):
        return f"{signal.symbol} cannot be traded now: it is {status}"
    if not situation.portfolio.synced or situation.portfolio.equity is None:
        return "the account is not synced: what it holds is not certain now"
    if situation.quote is None:
        return f"there is no price of {signal.symbol} yet"
    quote_age = (now_ms - situation.quote.time_ms) / 1000
    if quote_age > settings.risk.max_data_age:
        return f"the price of {signal.symbol} is {quote_age:.1f} s old, at most {settings.risk.max_data_age:g} s"
    return None


def _kind(signal: TradeSignal, usual: str) -> OrderType:
    return OrderType(str(signal.metadata.get("order_type", usual)).capitalize())


def _slipped(signal: TradeSignal, side: OrderSide, kind: OrderType, reference: Decimal, most: float) -> str | None:
    worse = (reference - signal.price) / signal.price * side.sign
    # A limit order protects itself; one that is far better than the market would trade at once is a mistake.
    moved = worse if kind is OrderType.MARKET else -worse
    if moved <= Decimal(str(most)):
        return None
    return f"the price is {reference}, {moved:.2%} away from the signal's {signal.price}; at most {most:.2%} is allowed"


def _exits(
    signal: TradeSignal, side: OrderSide, entry: Decimal, situation: Situation
) -> tuple[Decimal | None, Decimal | None]:
    trading = situation.settings.trading
    stop, target = signal.stop_loss, signal.take_profit if trading.enable_take_profit else None
    if not trading.enable_stop_loss:
        stop = None
    elif stop is None:
        stop = default_stop(side, entry, trading.stop_loss_distance)
    round_price = situation.instrument.round_price
    # Towards the entry: rounding must not make a loss larger than was asked for.
    rounded = None if stop is None else round_price(stop, side.opposite.value)
    return rounded, None if target is None else round_price(target, side.value)


def default_stop(side: OrderSide, entry: Decimal, distance: float) -> Decimal:
    """Return the stop of a position whose signal named none."""
    return entry * (1 - Decimal(str(distance)) * side.sign)


def _placeable(plan: OrderPlan, situation: Situation) -> OrderPlan | Refusal:
    if plan.qty <= 0:
        least = situation.instrument.lot_size_filter.least
        return Refusal(f"the size is below the least of {plan.symbol}, {least}")
    try:
        situation.instrument.validate(plan.order(situation.settings.exchange.category))
    except InvalidParameter as error:
        return Refusal(str(error))
    return plan
