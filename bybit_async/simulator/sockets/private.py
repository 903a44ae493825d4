"""The private channel: what happens to an account, told to every connection that has logged in to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from bybit_async.simulator.events import Sink
from bybit_async.simulator.executions import Execution
from bybit_async.simulator.greeks import greeks, with_greeks
from bybit_async.simulator.orders import Order
from bybit_async.simulator.refusals import Refused
from bybit_async.simulator.sockets.login import login

if TYPE_CHECKING:
    from bybit_async.simulator.accounts import Account
    from bybit_async.simulator.exchange import SimulatedExchange
    from bybit_async.simulator.positions import Position
    from bybit_async.simulator.sockets.connection import Connection

T = TypeVar("T")
_SPLIT = {
    "order": ("spot", "linear", "inverse", "option"),
    "execution": ("spot", "linear", "inverse", "option"),
    "execution.fast": ("spot", "linear", "inverse", "option"),
    "position": ("linear", "inverse", "option"),
}
_TOPICS = frozenset(
    {"wallet", "greeks", "dcp.future", "dcp.spot", "dcp.option", *_SPLIT}
    | {f"{topic}.{category}" for topic, categories in _SPLIT.items() for category in categories}
)
_OUT_OF_SCOPE = frozenset(
    {"strategy", "spread.order", "spread.execution", "rfq.open.rfqs", "rfq.open.quotes", "rfq.open.trades"}
)


class PrivateHub(Sink):
    """Tells accounts what happens to them."""

    def __init__(self, exchange: SimulatedExchange) -> None:
        self._exchange = exchange
        self._sessions: dict[int, dict[Connection, None]] = {}
        self._count = 0

    def join(self, uid: int, connection: Connection) -> None:
        """Add a connection to an account's listeners."""
        self._sessions.setdefault(uid, {})[connection] = None

    def leave(self, uid: int, connection: Connection) -> None:
        """Remove a connection from an account's listeners."""
        self._sessions.get(uid, {}).pop(connection, None)

    def on_orders(self, account: Account, orders: list[Order]) -> None:
        """Publish to `order`."""
        self._publish_split(account, "order", orders, lambda order: order.category, Order.to_stream)

    def on_executions(self, account: Account, executions: list[Execution]) -> None:
        """Publish to `execution` and `execution.fast`."""
        self._publish_split(account, "execution", executions, lambda item: item.category, Execution.to_stream)
        trades = [execution for execution in executions if execution.exec_type == "Trade"]
        self._publish_split(account, "execution.fast", trades, lambda item: item.category, Execution.to_fast_stream)

    def on_positions(self, account: Account, positions: list[Position]) -> None:
        """Publish to `position`, and to `greeks` when options are among them."""
        engine, market, now = self._exchange.engine, self._exchange.market, self._exchange.clock.now_ms()

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
            self._publish(account, "wallet", [self._exchange.engine.wallet(account, coins)])

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
        now = self._exchange.clock.now_ms()
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


class PrivateSession:
    """What one client says on `/v5/private`, and what it is told."""

    def __init__(self, exchange: SimulatedExchange, connection: Connection) -> None:
        self._exchange = exchange
        self._connection = connection

    def receive(self, text: bytes) -> None:
        """Answer one frame of the client."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            self._answer({}, "", success=False, reason="error:invalid request")
            return
        op = message.get("op")
        if op == "ping":
            self._pong(message)
        elif op == "auth":
            self._login(message)
        elif op in ("subscribe", "unsubscribe"):
            self._subscribe(message, op)
        else:
            self._answer(message, str(op or ""), success=False, reason=f"error:invalid op,op:{op}")

    def leave(self) -> None:
        """The client has gone."""
        connection = self._connection
        if connection.uid is not None:
            self._exchange.private_hub.leave(connection.uid, connection)
            self._exchange.protection.lost(connection.uid, connection)

    def _pong(self, message: dict[str, Any]) -> None:
        pong: dict[str, Any] = {"req_id": str(message.get("req_id") or "")}
        now = self._exchange.clock.now_ms()
        self._connection.answer(pong | {"op": "pong", "args": [str(now)], "conn_id": self._connection.conn_id})
        if self._connection.uid is not None:
            self._exchange.protection.alive(self._connection.uid, self._connection)

    def _login(self, message: dict[str, Any]) -> None:
        connection, exchange = self._connection, self._exchange
        try:
            key = login(exchange.keys, message.get("args"), connection.address, exchange.clock.now_ms())
        except Refused as refused:
            self._answer(message, "auth", success=False, reason=refused.message)
            return
        connection.uid = key.uid
        exchange.private_hub.join(key.uid, connection)
        self._answer(message, "auth", success=True)

    def _subscribe(self, message: dict[str, Any], op: str) -> None:
        connection = self._connection
        if connection.uid is None:
            self._answer(message, op, success=False, reason="Request not authorized")
            return
        args = message.get("args")
        if not isinstance(args, list) or not args or not all(isinstance(topic, str) for topic in args):
            self._answer(message, op, success=False, reason="error:args is empty")
            return
        reason = _objection(args)
        if reason:
            self._answer(message, op, success=False, reason=reason)
            return
        if op == "subscribe":
            connection.topics.update(args)
            self._exchange.protection.alive(connection.uid, connection)
        else:
            connection.topics.difference_update(args)
        self._answer(message, op, success=True)

    def _answer(self, message: dict[str, Any], op: str, *, success: bool, reason: str = "") -> None:
        answer: dict[str, Any] = {"success": success, "ret_msg": reason, "op": op}
        if message.get("req_id"):
            answer["req_id"] = str(message["req_id"])
        self._connection.answer({**answer, "conn_id": self._connection.conn_id})


def _objection(args: list[str]) -> str:
    unknown = [topic for topic in args if topic not in _TOPICS]
    if unknown:
        return ";".join(
            f"error:{'not simulated' if topic in _OUT_OF_SCOPE else 'handler not found'},topic:{topic}"
            for topic in unknown
        )
    for topic, categories in _SPLIT.items():
        if topic in args and any(f"{topic}.{category}" in args for category in categories):
            return f"error:{topic} and its categories cannot be in one request"
    return ""
