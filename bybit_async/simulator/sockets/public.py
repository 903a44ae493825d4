"""The public channels: pings, subscriptions and their acknowledgements, which differ by product."""

from __future__ import annotations

from typing import Any

import orjson

from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.hub import SocketHub

_MOST_CHARACTERS = 21_000
_MOST_SPOT_ARGS = 10
_MOST_OPTION_ARGS = 2_000


class PublicSession:
    """What one client says on `/v5/public/{category}`, and what it is answered."""

    def __init__(self, hub: SocketHub, connection: SocketConnection) -> None:
        self._hub = hub
        self._connection = connection
        self._channel = connection.channel

    def receive(self, text: bytes) -> None:
        """Answer one frame of the client."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            self._refuse({}, "", "error:invalid request")
            return
        op = message.get("op")
        if op == "ping":
            self._pong(message)
        elif op in ("subscribe", "unsubscribe"):
            self._subscribe(message, op)
        else:
            self._refuse(message, str(op or ""), f"error:invalid op,op:{op}")

    def leave(self) -> None:
        """The client has gone."""
        self._hub.leave(self._connection)

    def _pong(self, message: dict[str, Any]) -> None:
        now = self._hub.clock.now_ms()
        connection = self._connection
        if self._channel == "option":
            connection.answer({"args": [str(now)], "op": "pong"})
            return
        pong = {"success": True, "ret_msg": "pong", "conn_id": connection.conn_id}
        if self._channel != "spot" or message.get("req_id"):
            pong["req_id"] = _request_id(message)
        connection.answer({**pong, "op": "ping"})

    def _subscribe(self, message: dict[str, Any], op: str) -> None:
        args = message.get("args")
        if not isinstance(args, list) or not args or not all(isinstance(topic, str) for topic in args):
            self._refuse(message, op, "error:args is empty")
            return
        too_many = self._too_many(args) if op == "subscribe" else ""
        if too_many:
            self._refuse(message, op, too_many)
            return
        objections = [(topic, self._objection(topic, op)) for topic in dict.fromkeys(args)]
        good = [topic for topic, reason in objections if not reason]
        for topic in good:
            if op == "subscribe":
                self._hub.subscribe(self._connection, topic)
            else:
                self._hub.unsubscribe(self._connection, topic)
        self._acknowledge(message, op, good, [(topic, reason) for topic, reason in objections if reason])
        if op == "subscribe":
            for topic in good:
                self._hub.greet(self._connection, topic)

    def _too_many(self, args: list[str]) -> str:
        topics = self._connection.topics
        if self._channel == "spot" and len(args) > _MOST_SPOT_ARGS:
            return f"error:args size should be less than or equal to {_MOST_SPOT_ARGS}"
        if self._channel == "option" and len(topics) + len(args) > _MOST_OPTION_ARGS:
            return f"error:args size should be less than or equal to {_MOST_OPTION_ARGS}"
        if sum(map(len, args)) + sum(map(len, topics)) >= _MOST_CHARACTERS:
            return "error:args are too long"
        return ""

    def _objection(self, topic: str, op: str) -> str:
        if op == "unsubscribe":
            return "" if topic in self._connection.topics else f"error:not subscribed,topic:{topic}"
        if topic in self._connection.topics:
            return f"error:already subscribed,topic:{topic}"
        return "" if self._hub.knows(self._channel, topic) else f"error:handler not found,topic:{topic}"

    def _acknowledge(self, message: dict[str, Any], op: str, good: list[str], bad: list[tuple[str, str]]) -> None:
        connection = self._connection
        if self._channel == "option":
            topics = {"failTopics": [topic for topic, _ in bad], "successTopics": good}
            connection.answer(
                {"success": not bad, "conn_id": connection.conn_id, "data": topics, "type": "COMMAND_RESP"}
            )
            return
        if bad:
            self._refuse(message, op, ";".join(reason for _, reason in bad))
            return
        connection.answer(
            {
                "success": True,
                "ret_msg": op if self._channel == "spot" else "",
                "conn_id": connection.conn_id,
                "req_id": _request_id(message),
                "op": op,
            }
        )

    def _refuse(self, message: dict[str, Any], op: str, reason: str) -> None:
        self._connection.answer(
            {
                "success": False,
                "ret_msg": reason,
                "conn_id": self._connection.conn_id,
                "req_id": _request_id(message),
                "op": op,
            }
        )


def _request_id(message: dict[str, Any]) -> str:
    return str(message.get("req_id") or "")
