"""Who listens to which public topic, and what is published to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import orjson

from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.engine import Engine
from bybit_async.simulator.feeds.book_versions import BookVersions
from bybit_async.simulator.feeds.cadences import Cadences
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.trades import RecentTrades
from bybit_async.simulator.market import SimulatedMarket
from bybit_async.simulator.market.records import PublicRecords


class TopicSource(Protocol):
    """What fills one topic. `due` is when it wants to be flushed next."""

    due: int

    def greet(self, connection: SocketConnection) -> None:
        """Send a new subscriber what it must have first."""

    def flush(self, now: int) -> None:
        """Publish what has changed."""


class TopicPattern(NamedTuple):
    """One kind of public topic: how it is spelled, on which channels, and what makes its feed."""

    spelling: re.Pattern[str]
    channels: tuple[str, ...]
    make: Callable[[SocketHub, str, str, re.Match[str]], TopicSource]


class SocketHub:
    """Publishes to every public subscriber of one exchange; `topics` says what there is to subscribe to.

    Feeds find here what they publish about.
    """

    def __init__(
        self, market: SimulatedMarket, cadences: Cadences, topics: Sequence[TopicPattern], records: PublicRecords
    ) -> None:
        self.market = market
        self.engine: Engine = market.engine
        self.clock: ExchangeClock = market.engine.clock
        self.cadences = cadences
        self.records = records
        self.books: BookVersions = BookVersions(market.seed)
        self.trades: RecentTrades = RecentTrades(market, self.publish)
        self.published: int = 0
        self._topics = topics
        self._feeds: dict[tuple[str, str], TopicSource] = {}
        self._listeners: dict[tuple[str, str], dict[SocketConnection, None]] = {}

    # -- subscriptions

    def knows(self, channel: str, topic: str) -> bool:
        """Return whether a topic exists on a channel, making its feed on first use."""
        if (channel, topic) in self._feeds:
            return True
        for pattern in self._topics:
            match = pattern.spelling.fullmatch(topic) if channel in pattern.channels else None
            if match is not None:
                try:
                    self._feeds[channel, topic] = pattern.make(self, channel, topic, match)
                except LookupError:
                    return False
                self._wake(channel, topic)
                return True
        return False

    def _wake(self, channel: str, topic: str) -> None:
        listing = self.engine.listings.get((channel, topic.rpartition(".")[2]))
        if listing is not None:
            listing.wake()

    def feed(self, channel: str, topic: str) -> TopicSource | None:
        """Return what fills a topic, or None while no one has asked for it."""
        return self._feeds.get((channel, topic))

    def install(self, channel: str, topic: str, feed: TopicSource) -> None:
        """Have a topic filled by another feed from now on."""
        self._feeds[channel, topic] = feed

    def uninstall(self, channel: str, topic: str) -> None:
        """Have a topic filled the usual way again."""
        self._feeds.pop((channel, topic), None)
        self.knows(channel, topic)

    def subscribe(self, connection: SocketConnection, topic: str) -> None:
        """Add a listener to a known topic, without greeting it."""
        self._listeners.setdefault((connection.channel, topic), {})[connection] = None
        connection.topics.add(topic)

    def greet(self, connection: SocketConnection, topic: str) -> None:
        """Send a new listener the first message of its topic."""
        self._feeds[connection.channel, topic].greet(connection)

    def unsubscribe(self, connection: SocketConnection, topic: str) -> None:
        """Remove a listener from a topic."""
        listeners = self._listeners.get((connection.channel, topic))
        if listeners is not None:
            listeners.pop(connection, None)
        connection.topics.discard(topic)

    def leave(self, connection: SocketConnection) -> None:
        """Remove a listener from everything."""
        for topic in list(connection.topics):
            self.unsubscribe(connection, topic)

    def has_listeners(self, channel: str, topic: str) -> bool:
        """Return whether anyone listens to a topic."""
        return bool(self._listeners.get((channel, topic)))

    def is_alone(self, connection: SocketConnection, topic: str) -> bool:
        """Return whether no one but this connection listens to a topic of its channel."""
        return not self._listeners.get((connection.channel, topic), {}).keys() - {connection}

    def publish(self, channel: str, topic: str, message: dict[str, Any]) -> None:
        """Send a message to everyone who listens to a topic."""
        listeners = self._listeners.get((channel, topic))
        if listeners:
            frame = orjson.dumps(message)
            self.published += len(listeners)
            for connection in list(listeners):
                connection.active_at = self.clock.now_ms()
                connection.deliver(topic, frame)

    def flush(self, now: int) -> None:
        """Let every feed that is due and has listeners publish."""
        for key, feed in list(self._feeds.items()):
            if feed.due <= now and self._listeners.get(key):
                feed.flush(now)
