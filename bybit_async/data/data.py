"""`Data`: what a session offers as `bybit.data`."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

from bybit_async.api.market import Market
from bybit_async.api.resource import Caller
from bybit_async.data.archive import Archive
from bybit_async.data.arguments import callback_of
from bybit_async.data.cache import FrameCache
from bybit_async.data.coverage import Coverage
from bybit_async.data.division import Division
from bybit_async.data.download import OnProgress
from bybit_async.data.exchange_time import ExchangeTime
from bybit_async.data.frames import Dtype, to_frame
from bybit_async.data.history import History
from bybit_async.data.live import Live
from bybit_async.data.requested import Price, Requested, requested_series
from bybit_async.data.saved import load_frame, saved_series, table_of_frame
from bybit_async.data.store import Store
from bybit_async.data.supply import Supply
from bybit_async.data.upkeep import Report, repair, verify
from bybit_async.enums import Category, InstrumentStatus
from bybit_async.environments import Environment
from bybit_async.errors import InvalidParameter
from bybit_async.models.checks import one_of
from bybit_async.stream.streams import Streams
from bybit_async.transport.clock import Clock
from bybit_async.wire import Time

if TYPE_CHECKING:
    import pandas


class Data(Live):
    """History that is downloaded once and kept, and live helpers.

    Every ``fetch_…`` returns a pandas frame: a UTC `DatetimeIndex` called ``time``, ascending, float64 columns
    (`dtype="decimal"`: exact `Decimal`), no doubles and no unfinished candle. ``frame.attrs`` says whose market it is
    (``identity``), where it came from (``source``), what is complete (``coverage``) and what is missing (``gaps``).
    `end` is exclusive and may be left out for "until now"; times are text, `datetime`, `date` or milliseconds. What was
    fetched once is kept in the store, and only what is missing is asked for again; ``use_cache=False`` goes past store
    and memory.

    Args:
        caller: sends requests within the rate limits.
        environment: where the archive is.
        clock: exchange time.
        streams: returns the session's streams.
        place: a folder or an fsspec address for the store; None for the user's own data folder.
        leases: where processes that share the store divide downloads; None where each downloads for itself.
        memory: bytes of frames that are kept in memory.
        ssl_context: what to trust where the archive is, instead of the usual certificates.

    Raises:
        InvalidParameter: from any of them: an unknown symbol or interval, or a start that is not before the end.
        StoreError: the store cannot be written, or another version of the library wrote it.
    """

    def __init__(
        self,
        caller: Caller,
        environment: Environment,
        clock: Clock,
        streams: Callable[[], Streams],
        *,
        place: str | os.PathLike[str] | None = None,
        leases: str | os.PathLike[str] | None = None,
        memory: int = 256 * 1024 * 1024,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        market = Market(caller)
        self._archive = Archive(environment.archive_url, ssl_context)
        self.store: Store = Store(place)
        self.memory: FrameCache = FrameCache(memory)
        time = ExchangeTime(clock, market)
        supply = Supply(caller, market, time, self._archive)
        division = None if leases is None else Division(leases, self.store.address)
        history = History(supply, time, self.store, self.memory, division)
        super().__init__(market, streams, history, clock, environment.identity)

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
        interval: str | int | None,
        start: Time,
        end: Time | None = None,
        *,
        kind: Requested = "klines",
        category: Category = "linear",
        price: Price = "last",
        every: str = "1m",
        depth: int = 10,
        progress: OnProgress | None = None,
    ) -> Coverage:
        """Bring history into the store without making a frame of it; return which ranges of it are complete.

        Memory does not grow with the range.

        Args:
            symbol: as Bybit spells it.
            interval: of candles, open interest and ratios; None for the other kinds, which have none.
            start: inclusive.
            end: exclusive; now, without it.
            kind: ``"klines"``, ``"funding_rates"``, ``"open_interest"``, ``"long_short_ratio"``, ``"trades"`` or
                ``"orderbook_snapshots"``.
            category: which market.
            price: of candles; see `fetch_klines`.
            every: the step of order book snapshots.
            depth: levels a side of order book snapshots, 1 to 200.
            progress: called with a `Progress` after each window.
        """
        series = requested_series(
            kind, symbol, self._identity,
            category=category, interval=interval, price=price, every=every, depth=depth,
        )  # fmt: skip
        if progress is not None:
            callback_of(progress, "progress")
        return await self._history.fill(series, await self._history.span(start, end, series), progress)

    async def save(
        self,
        frame: pandas.DataFrame,
        symbol: str,
        interval: str | int,
        *,
        identity: str,
        category: Category = "linear",
        price: Price = "last",
    ) -> Coverage:
        """Store candles of your own or of another source, under an identity of their own; see `save`."""
        if identity == self._identity:
            raise InvalidParameter("identity", f"{identity!r} is this session's exchange; only downloads write there")
        series = saved_series(symbol, interval, identity=identity, category=category, price=price)
        table, coverage = await asyncio.to_thread(table_of_frame, frame, series)
        await self._history.keep(series, table, coverage)
        return coverage

    async def load(
        self,
        symbol: str,
        interval: str | int,
        start: Time | None = None,
        end: Time | None = None,
        *,
        identity: str,
        category: Category = "linear",
        price: Price = "last",
        dtype: Dtype = "float",
    ) -> pandas.DataFrame:
        """Return what is stored of candles of any identity, as a frame; nothing is downloaded. See `load`."""
        return await asyncio.to_thread(
            load_frame, self.store, symbol, interval, start, end,
            identity=identity, category=category, price=price, dtype=dtype,
        )  # fmt: skip

    async def verify(self) -> list[Report]:
        """Check every file of the store, of every exchange: readable, in its place, without doubles, gaps or holes.

        Nothing is changed.
        """
        return await verify(self.store)

    async def repair(self, progress: OnProgress | None = None) -> list[Report]:
        """Remove what is damaged and fetch it, every gap and every hole again; return what `verify` says afterwards.

        Only series of this session's exchange are repaired: another one's rows are not available here.
        """
        return await repair(self.store, self._history, self._identity, progress)

    async def aclose(self) -> None:
        """End the live helpers and close the archive's connections. Idempotent."""
        await super().aclose()
        await self._archive.aclose()
        self.memory.clear()
