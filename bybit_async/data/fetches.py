"""Every kind of history as frames: the ``fetch_…`` methods of `Data`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bybit_async.data.arguments import callback_of
from bybit_async.data.download import OnProgress
from bybit_async.data.frames import Dtype
from bybit_async.data.history import History
from bybit_async.data.requested import Contract, Price, requested_series
from bybit_async.data.series import Series
from bybit_async.enums import Category
from bybit_async.models.checks import one_of
from bybit_async.wire import Time

if TYPE_CHECKING:
    import pandas


class Fetches:
    """The part of `Data` that returns frames of history."""

    def __init__(self, history: History, identity: str) -> None:
        self._history = history
        self._identity = identity

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
        series = requested_series("klines", symbol, self._identity, category=category, interval=interval, price=price)
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
        series = requested_series("klines", symbol, self._identity, category=category, interval=interval, price="mark")
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
        """Candles of the index price; see `fetch_klines`. One-minute candles that REST lacks come from the archive."""
        series = requested_series("klines", symbol, self._identity, category=category, interval=interval, price="index")
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
        series = requested_series(
            "klines", symbol, self._identity, category=category, interval=interval, price="premium"
        )
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
        series = requested_series("funding_rates", symbol, self._identity, category=category)
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
        series = requested_series("open_interest", symbol, self._identity, category=category, interval=interval)
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
        series = requested_series("long_short_ratio", symbol, self._identity, category=category, interval=interval)
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

    async def fetch_trades(
        self,
        symbol: str,
        start: Time,
        end: Time | None = None,
        *,
        category: Category = "linear",
        dtype: Dtype = "float",
        use_cache: bool = True,
        progress: OnProgress | None = None,
    ) -> pandas.DataFrame:
        """Public trades: ``price``, ``size``, ``side`` (the taker's) and ``id``; several may share a time.

        Past days come from the archive, a whole day at a time; of the present day REST knows the latest thousand
        (60 of spot), and ``gaps`` says what lies between.
        """
        series = requested_series("trades", symbol, self._identity, category=category)
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
        series = requested_series(
            "orderbook_snapshots", symbol, self._identity, category=category, every=every, depth=depth
        )
        return await self._frame(series, start, end, dtype=dtype, use_cache=use_cache, progress=progress)

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
        if progress is not None:
            callback_of(progress, "progress")
        span = await self._history.span(start, end, series if use_cache else None)
        return await self._history.frame(
            series, span, dtype=dtype, use_cache=use_cache, unfinished=unfinished, progress=progress
        )
