"""Collects what an operation changed and hands it to the sinks, in order, when the operation is over."""

import copy
from dataclasses import dataclass, field

from bybit_async.simulator.accounts import Account
from bybit_async.simulator.events import LevelChange, PublicTrade, Sink
from bybit_async.simulator.executions import Execution
from bybit_async.simulator.listing import Listing
from bybit_async.simulator.orders import Order
from bybit_async.simulator.positions import Position


@dataclass(slots=True)
class _Batch:
    orders: dict[str, Order] = field(default_factory=dict)
    executions: list[Execution] = field(default_factory=list)
    positions: dict[int, Position] = field(default_factory=dict)
    coins: dict[str, None] = field(default_factory=dict)
    dcp: list[str] = field(default_factory=list)


class Outbox:
    """Events of the running operation."""

    def __init__(self) -> None:
        self.sinks: list[Sink] = []
        self._batches: dict[Account, _Batch] = {}
        self._trades: dict[Listing, list[PublicTrade]] = {}
        self._books: dict[Listing, None] = {}
        self._prices: dict[Listing, None] = {}

    def order(self, order: Order) -> None:
        """Note that an order changed; it is shown once, in its last state."""
        if not order.account.house:
            self._batch(order.account).orders[order.order_id] = order

    def moment(self, order: Order) -> None:
        """Note a passing state (`Triggered`, a second `Filled`) that the wire shows besides the last one."""
        if not order.account.house:
            key = f"{order.order_id} {order.status} {order.cancel_type}"
            self._batch(order.account).orders[key] = copy.copy(order)

    def execution(self, account: Account, execution: Execution) -> None:
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

    def trade(self, listing: Listing, trade: PublicTrade) -> None:
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
        for account, batch in batches.items():
            for sink in self.sinks:
                _deliver(sink, account, batch)
        for listing, fresh in trades.items():
            for sink in self.sinks:
                sink.on_trades(listing, fresh)
        for listing in books:
            self._deliver_levels(listing)
        for listing in prices:
            for sink in self.sinks:
                sink.on_prices(listing)

    def _batch(self, account: Account) -> _Batch:
        found = self._batches.get(account)
        if found is None:
            found = self._batches[account] = _Batch()
        return found

    def _deliver_levels(self, listing: Listing) -> None:
        raw = listing.book.drain_changes()
        if not raw or not self.sinks:
            return
        instrument = listing.instrument
        changes = [LevelChange(side, instrument.tick * ticks, instrument.lot * lots) for side, ticks, lots in raw]
        for sink in self.sinks:
            sink.on_levels(listing, changes)


def _deliver(sink: Sink, account: Account, batch: _Batch) -> None:
    if batch.orders:
        sink.on_orders(account, list(batch.orders.values()))
    if batch.executions:
        sink.on_executions(account, batch.executions)
    if batch.positions:
        sink.on_positions(account, list(batch.positions.values()))
    if batch.coins:
        sink.on_wallet(account, list(batch.coins))
    for product in batch.dcp:
        sink.on_dcp(account, product)
