"""Topics that change now and then: liquidations, price limits, the insurance fund, system status."""

from __future__ import annotations

from typing import Any

import orjson

from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.ledger import INSURANCE
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.hub import SocketHub
from bybit_async.simulator.market.figures import price_limits


class LiquidationFeed:
    """One `allLiquidation` topic."""

    def __init__(self, hub: SocketHub, channel: str, topic: str, listing: Listing) -> None:
        self._hub = hub
        self._channel = channel
        self._topic = topic
        self._symbol = listing.instrument.symbol
        self.due: int = 0

    def greet(self, connection: SocketConnection) -> None:
        """Liquidations begin with the next one."""

    def flush(self, now: int) -> None:
        """Publish what was liquidated since the last message."""
        self.due = now + self._hub.cadences.liquidations
        waiting = self._hub.records.liquidations.take(self._channel, self._symbol)
        if waiting:
            message = {"topic": self._topic, "type": "snapshot", "ts": now, "data": waiting}
            self._hub.publish(self._channel, self._topic, message)


class PriceLimitFeed:
    """One `priceLimit` topic."""

    def __init__(self, hub: SocketHub, channel: str, topic: str, listing: Listing) -> None:
        self._hub = hub
        self._channel = channel
        self._topic = topic
        self._listing = listing
        self.due: int = 0

    def greet(self, connection: SocketConnection) -> None:
        """Send the present limits."""
        connection.deliver(self._topic, orjson.dumps(self._message(self._hub.clock.now_ms())))

    def flush(self, now: int) -> None:
        """Publish the present limits."""
        self.due = now + self._hub.cadences.price_limits
        self._hub.publish(self._channel, self._topic, self._message(now))

    def _message(self, now: int) -> dict[str, Any]:
        lowest, highest = price_limits(self._listing)
        data = {"symbol": self._listing.instrument.symbol, "buyLmt": highest, "sellLmt": lowest}
        return {"topic": self._topic, "data": data, "ts": now}


class InsuranceFeed:
    """One `insurance` topic; nothing is published while the balances stay the same."""

    def __init__(self, hub: SocketHub, channel: str, topic: str, group: str) -> None:
        self._hub = hub
        self._channel = channel
        self._topic = topic
        self._symbols = _members(hub, group)
        self._shown: list[tuple[str, str, str]] = []
        self.due: int = 0

    def greet(self, connection: SocketConnection) -> None:
        """Send the present balances."""
        now = self._hub.clock.now_ms()
        self._shown = self._read()
        connection.deliver(self._topic, orjson.dumps(self._message("snapshot", now)))

    def flush(self, now: int) -> None:
        """Publish the balances when they have changed."""
        self.due = now + self._hub.cadences.insurance
        current = self._read()
        if current != self._shown:
            self._shown = current
            self._hub.publish(self._channel, self._topic, self._message("delta", now))

    def _read(self) -> list[tuple[str, str, str]]:
        return [
            (coin, symbol, plain(self._hub.engine.ledger.balance(INSURANCE, coin))) for coin, symbol in self._symbols
        ]

    def _message(self, kind: str, now: int) -> dict[str, Any]:
        data = [
            {"coin": coin, "symbols": symbol, "balance": balance, "updateTime": str(now)}
            for coin, symbol, balance in self._shown
        ]
        return {"topic": self._topic, "type": kind, "ts": now, "data": data}


class AdlAlertFeed:
    """One `adlAlert` topic, pushed whole every second; no one is deleveraged here, so no contract ever draws down."""

    def __init__(self, hub: SocketHub, channel: str, topic: str, group: str) -> None:
        self._hub = hub
        self._channel = channel
        self._topic = topic
        self._symbols = _members(hub, group)
        self.due: int = 0

    def greet(self, connection: SocketConnection) -> None:
        """Send the present figures."""
        now = self._hub.clock.now_ms()
        # A topic that no one listened to is overdue; without this the first listener hears the same twice.
        self.due = max(self.due, now + self._hub.cadences.adl_alerts)
        connection.deliver(self._topic, orjson.dumps(self._message(now)))

    def flush(self, now: int) -> None:
        """Publish the present figures."""
        self.due = now + self._hub.cadences.adl_alerts
        self._hub.publish(self._channel, self._topic, self._message(now))

    def _message(self, now: int) -> dict[str, Any]:
        # The topic writes numbers, and has stopped to tell the greatest balance.
        figures = {"mb": "", "i_pr": -0.3, "pr": 0, "adl_tt": 10_000, "adl_sr": -0.25}
        data = [
            {"c": coin, "s": symbol, "b": float(self._hub.engine.ledger.balance(INSURANCE, coin)), **figures}
            for coin, symbol in self._symbols
        ]
        return {"topic": self._topic, "type": "snapshot", "ts": now, "data": data}


def _members(hub: SocketHub, group: str) -> list[tuple[str, str]]:
    """Return settle coin and symbol of the contracts of a pool: of one coin, or `inverse`."""
    instruments = [listing.instrument for listing in hub.engine.listings.values()]
    return sorted(
        (one.settle, one.symbol)
        for one in instruments
        if (one.category == "inverse" and group == "inverse") or (one.category == "linear" and group == one.settle)
    )


class StatusFeed:
    """The `system.status` topic: maintenance that the operator announces."""

    def __init__(self, hub: SocketHub, channel: str, topic: str) -> None:
        self._hub = hub
        self._channel = channel
        self._topic = topic
        self._told = list(hub.records.system_status)
        self.due = 0

    def greet(self, connection: SocketConnection) -> None:
        """Announcements begin with the next one."""

    def flush(self, now: int) -> None:
        """Publish what was announced, or has changed, since the last message."""
        announced = self._hub.records.system_status
        news = [entry for entry in announced if entry not in self._told]
        if news:
            self._told = list(announced)
            self._hub.publish(self._channel, self._topic, {"topic": self._topic, "ts": now, "data": news})
