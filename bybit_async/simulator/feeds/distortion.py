"""Stream messages that go wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.faults import Faults, Rule
from bybit_async.simulator.feeds.connection import SocketConnection


class Distortion:
    """What the fault rules do to the messages of one connection."""

    def __init__(self, faults: Faults, clock: ExchangeClock, restart: Callable[[], None]) -> None:
        self._faults = faults
        self._clock = clock
        self._restart = restart
        self._held: dict[str, bytes] = {}
        self._first: dict[str, bytes] = {}

    def apply(self, connection: SocketConnection, topic: str, frame: bytes) -> None:
        """Send a message of a topic, or do to it what a rule says."""
        faults = self._faults
        if not faults.rules:
            connection.send(frame)
            return
        first = self._first.setdefault(topic, frame)
        held = self._held.pop(topic, None)
        now = self._clock.now_ms()
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

    def _distort(self, connection: SocketConnection, frame: bytes, rule: Rule) -> None:
        if rule.action == "delay":
            self._clock.call_later(rule.milliseconds, partial(connection.send, frame))
        elif rule.action == "duplicate":
            connection.send(frame)
            connection.send(frame)
        elif rule.action == "truncate":
            connection.send(frame[: len(frame) // 2])
        elif rule.action == "malform":
            connection.send((rule.body or "{'topic'").encode())
        elif rule.action == "restart":
            self._restart()
        elif rule.action != "drop":
            end(connection, rule)


def end(connection: SocketConnection, rule: Rule) -> None:
    """End a connection, or let it fall silent, the way a rule says."""
    if rule.action == "close":
        connection.close()
    elif rule.action == "reset":
        connection.abort()
    elif rule.action == "half-open":
        connection.mute()
