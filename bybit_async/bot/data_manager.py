"""`DataManager`: candles and books that are complete and young, or not there at all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bybit_async import BybitError
from bybit_async.bot.candles import COLUMNS, Candles
from bybit_async.data import intervals

if TYPE_CHECKING:
    import pandas as pd

    from bybit_async import AsyncBybit
    from bybit_async.bot.client import BybitClient
    from bybit_async.bot.configuration import ConfigurationManager
    from bybit_async.models.stream_public import KlineData

log: logging.Logger = logging.getLogger(__name__)

_PAUSE = 1.0


class BookLevels(NamedTuple):
    """A live book at one moment: (price, size) of each side, best first; the time in milliseconds."""

    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    time_ms: int


class BookState(NamedTuple):
    """Whether a live book is known to be wrong or incomplete, and the age of its last news in milliseconds."""

    stale: bool
    age_ms: int | None


class DataManager:
    """Market data that strategies share: one frame of closed candles for each symbol, and live books.

    History comes from `bybit.data`, news from the stream; what was missed in between is fetched before a frame is given
    out again. Ages are measured by the exchange's clock. A frame holds candles that the exchange has closed, nothing
    that still grows.

    Args:
        bybit_client: the connection.
        config_manager: ``trading.interval``, ``data.warm_up``, ``data.keep`` and ``risk.max_data_age``.
    """

    def __init__(self, bybit_client: BybitClient, config_manager: ConfigurationManager) -> None:
        self._client = bybit_client
        self._config = config_manager
        self._candles: dict[str, Candles] = {}
        self._heard: dict[str, int] = {}
        self._books: dict[str, Any] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._listeners: list[Callable[[str], None]] = []
        self._book_listeners: list[Callable[[str, BookLevels], None]] = []

    # -- life

    async def start(self, symbols: Iterable[str], *, books: Iterable[str] = ()) -> None:
        """Fetch the warm-up candles of each symbol and follow it from there; follow the books of some.

        Harmless for symbols that are followed already.

        Raises:
            BybitError: the history of a symbol cannot be fetched.
        """
        await self._client.initialize()
        fresh = [symbol for symbol in dict.fromkeys(symbols) if symbol not in self._candles]
        settings = self._config.settings
        for symbol in fresh:
            self._candles[symbol] = Candles(settings.trading.interval, max(settings.data.keep, settings.data.warm_up))
        if fresh:
            ready = asyncio.Event()
            self._tasks.append(asyncio.create_task(self._follow(fresh, ready), name="bybit_async bot candles"))
            await ready.wait()
            try:
                await asyncio.gather(*(self._warm_up(symbol) for symbol in fresh))
            except BaseException:
                await self.stop()
                raise
        for symbol in books:
            if symbol not in self._books:
                self._books[symbol] = None
                self._tasks.append(
                    asyncio.create_task(self._follow_book(symbol), name=f"bybit_async bot book {symbol}")
                )

    async def stop(self) -> None:
        """Follow nothing any more; harmless when nothing is followed."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._candles.clear()
        self._heard.clear()
        self._books.clear()

    def on_close(self, listener: Callable[[str], None]) -> None:
        """Call `listener` with the symbol whenever one of its candles has closed and its frame is complete."""
        self._listeners.append(listener)

    def on_book(self, listener: Callable[[str, BookLevels], None]) -> None:
        """Call `listener` with symbol and book whenever a followed book has changed and is right."""
        self._book_listeners.append(listener)

    # -- what is known

    @property
    def symbols(self) -> list[str]:
        """The symbols whose candles are followed."""
        return list(self._candles)

    def now_ms(self) -> int:
        """Return the exchange's time in milliseconds."""
        return self._session.clock.now_ms()

    def frame(self, symbol: str) -> pd.DataFrame | None:
        """Return the closed candles of a symbol; None before the first, while one is missing, or if data are too old.

        Columns are ``open``, ``high``, ``low``, ``close``, ``volume``, ``turnover``; the index are opening times, UTC.
        All strategies get the same frame: do not change it.
        """
        candles = self._candles.get(symbol)
        if candles is None or not len(candles) or candles.missing is not None:
            return None
        age = self.age_ms(symbol)
        if age is None or age > self._config.settings.risk.max_data_age * 1000:
            return None
        return candles.frame()

    def closes(self, symbol: str) -> NDArray[np.float64] | None:
        """Return the closing prices of a symbol, oldest first; None where `frame` has none."""
        return None if self.frame(symbol) is None else self._candles[symbol].closes

    def closing_time(self, frame: pd.DataFrame) -> int:
        """Return when the last candle of a frame closed, in milliseconds."""
        interval = frame.attrs.get("interval", self._config.settings.trading.interval)
        return intervals.step(interval, frame.index[-1].value // 1_000_000)

    def book(self, symbol: str) -> BookLevels | None:
        """Return the live book of a symbol; None while it is not followed, not known to be right, or too old."""
        live = self._books.get(symbol)
        if live is None or live.stale:
            return None
        age_ms = (time.monotonic_ns() - live.received_ns) // 1_000_000
        if age_ms > self._config.settings.risk.max_data_age * 1000:
            return None
        return self._now(live, age_ms)

    def books(self) -> dict[str, BookState]:
        """Return the state of every book that is followed, by symbol."""
        now = time.monotonic_ns()
        return {
            symbol: BookState(
                stale=live is None or live.stale,
                age_ms=None if live is None or not live.received_ns else (now - live.received_ns) // 1_000_000,
            )
            for symbol, live in self._books.items()
        }

    def age_ms(self, symbol: str | None = None) -> int | None:
        """Return the age of a symbol's data (by default the oldest of all) in milliseconds; None before the first.

        A candle that should have closed but did not makes news as old as its end.
        """
        wanted = list(self._candles) if symbol is None else [symbol]
        ages = [self._age(each) for each in wanted]
        known = [age for age in ages if age is not None]
        return max(known) if known and len(known) == len(ages) else None

    def _age(self, symbol: str) -> int | None:
        heard, candles = self._heard.get(symbol), self._candles.get(symbol)
        if heard is None or candles is None or candles.next_opening is None:
            return None
        now = self.now_ms()
        due = intervals.step(candles.interval, candles.next_opening)
        return max(0, now - heard, now - due)

    # -- inside

    @property
    def _session(self) -> AsyncBybit:
        return self._client.data_session

    @property
    def _category(self) -> Any:
        return self._config.settings.exchange.category

    async def _warm_up(self, symbol: str) -> None:
        candles = self._candles[symbol]
        now = self.now_ms()
        count = self._config.settings.data.warm_up
        start = intervals.step(candles.interval, intervals.floor(candles.interval, now), -count)
        await self._fetch(symbol, max(0, start), None)
        candles.begin()
        self._heard.setdefault(symbol, now)

    async def _fetch(self, symbol: str, start: int, end: int | None) -> None:
        """Put closed candles of a range from history; those that news has brought meanwhile wait behind them."""
        candles = self._candles[symbol]
        frame = await self._session.data.fetch_klines(symbol, candles.interval, start, end, category=self._category)
        times = frame.index.as_unit("ms").asi8.tolist()  # type: ignore[attr-defined]
        moved = False
        for opened, row in zip(times, frame[list(COLUMNS)].to_numpy().tolist(), strict=True):
            moved |= candles.put(opened, row)
        if moved and candles.missing is None:
            self._tell(symbol)

    async def _follow(self, symbols: list[str], ready: asyncio.Event) -> None:
        while True:
            try:
                interval: Any = self._config.settings.trading.interval
                stream = self._session.stream.klines(*symbols, category=self._category, interval=interval)
                async with contextlib.aclosing(stream):
                    await stream.ready()
                    ready.set()
                    async for kline in stream:
                        await self._take(kline)
                return
            except BybitError as error:
                ready.set()
                log.warning("candles of %s are not followed, trying again: %s", ", ".join(symbols), error)
                await asyncio.sleep(_PAUSE)

    async def _take(self, kline: KlineData) -> None:
        symbol, candles = kline.symbol, self._candles.get(kline.symbol)
        if candles is None:
            return
        # What was long on its way is as old as when it was sent.
        self._heard[symbol] = min(self.now_ms(), kline.pushed_at or self.now_ms())
        following = candles.next_opening
        if kline.confirm:
            moved = candles.put(kline.start, [float(getattr(kline, name)) for name in COLUMNS])
            if moved and candles.missing is None:
                self._tell(symbol)
        if following is not None and kline.start > following:
            await self._fill(symbol, following, kline.start)

    async def _fill(self, symbol: str, start: int, end: int) -> None:
        try:
            await self._fetch(symbol, start, end)
        except BybitError as error:
            # No frame is given out meanwhile, and the next news tries again.
            log.warning("missed candles of %s cannot be fetched yet: %s", symbol, error)

    def _tell(self, symbol: str) -> None:
        for listener in self._listeners:
            listener(symbol)

    async def _follow_book(self, symbol: str) -> None:
        while True:
            try:
                async with self._session.stream.order_book(symbol, category=self._category, depth=50) as book:
                    self._books[symbol] = book
                    async for changed in book:
                        if not changed.stale and self._book_listeners:
                            self._tell_book(symbol, self._now(changed, 0))
            except BybitError as error:
                log.warning("the book of %s is not followed, trying again: %s", symbol, error)
                await asyncio.sleep(_PAUSE)

    def _now(self, live: Any, age_ms: int) -> BookLevels:
        bids, asks = (
            [(float(level.price), float(level.size)) for level in side] for side in (live.bids(), live.asks())
        )
        return BookLevels(bids, asks, self.now_ms() - age_ms)

    def _tell_book(self, symbol: str, book: BookLevels) -> None:
        for listener in self._book_listeners:
            listener(symbol, book)
