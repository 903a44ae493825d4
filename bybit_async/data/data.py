"""`Data`: what a session offers as `bybit.data`."""

from __future__ import annotations

import os
import ssl
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal, get_args

from bybit_async.api.market import Market
from bybit_async.api.resource import Caller
from bybit_async.data import source
from bybit_async.data.archive import Archive
from bybit_async.data.arguments import callback_of
from bybit_async.data.books import book_interval
from bybit_async.data.cache import FrameCache
from bybit_async.data.coverage import Coverage
from bybit_async.data.download import OnProgress
from bybit_async.data.frames import Dtype, to_frame
from bybit_async.data.history import History
from bybit_async.data.intervals import interval_of
from bybit_async.data.live import Live
from bybit_async.data.series import KindName, Series
from bybit_async.data.store import Store
from bybit_async.data.supply import Supply
from bybit_async.data.upkeep import Report, repair, verify
from bybit_async.enums import Category, InstrumentStatus
from bybit_async.environments import Environment
from bybit_async.models.checks import known, one_of
from bybit_async.stream.streams import Streams
from bybit_async.transport.clock import Clock
from bybit_async.wire import Time

if TYPE_CHECKING:
    import pandas

Price = Literal["last", "mark", "index", "premium"]
Contract = Literal["linear", "inverse"]

_KLINES: dict[str, KindName] = {
    "last": "klines",
    "mark": "mark_klines",
    "index": "index_klines",
    "premium": "premium_klines",
}


