"""Bybit's public archive: files by day, as CSV or as recorded messages, further back than REST answers."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import IO

from bybit_async.data import books
from bybit_async.data.archive_client import ArchiveClient, ArchiveLimits, unpacked
from bybit_async.data.archive_tables import INDEX_KLINES, OPTION_TRADES, TRADES, TableShape, read_table
from bybit_async.data.columns import Table, join
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.intervals import date_text
from bybit_async.data.series import Series
from bybit_async.errors import AnswerUnreadable

log: logging.Logger = logging.getLogger("bybit_async.data")

# Bybit keeps its order book recordings on a host of their own.
_BOOKS = {"https://public.bybit.com": "https://quote-saver.bycsi.com"}
_SETTLED_IN = "USDC"
"""What an option settles in whose symbol does not say so."""


class Archive:
    """Reads files of one archive.

    Args:
        base_url: where it is, as ``https://public.bybit.com``; empty for an environment that has none.
        ssl_context: what to trust there, instead of the usual certificates.
        limits: how much one file may take.
    """

    def __init__(
        self, base_url: str, ssl_context: ssl.SSLContext | None = None, limits: ArchiveLimits | None = None
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._book_url = _BOOKS.get(self._base_url, self._base_url)
        self._limits = limits or ArchiveLimits()
        self._client = ArchiveClient(ssl_context, self._limits)
        self._month: tuple[str, IO[bytes]] | None = None
        self._month_turn = asyncio.Lock()

    @property
    def available(self) -> bool:
        """Whether there is an archive at all."""
        return bool(self._base_url)

    async def trades(self, series: Series, day: Span) -> Table | None:
        """Return the trades of one UTC day, or None if the archive has no file of it."""
        symbol, date = series.symbol, date_text(day[0])
        if series.category == "option":
            coin, *rest = symbol.split("-")
            settled_in = rest[3] if len(rest) > 3 else _SETTLED_IN
            url = f"{self._base_url}/trade/option/{coin}/{date}_{coin}_{settled_in}.trades.csv.zip"
            return await self._table(url, OPTION_TRADES, day, symbol)
        if series.category != "spot":
            return await self._table(f"{self._base_url}/trading/{symbol}/{symbol}{date}.csv.gz", TRADES, day)
        table = await self._table(f"{self._base_url}/spot/{symbol}/{symbol}_{date}.csv.gz", TRADES, day)
        return table if table is not None else await self._trades_of_month(symbol, day)

    async def index_klines(self, series: Series, day: Span) -> Table | None:
        """Return the one-minute index klines of one UTC day, or None."""
        name = f"/spot_index/{series.symbol}/{series.symbol}{date_text(day[0])}_index_price.csv.gz"
        return await self._table(self._base_url + name, INDEX_KLINES, day)

    async def order_book(self, series: Series, day: Span) -> tuple[Table, Coverage] | None:
        """Return the snapshots of one UTC day, and what of it was recorded; None if there is no file of it."""
        date = date_text(day[0])
        for depth in (200, 500) if series.category != "spot" else (200,):
            name = f"/orderbook/{series.category}/{series.symbol}/{date}_{series.symbol}_ob{depth}.data.zip"
            file = await self._client.fetch(self._book_url + name)
            if file is not None:
                with file:
                    return await asyncio.to_thread(self._sample, self._book_url + name, file, series, day)
        return None

    async def aclose(self) -> None:
        """Close the connections, and forget what is kept of them."""
        self._forget_month()
        await self._client.aclose()

    async def _table(self, url: str, shape: TableShape, day: Span, symbol: str = "") -> Table | None:
        file = await self._client.fetch(url)
        if file is None:
            return None
        with file:
            return await asyncio.to_thread(self._read, url, file, shape, day, symbol)

    async def _trades_of_month(self, symbol: str, day: Span) -> Table | None:
        # The first years of spot exist by month only. One such file is kept while its days are read.
        url = f"{self._base_url}/spot/{symbol}/{symbol}-{date_text(day[0])[:7]}.csv.gz"
        async with self._month_turn:
            if self._month is None or self._month[0] != url:
                self._forget_month()
                file = await self._client.fetch(url)
                if file is None:
                    return None
                self._month = url, file
            return await asyncio.to_thread(self._read, *self._month, TRADES, day)

    def _forget_month(self) -> None:
        if self._month is not None:
            self._month[1].close()
            self._month = None

    def _read(self, url: str, file: IO[bytes], shape: TableShape, day: Span, symbol: str = "") -> Table:
        tables = []
        try:
            for stream in unpacked(file, self._limits):
                if not stream.peek(1):
                    # The archive has a few such files. The next request for the day need not fail because of it.
                    log.warning("%s is empty: %s counts as a day without a row", url, date_text(day[0]))
                tables.append(read_table(stream, shape, day, symbol))
        except AnswerUnreadable as error:
            raise AnswerUnreadable(f"{url}: {error.message}", body=error.body) from error
        return join(tables)

    def _sample(self, url: str, file: IO[bytes], series: Series, day: Span) -> tuple[Table, Coverage]:
        try:
            lines = (line for stream in unpacked(file, self._limits) for line in books.lines_of(stream))
            return books.sample(lines, series, day)
        except AnswerUnreadable as error:
            raise AnswerUnreadable(f"{url}: {error.message}", body=error.body) from error
