"""Who listens to what: subscriptions by channel and topic, and the feeds that fill them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec
import orjson

from bybit_async.simulator.events import PublicTrade, Sink
from bybit_async.simulator.sockets.books import DEEPEST, BookFeed, Books, BookView, FullBookFeed, RpiBookFeed
from bybit_async.simulator.sockets.candle_feed import CandleFeed
from bybit_async.simulator.sockets.slow_feeds import (
    AdlAlertFeed,
    InsuranceFeed,
    LiquidationFeed,
    PriceLimitFeed,
    StatusFeed,
)
from bybit_async.simulator.sockets.ticker_feed import TickerFeed
from bybit_async.simulator.sockets.trades import Trades

if TYPE_CHECKING:
    from bybit_async.simulator.exchange import SimulatedExchange
    from bybit_async.simulator.listing import Listing
    from bybit_async.simulator.sockets.connection import Connection

FULL_DEPTH = 10_000
RPI_DEPTH = 50
_FUTURES = ("linear", "inverse")
_INTERVALS = "1|3|5|15|30|60|120|240|360|720|D|W|M"


class Cadences(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds between two pushes of one topic, at most one push each; 0 pushes at every opportunity.

    `spot_books` and `spot_tickers` are for where spot has a pace of its own.
    """

    books: dict[int, int] = msgspec.field(
        default_factory=lambda: {1: 10, 25: 20, 50: 20, 100: 100, 200: 100, 1000: 200, FULL_DEPTH: 100}
    )
    spot_books: dict[int, int] = msgspec.field(default_factory=lambda: {200: 200})
    rpi_books: int = 100
    tickers: int = 100
    spot_tickers: int = 50
    klines: int = 250
    liquidations: int = 500
    price_limits: int = 300
    insurance: int = 1_000
    adl_alerts: int = 1_000
    repeat_touch: int = 3_000


class Feed(Protocol):
    """What fills one topic. `due` is when it wants to be flushed next."""

    due: int

    def greet(self, connection: Connection) -> None:
        """Send a new subscriber what it must have first."""

    def flush(self, now: int) -> None:
        """Publish what has changed."""


class TopicPattern(NamedTuple):
    """One kind of public topic: how it is spelled, on which channels, and what makes its feed."""

    spelling: re.Pattern[str]
    channels: tuple[str, ...]
    make: Callable[[Hub, str, str, re.Match[str]], Feed]


class Hub(Sink):
    """Publishes to every public subscriber of one exchange."""

    def __init__(self, exchange: SimulatedExchange, cadences: Cadences) -> None:
        self.exchange = exchange
        self.cadences = cadences
        self.books = Books(exchange.seed)
        self.trades = Trades(self)
        self.published = 0
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._listeners: dict[tuple[str, str], dict[Connection, None]] = {}

    # -- subscriptions

    def knows(self, channel: str, topic: str) -> bool:
        """Tell whether a topic exists on a channel, making its feed on first use."""
        if (channel, topic) in self._feeds:
            return True
        for pattern in _PATTERNS:
            match = pattern.spelling.fullmatch(topic) if channel in pattern.channels else None
            if match is not None:
                try:
                    self._feeds[channel, topic] = pattern.make(self, channel, topic, match)
                except LookupError:
                    return False
                return True
        return False

    def install(self, channel: str, topic: str, feed: Feed) -> None:
        """Have a topic filled by another feed from now on."""
        self._feeds[channel, topic] = feed

    def uninstall(self, channel: str, topic: str) -> None:
        """Have a topic filled the usual way again."""
        self._feeds.pop((channel, topic), None)
        self.knows(channel, topic)

    def view_book(self, listing: Listing, depth: int) -> BookView:
        """Return a book under the update id of its deepest feed: of its last message, while somebody listens to it."""
        category, symbol = listing.instrument.key
        feed = self._feeds.get((category, f"orderbook.{DEEPEST}.{symbol}"))
        if isinstance(feed, BookFeed):
            return feed.view(depth)
        bids, asks = ([[format(number, "f") for number in level] for level in side] for side in listing.depth(depth))
        return BookView(bids, asks, self.books.read_id(listing), listing.seq, self.exchange.clock.now_ms())

    def view_topic(self, listing: Listing, kind: str, depth: int) -> BookView:
        """Return the book of the topic `orderbook.full` or `orderbook.rpi`, under the topic's update id."""
        category, symbol = listing.instrument.key
        topic = f"orderbook.{kind}.{symbol}"
        self.knows(category, topic)
        feed = self._feeds[category, topic]
        if not isinstance(feed, BookFeed):
            raise TypeError(f"{topic} is not a simulated book")
        return feed.view(depth)

    def subscribe(self, connection: Connection, topic: str) -> None:
        """Add a listener to a known topic, without greeting it."""
        self._listeners.setdefault((connection.channel, topic), {})[connection] = None
        connection.topics.add(topic)

    def greet(self, connection: Connection, topic: str) -> None:
        """Send a new listener the first message of its topic."""
        self._feeds[connection.channel, topic].greet(connection)

    def unsubscribe(self, connection: Connection, topic: str) -> None:
        """Remove a listener from a topic."""
        listeners = self._listeners.get((connection.channel, topic))
        if listeners is not None:
            listeners.pop(connection, None)
        connection.topics.discard(topic)

    def leave(self, connection: Connection) -> None:
        """Remove a listener from everything."""
        for topic in list(connection.topics):
            self.unsubscribe(connection, topic)

    def has_listeners(self, channel: str, topic: str) -> bool:
        """Tell whether anybody listens to a topic."""
        return bool(self._listeners.get((channel, topic)))

    def is_alone(self, connection: Connection, topic: str) -> bool:
        """Tell whether nobody but this connection listens to a topic of its channel."""
        return not self._listeners.get((connection.channel, topic), {}).keys() - {connection}

    def publish(self, channel: str, topic: str, message: dict[str, Any]) -> None:
        """Send a message to everybody who listens to a topic."""
        listeners = self._listeners.get((channel, topic))
        if listeners:
            frame = orjson.dumps(message)
            self.published += len(listeners)
            for connection in list(listeners):
                connection.active_at = self.exchange.clock.now_ms()
                connection.deliver(topic, frame)

    def flush(self, now: int) -> None:
        """Let every feed that is due and has listeners publish."""
        for key, feed in list(self._feeds.items()):
            if feed.due <= now and self._listeners.get(key):
                feed.flush(now)

    # -- events of the engine

    def on_book(self, listing: Listing) -> None:
        """Remember which books have changed."""
        self.books.touch(listing)

    def on_trades(self, listing: Listing, trades: list[PublicTrade]) -> None:
        """Keep and publish trades."""
        self.trades.add(listing, trades)


