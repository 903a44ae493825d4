"""From the bytes of an answer straight to exact columns, without an object per number."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from bybit_async.data.columns import Integers, Numbers, Table, align, empty, numbers_of
from bybit_async.errors import AnswerUnreadable

_COMMA, _DOT, _ZERO, _NINE, _OPENING = b",.09["
_LONGEST = 18


class RawRows(msgspec.Struct):
    """The ``list`` of an answer, still as bytes."""

    rows: msgspec.Raw = msgspec.field(name="list", default=msgspec.Raw(b"[]"))


_list_decoder = msgspec.json.Decoder(RawRows)
_texts_decoder = msgspec.json.Decoder(list[list[str | int | float | None]])
_objects_decoder = msgspec.json.Decoder(list[dict[str, str | int | float | bool | None]])


def read_rows(result: bytes | RawRows, numbers: Sequence[str], fields: Sequence[str] = ()) -> Table:
    """Read the ``list`` of a result: rows of a time and `numbers`; ascending by time.

    Args:
        result: the answer's ``result``, decoded into `RawRows` or as JSON.
        numbers: our names of the columns after the time.
        fields: the wire's names of the time and the columns, where rows are objects; without, rows are arrays.

    Raises:
        AnswerUnreadable: the rows have another shape, or hold what is not a number.
    """
    try:
        rows = bytes((result if isinstance(result, RawRows) else _list_decoder.decode(result)).rows)
        if rows == b"[]" or rows == b"null":
            return empty(numbers)
        if fields:
            return _from_objects(rows, numbers, fields)
        return (_from_text(rows, numbers) or _from_arrays(rows, numbers)).ordered(unique=True)
    except (msgspec.MsgspecError, ArithmeticError, KeyError, IndexError, ValueError) as error:
        raise AnswerUnreadable(
            f"rows that cannot be read: {error!r}", body=result if isinstance(result, bytes) else b""
        ) from error


def table_of(times: Sequence[int], texts: Sequence[Sequence[str]], numbers: Sequence[str]) -> Table:
    """Return rows of texts as a table: the times, and beside each as many plain numbers as there are `numbers`."""
    found = _integers(",".join(chain.from_iterable(texts)).encode())
    opened = np.array(times, dtype=np.int64)
    if found is None:
        columns = zip(*texts, strict=True)
        return Table(opened, {name: _exact(column) for name, column in zip(numbers, columns, strict=True)})
    values, decimals = (part.reshape(len(times), len(numbers)).T for part in found)
    return Table(opened, {name: align(values[i], decimals[i]) for i, name in enumerate(numbers)})


def column_of(texts: Sequence[str]) -> Numbers:
    """Return numbers that are written out as a column."""
    found = _integers(",".join(texts).encode())
    return _exact(texts) if found is None else align(*found)


def _from_text(rows: bytes, numbers: Sequence[str]) -> Table | None:
    width = len(numbers) + 1
    # As many rows as brackets: a column that Bybit adds some day must not shift all others.
    count = int(np.count_nonzero(np.frombuffer(rows, np.uint8) == _OPENING)) - 1
    found = _integers(rows.translate(None, b'[]" \n'))
    if found is None or len(found[0]) != width * count:
        return None
    values, decimals = (np.ascontiguousarray(part.reshape(count, width)[::-1].T) for part in found)
    return Table(values[0], {name: align(values[i], decimals[i]) for i, name in enumerate(numbers, 1)})


def _integers(text: bytes) -> tuple[Integers, Integers] | None:
    """Return every number's digits as one integer, and how many of them are decimals; None when some are too long."""
    # Signs are put aside for the search only: then whatever is below a digit is a comma or a dot, or makes it give up.
    buffer = np.frombuffer((text.replace(b"-", b"0") if b"-" in text else text) + b",", np.uint8)
    marks = np.flatnonzero(buffer < _ZERO)
    found = buffer.take(marks)
    dots = found == _DOT
    ends = np.flatnonzero(found == _COMMA)
    if int(buffer.max()) > _NINE or len(ends) + int(np.count_nonzero(dots)) != len(found):
        return None
    if (dots[1:] & dots[:-1]).any():
        return None
    closed, before = marks.take(ends), ends - 1
    # Nothing precedes the first number; the last mark, a comma as well, may take its place.
    decimals = (closed - marks.take(before, mode="wrap") - 1) * dots.take(before, mode="wrap")
    # Where each number ends once commas and dots are gone.
    places = np.zeros(len(ends) + 1, dtype=np.int32)
    np.subtract(closed, ends, out=places[1:], casting="same_kind")
    lengths = places[1:] - places[:-1]
    if lengths.min() < 1 or lengths.max() > _LONGEST:
        return None
    return _parsed(text.translate(None, b",."), places), decimals


def _parsed(digits: bytes, places: NDArray[np.int32]) -> Integers:
    """Read integers that follow each other without anything between them."""
    import pyarrow as pa

    texts = pa.Array.from_buffers(pa.utf8(), len(places) - 1, [None, pa.py_buffer(places), pa.py_buffer(digits)])
    values: Integers = texts.cast(pa.int64()).to_numpy()
    return values


def _from_arrays(rows: bytes, numbers: Sequence[str]) -> Table:
    read = _texts_decoder.decode(rows)[::-1]
    # A row without its price (a candle that Bybit has no figure for) is no row: it shows as a gap.
    whole = [row for row in read if all(cell not in ("", None) for cell in row)]
    times = np.array([int(row[0] or 0) for row in whole], dtype=np.int64)
    return Table(times, {name: _exact([row[i] for row in whole]) for i, name in enumerate(numbers, 1)})


def _from_objects(rows: bytes, numbers: Sequence[str], fields: Sequence[str]) -> Table:
    read = _objects_decoder.decode(rows)[::-1]
    whole = [row for row in read if all(row[field] not in ("", None) for field in fields)]
    times = np.array([int(row[fields[0]] or 0) for row in whole], dtype=np.int64)
    columns = {name: _exact([row[field] for row in whole]) for name, field in zip(numbers, fields[1:], strict=True)}
    return Table(times, columns).ordered(unique=True)


def _exact(cells: Sequence[str | int | float | bool | None]) -> Numbers:
    return numbers_of([Decimal(str(cell)) for cell in cells])
