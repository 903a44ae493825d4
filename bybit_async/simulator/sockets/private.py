"""The private channel: login, subscriptions and their acknowledgements."""

from __future__ import annotations

from typing import Any

import orjson

from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.sockets.login import login
from bybit_async.simulator.venue import SimulatedVenue

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


class PrivateSession:
    """What one client says on `/v5/private`, and what it is answered."""

    def __init__(self, venue: SimulatedVenue, connection: SocketConnection) -> None:
        self._venue = venue
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
            self._venue.account_hub.leave(connection.uid, connection)
            self._venue.protection.lost(connection.uid, connection)

    def _pong(self, message: dict[str, Any]) -> None:
        pong: dict[str, Any] = {"req_id": str(message.get("req_id") or "")}
        now = self._venue.clock.now_ms()
        self._connection.answer(pong | {"op": "pong", "args": [str(now)], "conn_id": self._connection.conn_id})
        if self._connection.uid is not None:
            self._venue.protection.alive(self._connection.uid, self._connection)

    def _login(self, message: dict[str, Any]) -> None:
        connection, venue = self._connection, self._venue
        try:
            key = login(venue.keys, message.get("args"), connection.address, venue.clock.now_ms())
        except Refused as refused:
            self._answer(message, "auth", success=False, reason=refused.message)
            return
        connection.uid = key.uid
        venue.account_hub.join(key.uid, connection)
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
            self._venue.protection.alive(connection.uid, connection)
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
