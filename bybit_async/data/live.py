"""Live helpers: callbacks fed by streams, and the price and the book of this moment."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from bybit_async.api.market import Market
from bybit_async.data import intervals
from bybit_async.data.arguments import callback_of, price_step, seconds, whole
from bybit_async.data.book_now import BookNow, aggregated
from bybit_async.data.candle_window import CandleWindow
from bybit_async.data.fetches import Fetches
from bybit_async.data.history import History
from bybit_async.data.intervals import interval_of
from bybit_async.data.series import Series
from bybit_async.data.watches import BookWatch, Callback, Key, KlineWatch, TickerWatch, Watch
from bybit_async.enums import Category, Interval
from bybit_async.errors import BybitError, InvalidParameter, SessionClosed
from bybit_async.stream.books.live_book import LiveOrderBook
from bybit_async.stream.streams import Streams
from bybit_async.transport.clock import Clock

if TYPE_CHECKING:
    import pandas

log: logging.Logger = logging.getLogger("bybit_async.data")

Tradable = Literal["spot", "linear", "inverse"]


class Live(Fetches):
    """The live part of `Data`."""

    def __init__(
        self, market: Market, streams: Callable[[], Streams], history: History, clock: Clock, identity: str
    ) -> None:
        super().__init__(history, identity)
        self._market = market
        self._streams = streams
        self._clock = clock
        self._running: dict[str, asyncio.Task[None]] = {}
        self._numbers = itertools.count(1)
        self._prices: dict[Key, tuple[Decimal, float]] = {}
        self._books: dict[Key, LiveOrderBook] = {}
        self._ended = False

    async def start_ticker_stream(self, symbol: str, callback: Callback, *, category: Category = "linear") -> str:
        """Call `callback` with every ticker of a symbol, from now on; return the handle that `stop_stream` takes.

        Raises:
            SubscriptionRefused: Bybit does not accept the symbol.
        """
        callback_of(callback)
        tickers = self._streams().tickers(symbol, category=category)
        await tickers.ready()

        watch = TickerWatch(tickers, callback, self._prices, (category, symbol))
        return await self._start("ticker", symbol, watch)

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
        series = Series("klines", category, symbol, spelled, self._identity)
        klines = self._streams().klines(symbol, category=category, interval=spelled)
        await klines.ready()
        try:
            window = await self._window(series, candles)
        except BaseException:
            klines.close()
            raise

        watch = KlineWatch(klines, window, callback, self._history, series, keep=keep)
        return await self._start("klines", symbol, watch)

    async def start_orderbook_stream(
        self, symbol: str, callback: Callback | None = None, *, category: Category = "linear", depth: int = 50
    ) -> str:
        """Keep the book of a symbol current for `get_current_orderbook`, and call `callback` with it on each change."""
        if callback is not None:
            callback_of(callback)
        stream = self._streams().order_book(symbol, category=category, depth=depth)
        book = await stream.__aenter__()
        watch = BookWatch(stream, book, callback, self._books, (category, symbol))
        return await self._start("orderbook", symbol, watch)

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
        tickers = await self._market.get_tickers(category=category, symbol=symbol)
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
        book = await self._market.get_orderbook(category=category, symbol=symbol, limit=depth)
        age = max(0.0, (self._clock.now_ms() - book.ts) / 1000)
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

    async def _start(self, kind: str, symbol: str, watch: Watch) -> str:
        if self._ended:
            watch.ended()
            raise SessionClosed()
        handle = f"{kind}-{symbol}-{next(self._numbers)}"
        task = asyncio.create_task(_followed(handle, watch), name=f"bybit_async {handle}")
        self._running[handle] = task
        task.add_done_callback(lambda _: self._running.pop(handle, None))
        # One turn, so that it has begun when it can be stopped: what it entered by then it also leaves.
        await asyncio.sleep(0)
        return handle

    async def _window(self, series: Series, candles: int) -> CandleWindow:
        now = await self._history.time.ask()
        start = intervals.step(series.interval, intervals.floor(series.interval, now), 1 - candles)
        span = await self._history.span(max(start, 0), None)
        frame = await self._history.frame(series, span, use_cache=False, unfinished=True)
        return CandleWindow(series, frame, candles)


def _holds(book: LiveOrderBook, depth: int) -> bool:
    return not isinstance(book.depth, int) or depth <= book.depth


async def _followed(handle: str, watch: Watch) -> None:
    try:
        await watch.follow()
    except BybitError as error:
        log.error("%s ended: %s", handle, error)
    finally:
        watch.ended()
