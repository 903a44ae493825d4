"""Disconnection protection (DCP): orders are cancelled when all connections that guard them are gone too long."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bybit_async.simulator.accounts import Account
    from bybit_async.simulator.clock import Timer
    from bybit_async.simulator.exchange import SimulatedExchange
    from bybit_async.simulator.sockets.connection import Connection

_TOPICS = {"dcp.option": "OPTIONS", "dcp.future": "DERIVATIVES", "dcp.spot": "SPOT"}


class Protection:
    """The windows that accounts have set, and the timers of those whose last guarding connection is gone."""

    def __init__(self, exchange: SimulatedExchange) -> None:
        self._exchange = exchange
        self._windows: dict[int, dict[str, int]] = {}
        self._timers: dict[tuple[int, str], Timer] = {}

    def configure(self, account: Account, product: str, seconds: int) -> None:
        """Protect a product of an account with a window of so many seconds."""
        self._windows.setdefault(account.uid, {})[product] = seconds

    def windows(self, account: Account) -> dict[str, int]:
        """Return the protected products of an account and their windows in seconds."""
        return self._windows.get(account.uid, {})

    def lost(self, uid: int, connection: Connection) -> None:
        """A private connection is gone; start the clock for what nobody guards any more."""
        for topic, product in _TOPICS.items():
            seconds = self._windows.get(uid, {}).get(product)
            if topic not in connection.topics or seconds is None or self._guarded(uid, topic):
                continue
            if (uid, product) not in self._timers:
                self._timers[uid, product] = self._exchange.clock.call_later(
                    seconds * 1_000, partial(self._fire, uid, product)
                )

    def alive(self, uid: int, connection: Connection) -> None:
        """A guarding connection has spoken: stop the clock of what it guards."""
        for topic, product in _TOPICS.items():
            timer = self._timers.pop((uid, product), None) if topic in connection.topics else None
            if timer is not None:
                timer.cancel()

    def _guarded(self, uid: int, topic: str) -> bool:
        return any(c.uid == uid and topic in c.topics and not c.closed for c in self._exchange.connections)

    def _fire(self, uid: int, product: str) -> None:
        self._timers.pop((uid, product), None)
        account = self._exchange.engine.accounts.get(uid)
        if account is not None:
            self._exchange.engine.disconnected(account, [product])