class Data(Live):
    """History that is downloaded once and kept, and live helpers.

    Every ``fetch_…`` returns a pandas frame: a UTC `DatetimeIndex` called ``time``, ascending, float64 columns
    (`dtype="decimal"`: exact `Decimal`), no doubles and no unfinished candle. ``frame.attrs`` says where it came from
    (``source``), what is complete (``coverage``) and what is missing (``gaps``). `end` is exclusive and may be left out
    for "until now"; times are text, `datetime`, `date` or milliseconds. What was fetched once is kept in the store, and
    only what is missing is asked for again; ``use_cache=False`` goes past store and memory.

    Args:
        caller: sends requests within the rate limits.
        environment: where the archive is.
        clock: exchange time.
        ensure_clock: measures it unless it is known.
        streams: returns the session's streams.
        place: a folder or an fsspec address for the store; None for the user's own data folder.
        memory: bytes of frames that are kept in memory.
        ssl_context: what to trust where the archive is, instead of the usual certificates.

    Raises:
        InvalidParameter: from any of them: an unknown symbol or interval, or times that make no range.
        StoreError: the store cannot be written, or a newer version of the library wrote it.
    """

    def __init__(
        self,
        caller: Caller,
        environment: Environment,
        clock: Clock,
        ensure_clock: Callable[[], Awaitable[None]],
        streams: Callable[[], Streams],
        *,
        place: str | os.PathLike[str] | None = None,
        memory: int = 256 * 1024 * 1024,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._market = Market(caller)
        self._archive = Archive(environment.archive_url, ssl_context)
        self.store = Store(place)
        self.memory = FrameCache(memory)
        supply = Supply(caller, self._market, clock, self._archive)
        self._history = History(supply, clock, ensure_clock, self.store, self.memory)
        super().__init__(self._market, streams, self._history, clock)

    async def fetch_klines(
        self,
        symbol: str,
        interval: str | int,
        start: Time,
        end: Time | None = None,
        *,
        category: Category = "linear",
        price: Price = "last",
        dtype: Dtype = "float",
        include_unfinished: bool = False,
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """Candles: ``open``, ``high``, ``low``, ``close``, and for traded prices ``volume`` and ``turnover``.

        Args:
            symbol: as Bybit spells it.
            interval: as ``"1m"``, ``"4h"``, ``"1d"``, or in Bybit's spelling (``"1"``, ``"240"``, ``"D"``).
            start: inclusive; before the listing there is nothing, which ``gaps`` then says.
            end: exclusive.
            category: which market.
            price: of trades (``"last"``), or the mark, index or premium index price.
            dtype: ``"float"`` or ``"decimal"``.
            include_unfinished: add the candle that still grows; it is never stored.
            use_cache: read and fill the store.
            progress: called with a `Progress` after each window.
        """
        kind = _KLINES[one_of(price, tuple(_KLINES), "price")]
        series = Series(kind, known(category), symbol, interval_of(interval))
        return await self._frame(
            series, start, end, dtype=dtype, unfinished=include_unfinished, use_cache=use_cache, progress=progress
        )

    async def fetch_mark_klines(
        self,
        symbol: str,
        interval: str | int,
        start: Time,
        end: Time | None = None,
        *,
        category: Category = "linear",
        dtype: Dtype = "float",
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """Candles of the mark price; see `fetch_klines`."""
        series = Series("mark_klines", known(category), symbol, interval_of(interval))
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

    async def fetch_index_klines(
        self,
        symbol: str,
        interval: str | int,
        start: Time,
        end: Time | None = None,
        *,
        category: Contract = "linear",
        dtype: Dtype = "float",
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """Candles of the index price; see `fetch_klines`. One-minute ones REST has not are taken from the archive."""
        series = Series("index_klines", known(category), symbol, interval_of(interval))
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

    async def fetch_premium_klines(
        self,
        symbol: str,
        interval: str | int,
        start: Time,
        end: Time | None = None,
        *,
        category: Literal["linear"] = "linear",
        dtype: Dtype = "float",
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """Candles of the premium index, a fraction that may be negative; see `fetch_klines`."""
        series = Series("premium_klines", known(category), symbol, interval_of(interval))
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

    async def fetch_funding_rates(
        self,
        symbol: str,
        start: Time,
        end: Time | None = None,
        *,
        category: Contract = "linear",
        dtype: Dtype = "float",
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """Settled fundings: ``funding_rate``, at the times they were settled, whatever the interval was then."""
        series = Series("funding_rates", known(category), symbol, "all")
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

    async def fetch_open_interest(
        self,
        symbol: str,
        interval: str | int,
        start: Time,
        end: Time | None = None,
        *,
        category: Contract = "linear",
        dtype: Dtype = "float",
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """``open_interest`` in the base coin (inverse: USD), every 5m, 15m, 30m, 1h, 4h or 1d."""
        series = Series("open_interest", known(category), symbol, interval_of(interval))
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

    async def fetch_long_short_ratio(
        self,
        symbol: str,
        interval: str | int,
        start: Time,
        end: Time | None = None,
        *,
        category: Contract = "linear",
        dtype: Dtype = "float",
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """Fractions of accounts: ``buy_ratio`` and ``sell_ratio``, every 5m, 15m, 30m, 1h, 4h or 1d."""
        series = Series("long_short_ratio", known(category), symbol, interval_of(interval))
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

    async def fetch_trades(
        self,
        symbol: str,
        start: Time,
        end: Time | None = None,
        *,
        category: Literal["spot", "linear", "inverse"] = "linear",
        dtype: Dtype = "float",
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """Public trades: ``price``, ``size``, ``side`` (the taker's) and ``id``; several may share a time.

        Past days come from the archive, a whole day at a time; of the present day REST knows the latest thousand, and
        ``gaps`` says what lies between.
        """
        series = Series("trades", one_of(category, ("spot", "linear", "inverse"), "category"), symbol, "all")
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

    async def fetch_orderbook_snapshots(
        self,
        symbol: str,
        start: Time,
        end: Time | None = None,
        *,
        category: Literal["spot", "linear", "inverse"] = "linear",
        every: str = "1m",
        depth: int = 10,
        dtype: Dtype = "float",
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """The order book in regular steps, from the archive's recordings.

        Columns are ``bid1_price``, ``bid1_size``, ``ask1_price`` and so on, the best level first.
        `every` is the step (``"100ms"``, ``"1s"``, ``"1m"``), `depth` the levels a side, 1 to 200. Days that were not
        recorded are in ``gaps``.
        """
        wanted = one_of(category, ("spot", "linear", "inverse"), "category")
        series = Series("orderbook_snapshots", wanted, symbol, book_interval(every, depth))
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

    async def fetch_instruments(
        self, *, category: Category = "linear", status: InstrumentStatus | None = None
    ) -> pandas.DataFrame:
        """Every instrument of a category as it is now, one row each, by symbol; not stored."""
        import pandas as pd

        if status is not None:
            one_of(status, get_args(InstrumentStatus), "status")
        rows = [row async for row in self._market.get_instruments_info(category=category, status=status)]
        if not rows:
            return pd.DataFrame(index=pd.Index([], name="symbol", dtype=str))
        frame = to_frame(rows).set_index("symbol").sort_index()
        for name in ("launch_time", "delivery_time"):
            if name in frame:
                frame[name] = pd.to_datetime(frame[name].where(frame[name] != 0), unit="ms", utc=True)
        return frame

    async def download(
        self,
        symbol: str,
        interval: str | int,
        start: Time,
        end: Time | None = None,
        *,
        category: Category = "linear",
        price: Price = "last",
        progress: OnProgress | None = None,
    ) -> Coverage:
        """Bring candles into the store without making a frame of them; return which ranges of it are complete.

        Memory does not grow with the range. See `fetch_klines`.
        """
        kind = _KLINES[one_of(price, tuple(_KLINES), "price")]
        series = Series(kind, known(category), symbol, interval_of(interval))
        source.check(series)
        if progress is not None:
            callback_of(progress, "progress")
        return await self._history.fill(series, await self._history.span(start, end, series), progress)

    async def verify(self) -> list[Report]:
        """Check every file of the store: readable, in its place, without doubles or gaps. Nothing is changed."""
        return await verify(self.store)

    async def repair(self, progress: OnProgress | None = None) -> list[Report]:
        """Remove what is damaged and fetch it and every gap again; return what `verify` says afterwards."""
        return await repair(self.store, self._history, progress)

    async def aclose(self) -> None:
        """End the live helpers and close the archive's connections. Idempotent."""
        await super().aclose()
        await self._archive.aclose()
        self.memory.clear()

    async def _frame(
        self,
        series: Series,
        start: Time,
        end: Time | None,
        *,
        dtype: Dtype,
        use_cache: bool,
        unfinished: bool = False,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        one_of(dtype, ("float", "decimal"), "dtype")
        source.check(series)
        if progress is not None:
            callback_of(progress, "progress")
        span = await self._history.span(start, end, series if use_cache else None)
        return await self._history.frame(
            series, span, dtype=dtype, use_cache=use_cache, unfinished=unfinished, progress=progress
        )
