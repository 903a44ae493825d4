"""One file of the store: rows as Parquet that any engine reads, and in its footer what it covers.

Prices and sizes are Parquet decimals, delta-encoded, so a one-minute candle takes about 14 bytes and every digit that
Bybit sent survives. What a file covers is part of the file: rows and coverage become visible by the same rename, so
there is no moment at which they can disagree. Pages carry check sums, and the footer one of what stands outside of
them, so that a bit that a disk has lost is damage and not another price.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

import msgspec
import numpy as np

from bybit_async.data.columns import Numbers, Table
from bybit_async.data.coverage import Coverage
from bybit_async.data.errors import StoreDamaged, StoreTooNew
from bybit_async.data.series import series_of

VERSION = 2
"""The layout of the store. Before 2 it did not say which exchange its rows are of."""
_KEY = b"bybit_async"
_PRECISION = 18


class _Footer(msgspec.Struct):
    version: int
    coverage: list[tuple[int, int]]
    identity: str = ""
    # Files written before there was one have none.
    check: int | None = None


def write_parquet(table: Table, coverage: Coverage, identity: str) -> bytes:
    """Return the bytes of a file; its footer says what it covers, and of which exchange."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {"time": pa.array(table.times, pa.timestamp("ms", "UTC"))}
    columns |= {name: _decimals(column) for name, column in table.numbers.items()}
    columns |= {name: pa.array(column, pa.string()) for name, column in table.texts.items()}
    footer = msgspec.json.encode(_Footer(VERSION, list(coverage), identity, _check_of(table, coverage)))
    arrow = pa.table(columns).replace_schema_metadata({_KEY: footer})
    target = io.BytesIO()
    pq.write_table(
        arrow,
        target,
        compression="zstd",
        write_page_checksum=True,
        store_decimal_as_integer=True,
        use_dictionary=[name for name in table.texts if name != "id"],  # pyright: ignore[reportArgumentType]
        column_encoding={"time": "DELTA_BINARY_PACKED"} | dict.fromkeys(table.numbers, "DELTA_BINARY_PACKED"),
    )
    return target.getvalue()


def read_parquet(path: str, content: bytes) -> tuple[Table, Coverage]:
    """Return the rows and the coverage of a file.

    Raises:
        StoreDamaged: this library did not write it, it is broken, or it is in the folder of another exchange.
        StoreTooNew: a newer version wrote it.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False, page_checksum_verification=True)
        footer = _footer(path, file.metadata.metadata)
        table = _table(file)
    except (pa.ArrowException, OSError, LookupError, ArithmeticError, ValueError, TypeError, AttributeError) as error:
        # Whatever Arrow makes of bytes that are no file: it has no one error for them.
        raise StoreDamaged(path, f"cannot be read ({error})") from error
    series = series_of(path)
    if series is not None and series.identity != footer.identity:
        raise StoreDamaged(path, f"holds rows of {footer.identity or 'an unknown exchange'}, not of {series.identity}")
    coverage = Coverage(footer.coverage)
    if footer.check is not None and footer.check != _check_of(table, coverage):
        raise StoreDamaged(path, "does not agree with its own check sum")
    return table, coverage


def _check_of(table: Table, coverage: Coverage) -> int:
    # A sum is enough to see that a page was read as what it is not; the page's own check sum sees everything else.
    numbers = [(name, column.scale, int(column.values.sum())) for name, column in table.numbers.items()]
    columns = [*numbers, *table.texts]
    shape = msgspec.json.encode([len(table), columns, list(coverage)])
    return zlib.crc32(table.times.tobytes(), zlib.crc32(shape))


def scales_in(path: str, content: bytes) -> dict[str, int]:
    """Return the scale of each column of numbers without reading the rows; raises `StoreDamaged`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(pa.BufferReader(content))
    except (pa.ArrowException, OSError, LookupError, ValueError, TypeError) as error:
        raise StoreDamaged(path, f"cannot be read ({error})") from error
    return {field.name: field.type.scale for field in schema if pa.types.is_decimal(field.type)}


def _footer(path: str, metadata: dict[bytes, bytes] | None) -> _Footer:
    text = (metadata or {}).get(_KEY)
    if text is None:
        raise StoreDamaged(path, "was not written by this library")
    try:
        footer = msgspec.json.decode(text, type=_Footer)
    except msgspec.MsgspecError as error:
        raise StoreDamaged(path, f"has an unreadable footer ({error})") from error
    if footer.version > VERSION:
        raise StoreTooNew(f"{path} was written by a newer version of this library (layout {footer.version})")
    return footer


def _decimals(column: Numbers) -> Any:
    import pyarrow as pa

    words = np.empty((len(column.values), 2), dtype=np.int64)
    words[:, 0] = column.values
    words[:, 1] = column.values >> 63
    kind = pa.decimal128(_PRECISION, column.scale)
    return pa.Array.from_buffers(kind, len(words), [None, pa.py_buffer(words)])


def _table(file: Any) -> Table:
    import pyarrow as pa

    numbers, texts = {}, {}
    # One column after the other: Arrow keeps what it decodes into for later, and decimals take twice their room there.
    for name in file.schema_arrow.names[1:]:
        column = file.read(columns=[name], use_threads=False).column(0)
        if pa.types.is_decimal(column.type):
            numbers[name] = _numbers(column)
        else:
            texts[name] = column.to_numpy(zero_copy_only=False).astype(object)
    times = file.read(columns=["time"], use_threads=False).column(0).cast(pa.int64()).to_numpy()
    return Table(np.array(times, dtype=np.int64), numbers, texts)


def _numbers(column: Any) -> Numbers:
    parts = []
    for chunk in column.chunks:
        words = np.frombuffer(chunk.buffers()[1], dtype=np.int64)
        parts.append(words[2 * chunk.offset : 2 * (chunk.offset + len(chunk)) : 2])
    values = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    return Numbers(values, column.type.scale)
