"""The private topics: what happens to an account, sent to every connection that has logged in to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.events import Sink
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.wires import order_stream
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.market import SimulatedMarket
from bybit_async.simulator.market.greeks import greeks, with_greeks

T = TypeVar("T")


class AccountHub(Sink):
    """Tells accounts what happens to them."""

    def __init__(self, market: SimulatedMarket) -> None:
        self._market = market
        self._engine = market.engine
        self._clock = market.engine.clock
        self._sessions: dict[int, dict[SocketConnection, None]] = {}
        self._count = 0

    def join(self, uid: int, connection: SocketConnection) -> None:
        """Add a connection to an account's listeners."""
        self._sessions.setdefault(uid, {})[connection] = None

    def leave(self, uid: int, connection: SocketConnection) -> None:
        """Remove a connection from an account's listeners."""
        self._sessions.get(uid, {}).pop(connection, None)

    def guards(self, uid: int, topic: str) -> bool:
        """Whether an open connection of an account listens to a topic."""
        return any(topic in connection.topics and not connection.closed for connection in self._sessions.get(uid, ()))

    def on_orders(self, account: Account, orders: list[Order]) -> None:
        """Publish to `order`."""
        self._publish_split(account, "order", orders, lambda order: order.category, order_stream)

    def on_executions(self, account: Account, executions: list[AccountExecution]) -> None:
        """Publish to `execution` and `execution.fast`."""
        self._publish_split(account, "execution", executions, lambda item: item.category, AccountExecution.to_stream)
        trades = [execution for execution in executions if execution.exec_type == "Trade"]
        self._publish_split(
            account, "execution.fast", trades, lambda item: item.category, AccountExecution.to_fast_stream
        )

    def on_positions(self, account: Account, positions: list[Position]) -> None:
        """Publish to `position`, and to `greeks` when options are among them."""
        engine, market, now = self._engine, self._market, self._clock.now_ms()

        def wire(position: Position) -> dict[str, object]:
            shown = engine.position_wire(position, stream=True)
            return with_greeks(market, shown, now) if shown["category"] == "option" else shown

        self._publish_split(account, "position", positions, lambda p: p.listing.instrument.category, wire)
        coins = {p.listing.instrument.base for p in positions if p.listing.instrument.category == "option"}
        if coins and self._listens(account, "greeks"):
            self._publish(account, "greeks", [greeks(market, account, coin, now) for coin in sorted(coins)])

    def on_wallet(self, account: Account, coins: list[str]) -> None:
        """Publish to `wallet`."""
        if self._listens(account, "wallet"):
            self._publish(account, "wallet", [self._engine.wallet(account, coins)])

    def _publish_split(
        self,
        account: Account,
        topic: str,
        items: list[T],
        category_of: Callable[[T], str],
        wire: Callable[[T], dict[str, object]],
    ) -> None:
        if not items or not self._sessions.get(account.uid):
            return
        if self._listens(account, topic):
            self._publish(account, topic, [wire(item) for item in items])
        for category in dict.fromkeys(category_of(item) for item in items):
            name = f"{topic}.{category}"
            if self._listens(account, name):
                self._publish(account, name, [wire(item) for item in items if category_of(item) == category])

    def _listens(self, account: Account, topic: str) -> bool:
        return any(topic in connection.topics for connection in self._sessions.get(account.uid, ()))

    def _publish(self, account: Account, topic: str, data: list[Any]) -> None:
        now = self._clock.now_ms()
        self._count += 1
        message: dict[str, Any] = {
            "id": f"{account.uid}_{topic}_{self._count}",
            "topic": topic,
            "creationTime": now,
            "data": data,
        }
        if topic.startswith("execution.fast"):
            del message["id"]
        elif topic.startswith("execution"):
            message = {"topic": topic, "id": message["id"], "creationTime": now, "data": data}
        frame = orjson.dumps(message)
        for connection in list(self._sessions.get(account.uid, ())):
            if topic in connection.topics:
                connection.active_at = now
                connection.deliver(topic, frame)
