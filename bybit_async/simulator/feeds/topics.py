"""The public topics: how each is spelled, on which channels, and what fills it."""

from __future__ import annotations

import re

from bybit_async.simulator.feeds.books import BookFeed, FullBookFeed, RpiBookFeed
from bybit_async.simulator.feeds.candle_feed import CandleFeed
from bybit_async.simulator.feeds.hub import SocketHub, TopicPattern, TopicSource
from bybit_async.simulator.feeds.slow_feeds import (
    AdlAlertFeed,
    InsuranceFeed,
    LiquidationFeed,
    PriceLimitFeed,
    StatusFeed,
)
from bybit_async.simulator.feeds.ticker_feed import TickerFeed

FULL_DEPTH = 10_000
RPI_DEPTH = 50
_FUTURES = ("linear", "inverse")
_INTERVALS = "1|3|5|15|30|60|120|240|360|720|D|W|M"


def _book_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    listing = hub.engine.listings[channel, match[2]]
    depth, cadences = int(match[1]), hub.cadences
    period = cadences.spot_books.get(depth) if channel == "spot" else None
    return BookFeed(hub, channel, topic, listing, depth, cadences.books[depth] if period is None else period)


def _full_book_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    listing = hub.engine.listings[channel, match[1]]
    return FullBookFeed(hub, channel, topic, listing, FULL_DEPTH, hub.cadences.books[FULL_DEPTH])


def _rpi_book_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    listing = hub.engine.listings[channel, match[1]]
    return RpiBookFeed(hub, channel, topic, listing, RPI_DEPTH, hub.cadences.rpi_books)


def _trade_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    return hub.trades.feed(channel, match[1])


def _ticker_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    return TickerFeed(hub, channel, topic, hub.market.quotations[channel, match[1]])


def _candle_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    return CandleFeed(hub, channel, topic, hub.market.quotations[channel, match[2]], match[1])


def _liquidation_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    return LiquidationFeed(hub, channel, topic, hub.engine.listings[channel, match[1]])


def _limit_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    return PriceLimitFeed(hub, channel, topic, hub.engine.listings[channel, match[1]])


def _status_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    return StatusFeed(hub, channel, topic)


def _insurance_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    return InsuranceFeed(hub, channel, topic, match[1])


def _adl_feed(hub: SocketHub, channel: str, topic: str, match: re.Match[str]) -> TopicSource:
    return AdlAlertFeed(hub, channel, topic, match[1])


TOPICS = (
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
