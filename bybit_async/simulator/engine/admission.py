"""Whether a drafted order may enter: duplicates, counts, price range, reduce-only, and money."""

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.amounts import ZERO, plain
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.margin import added_margin, available_for, borrowable
from bybit_async.simulator.engine.matching import Side
from bybit_async.simulator.engine.refusals import (
    Refused,
    duplicate_link_id,
    insufficient_balance,
    not_in_region,
    not_trading,
    nothing_to_reduce,
    position_limit_exceeded,
    price_out_of_range,
    reduce_only_phase,
    too_many_orders,
    too_many_stop_orders,
    trigger_already_reached,
)
from bybit_async.simulator.engine.state import State

MAX_ACTIVE, MAX_STOPS, MAX_SPOT_STOPS, MAX_OPTIONS = 500, 10, 30, 50


class Admission:
    """Judges orders against the account and the market."""

    def __init__(self, state: State) -> None:
        self._state = state

    def check(self, order: Order) -> None:
        """Raise `Refused` when the order may not enter; a reduce-only quantity is cut to the position."""
        listing = order.listing
        if order.account.withheld and order.category in order.account.withheld:
            raise not_in_region(order.category)
        if listing.status != "Trading":
            raise not_trading(order.category)
        if listing.reduce_only and not order.closes_only:
            raise reduce_only_phase()
        space = "spot" if order.category == "spot" else ""
        if order.link_id and (space, order.link_id) in order.account.link_ids:
            raise duplicate_link_id(order.category)
        self._check_count(order)
        if order.trigger_price is not None:
            self._check_trigger(order)
            if order.order_filter == "tpslOrder":
                self._check_coins(order)
            return
        self.check_price_range(order)
        if order.closes_only:
            self._cut_to_position(order)
        self.check_money(order)

    def check_price_range(self, order: Order) -> None:
        """Refuse a limit price that reaches too far through the mark price, or move it to what is allowed."""
        bound = price_bound(order.listing, order.side)
        if order.order_type != "Limit" or bound is None:
            return
        too_far = order.price > bound if order.side == "Buy" else order.price < bound
        if not too_far:
            return
        if order.account.moves_prices.get(order.category):
            order.price = bound
        else:
            raise price_out_of_range(order.category, plain(bound), is_buy=order.side == "Buy")

    def check_money(self, order: Order) -> None:
        """Refuse an order that the account cannot afford."""
        if order.account.house or order.closes_only:
            return
        if order.category == "spot":
            self._check_coins(order)
        else:
            self._check_margin(order)

    def estimate(self, order: Order) -> Decimal:
        """Return the price that a new order is expected to trade at, for margin."""
        if order.order_type == "Limit":
            return order.price
        listing = order.listing
        best = listing.best_ask() if order.side == "Buy" else listing.best_bid()
        return best if best is not None else listing.fair_price

    def _check_count(self, order: Order) -> None:
        others = order.account.orders
        # Most accounts are far from every limit, and this is asked for each order.
        if order.account.house or len(others) < MAX_STOPS:
            return
        if order.category == "spot":
            self._check_spot_count(order)
        elif order.category == "option":
            base = order.listing.instrument.base
            options = (o for o in others.values() if o.category == "option" and o.listing.instrument.base == base)
            if len(others) >= MAX_OPTIONS and sum(1 for _ in options) >= MAX_OPTIONS:
                raise too_many_orders("option")
        elif order.trigger_price is not None:
            if _count(order, lambda other: other.is_waiting and other.stop_order_type == "Stop") >= MAX_STOPS:
                raise too_many_stop_orders()
        elif len(others) >= MAX_ACTIVE and _count(order, lambda other: not other.is_waiting) >= MAX_ACTIVE:
            raise too_many_orders(order.category)

    def _check_spot_count(self, order: Order) -> None:
        others = order.account.orders
        # Spot counts all its orders of all symbols together.
        if len(others) >= MAX_ACTIVE and sum(o.category == "spot" for o in others.values()) >= MAX_ACTIVE:
            raise too_many_orders("spot")
        kind = order.order_filter
        if kind == "Order" or len(others) < MAX_SPOT_STOPS:
            return
        if _count(order, lambda other: other.is_waiting and other.order_filter == kind) >= MAX_SPOT_STOPS:
            raise too_many_stop_orders()

    def _check_trigger(self, order: Order) -> None:
        if order.trigger_price is None or order.trigger_by is None:
            return
        current = order.listing.price(order.trigger_by)
        if current is None or order.category == "spot":
            return
        rising = order.trigger_direction == 1
        if (order.trigger_price <= current) if rising else (order.trigger_price >= current):
            raise trigger_already_reached(rising=rising, trigger=plain(order.trigger_price), current=plain(current))

    def _cut_to_position(self, order: Order) -> None:
        position = order.account.position(order.listing, order.position_idx)
        room = position.reducible(order.side)
        if order.order_type == "Limit":
            # Reduce-only orders with a better price keep their claim on the position; this one takes the rest.
            room -= sum((o.leaves for o in position.reducers.values() if _ahead(o, order)), ZERO)
        if room <= 0:
            raise nothing_to_reduce()
        order.qty = min(order.qty, room)

    def _check_coins(self, order: Order) -> None:
        instrument = order.listing.instrument
        price = order.trigger_price if order.is_waiting and order.order_type == "Market" else None
        if price is None:
            price = self.estimate(order)
        if order.side == "Buy":
            coin, need = instrument.quote, order.leaves if order.by_value else order.leaves * price
        else:
            coin, need = instrument.base, order.leaves / price if order.by_value else order.leaves
        have = order.account.free(coin) + order.locked
        if order.leverage:
            # Such orders hold nothing, so that each must leave room for the others.
            more = max(ZERO, borrowable(order.account, coin, self._state.usd))
            have = max(ZERO, have) + more - _claimed(order, coin)
        if need > have:
            raise insufficient_balance("spot")

    def _check_margin(self, order: Order) -> None:
        instrument = order.listing.instrument
        account = order.account
        if instrument.category == "option" and account.isolated:
            raise Refused(110005, "Options need cross margin")
        if account.uncounted and instrument.category == "inverse" and not account.isolated:
            self._check_collateral(account, instrument.settle)
        position = account.position(order.listing, order.position_idx)
        price = self.estimate(order)
        value = value_at(instrument, price, order.leaves)
        is_buy = order.side == "Buy"
        added = added_margin(position, is_buy=is_buy, qty=order.leaves, value=value)
        if added <= 0:
            return
        self._check_tier(position, is_buy=is_buy, value=value)
        fee = value * instrument.taker_fee
        cost = added + fee + self._loss_at_once(order, price)
        if cost > available_for(account, instrument.settle, self._state.usd):
            raise insufficient_balance(instrument.category)

    def _check_collateral(self, account: Account, coin: str) -> None:
        if coin in account.uncounted:
            raise Refused(110101, f"Trading inverse contracts requires enabling {coin} as collateral")

    def _check_tier(self, position: Position, *, is_buy: bool, value: Decimal) -> None:
        instrument = position.listing.instrument
        if not instrument.risk_tiers:
            return
        resting = position.buy_value if is_buy else position.sell_value
        same_way = (position.net > 0) == is_buy
        total = value + resting + (position.entry_value if same_way else -position.entry_value)
        if total > instrument.risk_tiers[-1].limit or instrument.tier_for(total).max_leverage < position.leverage:
            raise position_limit_exceeded()

    def _loss_at_once(self, order: Order, price: Decimal) -> Decimal:
        """Return what the order would be losing against the mark price if it traded now."""
        listing = order.listing
        if listing.mark_price is None or order.category == "option":
            return ZERO
        gap = value_at(listing.instrument, price, order.leaves) - value_at(
            listing.instrument, listing.mark_price, order.leaves
        )
        rises = (order.side == "Buy") == listing.instrument.linear_price
        return max(ZERO, gap if rises else -gap)


