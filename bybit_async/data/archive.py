"""Bybit's public archive: files by day, as CSV or as recorded messages, further back than REST answers."""

from __future__ import annotations

import asyncio
import gzip
import io
import ssl
import zlib
from typing import Any

import httpx
import numpy as np

from bybit_async.data.columns import Numbers, Table, numbers_of
from bybit_async.data.coverage import Span
from bybit_async.data.intervals import date_text
from bybit_async.data.series import Series
from bybit_async.errors import AnswerLost, AnswerUnreadable, NotSent, TransportError

_ATTEMPTS = 4
_SCALE = 9
_LATEST_SECOND = 1e11
_GZIP = b"\x1f\x8b"
# Bybit keeps its order book recordings on a host of their own.
_BOOKS = {"https://public.bybit.com": "https://quote-saver.bycsi.com"}
_SIDES = {"b": "Buy", "s": "Sell"}


class Archive:
    """Reads files of one archive.

    Args:
        base_url: where it is, as ``https://public.bybit.com``; empty for an environment that has none.
        ssl_context: what to trust there, instead of the usual certificates.
    """

    def __init__(self, base_url: str, ssl_context: ssl.SSLContext | None = None) -> None:
        self._ssl_context = ssl_context
        self._base_url = base_url.rstrip("/")
        self._book_url = _BOOKS.get(self._base_url, self._base_url)
        self._client: httpx.AsyncClient | None = None

    @property
    def available(self) -> bool:
        """Whether there is an archive at all."""
        return bool(self._base_url)

    async def trades(self, series: Series, day: Span) -> Table | None:
        """Return the trades of one UTC day, or None when the archive has no such file."""
        symbol, date = series.symbol, date_text(day[0])
        name = f"/spot/{symbol}/{symbol}_{date}" if series.category == "spot" else f"/trading/{symbol}/{symbol}{date}"
        content = await self._get(f"{self._base_url}{name}.csv.gz")
        return None if content is None else await asyncio.to_thread(_trades, content)

    async def index_klines(self, series: Series, day: Span) -> Table | None:
        """Return the one-minute index klines of one UTC day, or None."""
        name = f"/spot_index/{series.symbol}/{series.symbol}{date_text(day[0])}_index_price.csv.gz"
        content = await self._get(self._base_url + name)
        return None if content is None else await asyncio.to_thread(_klines, content, series.about.numbers)

    async def order_book(self, series: Series, day: Span) -> bytes | None:
        """Return the recorded order book messages of one UTC day, one a line, or None."""
        for depth in (200, 500) if series.category != "spot" else (200,):
            name = (
                f"/orderbook/{series.category}/{series.symbol}/{date_text(day[0])}_{series.symbol}_ob{depth}.data.zip"
            )
            content = await self._get(self._book_url + name)
            if content is not None:
                return await asyncio.to_thread(_unzipped, content)
        return None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _get(self, url: str) -> bytes | None:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=60, follow_redirects=True, verify=self._ssl_context or True)
        error: TransportError = NotSent(f"{url} was not asked for")
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(0.25 * 2**attempt)
            try:
                answer = await self._client.get(url)
            except httpx.ConnectError as failed:
                error = NotSent(f"{url}: {failed}")
                continue
            except httpx.HTTPError as failed:
                error = AnswerLost(f"{url}: {failed!r}")
                continue
            if answer.status_code == 200:
                return answer.content
            # The archive's store answers 403 for what it does not have, when it may not list the folder.
            if answer.status_code in (403, 404):
                return None
            error = AnswerUnreadable(f"{url}: HTTP {answer.status_code}", status=answer.status_code)
        raise error


def _unpacked(content: bytes) -> bytes:
    # Some of the older files are packed twice.
    try:
        while content.startswith(_GZIP):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise AnswerUnreadable(f"an archive file that is damaged: {error}", body=content) from error
    return content


def _unzipped(content: bytes) -> bytes:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return packed.read(packed.namelist()[0])
    except (zipfile.BadZipFile, IndexError, EOFError, zlib.error) as error:
        raise AnswerUnreadable(f"an archive file that is damaged: {error}", body=content) from error


def _read_csv(content: bytes, numbers: tuple[str, ...]) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    exact = pa.decimal128(38, _SCALE)
    options = csv.ConvertOptions(column_types=dict.fromkeys(numbers, exact) | {"id": pa.string()})
    try:
        return csv.read_csv(pa.BufferReader(_unpacked(content)), convert_options=options)
    except pa.ArrowException as error:
        raise AnswerUnreadable(f"an archive file that is no such table: {error}", body=content) from error


def _column(table: Any, *names: str) -> Any:
    for name in names:
        if name in table.column_names:
            return table.column(name).combine_chunks()
    raise AnswerUnreadable(f"an archive file without {' or '.join(names)}: {table.column_names}")


def _numbers(column: Any) -> Numbers:
    """Return a column of decimals with the fewest places that hold them all."""
    words = np.frombuffer(column.buffers()[1], dtype=np.int64)
    low, high = (words[2 * column.offset + i : 2 * (column.offset + len(column)) : 2] for i in (0, 1))
    if not np.array_equal(high, low >> 63):
        return numbers_of(column.to_pylist())
    values, scale = low, _SCALE
    while scale and not (values % 10).any():
        values, scale = values // 10, scale - 1
    return Numbers(np.ascontiguousarray(values), scale)


def _times(table: Any) -> Any:
    # Contracts have seconds with up to six decimals, spot whole milliseconds.
    values = np.asarray(_column(table, "timestamp", "start_at").to_numpy(zero_copy_only=False), dtype=np.float64)
    if len(values) and values[0] < _LATEST_SECOND:
        # A float of seconds is off by up to a quarter of a microsecond, which must not cost a whole millisecond.
        values = values * 1000 + 0.001
    return np.floor(values).astype(np.int64)


def _trades(content: bytes) -> Table:
    table = _read_csv(content, ("price", "size", "volume"))
    times = _times(table)
    sides = np.array([_SIDES.get(text[:1].lower(), text) for text in _column(table, "side").to_pylist()], dtype=object)
    ids = np.array(_column(table, "trdMatchID", "id").to_pylist(), dtype=object)
    numbers = {"price": _numbers(_column(table, "price")), "size": _numbers(_column(table, "size", "volume"))}
    found = Table(times, numbers, {"side": sides, "id": ids})
    # The oldest files run backwards; turned round first, trades of the same millisecond keep their order.
    return (found.take(slice(None, None, -1)) if len(times) and times[0] > times[-1] else found).ordered(unique=False)


def _klines(content: bytes, names: tuple[str, ...]) -> Table:
    table = _read_csv(content, names)
    numbers = {name: _numbers(_column(table, name)) for name in names}
    return Table(_times(table), numbers).ordered(unique=True)
