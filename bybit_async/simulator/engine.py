"""The trading heart of the simulated exchange: everything that changes an order, a position or a balance.

Synchronous, without I/O. Requests are the wire's own dicts (camelCase keys, numbers as strings), already
authenticated; a refusal is a `Refused` with Bybit's code. What happened reaches the outside through sinks
(`bybit_async.simulator.events`), at the end of each operation and in order.

    engine = Engine(Clock(manual=True), seed=7)
    alice = engine.create_account(balances={"USDT": "10000"})
    engine.set_prices("linear", "BTCUSDT", mark="60000", index="60000")
    order = engine.place(alice, {"category": "linear", "symbol": "BTCUSDT", "side": "Buy",
                                 "orderType": "Limit", "qty": "0.1", "price": "59000"})
    order.to_wire()
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from bybit_async.simulator.accounts import Account, MarginMode
from bybit_async.simulator.audit import audit
from bybit_async.simulator.catalogue import default_catalogue
from bybit_async.simulator.clock import Clock
from bybit_async.simulator.desk.exchange import Exchange
from bybit_async.simulator.desk.fields import Fields
from bybit_async.simulator.desk.market_making import Guard
from bybit_async.simulator.desk.moving import Moved
from bybit_async.simulator.desk.rehearsal import Rehearsed
from bybit_async.simulator.desk.state import OptionGreeks, OptionPricer
from bybit_async.simulator.events import Sink
from bybit_async.simulator.executions import Execution
from bybit_async.simulator.instruments import Instrument
from bybit_async.simulator.journal import ClosedOption, ClosedPnl, Delivery, LogEntry
from bybit_async.simulator.ledger import Audit, Ledger
from bybit_async.simulator.listing import Listing, ListingStatus
from bybit_async.simulator.margin import withdrawable
from bybit_async.simulator.matching import Side
from bybit_async.simulator.orders import Order
from bybit_async.simulator.positions import Position
from bybit_async.simulator.refusals import Refused, parameter
from bybit_async.simulator.wires import position_wire, wallet_wire

Number = Decimal | str | int
Request = Mapping[str, object]


class Engine:
    """One exchange: instruments, books, accounts and the money between them.

    `instruments` defaults to `catalogue.default_catalogue`. The same seed and the same calls give the same ids
    and the same events. `listings` is keyed by (category, symbol), `accounts` by uid (house accounts included);
    `ledger` is for reading only. Every method may be called from a clock's timer; none may be called from a sink.

    Two kinds of balance may be negative: a coin of a trader, while his other coins or open profit back it, and
    any coin of a house account (the insurance fund is one; `deposit` gives it a starting capital).
    """

    def __init__(self, clock: Clock, instruments: Iterable[Instrument] | None = None, seed: int = 0) -> None:
        self._desk = Exchange(clock, seed)
        self.clock = clock
        self.listings: dict[tuple[str, str], Listing] = self._desk.state.listings
        self.accounts: dict[int, Account] = self._desk.state.accounts
        self.ledger: Ledger = self._desk.state.ledger
        for instrument in default_catalogue(clock.now_ms()) if instruments is None else instruments:
            self.list_instrument(instrument)

    # -- instruments and prices

    def listing(self, category: str, symbol: str) -> Listing:
        """Return the listing; raises `Refused` (10001 or 170121) when there is none."""
        return self._desk.state.listing(category, symbol)

    def list_instrument(self, instrument: Instrument) -> Listing:
        """Start trading a new instrument."""
        with self._desk.operation():
            return self._desk.listings.add(instrument)

    def replace_instrument(self, instrument: Instrument) -> Listing:
        """Change the filters of a listed instrument; resting orders are cancelled when tick or lot change."""
        with self._desk.operation():
            return self._desk.listings.replace(instrument)

    def set_status(self, category: str, symbol: str, status: ListingStatus, *, reduce_only: bool = False) -> None:
        """Halt (`Halted`), reopen (`Trading`), prepare delivery or close a listing.

        With `reduce_only` orders that would open or grow a position are refused (110023), as before a delisting.
        """
        listing = self.listing(category, symbol)
        with self._desk.operation():
            listing.reduce_only = reduce_only
            self._desk.listings.set_status(listing, status)

    def delist(self, category: str, symbol: str) -> None:
        """Cancel all orders, settle all positions at the mark price (delivery) and close the listing."""
        with self._desk.operation():
            self._desk.delivery.close(self.listing(category, symbol))

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
        with self._desk.operation():
            self._desk.listings.set_prices(listing, *prices)
            if mark_iv is not None:
                listing.mark_iv = Decimal(str(mark_iv))

    def set_funding_rate(self, category: str, symbol: str, rate: Number) -> None:
        """Set the rate that the next funding will use."""
        limit = self.listing(category, symbol).instrument.max_funding_rate
        self.listing(category, symbol).funding_rate = max(-limit, min(limit, Decimal(str(rate))))

    def coin_price(self, coin: str) -> Decimal:
        """Return a coin's value in US dollars, from the index prices of the listings."""
        return self._desk.state.usd(coin)

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
        account = self._desk.treasury.open(uid, house=house, smp_group=smp_group)
        for coin, amount in (balances or {}).items():
            if Decimal(str(amount)):
                self.deposit(account, coin, amount)
        return account

    def deposit(self, account: Account, coin: str, amount: Number, kind: str = "TRANSFER_IN") -> None:
        """Bring money in from outside; at most 12 decimals."""
        with self._desk.operation():
            self._desk.treasury.deposit(account, coin, Decimal(str(amount)), kind)

    def withdraw(self, account: Account, coin: str, amount: Number, kind: str = "TRANSFER_OUT") -> None:
        """Take money out; raises `Refused` (110012) when it is not free."""
        with self._desk.operation():
            self._desk.treasury.withdraw(account, coin, Decimal(str(amount)), kind)

    def transfer(self, source: Account, target: Account, coin: str, amount: Number) -> None:
        """Move free money between two accounts."""
        with self._desk.operation():
            self._desk.treasury.transfer(source, target, coin, Decimal(str(amount)))

    def set_aside(self, account: Account, coin: str, amount: Number) -> None:
        """Take free money out of an account and keep it in transit, as for a withdrawal."""
        with self._desk.operation():
            self._desk.treasury.set_aside(account, coin, Decimal(str(amount)))

    def give_back(self, account: Account, coin: str, amount: Number) -> None:
        """Return money that was set aside to an account."""
        with self._desk.operation():
            self._desk.treasury.give_back(account, coin, Decimal(str(amount)))

    def send_off(self, coin: str, amount: Number, fee: Number = 0) -> None:
        """Let money that was set aside leave the exchange; `fee` stays with it."""
        with self._desk.operation():
            self._desk.treasury.send_off(coin, Decimal(str(amount)), Decimal(str(fee)))

    def add_sink(self, sink: Sink) -> None:
        """Send events to `sink` from now on."""
        self._desk.state.outbox.add(sink)

    def remove_sink(self, sink: Sink) -> None:
        """Stop sending events to `sink`."""
        self._desk.state.outbox.remove(sink)

    # -- orders

    def place(self, account: Account, request: Request) -> Order:
        """Place an order (`/v5/order/create`); the order may already be filled or cancelled on return."""
        with self._desk.operation():
            return self._desk.place(account, Fields(request))

    def rehearse(self, account: Account, request: Request) -> Rehearsed:
        """Try an order without placing it (`/v5/order/pre-check`); raises `Refused` what no account could place."""
        with self._desk.operation():
            return self._desk.rehearse(account, Fields(request))

    def amend(self, account: Account, request: Request) -> Order:
        """Amend an order (`/v5/order/amend`)."""
        with self._desk.operation():
            return self._desk.amend(account, Fields(request))

    def cancel(self, account: Account, request: Request) -> Order:
        """Cancel an order (`/v5/order/cancel`)."""
        with self._desk.operation():
            return self._desk.cancel(account, Fields(request))

    def cancel_too_late(self, account: Account, request: Request) -> Order:
        """Act out a cancel that was accepted while the order filled: a second `Filled` message follows.

        Takes `category` and `orderId` of an order that is filled; it carries `cancelType` `CancelByUser` and
        `rejectReason` `EC_OrigClOrdIDDoesNotExist` in that message only. For scripted faults.
        """
        with self._desk.operation():
            return self._desk.changing.too_late(account, Fields(request))

    def cancel_all(self, account: Account, request: Request, *, cancel_type: str = "CancelByUser") -> list[Order]:
        """Cancel the orders that match (`/v5/order/cancel-all`); at most 500 for linear and inverse."""
        with self._desk.operation():
            return self._desk.changing.cancel_all(account, Fields(request), cancel_type)

    def place_batch(self, account: Account, category: str, requests: Sequence[Request]) -> list[Order | Refused]:
        """Place several orders; each ends as its order or its own refusal."""
        return _each(account, category, requests, self.place)

    def amend_batch(self, account: Account, category: str, requests: Sequence[Request]) -> list[Order | Refused]:
        """Amend several orders; each ends as its order or its own refusal."""
        return _each(account, category, requests, self.amend)

    def cancel_batch(self, account: Account, category: str, requests: Sequence[Request]) -> list[Order | Refused]:
        """Cancel several orders; each ends as its order or its own refusal."""
        return _each(account, category, requests, self.cancel)

    def quote(self, account: Account, listing: Listing, side: Side, price: Decimal, qty: Decimal) -> Order | None:
        """Place a plain GTC limit order for a house account, without parsing or checks beyond tick and lot.

        The fast lane for simulated makers; returns None when the order was filled at once.
        """
        with self._desk.operation():
            return self._desk.house.quote(account, listing, side, price, qty)

    def withdraw_quote(self, order: Order) -> bool:
        """Cancel a `quote`; False when it was already gone."""
        with self._desk.operation():
            return self._desk.house.withdraw_quote(order)

    def trade(
        self, account: Account, listing: Listing, side: Side, qty: Decimal, price: Decimal | None = None
    ) -> Decimal:
        """Let a house account take liquidity at once, no worse than `price`; returns the quantity traded."""
        with self._desk.operation():
            return self._desk.house.trade(account, listing, side, qty, price)

    def disconnected(self, account: Account, products: Iterable[str]) -> int:
        """Carry out disconnection protection for `OPTIONS`, `DERIVATIVES`, `SPOT`; returns how many orders ended."""
        with self._desk.operation():
            return self._desk.disconnected(account, products)

    # -- positions and settings

    def set_leverage(self, account: Account, request: Request) -> None:
        """Set leverage (`/v5/position/set-leverage`)."""
        with self._desk.operation():
            self._desk.settings.set_leverage(account, Fields(request))

    def switch_mode(self, account: Account, request: Request) -> None:
        """Switch between one-way and hedge mode (`/v5/position/switch-mode`)."""
        with self._desk.operation():
            self._desk.settings.switch_mode(account, Fields(request))

    def set_trading_stop(self, account: Account, request: Request) -> None:
        """Set take profit, stop loss and trailing stop of a position (`/v5/position/trading-stop`)."""
        with self._desk.operation():
            self._desk.trading_stop.set(account, Fields(request))

    def set_margin_mode(self, account: Account, mode: MarginMode) -> None:
        """Switch the account between cross and isolated margin (`/v5/account/set-margin-mode`)."""
        with self._desk.operation():
            self._desk.settings.set_margin_mode(account, mode)

    def set_collateral(self, account: Account, switches: Mapping[str, bool]) -> None:
        """Let coins count as collateral, or not (`/v5/account/set-collateral-switch`)."""
        with self._desk.operation():
            self._desk.settings.set_collateral(account, switches)

    def add_margin(self, account: Account, request: Request) -> Position:
        """Add or remove margin of an isolated position (`/v5/position/add-margin`)."""
        with self._desk.operation():
            return self._desk.settings.add_margin(account, Fields(request))

    def set_auto_add_margin(self, account: Account, request: Request) -> None:
        """Let an isolated position draw margin by itself (`/v5/position/set-auto-add-margin`)."""
        with self._desk.operation():
            self._desk.settings.set_auto_add_margin(account, Fields(request))

    def set_risk_limit(self, account: Account, request: Request) -> dict[str, object]:
        """Accept a risk id (`/v5/position/set-risk-limit`); tiers follow the position by themselves."""
        return self._desk.settings.set_risk_limit(account, Fields(request))

    def move_positions(
        self, master: Account, source: Account, target: Account, requests: Sequence[Request]
    ) -> list[Moved]:
        """Move positions between two accounts (`/v5/position/move-positions`): every leg of them, or none."""
        with self._desk.operation():
            return self._desk.moving.move(master, source, target, requests)

    def moved_positions(self, master: Account) -> list[Moved]:
        """Return what a master has moved (`/v5/position/move-history`), newest first."""
        return self._desk.moving.history(master)

    # -- queries: the request's filters are applied; the caller cuts pages (`pages.cut`)

    def open_orders(self, account: Account, request: Request) -> list[Order]:
        """Return live orders, or with `openOnly` 1 the last 500 closed ones (`/v5/order/realtime`), newest first."""
        return self._desk.queries.open_orders(account, Fields(request))

    def order_history(self, account: Account, request: Request) -> list[Order]:
        """Return closed orders (`/v5/order/history`), newest first."""
        return self._desk.queries.order_history(account, Fields(request))

    def executions(self, account: Account, request: Request) -> list[Execution]:
        """Return executions (`/v5/execution/list`), newest first."""
        return self._desk.queries.executions(account, Fields(request))

    def positions(self, account: Account, request: Request) -> list[dict[str, object]]:
        """Return wire positions (`/v5/position/list`); an empty position is given when `symbol` names it."""
        return [self.position_wire(found) for found in self._desk.queries.positions(account, Fields(request))]

    def position_wire(self, position: Position, *, stream: bool = False) -> dict[str, object]:
        """Return one position as REST or the private stream shows it."""
        return position_wire(position, self._desk.state.usd, stream=stream)

    def wallet(self, account: Account, coins: Iterable[str] | None = None) -> dict[str, object]:
        """Return the account entry of `/v5/account/wallet-balance` and of the `wallet` topic."""
        return wallet_wire(account, self._desk.state.usd, coins)

    def closed_pnl(self, account: Account, request: Request) -> list[ClosedPnl]:
        """Return closed profit and loss (`/v5/position/closed-pnl`), newest first."""
        return self._desk.queries.closed_pnl(account, Fields(request))

    def closed_options(self, account: Account, request: Request) -> list[ClosedOption]:
        """Return option positions that have ended (`/v5/position/get-closed-positions`), newest first."""
        return self._desk.queries.closed_options(account, Fields(request))

    def transaction_log(self, account: Account, request: Request) -> list[LogEntry]:
        """Return balance changes (`/v5/account/transaction-log`), newest first."""
        return self._desk.queries.transaction_log(account, Fields(request))

    def deliveries(self, account: Account, request: Request) -> list[Delivery]:
        """Return option and delisting settlements (`/v5/asset/delivery-record`), newest first."""
        return self._desk.queries.deliveries(account, Fields(request))

    def fee_rates(self, account: Account, request: Request) -> list[dict[str, object]]:
        """Return entries of `/v5/account/fee-rate`."""
        return self._desk.queries.fee_rates(Fields(request))

    def available(self, account: Account, coin: str) -> Decimal:
        """Return how much of a coin may leave the account now."""
        return withdrawable(account, coin, self._desk.state.usd)

    def price_options_with(self, pricer: OptionPricer) -> None:
        """Let option orders name their price by volatility (`orderIv`); `pricer` knows what that is worth."""
        self._desk.state.option_pricer = pricer

    def measure_options_with(self, greeks: OptionGreeks) -> None:
        """Have market maker protection know delta and vega of options."""
        self._desk.state.option_greeks = greeks

    def approve_market_making(self, account: Account) -> None:
        """Let an account use market maker protection (`mmp` orders, `/v5/account/mmp-modify`)."""
        self._desk.market_making.approve(account)

    def market_making(self, account: Account, coin: str) -> Guard:
        """Return an account's market maker protection for the options on a coin.

        Raises `Refused` (110065) when the account is not approved for it.
        """
        return self._desk.market_making.guard(account, coin)

    def forget_closed_orders(self) -> None:
        """Behave like a restarted exchange: `open_orders` no longer knows closed orders, history still does."""
        for account in self.accounts.values():
            account.recent.clear()

    # -- proof

    def audit(self) -> Audit:
        """Recount all money, positions and locks; raises `AssertionError` naming the first that is off."""
        return audit(self._desk.state)


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