def _book_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    listing = hub.exchange.engine.listings[channel, match[2]]
    depth, cadences = int(match[1]), hub.cadences
    period = cadences.spot_books.get(depth) if channel == "spot" else None
    return BookFeed(hub, channel, topic, listing, depth, cadences.books[depth] if period is None else period)


def _full_book_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    listing = hub.exchange.engine.listings[channel, match[1]]
    return FullBookFeed(hub, channel, topic, listing, FULL_DEPTH, hub.cadences.books[FULL_DEPTH])


def _rpi_book_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    listing = hub.exchange.engine.listings[channel, match[1]]
    return RpiBookFeed(hub, channel, topic, listing, RPI_DEPTH, hub.cadences.rpi_books)


def _trade_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    return hub.trades.feed(channel, match[1])


def _ticker_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    return TickerFeed(hub, channel, topic, hub.exchange.market.quotations[channel, match[1]])


def _candle_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    return CandleFeed(hub, channel, topic, hub.exchange.market.quotations[channel, match[2]], match[1])


def _liquidation_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    return LiquidationFeed(hub, channel, topic, hub.exchange.engine.listings[channel, match[1]])


def _limit_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    return PriceLimitFeed(hub, channel, topic, hub.exchange.engine.listings[channel, match[1]])


def _status_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    return StatusFeed(hub, channel, topic)


def _insurance_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    return InsuranceFeed(hub, channel, topic, match[1])


def _adl_feed(hub: Hub, channel: str, topic: str, match: re.Match[str]) -> Feed:
    return AdlAlertFeed(hub, channel, topic, match[1])


_PATTERNS = (
    TopicPattern(re.compile(r"orderbook\.(1|50|200|1000)\.([A-Z0-9]+)"), ("spot", *_FUTURES), _book_feed),
    TopicPattern(re.compile(r"orderbook\.(25|100)\.([A-Z0-9-]+)"), ("option",), _book_feed),
    TopicPattern(re.compile(r"orderbook\.full\.([A-Z0-9]+)"), ("spot", *_FUTURES), _full_book_feed),
    TopicPattern(re.compile(r"orderbook\.rpi\.([A-Z0-9]+)"), ("spot", *_FUTURES), _rpi_book_feed),
    TopicPattern(re.compile(r"publicTrade\.([A-Z0-9-]+)"), ("spot", *_FUTURES, "option"), _trade_feed),
    TopicPattern(re.compile(r"tickers\.([A-Z0-9-]+)"), ("spot", *_FUTURES, "option"), _ticker_feed),
    TopicPattern(re.compile(rf"kline\.({_INTERVALS})\.([A-Z0-9-]+)"), ("spot", *_FUTURES), _candle_feed),
    TopicPattern(re.compile(r"allLiquidation\.([A-Z0-9-]+)"), _FUTURES, _liquidation_feed),
    TopicPattern(re.compile(r"priceLimit\.([A-Z0-9-]+)"), ("spot", *_FUTURES), _limit_feed),
    TopicPattern(re.compile(r"insurance\.(USDT|USDC|inverse)"), _FUTURES, _insurance_feed),
    TopicPattern(re.compile(r"adlAlert\.(USDT|USDC|inverse)"), _FUTURES, _adl_feed),
    TopicPattern(re.compile(r"system\.status"), ("status",), _status_feed),
)
