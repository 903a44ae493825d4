"""What the engine tells the outside: sinks, and the outbox that keeps events in order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.matching import Side


@dataclass(frozen=True, slots=True)
class LevelChange:
    """The new total quantity at one price; zero means that the level is gone."""

    side: Side
    price: Decimal
    qty: Decimal


@dataclass(frozen=True, slots=True)
class PublishedTrade:
    """One trade as the public stream shows it; `side` is the taker's."""

    trade_id: str
    time_ms: int
    side: Side
    price: Decimal
    qty: Decimal
    seq: int
    block: bool = False
    rpi: bool = False
    """Whether the maker was a retail price improvement order."""


class Sink:
    """Receives events; override what is wanted.

    Every call happens synchronously at the end of the engine operation that caused it, in this order: for each
    account `on_orders`, `on_executions`, `on_positions`, `on_wallet`; then for each listing `on_trades`,
    then `on_book` and `on_levels`. Entities live on and change: take `to_wire()` or `to_stream()` at once, do not
    keep them to serialise later. House accounts (`Account.house`) cause no account events. Do not call back into the
    engine from a sink; schedule it on the clock instead.
    """

    def on_orders(self, account: Account, orders: list[Order]) -> None:
        """Orders changed; each is given in a state that the wire should see (at most one per order and state)."""

    def on_executions(self, account: Account, executions: list[AccountExecution]) -> None:
        """Executions happened: trades, funding, liquidation, delivery."""

    def on_positions(self, account: Account, positions: list[Position]) -> None:
        """Positions, or the orders around them, changed."""

    def on_wallet(self, account: Account, coins: list[str]) -> None:
        """Balances of these coins changed; read them with `Engine.wallet`."""

    def on_trades(self, listing: Listing, trades: list[PublishedTrade]) -> None:
        """Public trades happened, oldest first."""

    def on_book(self, listing: Listing) -> None:
        """The book changed; `on_levels` tells where, at a price: every change is spelled out for it."""

    def on_levels(self, listing: Listing, changes: list[LevelChange]) -> None:
        """The book changed at these prices; `listing.seq` has already moved."""

    def on_prices(self, listing: Listing) -> None:
        """Last, mark or index price changed, or the trading status did."""

    def on_dcp(self, account: Account, product: str) -> None:
        """Disconnection protection cancelled the account's orders of a product."""