def price_bound(listing: Listing, side: Side) -> Decimal | None:
    """Return the highest price to buy or the lowest to sell at, on the tick; None while there is no mark price."""
    instrument = listing.instrument
    reference = listing.mark_price if instrument.category != "spot" else listing.index_price or listing.last_price
    if reference is None:
        return None
    if side == "Buy":
        bound = reference * (1 + instrument.price_limit_ratio)
        if instrument.category == "option" and listing.index_price is not None:
            # A far option costs next to nothing: a share of the underlying is the wider and truer bound.
            bound = max(bound, reference + listing.index_price * Decimal("0.05"))
        return max(instrument.tick, (bound / instrument.tick).to_integral_value(ROUND_DOWN) * instrument.tick)
    if instrument.price_limit_ratio >= 1:
        return instrument.min_price
    bound = reference * (1 - instrument.price_limit_ratio)
    return max(instrument.min_price, (bound / instrument.tick).to_integral_value(ROUND_UP) * instrument.tick)


def _count(order: Order, counts: Callable[[Order], bool]) -> int:
    """Return how many other orders of the same listing count."""
    return sum(1 for other in order.account.orders.values() if other.listing is order.listing and counts(other))


def _claimed(order: Order, coin: str) -> Decimal:
    """Return what the account's other orders that may borrow will need of a coin."""
    claimed = ZERO
    for other in order.account.orders.values():
        if other.leverage and other is not order and not other.is_waiting:
            instrument = other.listing.instrument
            if other.side == "Buy" and instrument.quote == coin:
                claimed += other.leaves * other.price
            elif other.side == "Sell" and instrument.base == coin:
                claimed += other.leaves
    return claimed


def _ahead(other: Order, order: Order) -> bool:
    if other.side != order.side:
        return False
    return other.price <= order.price if order.side == "Sell" else other.price >= order.price
