"""All desks together, and the frame that every operation runs in."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import TracebackType

from bybit_async.simulator.accounts import Account
from bybit_async.simulator.clock import Clock
from bybit_async.simulator.desk.admission import Admission
from bybit_async.simulator.desk.changing import Changing
from bybit_async.simulator.desk.delivery import Delivery
from bybit_async.simulator.desk.drafting import Drafting
from bybit_async.simulator.desk.exits import Exits
from bybit_async.simulator.desk.fields import Fields
from bybit_async.simulator.desk.funding import Funding
from bybit_async.simulator.desk.house import House
from bybit_async.simulator.desk.lifecycle import Lifecycle
from bybit_async.simulator.desk.liquidation import Liquidation
from bybit_async.simulator.desk.listings import Listings
from bybit_async.simulator.desk.market_making import REASON, MarketMaking
from bybit_async.simulator.desk.moving import Moving
from bybit_async.simulator.desk.placing import Placing
from bybit_async.simulator.desk.queries import Queries
from bybit_async.simulator.desk.rehearsal import Rehearsal, Rehearsed
from bybit_async.simulator.desk.settings import Settings
from bybit_async.simulator.desk.settling import Settling
from bybit_async.simulator.desk.state import State
from bybit_async.simulator.desk.takeover import Takeover
from bybit_async.simulator.desk.trading_stop import TradingStop
from bybit_async.simulator.desk.treasury import Treasury
from bybit_async.simulator.desk.triggers import Triggers
from bybit_async.simulator.ledger import CLEARING, FEES, INSURANCE, TRANSIT
from bybit_async.simulator.orders import Order

DCP_CATEGORIES = {"OPTIONS": ("option",), "DERIVATIVES": ("linear", "inverse"), "SPOT": ("spot",)}
ROUNDS = 10_000


class Exchange:
    """Wires the desks and settles what one operation sets off: exits, triggers, liquidations."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.state = state = State(clock, seed)
        self.lifecycle = Lifecycle(state)
        self.market_making = MarketMaking(state, self.lifecycle)
        self.settling = Settling(state, self.lifecycle, self.market_making)
        self.exits = Exits(state, self.lifecycle)
        self.drafting = Drafting(state)
        self.admission = Admission(state)
        self.placing = Placing(state, self.lifecycle, self.settling, self.exits)
        self.triggers = Triggers(state, self.lifecycle, self.placing, self.admission, self.exits)
        self.changing = Changing(state, self.lifecycle, self.placing, self.admission, self.exits)
        self.moving = Moving(state, self.lifecycle, self.settling)
        self.takeover = Takeover(state, self.lifecycle, self.settling)
        self.liquidation = Liquidation(state, self.lifecycle, self.placing, self.takeover)
        self.funding = Funding(state)
        self.delivery = Delivery(state, self.lifecycle, self.takeover)
        self.treasury = Treasury(state)
        self.settings = Settings(state)
        self.trading_stop = TradingStop(state, self.exits)
        self.house = House(state, self.lifecycle, self.placing)
        self.queries = Queries(state)
        self.rehearsal = Rehearsal(state, self.drafting, self.admission)
        self.listings = Listings(state, self.funding, self.delivery, self.operation)
        self._depth = 0
        self._frame = _Frame(self)
        for uid in (FEES, CLEARING, INSURANCE, TRANSIT):
            self.treasury.open(uid, house=True)

    def operation(self) -> AbstractContextManager[None]:
        """Run one operation: afterwards settle its consequences, then hand the events out."""
        return self._frame

    def begin(self) -> None:
        """An operation begins, perhaps within another one."""
        self._depth += 1

    def end(self, *, failed: bool) -> None:
        """An operation is over."""
        try:
            if self._depth == 1 and not failed:
                self._settle_down()
        finally:
            self._depth -= 1
            if not self._depth:
                self.state.outbox.flush()

    def place(self, account: Account, fields: Fields) -> Order:
        """Draft, judge and accept an order."""
        category = fields.choice("category", ("linear", "inverse", "spot", "option"))
        listing = self.state.listing(category, fields.required("symbol"))
        order = self.drafting.draft(account, fields, listing)
        self.admission.check(order)
        if order.mmp and self.market_making.is_frozen(order):
            self.lifecycle.register(order)
            self.lifecycle.finish(order, "Rejected", reason=REASON)
        else:
            self.placing.accept(order)
        return order

    def rehearse(self, account: Account, fields: Fields) -> Rehearsed:
        """Draft and judge an order, and leave it at that."""
        category = fields.choice("category", ("linear", "inverse", "option"))
        return self.rehearsal.run(account, fields, self.state.listing(category, fields.required("symbol")))

    def amend(self, account: Account, fields: Fields) -> Order:
        """Find and amend an order."""
        order = self.changing.find(account, fields)
        self.changing.amend(order, fields)
        return order

    def cancel(self, account: Account, fields: Fields) -> Order:
        """Find and cancel an order."""
        order = self.changing.find(account, fields)
        self.changing.cancel(order)
        return order

    def disconnected(self, account: Account, products: Iterable[str]) -> int:
        """Cancel the orders of the products that disconnection protection covers."""
        count = 0
        for product in products:
            categories = DCP_CATEGORIES[product]
            for order in list(account.orders.values()):
                if order.category in categories and order.is_live:
                    self.changing.cancel(order, "CancelByDCP")
                    count += 1
            self.state.outbox.dcp(account, product)
        return count

    def _settle_down(self) -> None:
        state = self.state
        for _ in range(ROUNDS):
            if state.tripped:
                account, coin = next(iter(state.tripped))
                del state.tripped[account, coin]
                self.market_making.pull(account, coin)
            elif state.dirty:
                position = next(iter(state.dirty))
                del state.dirty[position]
                self.exits.follow(position)
            elif state.moved:
                listing, kind = next(iter(state.moved))
                del state.moved[listing, kind]
                state.outbox.prices(listing)
                self.triggers.price_moved(listing, kind)
                if kind == "MarkPrice":
                    self.liquidation.unwind(listing)
            elif state.suspects:
                account = next(iter(state.suspects))
                del state.suspects[account]
                self.liquidation.check(account)
            else:
                return
        raise AssertionError("one operation set off an endless chain of consequences")


class _Frame(AbstractContextManager[None]):
    """What operations run in; it has no state of its own, so one serves them all, also within one another."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def __enter__(self) -> None:
        self._exchange.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exchange.end(failed=kind is not None)
