"""Live helpers: callbacks fed by streams, and the price and the book of this moment."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from bybit_async.api.market import Market
from bybit_async.data import intervals
from bybit_async.data.arguments import callback_of, price_step, seconds, whole
from bybit_async.data.book_now import BookNow, aggregated
from bybit_async.data.candle_window import CandleWindow
from bybit_async.data.errors import StoreError
from bybit_async.data.history import History
from bybit_async.data.intervals import interval_of
from bybit_async.data.series import Series
from bybit_async.enums import Category, Interval
from bybit_async.errors import BybitError, InvalidParameter, SessionClosed
from bybit_async.models.stream_public import KlineData
from bybit_async.stream.live_book import LiveOrderBook
from bybit_async.stream.streams import Streams
from bybit_async.transport.clock import Clock

if TYPE_CHECKING:
    import pandas

log = logging.getLogger("bybit_async.data")

Callback = Callable[[Any], object] | Callable[[Any], Awaitable[object]]
"""Plain or ``async``; one that raises is logged, and called again with the next value."""

Tradable = Literal["spot", "linear", "inverse"]


class Live:
    """The live part of `Data`."""

    def __init__(self, market: Market, streams: Callable[[], Streams], history: History, clock: Clock) -> None:
        self._live_market = market
        self._streams = streams
        self._live_history = history
        self._live_clock = clock
        self._running: dict[str, asyncio.Task[None]] = {}
        self._numbers = itertools.count(1)
        self._prices: dict[tuple[str, str], tuple[Decimal, float]] = {}
        self._books: dict[tuple[str, str], LiveOrderBook] = {}
        self._ended = False

    async def start_ticker_stream(self, symbol: str, callback: Callback, *, category: Category = "linear") -> str:
        """Call `callback` with every ticker of a symbol, from now on; return the handle that `stop_stream` takes.

        Raises:
            SubscriptionRefused: Bybit does not accept the symbol.
        """
        callback_of(callback)
        tickers = self._streams().tickers(symbol, category=category)
        await tickers.ready()

        async def run() -> None:
            async with tickers:
                async for ticker in tickers:
                    price = getattr(ticker, "last_price", None)
                    if price is not None:
                        self._prices[category, symbol] = (price, time.monotonic())
                    await _call(callback, ticker)

        return await self._start("ticker", symbol, run(), lambda: self._prices.pop((category, symbol), None))

    async def start_klines_stream(
        self,
        symbol: str,
        interval: str | int,
        callback: Callback,
        *,
        category: Tradable = "linear",
        candles: int = 200,
        keep: bool = True,
    ) -> str:
        """Call `callback` with a frame of the newest candles whenever one changes; return the handle for `stop_stream`.

        The last row is the candle that still grows. The frame is like that of `fetch_klines`; its history is fetched
        once at the start.

        Args:
            symbol: as Bybit spells it.
            interval: in either spelling.
            callback: plain or ``async``.
            category: which market.
            candles: rows of the frame, 1 to 1000.
            keep: append closed candles to the store, those missed while the connection was lost included.
        """
        callback_of(callback)
        whole(candles, 1, 1000, "candles")
        spelled: Interval = interval_of(interval)
        series = Series("klines", category, symbol, spelled)
        klines = self._streams().klines(symbol, category=category, interval=spelled)
        await klines.ready()
        try:
            window = await self._window(series, candles)
        except BaseException:
            klines.close()
            raise

        async def run() -> None:
            async with klines:
                async for kline in klines:
                    await self._catch_up(series, window, kline, keep=keep)
                    window.take(kline)
                    if keep and kline.confirm:
                        await self._append(series, window, kline)
                    await _call(callback, window.frame())

        return await self._start("klines", symbol, run())

    async def start_orderbook_stream(
        self, symbol: str, callback: Callback | None = None, *, category: Category = "linear", depth: int = 50
    ) -> str:
        """Keep the book of a symbol current for `get_current_orderbook`, and call `callback` with it on each change."""
        if callback is not None:
            callback_of(callback)
        stream = self._streams().order_book(symbol, category=category, depth=depth)
        book = await stream.__aenter__()
        self._books[category, symbol] = book

        async def run() -> None:
            try:
                async for changed in book:
                    if callback is not None and not changed.stale:
                        await _call(callback, changed)
            finally:
                await stream.__aexit__(None, None, None)

        def ended() -> None:
            # A later stream of the same symbol may have taken its place.
            if self._books.get((category, symbol)) is book:
                del self._books[category, symbol]

        return await self._start("orderbook", symbol, run(), ended)

    async def stop_stream(self, handle: str) -> None:
        """End what one of the ``start_…`` methods started; no callback runs after it. Harmless when it has ended."""
        task = self._running.pop(handle, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        elif task is not None:
            # Its own callback ended it: it must not wait for itself.
            task.cancel()

    async def get_current_price(self, symbol: str, *, category: Category = "linear", max_age: float = 5.0) -> Decimal:
        """Return the last traded price: of a running ticker stream when it is young enough, else by REST.

        `max_age` is in seconds.
        """
        seconds(max_age, "max_age")
        held = self._prices.get((category, symbol))
        if held is not None and time.monotonic() - held[1] <= max_age:
            return held[0]
        tickers = await self._live_market.get_tickers(category=category, symbol=symbol)
        for ticker in tickers:
            if ticker.symbol == symbol and ticker.last_price is not None:
                return ticker.last_price
        raise InvalidParameter("symbol", f"{category} has no price of {symbol!r}")

    async def get_current_orderbook(
        self, symbol: str, *, category: Category = "linear", depth: int = 50, max_age: float = 5.0
    ) -> BookNow:
        """Return the book and its age: of a running stream of it that is right, young and deep enough, else by REST.

        `depth` is levels a side, `max_age` seconds.
        """
        whole(depth, 1, 1000, "depth")
        seconds(max_age, "max_age")
        live = self._books.get((category, symbol))
        if live is not None and not live.stale and _holds(live, depth):
            age = (time.monotonic_ns() - live.received_ns) / 1e9
            bids, asks = live.bids(depth), live.asks(depth)
            if age <= max_age and min(len(bids), len(asks)) > 0:
                return BookNow(symbol, bids, asks, age, "stream")
        book = await self._live_market.get_orderbook(category=category, symbol=symbol, limit=depth)
        age = max(0.0, (self._live_clock.now_ms() - book.ts) / 1000)
        return BookNow(symbol, book.bids[:depth], book.asks[:depth], age, "rest")

    async def get_aggregated_orderbook(
        self, symbol: str, depth: int = 50, *, category: Category = "linear", step: str | Decimal | None = None
    ) -> pandas.DataFrame:
        """Return the book as a frame: ``side``, ``price``, ``size``, and summed from the best level on ``cum_size`` and
        ``cum_value``. With `step`, levels are joined to multiples of that price first, bids downwards, asks upwards.

        ``attrs`` says its ``age`` in seconds and its ``source``.
        """  # noqa: D205
        wanted = None if step is None else price_step(step)
        book = await self.get_current_orderbook(symbol, category=category, depth=depth)
        return aggregated(book, wanted)

    async def aclose(self) -> None:
        """End everything that was started. Idempotent."""
        self._ended = True
        for handle in list(self._running):
            await self.stop_stream(handle)

    async def _start(self, kind: str, symbol: str, work: Any, after: Callable[[], object] = lambda: None) -> str:
        if self._ended:
            work.close()
            raise SessionClosed("the session is closed")
        handle = f"{kind}-{symbol}-{next(self._numbers)}"
        task = asyncio.create_task(_guarded(handle, work), name=f"bybit_async {handle}")
        self._running[handle] = task

        def ended(_: asyncio.Task[None]) -> None:
            self._running.pop(handle, None)
            work.close()
            after()

        task.add_done_callback(ended)
        # One turn, so that it has begun when it can be stopped: what it entered by then it also leaves.
        await asyncio.sleep(0)
        return handle

    async def _window(self, series: Series, candles: int) -> CandleWindow:
        now = await self._live_history.present()
        start = intervals.step(series.interval, intervals.floor(series.interval, now), 1 - candles)
        span = await self._live_history.span(max(start, 0), None)
        frame = await self._live_history.frame(series, span, use_cache=False, unfinished=True)
        return CandleWindow(series, frame, candles)

    async def _catch_up(self, series: Series, window: CandleWindow, kline: KlineData, *, keep: bool) -> None:
        missed = window.missed_before(kline)
        if missed is None:
            return
        self._live_history.has_been(kline.start)
        try:
            window.fill(await self._live_history.frame(series, missed, use_cache=keep), missed)
        except BybitError as error:
            # The stream goes on; the next candle asks for the whole range again.
            log.warning("%s: missed candles could not be fetched: %s", series, error)

    async def _append(self, series: Series, window: CandleWindow, kline: KlineData) -> None:
        try:
            await self._live_history.keep(series, *window.closed(kline))
        except StoreError as error:
            log.error("%s: a closed candle could not be stored: %s", series, error)


def _holds(book: LiveOrderBook, depth: int) -> bool:
    return not isinstance(book.depth, int) or depth <= book.depth


async def _guarded(handle: str, work: Awaitable[None]) -> None:
    try:
        await work
    except BybitError as error:
        log.error("%s ended: %s", handle, error)


async def _call(callback: Callback, value: Any) -> None:
    try:
        outcome = callback(value)
        if inspect.isawaitable(outcome):
            await outcome
    except Exception:
        # Whatever a user's callback raises must not end the stream.
        log.exception("a callback failed")
