"""Public trades: the latest ones for REST, every one for the stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.events import PublishedTrade, Sink
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.market import SimulatedMarket
from bybit_async.simulator.market.figures import spelled, tick_direction

_KEPT = 1_000
_A_MESSAGE = 1_024


Publish = Callable[[str, str, dict[str, Any]], None]
"""Sends a message to everyone who listens to a topic of a channel."""


class TradeFeed:
    """One `publicTrade` topic; trades are published as they happen, so there is nothing to flush."""

    due = 1 << 62

    def greet(self, connection: SocketConnection) -> None:
        """Trades begin with the next one."""

    def flush(self, now: int) -> None:
        """Nothing waits."""


class RecentTrades(Sink):
    """The recent trades of every listing."""

    def __init__(self, market: SimulatedMarket, publish: Publish) -> None:
        self._market = market
        self._engine = market.engine
        self._publish_to_all = publish
        self._recent: dict[tuple[str, str], deque[dict[str, Any]]] = {}
        self._last: dict[tuple[str, str], tuple[Decimal, str]] = {}
        self._feed = TradeFeed()

    def feed(self, channel: str, name: str) -> TradeFeed:
        """Return the feed of a symbol, or of a base coin for options; raises `KeyError` for an unknown one."""
        listings = self._engine.listings
        if channel != "option":
            listings[channel, name]
        elif not any(key[0] == "option" and key[1].startswith(f"{name}-") for key in listings):
            raise KeyError(name)
        return self._feed

    def direction(self, category: str, symbol: str) -> str:
        """Return the tick direction of the last trade."""
        return self._last.get((category, symbol), (None, "ZeroPlusTick"))[1]

    def recent(self, category: str, symbols: list[str], limit: int) -> list[dict[str, Any]]:
        """Return the newest trades of some symbols, newest first, as `/v5/market/recent-trade` shows them."""
        found = [trade for symbol in symbols for trade in self._recent.get((category, symbol), ())]
        found.sort(key=lambda trade: (int(trade["time"]), int(trade["seq"])), reverse=True)
        if category != "option" and len(found) < limit:
            listing = self._engine.listings[category, symbols[0]]
            missing = min(limit, _KEPT) - len(found)
            found += [_rest_wire(listing, trade) for trade in self._market.past_trades((category, symbols[0]), missing)]
        return found[:limit]

    def on_trades(self, listing: Listing, trades: list[PublishedTrade]) -> None:
        """Keep trades and publish them."""
        instrument = listing.instrument
        kept = self._recent.setdefault(instrument.key, deque(maxlen=_KEPT))
        streamed = []
        for trade in trades:
            before, direction = self._last.get(instrument.key, (None, "PlusTick"))
            direction = tick_direction(before, trade.price, direction)
            self._last[instrument.key] = (trade.price, direction)
            kept.append(_rest_wire(listing, trade))
            streamed.append(_stream_wire(listing, trade, direction))
        name = instrument.base if instrument.category == "option" else instrument.symbol
        now = self._engine.clock.now_ms()
        for start in range(0, len(streamed), _A_MESSAGE):
            self._publish(instrument.category, f"publicTrade.{name}", streamed[start : start + _A_MESSAGE], now)

    def _publish(self, category: str, topic: str, data: list[dict[str, Any]], now: int) -> None:
        message: dict[str, Any] = {"topic": topic, "type": "snapshot", "ts": now, "data": data}
        if category == "option":
            message["id"] = f"{topic}-{data[-1]['seq']}-{now}"
        self._publish_to_all(category, topic, message)


def _rest_wire(listing: Listing, trade: PublishedTrade) -> dict[str, Any]:
    wire = {
        "execId": trade.trade_id,
        "symbol": listing.instrument.symbol,
        "price": spelled(trade.price),
        "size": spelled(trade.qty),
        "side": trade.side,
        "time": str(trade.time_ms),
        "isBlockTrade": trade.block,
        "isRPITrade": trade.rpi,
        "seq": str(trade.seq),
    }
    if listing.instrument.category == "option":
        iv = spelled(listing.mark_iv)
        wire |= {"mP": plain(listing.mark_price), "iP": plain(listing.index_price), "mIv": iv, "iv": iv}
    return wire


def _stream_wire(listing: Listing, trade: PublishedTrade, direction: str) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "T": trade.time_ms,
        "s": listing.instrument.symbol,
        "S": trade.side,
        "v": spelled(trade.qty),
        "p": spelled(trade.price),
        "L": direction,
        "i": trade.trade_id,
        "BT": trade.block,
        "RPI": trade.rpi,
        "seq": trade.seq,
    }
    if listing.instrument.category == "spot":
        del wire["L"]
    elif listing.instrument.category == "option":
        iv = spelled(listing.mark_iv)
        wire |= {"mP": plain(listing.mark_price), "iP": plain(listing.index_price), "mIv": iv, "iv": iv}
    return wire
