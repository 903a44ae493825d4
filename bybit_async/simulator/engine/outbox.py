"""Collects what an operation changed and hands it to the sinks, in order, when the operation is over."""

import copy
from dataclasses import dataclass, field

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.events import LevelChange, PublishedTrade, Sink
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.listing import Listing


@dataclass(slots=True)
class _Batch:
    orders: dict[str, Order] = field(default_factory=dict)
    executions: list[AccountExecution] = field(default_factory=list)
    positions: dict[int, Position] = field(default_factory=dict)
    coins: dict[str, None] = field(default_factory=dict)
    dcp: list[str] = field(default_factory=list)


class Outbox:
    """Events of the running operation."""

    def __init__(self) -> None:
        self._sinks: list[Sink] = []
        self._listeners = _Listeners([])
        self._batches: dict[Account, _Batch] = {}
        self._trades: dict[Listing, list[PublishedTrade]] = {}
        self._books: dict[Listing, None] = {}
        self._prices: dict[Listing, None] = {}

    def add(self, sink: Sink) -> None:
        """Tell a sink everything from now on."""
        self._sinks.append(sink)
        self._listeners = _Listeners(self._sinks)

    def remove(self, sink: Sink) -> None:
        """Tell a sink nothing more."""
        self._sinks.remove(sink)
        self._listeners = _Listeners(self._sinks)

    def order(self, order: Order) -> None:
        """Note that an order changed; it is shown once, in its last state."""
        if not order.account.house:
            self._batch(order.account).orders[order.order_id] = order

    def moment(self, order: Order) -> None:
        """Note a passing state (`Triggered`, a second `Filled`) that the wire shows besides the last one."""
        if not order.account.house:
            key = f"{order.order_id} {order.status} {order.cancel_type}"
            self._batch(order.account).orders[key] = copy.copy(order)

    def execution(self, account: Account, execution: AccountExecution) -> None:
        """Note an execution."""
        self._batch(account).executions.append(execution)

    def position(self, position: Position) -> None:
        """Note that a position, or the orders around it, changed."""
        if not position.account.house:
            self._batch(position.account).positions[id(position)] = position

    def wallet(self, account: Account, coin: str) -> None:
        """Note that a balance changed."""
        if not account.house:
            self._batch(account).coins[coin] = None

    def trade(self, listing: Listing, trade: PublishedTrade) -> None:
        """Note a public trade."""
        self._trades.setdefault(listing, []).append(trade)

    def book(self, listing: Listing) -> None:
        """Note that levels changed."""
        self._books[listing] = None

    def prices(self, listing: Listing) -> None:
        """Note that a reference price or the status changed."""
        self._prices[listing] = None

    def dcp(self, account: Account, product: str) -> None:
        """Note that disconnection protection acted."""
        self._batch(account).dcp.append(product)

    def flush(self) -> None:
        """Hand everything over."""
        batches, self._batches = self._batches, {}
        trades, self._trades = self._trades, {}
        books, self._books = self._books, {}
        prices, self._prices = self._prices, {}
        listeners = self._listeners
        for account, batch in batches.items():
            listeners.deliver(account, batch)
        for listing, fresh in trades.items():
            for sink in listeners.trades:
                sink.on_trades(listing, fresh)
        for listing in books:
            listeners.deliver_levels(listing)
        for listing in prices:
            for sink in listeners.prices:
                sink.on_prices(listing)

    def _batch(self, account: Account) -> _Batch:
        found = self._batches.get(account)
        if found is None:
            found = self._batches[account] = _Batch()
        return found


class _Listeners:
    """Which sinks want which event: only those that override its method are called."""

    def __init__(self, sinks: list[Sink]) -> None:
        self._orders = _wanting(sinks, "on_orders")
        self._executions = _wanting(sinks, "on_executions")
        self._positions = _wanting(sinks, "on_positions")
        self._wallets = _wanting(sinks, "on_wallet")
        self._dcp = _wanting(sinks, "on_dcp")
        self._books = _wanting(sinks, "on_book")
        self._levels = _wanting(sinks, "on_levels")
        self.trades = _wanting(sinks, "on_trades")
        self.prices = _wanting(sinks, "on_prices")

    def deliver(self, account: Account, batch: _Batch) -> None:
        """Hand over what happened to an account."""
        if batch.orders and self._orders:
            orders = list(batch.orders.values())
            for sink in self._orders:
                sink.on_orders(account, orders)
        if batch.executions:
            for sink in self._executions:
                sink.on_executions(account, batch.executions)
        if batch.positions and self._positions:
            positions = list(batch.positions.values())
            for sink in self._positions:
                sink.on_positions(account, positions)
        if batch.coins and self._wallets:
            coins = list(batch.coins)
            for sink in self._wallets:
                sink.on_wallet(account, coins)
        for product in batch.dcp:
            for sink in self._dcp:
                sink.on_dcp(account, product)

    def deliver_levels(self, listing: Listing) -> None:
        """Hand over what happened to a book."""
        raw, hidden = listing.resting.drain_changes(), listing.resting_rpi.drain_changes()
        if not raw and not hidden:
            return
        for sink in self._books:
            sink.on_book(listing)
        if self._levels and raw:
            instrument = listing.instrument
            changes = [LevelChange(side, instrument.tick * ticks, instrument.lot * lots) for side, ticks, lots in raw]
            for sink in self._levels:
                sink.on_levels(listing, changes)


def _wanting(sinks: list[Sink], method: str) -> tuple[Sink, ...]:
    return tuple(sink for sink in sinks if getattr(type(sink), method) is not getattr(Sink, method))
