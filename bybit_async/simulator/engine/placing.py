"""Brings an admitted order to the market: matches it, and decides what becomes of the rest."""

from decimal import Decimal

from bybit_async.simulator.engine.accounts import Order
from bybit_async.simulator.engine.admission import price_bound
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.events import PublishedTrade
from bybit_async.simulator.engine.exits import Exits
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.margin import borrowable
from bybit_async.simulator.engine.matching import MatchOutcome, Resting, Taking, take_best
from bybit_async.simulator.engine.settling import Settling
from bybit_async.simulator.engine.state import State

PERCENT = Decimal(100)


class Placing:
    """Puts orders on the market."""

    def __init__(self, state: State, lifecycle: Lifecycle, settling: Settling, exits: Exits) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._settling = settling
        self._exits = exits

    def accept(self, order: Order) -> None:
        """Make an admitted order live: waiting for its trigger, or on the market at once."""
        if order.trigger_price is not None:
            self.wait(order)
            return
        self._lifecycle.register(order)
        self.run(order)

    def wait(self, order: Order) -> None:
        """Let an order wait for its trigger price."""
        order.status = "Untriggered"
        if order.trigger_by is not None:
            self._state.waiting[order.listing, order.trigger_by][order.order_id] = order
        self._lifecycle.register(order)
        if order.category == "spot":
            self._lifecycle.hold(order)

    def run(self, order: Order) -> None:
        """Match a live order and rest, fill or cancel what is left."""
        order.status = "New" if not order.filled else "PartiallyFilled"
        order.listing.seq += 1
        self._lifecycle.hold(order)
        self._lifecycle.changed(order)
        taking = self._taking(order)
        if not self._may_start(order, taking):
            return
        outcome = self._match(order, taking)
        if outcome.stopped_by is not None:
            self._stop(order, outcome.stopped_by)
            return
        self._conclude(order, taking, outcome)

    def rest(self, order: Order) -> None:
        """Put what is left of an order into the book."""
        instrument = order.listing.instrument
        ticks, lots = instrument.ticks_of(order.price), instrument.lots_of(order.leaves)
        if ticks is None or lots is None:
            raise AssertionError(f"order {order.order_id} is off the grid")
        order.resting = Resting(order, order.account.smp_owner, order.side, ticks, lots, guarded=order.closes_only)
        order.book.add(order.resting)
        if order.closes_only and order.category != "spot":
            position = self._lifecycle.position(order)
            position.reducers[order.order_id] = order
            # Together with older ones it may ask for more than there is to reduce.
            self._state.dirty[position] = None
        self._lifecycle.hold(order)
        self._state.outbox.book(order.listing)

    def _may_start(self, order: Order, taking: Taking) -> bool:
        book = order.listing.book
        if order.time_in_force in ("PostOnly", "RPI"):
            if taking.limit is None or not book.crosses(order.side, taking.limit):
                return True
            if order.category == "spot" and not order.filled:
                self._lifecycle.finish(order, "Rejected", reason="EC_PostOnlyWillTakeLiquidity")
            else:
                self._lifecycle.cancel(order, "UNKNOWN", "EC_PostOnlyWillTakeLiquidity")
            return False
        if order.time_in_force != "FOK" or order.by_value:
            return True
        fillable = book.fillable(taking, self._guard)
        if order.rpi_access:
            fillable += order.listing.rpi_book.fillable(taking, self._guard)
        if fillable >= taking.lots:
            return True
        self._lifecycle.cancel(order, "UNKNOWN", "EC_CancelForNoFullFill")
        return False

    def _taking(self, order: Order) -> Taking:
        instrument = order.listing.instrument
        limit: int | None
        budget: int | None = None
        if order.order_type == "Limit":
            limit = instrument.ticks_of(order.price)
        else:
            if order.market_limit is None:
                order.market_limit = self._market_limit(order)
            limit = None if order.market_limit is None else int(order.market_limit / instrument.tick)
        unit = instrument.tick * instrument.lot
        if order.by_value:
            budget = int(order.leaves / unit)
            held = self._spendable(order, instrument.base) if order.side == "Sell" else instrument.max_limit_qty
            lots = int(max(ZERO, held) / instrument.lot)
        else:
            lots = int(order.leaves / instrument.lot)
            if order.category == "spot" and order.order_type == "Market" and not order.account.house:
                budget = self._afford(order, unit)
        return Taking(order.account.smp_owner, order.side, lots, limit, budget, order.smp)

    def _afford(self, order: Order, unit: Decimal) -> int | None:
        if order.side == "Sell":
            return None
        return int(max(ZERO, self._spendable(order, order.listing.instrument.quote)) / unit)

    def _spendable(self, order: Order, coin: str) -> Decimal:
        free = order.account.free(coin)
        if not order.leverage:
            return free
        return max(ZERO, free) + max(ZERO, borrowable(order.account, coin, self._state.usd))

    def _market_limit(self, order: Order) -> Decimal | None:
        listing = order.listing
        bound = price_bound(listing, order.side)
        if not order.slippage:
            return bound
        best = listing.best_ask() if order.side == "Buy" else listing.best_bid()
        if best is None:
            return bound
        amount = Decimal(order.slippage)
        tick = listing.instrument.tick
        gap = amount * tick if order.slippage_type == "TickSize" else best * amount / PERCENT
        chosen = best + gap if order.side == "Buy" else max(tick, best - gap)
        ticks = int(chosen / tick) + (1 if order.side == "Sell" and chosen % tick else 0)
        return tick * ticks

    def _match(self, order: Order, taking: Taking) -> MatchOutcome:
        listing = order.listing
        instrument = listing.instrument
        traded = False

        def on_fill(resting: Resting, lots: int) -> None:
            nonlocal traded
            traded = True
            maker = resting.order
            if not isinstance(maker, Order):
                raise TypeError("the book holds something that is not an order")
            price, qty = instrument.tick * resting.ticks, instrument.lot * lots
            fill = self._settling.fill(maker, order, price, qty)
            listing.last_price = price
            if resting.lots:
                self._exits.after_fill(maker)
            else:
                maker.resting = None
                self._fill_up(maker)
            improved = maker.time_in_force == "RPI"
            if improved:
                order.rpi_matched += qty
            trade = PublishedTrade(fill.trade_id, fill.time_ms, order.side, price, qty, listing.seq, rpi=improved)
            self._state.outbox.trade(listing, trade)

        def on_drop(resting: Resting, by_smp: bool) -> None:
            maker = resting.order
            if not isinstance(maker, Order):
                raise TypeError("the book holds something that is not an order")
            maker.resting = None
            if by_smp:
                maker.smp_order_id = order.order_id
                self._lifecycle.cancel(maker, "CancelBySmp", "EC_BySelfMatch")
            else:
                self._lifecycle.cancel(maker, "CancelByReduceOnly")

        if order.time_in_force == "RPI":
            # It waits for takers that ask for it, and never takes.
            return MatchOutcome(0, None)
        if order.rpi_access:
            outcome = take_best(listing.book, listing.rpi_book, taking, on_fill, on_drop, self._guard)
        else:
            outcome = listing.book.take(taking, on_fill, on_drop, self._guard)
        self._state.outbox.book(listing)
        if traded:
            self._state.moved[listing, "LastPrice"] = None
        return outcome

    def _guard(self, resting: Resting) -> int:
        order = resting.order
        if not isinstance(order, Order):
            return resting.lots
        room = self._lifecycle.position(order).reducible(order.side)
        return int(room / order.listing.instrument.lot)

    def _fill_up(self, order: Order) -> None:
        self._lifecycle.finish(order, "Filled")
        self._exits.after_fill(order)

    def _stop(self, order: Order, maker: Resting) -> None:
        if isinstance(maker.order, Order):
            order.smp_order_id = maker.order.order_id
        self._lifecycle.cancel(order, "CancelBySmp", "EC_BySelfMatch")
        self._exits.after_fill(order)

    def _conclude(self, order: Order, taking: Taking, outcome: MatchOutcome) -> None:
        if not order.by_value and outcome.taken == taking.lots:
            self._fill_up(order)
            return
        if order.by_value and outcome.taken and not self._still_open(order, taking):
            self._fill_up(order)
            return
        if order.order_type == "Limit" and order.time_in_force in ("GTC", "PostOnly", "RPI"):
            self.rest(order)
            if outcome.taken:
                self._exits.after_fill(order)
            return
        reason = "EC_NoError" if order.filled else "EC_NoImmediateQtyToFill"
        self._lifecycle.cancel(order, "UNKNOWN", reason)
        self._exits.after_fill(order)

    def _still_open(self, order: Order, taking: Taking) -> bool:
        """Whether an order by value stopped for want of liquidity, not because its money is spent."""
        best = order.listing.book.best("Sell" if order.side == "Buy" else "Buy")
        if best is None:
            return True
        if taking.limit is not None and (best > taking.limit if order.side == "Buy" else best < taking.limit):
            return True
        instrument = order.listing.instrument
        return order.leaves >= best * instrument.tick * instrument.lot
