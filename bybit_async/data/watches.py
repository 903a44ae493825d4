"""What runs behind each live helper: one stream, followed for one callback."""

from __future__ import annotations

import inspect
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any

from bybit_async.data.candle_window import CandleWindow
from bybit_async.data.errors import StoreError
from bybit_async.data.history import History
from bybit_async.data.series import Series
from bybit_async.errors import BybitError
from bybit_async.models.stream_public import KlineData
from bybit_async.stream.books.live_book import LiveOrderBook
from bybit_async.stream.subscription import Subscription

log: logging.Logger = logging.getLogger("bybit_async.data")

Callback = Callable[[Any], object] | Callable[[Any], Awaitable[object]]
"""Plain or ``async``; one that raises is logged, and called again with the next value."""

Key = tuple[str, str]
"""A category and a symbol."""


class Watch(ABC):
    """One stream that is followed until it ends or its task is cancelled."""

    @abstractmethod
    async def follow(self) -> None:
        """Pass on what comes, and give the stream back in the end."""

    @abstractmethod
    def ended(self) -> None:
        """Forget what was kept of it; called once, whatever ended it."""


class TickerWatch(Watch):
    """Passes on tickers, and keeps the last price of each.

    Args:
        tickers: the stream.
        callback: called with each ticker.
        prices: where the price is kept, with the moment it came.
        key: of what.
    """

    def __init__(
        self, tickers: Subscription[Any], callback: Callback, prices: dict[Key, tuple[Decimal, float]], key: Key
    ) -> None:
        self._tickers, self._callback = tickers, callback
        self._prices, self._key = prices, key

    async def follow(self) -> None:
        """See `Watch`."""
        async with self._tickers as tickers:
            async for ticker in tickers:
                price = getattr(ticker, "last_price", None)
                if price is not None:
                    self._prices[self._key] = (price, time.monotonic())
                await call(self._callback, ticker)

    def ended(self) -> None:
        """See `Watch`."""
        self._prices.pop(self._key, None)


class KlineWatch(Watch):
    """Passes on frames of candles, and stores those that have closed.

    Args:
        klines: the stream.
        window: the newest candles.
        callback: called with a frame of them.
        history: fetches candles that were missed, and stores closed ones.
        series: whose candles.
        keep: whether they are stored.
    """

    def __init__(
        self,
        klines: Subscription[KlineData],
        window: CandleWindow,
        callback: Callback,
        history: History,
        series: Series,
        *,
        keep: bool,
    ) -> None:
        self._klines, self._window, self._callback = klines, window, callback
        self._history, self._series, self._keep = history, series, keep

    async def follow(self) -> None:
        """See `Watch`."""
        async with self._klines as klines:
            async for kline in klines:
                await self._catch_up(kline)
                self._window.take(kline)
                if self._keep and kline.confirm:
                    await self._append(kline)
                await call(self._callback, self._window.frame())

    def ended(self) -> None:
        """See `Watch`; nothing was kept but in the store."""

    async def _catch_up(self, kline: KlineData) -> None:
        missed = self._window.missed_before(kline)
        if missed is None:
            return
        self._history.time.has_passed(kline.start)
        try:
            self._window.fill(await self._history.frame(self._series, missed, use_cache=self._keep), missed)
        except BybitError as error:
            # The stream goes on; the next candle asks for the whole range again.
            log.warning("%s: missed candles could not be fetched: %s", self._series, error)

    async def _append(self, kline: KlineData) -> None:
        try:
            await self._history.keep(self._series, *self._window.closed(kline))
        except StoreError as error:
            log.error("%s: a closed candle could not be stored: %s", self._series, error)


class BookWatch(Watch):
    """Passes on a live book whenever it changes and is right.

    Args:
        stream: the book's stream, entered already.
        book: the book.
        callback: called with it, or None to keep it current only.
        books: where it is kept.
        key: of what.
    """

    def __init__(
        self,
        stream: AbstractAsyncContextManager[LiveOrderBook],
        book: LiveOrderBook,
        callback: Callback | None,
        books: dict[Key, LiveOrderBook],
        key: Key,
    ) -> None:
        self._stream, self._book, self._callback = stream, book, callback
        self._books, self._key = books, key
        books[key] = book

    async def follow(self) -> None:
        """See `Watch`."""
        try:
            async for changed in self._book:
                if self._callback is not None and not changed.stale:
                    await call(self._callback, changed)
        finally:
            await self._stream.__aexit__(None, None, None)

    def ended(self) -> None:
        """See `Watch`."""
        # A later stream of the same symbol may have taken its place.
        if self._books.get(self._key) is self._book:
            del self._books[self._key]


async def call(callback: Callback, value: Any) -> None:
    """Call back with a value; whatever the callback raises is logged and ends nothing."""
    try:
        outcome = callback(value)
        if inspect.isawaitable(outcome):
            await outcome
    except Exception:
        # Whatever a user's callback raises must not end the stream.
        log.exception("a callback failed")
