"""Stream messages that go wrong on purpose."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bybit_async.simulator.faults import Rule

if TYPE_CHECKING:
    from bybit_async.simulator.exchange import SimulatedExchange
    from bybit_async.simulator.sockets.connection import Connection


class Distortion:
    """What the fault rules do to the messages of one connection."""

    def __init__(self, exchange: SimulatedExchange) -> None:
        self._exchange = exchange
        self._held: dict[str, bytes] = {}
        self._first: dict[str, bytes] = {}

    def apply(self, connection: Connection, topic: str, frame: bytes) -> None:
        """Send a message of a topic, or do to it what a rule says."""
        faults = self._exchange.faults
        if not faults.rules:
            connection.send(frame)
            return
        first = self._first.setdefault(topic, frame)
        held = self._held.pop(topic, None)
        now = self._exchange.clock.now_ms()
        rule = faults.find("message", topic, now, connection.channel, connection.number)
        if rule is None:
            connection.send(frame)
        elif rule.action == "reorder":
            self._held[topic] = frame
        elif rule.action == "stale":
            connection.send(first)
        else:
            self._distort(connection, frame, rule)
        if held is not None:
            connection.send(held)

    def _distort(self, connection: Connection, frame: bytes, rule: Rule) -> None:
        if rule.action == "delay":
            self._exchange.clock.call_later(rule.milliseconds, partial(connection.send, frame))
        elif rule.action == "duplicate":
            connection.send(frame)
            connection.send(frame)
        elif rule.action == "truncate":
            connection.send(frame[: len(frame) // 2])
        elif rule.action == "malform":
            connection.send((rule.body or "{'topic'").encode())
        elif rule.action == "restart":
            self._exchange.restart()
        elif rule.action != "drop":
            end(connection, rule)


def end(connection: Connection, rule: Rule) -> None:
    """End a connection, or let it fall silent, the way a rule says."""
    if rule.action == "close":
        connection.close()
    elif rule.action == "reset":
        connection.abort()
    elif rule.action == "half-open":
        connection.mute()
