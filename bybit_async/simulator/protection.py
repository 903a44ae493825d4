"""Disconnection protection (DCP): orders are cancelled when all connections that guard them are gone too long."""

from __future__ import annotations

from functools import partial

from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.clock import Timer
from bybit_async.simulator.feeds.account_hub import AccountHub
from bybit_async.simulator.feeds.connection import SocketConnection

_TOPICS = {"dcp.option": "OPTIONS", "dcp.future": "DERIVATIVES", "dcp.spot": "SPOT"}


class DisconnectionProtection:
    """The windows that accounts have set, and the timers of those whose last guarding connection is gone."""

    def __init__(self, engine: Engine, hub: AccountHub) -> None:
        self._engine = engine
        self._hub = hub
        self._windows: dict[int, dict[str, int]] = {}
        self._timers: dict[tuple[int, str], Timer] = {}

    def configure(self, account: Account, product: str, seconds: int) -> None:
        """Protect a product of an account with a window of so many seconds."""
        self._windows.setdefault(account.uid, {})[product] = seconds

    def windows(self, account: Account) -> dict[str, int]:
        """Return the protected products of an account and their windows in seconds."""
        return self._windows.get(account.uid, {})

    def lost(self, uid: int, connection: SocketConnection) -> None:
        """A private connection is gone; start the clock for the orders it no longer guards."""
        for topic, product in _TOPICS.items():
            seconds = self._windows.get(uid, {}).get(product)
            if topic not in connection.topics or seconds is None or self._hub.guards(uid, topic):
                continue
            if (uid, product) not in self._timers:
                self._timers[uid, product] = self._engine.clock.call_later(
                    seconds * 1_000, partial(self._fire, uid, product)
                )

    def alive(self, uid: int, connection: SocketConnection) -> None:
        """A guarding connection has spoken: stop the clock of what it guards."""
        for topic, product in _TOPICS.items():
            timer = self._timers.pop((uid, product), None) if topic in connection.topics else None
            if timer is not None:
                timer.cancel()

    def _fire(self, uid: int, product: str) -> None:
        self._timers.pop((uid, product), None)
        account = self._engine.accounts.get(uid)
        if account is not None:
            self._engine.disconnected(account, [product])
