"""Paper trading: a simulated account that trades what the live market shows, as it was received.

Market data come from the live exchange over a session without a key. Orders go to an exchange inside the process, whose
books and prices are those that came in last. What is known to be stale, or too old, fills nothing: books are emptied
and prices held back until the market is known again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from bybit_async import AsyncBybit, BybitError, InvalidParameter, LiveOrderBook
from bybit_async.bot.backtesting.venue import traded_instrument
from bybit_async.bot.configuration import BotSettings
from bybit_async.models.market import LinearInstrument
from bybit_async.models.stream_public import ContractTickerData, TradeData
from bybit_async.simulator import Instrument, SimulatedExchange
from bybit_async.simulator.engine import Account, MarketFeed

log: logging.Logger = logging.getLogger("bybit_async.bot.paper")

_DEPTH = 50
_PAUSE = 1.0
_LOOK_EVERY = 0.25
_MOST_AGE = 10.0
"""Seconds: a book that does not change is sent again after three."""
_CATEGORY: Literal["linear"] = "linear"

Levels = Iterable[tuple[Decimal, Decimal]]


class PaperAccount(NamedTuple):
    """An exchange of your own, and the key of the account on it."""

    exchange: SimulatedExchange
    api_key: str
    api_secret: str


class PaperMarket:
    """One symbol of the paper exchange, driven by what was received of the live one.

    Nothing fills before the first book, and nothing from `lose` until the next one: prices that come meanwhile are held
    back, so that a stop they set off finds a book to trade with.

    Args:
        exchange: the paper exchange.
        feed: of the symbol.
        account: whose orders trade.

    Attributes:
        fresh: whether the book is one that can be traded with.
    """

    def __init__(self, exchange: SimulatedExchange, feed: MarketFeed, account: Account) -> None:
        self._engine = exchange.engine
        self._feed = feed
        self._account = account
        self._key = feed.listing.instrument.key
        self._held_back: dict[str, Decimal] = {}
        self.fresh: bool = False

    def book(self, bids: Levels, asks: Levels) -> None:
        """Take a whole book; orders that it crosses fill at their own prices."""
        self._feed.book(bids, asks)
        self.fresh = True
        held_back, self._held_back = self._held_back, {}
        if held_back:
            self._feed.prices(**held_back)

    def lose(self) -> None:
        """Take note that the book is not known any more; harmless when that is so."""
        self.fresh = False
        self._feed.book((), ())

    def prices(self, *, mark: Decimal | None = None, index: Decimal | None = None, last: Decimal | None = None) -> None:
        """Take prices; stops and liquidations go by them."""
        known = {name: price for name, price in (("mark", mark), ("index", index), ("last", last)) if price}
        if self.fresh:
            self._feed.prices(**known)
        else:
            self._held_back |= known

    def funding_rate(self, rate: Decimal) -> None:
        """Take the rate of the next funding."""
        self._engine.set_funding_rate(*self._key, rate)

    def trade(self, trade: TradeData) -> None:
        """Take a trade of others: it fills what rests here at its price or better, behind what rested there before."""
        instrument = self._feed.listing.instrument
        qty = instrument.lot * int(trade.size / instrument.lot)
        on_book = qty and instrument.ticks_of(trade.price) is not None and not trade.is_block_trade
        if on_book and self.fresh and not self._is_from_before(trade.time):
            self._feed.trade(trade.side, trade.price, qty)
        else:
            self.prices(last=trade.price)

    def _is_from_before(self, time_ms: int) -> bool:
        """Whether a trade happened before an order of ours was there: it cannot have been filled by it."""
        symbol = self._key[1]
        resting = (order for order in self._account.orders.values() if order.resting is not None)
        return any(order.symbol == symbol and order.created_ms > time_ms for order in resting)


class _Feeder:
    """Follows the live market and hands on what it receives."""

    def __init__(self, session: AsyncBybit, markets: dict[str, PaperMarket], max_age: float) -> None:
        self._session = session
        self._markets = markets
        self._max_age = max_age
        self._books: dict[str, LiveOrderBook] = {}

    def jobs(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """Return what has to run, each with what it does."""
        return [
            ("takes trades", self._kept_up(self._follow_trades)),
            ("takes tickers", self._kept_up(self._follow_tickers)),
            ("looks at ages", self._look()),
            *((f"takes the book of {name}", self._kept_up(self._follow_book, name)) for name in self._markets),
        ]

    async def _kept_up(self, follow: Any, *symbols: str) -> None:
        while True:
            try:
                await follow(*symbols)
            except (BybitError, ValueError) as error:
                # A price between the ticks of the start, too: the rules of an instrument change now and then.
                log.warning("the live market is not followed, trying again: %s", error)
            await asyncio.sleep(_PAUSE)

    async def _follow_book(self, symbol: str) -> None:
        market = self._markets[symbol]
        try:
            async with self._session.stream.order_book(symbol, category=_CATEGORY, depth=_DEPTH) as book:
                self._books[symbol] = book
                async for changed in book:
                    if changed.stale or self._age(changed) > self._max_age:
                        market.lose()
                    else:
                        market.book(_pairs(changed.bids()), _pairs(changed.asks()))
        finally:
            self._books.pop(symbol, None)
            market.lose()

    async def _follow_trades(self) -> None:
        stream = self._session.stream.trades(*self._markets, category=_CATEGORY)
        async with contextlib.aclosing(stream):
            async for trade in stream:
                self._markets[trade.symbol].trade(trade)

    async def _follow_tickers(self) -> None:
        stream = self._session.stream.tickers(*self._markets, category=_CATEGORY)
        async with contextlib.aclosing(stream):
            async for ticker in stream:
                self._take(self._markets[ticker.symbol], ticker)

    def _take(self, market: PaperMarket, ticker: ContractTickerData) -> None:
        # The last price comes with the trades, each of them and sooner.
        market.prices(mark=ticker.mark_price, index=ticker.index_price)
        if ticker.funding_rate is not None:
            market.funding_rate(ticker.funding_rate)

    async def _look(self) -> None:
        """Lose books that nothing was heard of for too long."""
        while True:
            for symbol, market in self._markets.items():
                book = self._books.get(symbol)
                if market.fresh and (book is None or book.stale or self._age(book) > self._max_age):
                    log.warning("the live book of %s is not known: its orders rest", symbol)
                    market.lose()
            await asyncio.sleep(_LOOK_EVERY)

    @staticmethod
    def _age(book: LiveOrderBook) -> float:
        return (time.monotonic_ns() - book.received_ns) / 1e9


@asynccontextmanager
async def paper_account(settings: BotSettings, market: AsyncBybit) -> AsyncIterator[PaperAccount]:
    """Open an exchange with one funded account on it that trades what `market` receives.

    Args:
        settings: what is traded, what the account starts with, and how old data may be.
        market: an open session of the live exchange; no key is needed, and none used.

    Raises:
        InvalidParameter: the live exchange does not list a symbol.
        BybitError: it cannot be reached.
    """
    symbols = {*settings.trading.symbols, *(name for item in settings.strategies.values() for name in item.symbols)}
    instruments = [_instrument(await market.market.get_instrument(symbol, _CATEGORY)) for symbol in sorted(symbols)]
    exchange = SimulatedExchange(
        seed=settings.exchange.simulated_seed, instruments=instruments, start=market.clock.now_ms()
    )
    async with exchange:
        made = exchange.new_account(usdt=str(settings.exchange.simulated_balance))
        account = exchange.account(made["api_key"])
        markets = {symbol: PaperMarket(exchange, exchange.feed(symbol), account) for symbol in sorted(symbols)}
        for symbol, each in markets.items():
            # Before the first book; otherwise a limit would be held against the price of a made-up market.
            ticker = (await market.market.get_tickers(category=_CATEGORY, symbol=symbol))[0]
            exchange.engine.set_prices(
                _CATEGORY, symbol, mark=ticker.mark_price, index=ticker.index_price, last=ticker.last_price
            )
            if ticker.funding_rate is not None:
                each.funding_rate(ticker.funding_rate)
        jobs = _Feeder(market, markets, min(settings.risk.max_data_age, _MOST_AGE)).jobs()
        tasks = [asyncio.create_task(work, name=f"bybit_async paper {what}") for what, work in jobs]
        try:
            yield PaperAccount(exchange, made["api_key"], made["api_secret"])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _instrument(found: Any) -> Instrument:
    if not isinstance(found, LinearInstrument):
        raise InvalidParameter("trading.symbols", f"{found.symbol} is not a linear contract; leave it out of the list")
    made = traded_instrument(found)
    most = found.upper_funding_rate
    return replace(
        made,
        funding_interval_min=found.funding_interval or 0,
        max_funding_rate=made.max_funding_rate if most is None else abs(most),
    )


def _pairs(levels: Iterable[Any]) -> Iterable[tuple[Decimal, Decimal]]:
    return ((level.price, level.size) for level in levels)
