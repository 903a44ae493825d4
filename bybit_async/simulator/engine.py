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

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from bybit_async.simulator.accounts import Account, MarginMode
from bybit_async.simulator.clock import Clock
from bybit_async.simulator.events import Sink
from bybit_async.simulator.executions import Execution
from bybit_async.simulator.instruments import Instrument
from bybit_async.simulator.journal import ClosedPnl, Delivery, LogEntry
from bybit_async.simulator.ledger import Audit
from bybit_async.simulator.listing import Listing, ListingStatus
from bybit_async.simulator.matching import Side
from bybit_async.simulator.orders import Order
from bybit_async.simulator.positions import Position
from bybit_async.simulator.refusals import Refused

Number = Decimal | str | int
Request = Mapping[str, object]


class Engine:
    """One exchange: instruments, books, accounts and the money between them.

    `instruments` defaults to `catalogue.default_catalogue`. The same seed and the same calls give the same ids
    and the same events.
    """

    def __init__(self, clock: Clock, instruments: Iterable[Instrument] | None = None, seed: int = 0) -> None:
        self.clock = clock
        self.listings: dict[tuple[str, str], Listing] = {}
        """Keyed by (category, symbol)."""
        self.accounts: dict[int, Account] = {}
        """Keyed by uid, house accounts included."""
        raise NotImplementedError

    # -- instruments and prices

    def listing(self, category: str, symbol: str) -> Listing:
        """Return the listing; raises `Refused` (10001 or 170121) when there is none."""
        raise NotImplementedError

    def list_instrument(self, instrument: Instrument) -> Listing:
        """Start trading a new instrument."""
        raise NotImplementedError

    def replace_instrument(self, instrument: Instrument) -> Listing:
        """Change the filters of a listed instrument; resting orders are cancelled when tick or lot change."""
        raise NotImplementedError

    def set_status(self, category: str, symbol: str, status: ListingStatus) -> None:
        """Halt (`Halted`), reopen (`Trading`), prepare delivery or close a listing."""
        raise NotImplementedError

    def delist(self, category: str, symbol: str) -> None:
        """Cancel all orders, settle all positions at the mark price (delivery) and close the listing."""
        raise NotImplementedError

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
        raise NotImplementedError

    def set_funding_rate(self, category: str, symbol: str, rate: Number) -> None:
        """Set the rate that the next funding will use."""
        raise NotImplementedError

    def coin_price(self, coin: str) -> Decimal:
        """Return a coin's value in US dollars, from the index prices of the listings."""
        raise NotImplementedError

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
        raise NotImplementedError

    def deposit(self, account: Account, coin: str, amount: Number, kind: str = "TRANSFER_IN") -> None:
        """Bring money in from outside; at most 12 decimals."""
        raise NotImplementedError

    def withdraw(self, account: Account, coin: str, amount: Number, kind: str = "TRANSFER_OUT") -> None:
        """Take money out; raises `Refused` (110012) when it is not free."""
        raise NotImplementedError

    def transfer(self, source: Account, target: Account, coin: str, amount: Number) -> None:
        """Move free money between two accounts."""
        raise NotImplementedError

    def add_sink(self, sink: Sink) -> None:
        """Send events to `sink` from now on."""
        raise NotImplementedError

    def remove_sink(self, sink: Sink) -> None:
        """Stop sending events to `sink`."""
        raise NotImplementedError

    # -- orders

    def place(self, account: Account, request: Request) -> Order:
        """Place an order (`/v5/order/create`); the order may already be filled or cancelled on return."""
        raise NotImplementedError

    def amend(self, account: Account, request: Request) -> Order:
        """Amend an order (`/v5/order/amend`)."""
        raise NotImplementedError

    def cancel(self, account: Account, request: Request) -> Order:
        """Cancel an order (`/v5/order/cancel`)."""
        raise NotImplementedError

    def cancel_all(
        self, account: Account, request: Request, *, cancel_type: str = "CancelByUser"
    ) -> list[Order]:
        """Cancel the orders that match (`/v5/order/cancel-all`); at most 500 for linear and inverse."""
        raise NotImplementedError

    def place_batch(
        self, account: Account, category: str, requests: Sequence[Request]
    ) -> list[Order | Refused]:
        """Place several orders; each ends as its order or its own refusal."""
        raise NotImplementedError

    def amend_batch(
        self, account: Account, category: str, requests: Sequence[Request]
    ) -> list[Order | Refused]:
        """Amend several orders; each ends as its order or its own refusal."""
        raise NotImplementedError

    def cancel_batch(
        self, account: Account, category: str, requests: Sequence[Request]
    ) -> list[Order | Refused]:
        """Cancel several orders; each ends as its order or its own refusal."""
        raise NotImplementedError

    def quote(
        self, account: Account, listing: Listing, side: Side, price: Decimal, qty: Decimal
    ) -> Order | None:
        """Place a plain GTC limit order for a house account, without parsing or checks beyond tick and lot.

        The fast lane for simulated makers; returns None when the order was filled at once.
        """
        raise NotImplementedError

    def withdraw_quote(self, order: Order) -> bool:
        """Cancel a `quote`; False when it was already gone."""
        raise NotImplementedError

    def trade(
        self, account: Account, listing: Listing, side: Side, qty: Decimal, price: Decimal | None = None
    ) -> Decimal:
        """Let a house account take liquidity at once, no worse than `price`; returns the quantity traded."""
        raise NotImplementedError

    def disconnected(self, account: Account, products: Iterable[str]) -> int:
        """Carry out disconnection protection for `OPTIONS`, `DERIVATIVES`, `SPOT`; returns how many orders ended."""
        raise NotImplementedError

    # -- positions and settings

    def set_leverage(self, account: Account, request: Request) -> None:
        """Set leverage (`/v5/position/set-leverage`)."""
        raise NotImplementedError

    def switch_mode(self, account: Account, request: Request) -> None:
        """Switch between one-way and hedge mode (`/v5/position/switch-mode`)."""
        raise NotImplementedError

    def set_trading_stop(self, account: Account, request: Request) -> None:
        """Set take profit, stop loss and trailing stop of a position (`/v5/position/trading-stop`)."""
        raise NotImplementedError

    def set_margin_mode(self, account: Account, mode: MarginMode) -> None:
        """Switch the account between cross and isolated margin (`/v5/account/set-margin-mode`)."""
        raise NotImplementedError

    def add_margin(self, account: Account, request: Request) -> Position:
        """Add or remove margin of an isolated position (`/v5/position/add-margin`)."""
        raise NotImplementedError

    def set_auto_add_margin(self, account: Account, request: Request) -> None:
        """Let an isolated position draw margin by itself (`/v5/position/set-auto-add-margin`)."""
        raise NotImplementedError

    def set_risk_limit(self, account: Account, request: Request) -> dict[str, object]:
        """Accept a risk id (`/v5/position/set-risk-limit`); tiers follow the position by themselves."""
        raise NotImplementedError

    # -- queries: the request's filters are applied; the caller cuts pages (`pages.cut`)

    def open_orders(self, account: Account, request: Request) -> list[Order]:
        """Return live orders, or with `openOnly` 1 the last 500 closed ones (`/v5/order/realtime`), newest first."""
        raise NotImplementedError

    def order_history(self, account: Account, request: Request) -> list[Order]:
        """Return closed orders (`/v5/order/history`), newest first."""
        raise NotImplementedError

    def executions(self, account: Account, request: Request) -> list[Execution]:
        """Return executions (`/v5/execution/list`), newest first."""
        raise NotImplementedError

    def positions(self, account: Account, request: Request) -> list[dict[str, object]]:
        """Return wire positions (`/v5/position/list`); an empty position is given when `symbol` names it."""
        raise NotImplementedError

    def position_wire(self, position: Position, *, stream: bool = False) -> dict[str, object]:
        """Return one position as REST or the private stream shows it."""
        raise NotImplementedError

    def wallet(self, account: Account, coins: Iterable[str] | None = None) -> dict[str, object]:
        """Return the account entry of `/v5/account/wallet-balance` and of the `wallet` topic."""
        raise NotImplementedError

    def closed_pnl(self, account: Account, request: Request) -> list[ClosedPnl]:
        """Return closed profit and loss (`/v5/position/closed-pnl`), newest first."""
        raise NotImplementedError

    def transaction_log(self, account: Account, request: Request) -> list[LogEntry]:
        """Return balance changes (`/v5/account/transaction-log`), newest first."""
        raise NotImplementedError

    def deliveries(self, account: Account, request: Request) -> list[Delivery]:
        """Return option and delisting settlements (`/v5/asset/delivery-record`), newest first."""
        raise NotImplementedError

    def fee_rates(self, account: Account, request: Request) -> list[dict[str, object]]:
        """Return entries of `/v5/account/fee-rate`."""
        raise NotImplementedError

    def available(self, account: Account, coin: str) -> Decimal:
        """Return how much of a coin may leave the account now."""
        raise NotImplementedError

    def forget_closed_orders(self) -> None:
        """Behave like a restarted exchange: `open_orders` no longer knows closed orders, history still does."""
        raise NotImplementedError

    # -- proof

    def audit(self) -> Audit:
        """Recount all money, positions and locks; raises `AssertionError` naming the first that is off."""
        raise NotImplementedError
