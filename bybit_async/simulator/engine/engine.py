"""The trading heart of the simulated exchange: everything that changes an order, a position or a balance.

Synchronous, without I/O. What a client sends is a wire dict (camelCase keys, numbers as strings), already
authenticated; a refusal is a `Refused` with Bybit's code. What happened reaches the outside through sinks (`events`),
at the end of each operation and in order. `place_order`, `amend_order` and `cancel_order` take parsed values.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account, MarginMode, Order, Position
from bybit_async.simulator.engine.admission import Admission
from bybit_async.simulator.engine.audit import audit
from bybit_async.simulator.engine.borrowing import SpotBorrowing
from bybit_async.simulator.engine.catalogue import default_catalogue
from bybit_async.simulator.engine.changing import Changing
from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.closing import ListingClosing
from bybit_async.simulator.engine.drafting import Drafting, NewOrder
from bybit_async.simulator.engine.events import Sink
from bybit_async.simulator.engine.exits import Exits
from bybit_async.simulator.engine.fields import Fields
from bybit_async.simulator.engine.funding import Funding
from bybit_async.simulator.engine.house import House
from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.engine.ledger import CLEARING, FEES, INSURANCE, TRANSIT, Audit, Ledger
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.liquidation import Liquidation
from bybit_async.simulator.engine.listing import Listing, ListingStatus
from bybit_async.simulator.engine.listings import Listings
from bybit_async.simulator.engine.margin import withdrawable
from bybit_async.simulator.engine.market_making import REASON, MarketMaking, QuoteGuard
from bybit_async.simulator.engine.moving import Moved, Moving
from bybit_async.simulator.engine.operations import Operation
from bybit_async.simulator.engine.placing import Placing
from bybit_async.simulator.engine.queries import Queries, Request
from bybit_async.simulator.engine.refusals import Refused, parameter
from bybit_async.simulator.engine.rehearsal import Rehearsal, Rehearsed
from bybit_async.simulator.engine.settings import AccountSettings
from bybit_async.simulator.engine.settling import Settling
from bybit_async.simulator.engine.state import OptionGreeks, OptionPricer, State
from bybit_async.simulator.engine.takeover import Takeover
from bybit_async.simulator.engine.trading_stop import TradingStop
from bybit_async.simulator.engine.treasury import Treasury
from bybit_async.simulator.engine.triggers import Triggers

Number = Decimal | str | int
DCP_CATEGORIES: dict[str, tuple[str, ...]]
DCP_CATEGORIES = {"OPTIONS": ("option",), "DERIVATIVES": ("linear", "inverse"), "SPOT": ("spot",)}


class Engine(Queries):
    """One exchange: instruments, books, accounts and the money between them.

    `instruments` defaults to `catalogue.default_catalogue`. The same seed and the same calls give the same ids
    and the same events. `listings` is keyed by (category, symbol), `accounts` by uid (house accounts included);
    `ledger` is for reading only. `house` trades for simulated makers, `treasury` moves money between accounts,
    `borrowing` is spot margin;
    what happens within ``with engine.operation:`` is one operation, whose consequences come when it is over.
    Every method may be called from a clock's timer; none may be called from a sink.

    Two kinds of balance may be negative: a coin of a trader, while other coins or open profit back it, and
    any coin of a house account (the insurance fund is one; `deposit` gives it a starting capital).
    """

    def __init__(self, clock: ExchangeClock, instruments: Iterable[Instrument] | None = None, seed: int = 0) -> None:
        state = State(clock, seed)
        super().__init__(state)
        self.clock = clock
        self.listings: dict[tuple[str, str], Listing] = state.listings
        self.accounts: dict[int, Account] = state.accounts
        self.ledger: Ledger = state.ledger
        self._lifecycle = lifecycle = Lifecycle(state)
        self._market_making = MarketMaking(state, lifecycle)
        settling = Settling(state, lifecycle, self._market_making)
        exits = Exits(state, lifecycle)
        self._drafting = Drafting(state)
        self._admission = Admission(state)
        self._placing = Placing(state, lifecycle, settling, exits)
        triggers = Triggers(state, lifecycle, self._placing, self._admission, exits)
        self._changing = Changing(state, lifecycle, self._placing, self._admission, exits)
        self._moving = Moving(state, lifecycle, settling)
        takeover = Takeover(state, lifecycle, settling)
        liquidation = Liquidation(state, lifecycle, self._placing, takeover)
        self._closing = ListingClosing(state, lifecycle, takeover)
        self._settings = AccountSettings(state)
        self._trading_stop = TradingStop(state, exits)
        self._rehearsal = Rehearsal(state, self._drafting, self._admission)
        self.operation: Operation = Operation(state, exits, triggers, liquidation, self._market_making)
        self._listings = Listings(state, Funding(state), self._closing, self.operation)
        self.treasury: Treasury = Treasury(state, self.operation)
        self.borrowing: SpotBorrowing = SpotBorrowing(state, self.operation)
        self.house: House = House(state, lifecycle, self._placing, self.operation)
        for uid in (FEES, CLEARING, INSURANCE, TRANSIT):
            self.treasury.open(uid, house=True)
        for instrument in default_catalogue(clock.now_ms()) if instruments is None else instruments:
            self.list_instrument(instrument)

    # -- instruments and prices

    def listing(self, category: str, symbol: str) -> Listing:
        """Return the listing; raises `Refused` (10001 or 170121) for an unknown symbol."""
        return self._state.listing(category, symbol)

    def list_instrument(self, instrument: Instrument) -> Listing:
        """Start trading a new instrument."""
        with self.operation:
            return self._listings.add(instrument)

    def replace_instrument(self, instrument: Instrument) -> Listing:
        """Change the filters of a listed instrument; resting orders are cancelled when tick or lot change."""
        with self.operation:
            return self._listings.replace(instrument)

    def set_status(self, category: str, symbol: str, status: ListingStatus, *, reduce_only: bool = False) -> None:
        """Halt (`Halted`), reopen (`Trading`), prepare delivery or close a listing.

        With `reduce_only` orders that would open or grow a position are refused (110023), as before a delisting.
        """
        listing = self.listing(category, symbol)
        with self.operation:
            listing.reduce_only = reduce_only
            self._listings.set_status(listing, status)

    def delist(self, category: str, symbol: str) -> None:
        """Cancel all orders, settle all positions at the mark price (delivery) and close the listing."""
        with self.operation:
            self._closing.close(self.listing(category, symbol))

    def set_prices(
        self,
        category: str,
        symbol: str,
        *,
        mark: Number | None = None,
        index: Number | None = None,
        last: Number | None = None,
        mark_iv: Number | None = None,
    ) -> None:
        """Set reference prices; triggers conditional orders and liquidations."""
        listing = self.listing(category, symbol)
        prices = (_price(mark), _price(index), _price(last))
        with self.operation:
            self._listings.set_prices(listing, *prices)
            if mark_iv is not None:
                listing.mark_iv = Decimal(str(mark_iv))

    def set_funding_rate(self, category: str, symbol: str, rate: Number) -> None:
        """Set the rate that the next funding will use."""
        limit = self.listing(category, symbol).instrument.max_funding_rate
        self.listing(category, symbol).funding_rate = max(-limit, min(limit, Decimal(str(rate))))

    def settle_funding(self, category: str, symbol: str, rate: Number) -> None:
        """Settle a funding now, at this rate, as history has it; the instrument has no interval of its own then."""
        self._listings.settle_funding(self.listing(category, symbol), Decimal(str(rate)))

    def coin_price(self, coin: str) -> Decimal:
        """Return a coin's value in US dollars, from the index prices of the listings."""
        return self._state.usd(coin)

    # -- accounts

    def create_account(
        self,
        *,
        balances: Mapping[str, Number] | None = None,
        uid: int | None = None,
        house: bool = False,
        smp_group: int = 0,
    ) -> Account:
        """Open a unified account with these deposits.

        A house account (market makers) trades without margin checks or liquidation, keeps no history, causes no
        account events, and may go negative; its money counts in the audit like any other.
        """
        account = self.treasury.open(uid, house=house, smp_group=smp_group)
        for coin, amount in (balances or {}).items():
            if Decimal(str(amount)):
                self.deposit(account, coin, amount)
        return account

    def deposit(self, account: Account, coin: str, amount: Number, kind: str = "TRANSFER_IN") -> None:
        """Bring money in from outside; at most 12 decimals."""
        self.treasury.deposit(account, coin, Decimal(str(amount)), kind)

    def withdraw(self, account: Account, coin: str, amount: Number, kind: str = "TRANSFER_OUT") -> None:
        """Take money out; raises `Refused` (110012) when it is not free."""
        self.treasury.withdraw(account, coin, Decimal(str(amount)), kind)

    def add_sink(self, sink: Sink) -> None:
        """Send events to `sink` from now on."""
        self._state.outbox.add(sink)

    def remove_sink(self, sink: Sink) -> None:
        """Stop sending events to `sink`."""
        self._state.outbox.remove(sink)

    # -- orders

    def place(self, account: Account, request: Request) -> Order:
        """Place an order (`/v5/order/create`); the order may already be filled or cancelled on return."""
        with self.operation:
            return self._accept(self._drafting.draft(account, Fields(request)))

    def place_order(self, account: Account, new: NewOrder) -> Order:
        """Place an order whose values are parsed; it passes the same checks as one that a client sends."""
        with self.operation:
            return self._accept(self._drafting.draft_new(account, new))

    def rehearse(self, account: Account, request: Request) -> Rehearsed:
        """Try an order without placing it (`/v5/order/pre-check`); raises `Refused` what no account could place."""
        with self.operation:
            return self._rehearsal.run(account, Fields(request))

    def amend(self, account: Account, request: Request) -> Order:
        """Amend an order (`/v5/order/amend`)."""
        with self.operation:
            fields = Fields(request)
            order = self._changing.find(account, fields)
            self._changing.amend(order, fields)
            return order

    def amend_order(
        self, order: Order, *, qty: Decimal | None = None, price: Decimal | None = None, trigger: Decimal | None = None
    ) -> None:
        """Change quantity, price or trigger price of a live order; None leaves one as it is."""
        with self.operation:
            self._changing.change(order, qty, price, trigger)

    def cancel(self, account: Account, request: Request) -> Order:
        """Cancel an order (`/v5/order/cancel`)."""
        with self.operation:
            order = self._changing.find(account, Fields(request))
            self._changing.cancel(order)
            return order

    def cancel_order(self, order: Order) -> None:
        """Cancel a live order; raises `Refused` (110001, spot 170213) when it has ended."""
        with self.operation:
            self._changing.require_live(order)
            self._changing.cancel(order)

    def cancel_too_late(self, account: Account, request: Request) -> Order:
        """Act out a cancel that was accepted while the order filled: a second `Filled` message follows.

        Takes `category` and `orderId` of an order that is filled; it carries `cancelType` `CancelByUser` and
        `rejectReason` `EC_OrigClOrdIDDoesNotExist` in that message only. For scripted faults.
        """
        with self.operation:
            return self._changing.too_late(account, Fields(request))

    def cancel_all(self, account: Account, request: Request, *, cancel_type: str = "CancelByUser") -> list[Order]:
        """Cancel the orders that match (`/v5/order/cancel-all`); at most 500 for linear and inverse."""
        with self.operation:
            return self._changing.cancel_all(account, Fields(request), cancel_type)

    def place_batch(self, account: Account, category: str, requests: Sequence[Request]) -> list[Order | Refused]:
        """Place several orders; each ends as its order or its own refusal."""
        return _each(account, category, requests, self.place)

    def amend_batch(self, account: Account, category: str, requests: Sequence[Request]) -> list[Order | Refused]:
        """Amend several orders; each ends as its order or its own refusal."""
        return _each(account, category, requests, self.amend)

    def cancel_batch(self, account: Account, category: str, requests: Sequence[Request]) -> list[Order | Refused]:
        """Cancel several orders; each ends as its order or its own refusal."""
        return _each(account, category, requests, self.cancel)

    def disconnected(self, account: Account, products: Iterable[str]) -> int:
        """Carry out disconnection protection for `OPTIONS`, `DERIVATIVES`, `SPOT`; returns how many orders ended."""
        count = 0
        with self.operation:
            for product in products:
                for order in list(account.orders.values()):
                    if order.category in DCP_CATEGORIES[product] and order.is_live:
                        self._changing.cancel(order, "CancelByDCP")
                        count += 1
                self._state.outbox.dcp(account, product)
        return count

    def _accept(self, order: Order) -> Order:
        self._admission.check(order)
        if order.mmp and self._market_making.is_frozen(order):
            self._lifecycle.register(order)
            self._lifecycle.finish(order, "Rejected", reason=REASON)
        else:
            self._placing.accept(order)
        return order

    # -- positions and settings

    def set_leverage(self, account: Account, request: Request) -> None:
        """Set leverage (`/v5/position/set-leverage`)."""
        with self.operation:
            self._settings.set_leverage(account, Fields(request))

    def switch_mode(self, account: Account, request: Request) -> None:
        """Switch between one-way and hedge mode (`/v5/position/switch-mode`)."""
        with self.operation:
            self._settings.switch_mode(account, Fields(request))

    def set_trading_stop(self, account: Account, request: Request) -> None:
        """Set take profit, stop loss and trailing stop of a position (`/v5/position/trading-stop`)."""
        with self.operation:
            self._trading_stop.set(account, Fields(request))

    def set_margin_mode(self, account: Account, mode: MarginMode) -> None:
        """Switch the account between cross and isolated margin (`/v5/account/set-margin-mode`)."""
        with self.operation:
            self._settings.set_margin_mode(account, mode)

    def set_collateral(self, account: Account, switches: Mapping[str, bool]) -> None:
        """Let coins count as collateral, or not (`/v5/account/set-collateral-switch`)."""
        with self.operation:
            self._settings.set_collateral(account, switches)

    def add_margin(self, account: Account, request: Request) -> Position:
        """Add or remove margin of an isolated position (`/v5/position/add-margin`)."""
        with self.operation:
            return self._settings.add_margin(account, Fields(request))

    def set_auto_add_margin(self, account: Account, request: Request) -> None:
        """Let an isolated position draw margin by itself (`/v5/position/set-auto-add-margin`)."""
        with self.operation:
            self._settings.set_auto_add_margin(account, Fields(request))

    def set_risk_limit(self, account: Account, request: Request) -> dict[str, object]:
        """Accept a risk id (`/v5/position/set-risk-limit`); tiers follow the position by themselves."""
        return self._settings.set_risk_limit(account, Fields(request))

    def move_positions(
        self, master: Account, source: Account, target: Account, requests: Sequence[Request]
    ) -> list[Moved]:
        """Move positions between two accounts (`/v5/position/move-positions`): every leg of them, or none."""
        with self.operation:
            return self._moving.move(master, source, target, requests)

    def moved_positions(self, master: Account) -> list[Moved]:
        """Return what a master has moved (`/v5/position/move-history`), newest first."""
        return self._moving.history(master)

    def available(self, account: Account, coin: str) -> Decimal:
        """Return how much of a coin may leave the account now."""
        return withdrawable(account, coin, self._state.usd)

    def price_options_with(self, pricer: OptionPricer) -> None:
        """Let option orders name their price by volatility (`orderIv`); `pricer` knows what that is worth."""
        self._state.option_pricer = pricer

    def measure_options_with(self, greeks: OptionGreeks) -> None:
        """Have market maker protection know delta and vega of options."""
        self._state.option_greeks = greeks

    def approve_market_making(self, account: Account) -> None:
        """Let an account use market maker protection (`mmp` orders, `/v5/account/mmp-modify`)."""
        self._market_making.approve(account)

    def market_making(self, account: Account, coin: str) -> QuoteGuard:
        """Return an account's market maker protection for the options on a coin.

        Raises `Refused` (110065) when the account is not approved for it.
        """
        return self._market_making.guard(account, coin)

    def forget_closed_orders(self) -> None:
        """Behave like a restarted exchange: `open_orders` no longer knows closed orders, history still does."""
        for account in self.accounts.values():
            account.recent.clear()

    # -- proof

    def audit(self) -> Audit:
        """Recount all money, positions and locks; raises `AssertionError` naming the first that is off."""
        return audit(self._state)


def _price(value: Number | None) -> Decimal | None:
    """Return a reference price; at most 8 decimals, so that values stay exact."""
    if value is None:
        return None
    price = round(Decimal(str(value)), 8)
    if not price > 0:
        raise ValueError("a price must be positive")
    return price


def _each(
    account: Account, category: str, requests: Sequence[Request], act: Callable[[Account, Request], Order]
) -> list[Order | Refused]:
    """Carry out the items of a batch one by one; a refusal takes its item's place."""
    most = 10 if category == "spot" else 20
    if not 1 <= len(requests) <= most:
        raise parameter(f"a batch takes 1 to {most} requests")
    results: list[Order | Refused] = []
    for request in requests:
        try:
            results.append(act(account, {**request, "category": category}))
        except Refused as refusal:
            results.append(refusal)
    return results
