"""What stands in for the makers of one symbol while a recording plays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from bybit_async.simulator.engine.accounts import Account, Order
from bybit_async.simulator.engine.events import PublishedTrade
from bybit_async.simulator.engine.feed import MarketFeed
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.matching import Side
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.replay.candles import CandleFills, CandlePrice
from bybit_async.simulator.replay.recording import RecordedTrade
from bybit_async.simulator.venue import SimulatedVenue

_SIDES: tuple[tuple[str, Side], ...] = (("b", "Buy"), ("a", "Sell"))


class RecordedBook:
    """One recorded topic: a feed of the hub that sends the recorded frames, and the book that they add up to."""

    due = 1 << 62

    def __init__(self, venue: SimulatedVenue, category: str, topic: str) -> None:
        self._venue = venue
        self._category = category
        self._topic = topic
        self._last: dict[str, Any] | None = None
        self.depth: int = int(topic.split(".")[1])
        self.levels: dict[str, dict[str, str]] = {"b": {}, "a": {}}
        venue.hub.install(category, topic, self)

    def greet(self, connection: SocketConnection) -> None:
        """Send the book as of the last frame."""
        if self._last is None:
            return
        sides = {
            name: [list(level) for level in sorted(levels.items(), key=lambda i: Decimal(i[0]), reverse=name == "b")]
            for name, levels in self.levels.items()
        }
        data = {**self._last["data"], **sides}
        connection.deliver(self._topic, orjson.dumps({**self._last, "type": "snapshot", "data": data}))

    def flush(self, now: int) -> None:
        """Frames are sent at their recorded time, so nothing waits."""

    def play(self, message: dict[str, Any]) -> None:
        """Take in and send one frame."""
        if message["type"] == "snapshot":
            self.levels = {"b": {}, "a": {}}
        for name, levels in self.levels.items():
            for price, size in message["data"][name]:
                if Decimal(size):
                    levels[price] = size
                else:
                    levels.pop(price, None)
        self._last = message
        self._venue.hub.publish(self._category, self._topic, message)


class StandIn:
    """Brings recorded books and trades of one symbol into the engine, so that orders here can trade with them."""

    def __init__(self, venue: SimulatedVenue, listing: Listing, maker: Account, fills: CandleFills) -> None:
        self._venue = venue
        self._fills = fills
        self._listing = listing
        self._maker = maker
        self._key = listing.instrument.key
        self._orders: dict[str, dict[str, tuple[str, Order | None]]] = {"b": {}, "a": {}}
        self._driver: RecordedBook | None = None
        self._feed: MarketFeed | None = None
        self.topics: dict[str, RecordedBook] = {}
        venue.market.hand_over(self._key, quotes=True)

    def book(self, topic: str, message: dict[str, Any]) -> bool:
        """Play a frame; False when it cannot be used because no snapshot came before it."""
        recorded = self.topics.get(topic)
        if recorded is None:
            if message["type"] != "snapshot":
                return False
            recorded = self.topics[topic] = RecordedBook(self._venue, self._key[0], topic)
        recorded.play(message)
        # The deepest of the recorded books is the one that is traded on.
        if self._driver is None or recorded.depth > self._driver.depth:
            self._driver = recorded
            self._venue.market.hand_over(self._key, quotes=False)
        if recorded is self._driver:
            self._quote(recorded.levels)
        return True

    def trade(self, trade: RecordedTrade) -> None:
        """Publish a trade and let prices follow it."""
        venue, listing = self._venue, self._listing
        if listing.status != "Trading":
            return
        listing.seq += 1
        identity, now = trade.trade_id or f"r{listing.seq}", venue.clock.now_ms()
        public = PublishedTrade(identity, now, trade.side, trade.price, trade.qty, listing.seq)
        venue.market.on_trades(listing, [public])
        venue.hub.trades.on_trades(listing, [public])
        venue.engine.set_prices(*self._key, last=trade.price)
        if self._driver is None:
            venue.market.follow(self._key, float(trade.price))

    def candle_price(self, event: CandlePrice) -> None:
        """Let the price walk to the next price of a candle, through all orders on its way."""
        venue, listing = self._venue, self._listing
        if listing.status != "Trading":
            return
        if self._feed is None:
            venue.market.hand_over(self._key, quotes=False)
            self._feed = MarketFeed(venue.engine, listing, **self._fills._asdict())
        if event.jumps:
            self._feed.jump(event.price)
        else:
            self._feed.walk(event.price)
        venue.market.follow(self._key, float(event.price))
        if event.qty:
            listing.seq += 1
            trade = PublishedTrade(f"c{listing.seq}", venue.clock.now_ms(), "Buy", event.price, event.qty, listing.seq)
            venue.market.on_trades(listing, [trade])
            venue.hub.trades.on_trades(listing, [trade])

    def leave(self) -> None:
        """Give the symbol back to the simulated makers."""
        venue = self._venue
        self._withdraw({name: list(orders) for name, orders in self._orders.items()})
        if self._feed is not None:
            self._feed.close()
        venue.market.take_back(self._key)
        for topic in self.topics:
            venue.hub.uninstall(self._key[0], topic)
        venue.hub.books.reset(self._listing)

    def _quote(self, levels: dict[str, dict[str, str]]) -> None:
        if self._listing.status != "Trading":
            self._withdraw({name: list(orders) for name, orders in self._orders.items()})
            return
        # Everything old goes first: the new levels of one side may lie where the other side was.
        self._withdraw(
            {
                name: [price for price, (size, _) in orders.items() if levels[name].get(price) != size]
                for name, orders in self._orders.items()
            }
        )
        for name, side in _SIDES:
            orders = self._orders[name]
            for price, size in levels[name].items():
                if price not in orders:
                    orders[price] = (size, self._place(side, Decimal(price), Decimal(size)))
        if levels["b"] and levels["a"]:
            middle = (max(map(Decimal, levels["b"])) + min(map(Decimal, levels["a"]))) / 2
            self._venue.market.follow(self._key, float(middle))

    def _place(self, side: Side, price: Decimal, size: Decimal) -> Order | None:
        instrument = self._listing.instrument
        qty = instrument.lot * int(size / instrument.lot)
        if not qty or instrument.ticks_of(price) is None:
            return None
        return self._venue.engine.house.quote(self._maker, self._listing, side, price, qty)

    def _withdraw(self, prices: dict[str, list[str]]) -> None:
        for name, orders in self._orders.items():
            for price in prices[name]:
                order = orders.pop(price)[1]
                if order is not None:
                    self._venue.engine.house.withdraw(order)
