"""Recordings: files of order book frames or trades, read line by line into events in order of time.

What is understood: stream frames (``orderbook.*``, ``publicTrade.*``) or trades of REST, one JSON object a line, and
the CSV files of Bybit's public archive; each plain, gzipped (``.gz``) or zipped (``.zip``).
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from bybit_async.errors import BybitError
from bybit_async.simulator.engine.matching import Side

# Timestamps below this are seconds: as milliseconds they would be in 1973.
_SECONDS = 100_000_000_000


class RecordingError(BybitError, ValueError):
    """A recording cannot be read, or does not fit the exchange; `line` is where (0: as a whole)."""

    def __init__(self, file: Path | str, line: int, reason: str) -> None:
        name = file.name if isinstance(file, Path) else file
        super().__init__(f"{name}, line {line}: {reason}" if line else f"{name}: {reason}")
        self.file = file
        self.line = line


class BookFrame(NamedTuple):
    """One order book message as it was recorded."""

    time: int
    symbol: str
    topic: str
    message: dict[str, Any]


class RecordedTrade(NamedTuple):
    """One public trade as it was recorded; `side` is the taker's."""

    time: int
    symbol: str
    side: Side
    price: Decimal
    qty: Decimal
    trade_id: str


Event = BookFrame | RecordedTrade


def read(file: Path, symbol: str | None) -> Generator[Event]:
    """Yield the events of a file; `symbol` names what rows without a symbol are about.

    Raises:
        RecordingError: a line is neither a frame nor a trade.
        OSError: the file cannot be read.
    """
    with ExitStack() as stack:
        lines = _open(file, stack)
        number = 0
        header: list[str] | None = None
        for number, text in enumerate(lines, 1):
            line = text.strip()
            if not line:
                continue
            try:
                if line.startswith("{"):
                    yield from _events(orjson.loads(line), symbol)
                elif header is None:
                    header = next(csv.reader([line]))
                else:
                    row = dict(zip(header, next(csv.reader([line])), strict=False))
                    yield _trade(row, symbol)
            except (KeyError, TypeError, ValueError, InvalidOperation) as error:
                raise RecordingError(file, number, f"not understood ({error})") from error
        if not number:
            raise RecordingError(file, 0, "the recording is empty")


def _open(file: Path, stack: ExitStack) -> Iterator[str]:
    if file.suffix == ".zip":
        archive = stack.enter_context(zipfile.ZipFile(file))
        member = stack.enter_context(archive.open(archive.namelist()[0]))
        return stack.enter_context(io.TextIOWrapper(member, encoding="utf-8"))
    if file.suffix == ".gz":
        return stack.enter_context(gzip.open(file, "rt", encoding="utf-8"))
    return stack.enter_context(file.open(encoding="utf-8"))


def _events(row: dict[str, Any], symbol: str | None) -> Iterator[Event]:
    topic = row.get("topic")
    if topic is None:
        if "price" in row:
            yield _trade(row, symbol)
    elif topic.startswith("orderbook."):
        # Frames of other topics, and the acknowledgements between them, belong to a capture and are passed over.
        yield BookFrame(int(row["ts"]), str(row["data"]["s"]), topic, row)
    elif topic.startswith("publicTrade."):
        for trade in row["data"]:
            yield RecordedTrade(
                int(trade["T"]), trade["s"], _side(trade["S"]), Decimal(trade["p"]), Decimal(trade["v"]), trade["i"]
            )


def _trade(row: Mapping[str, Any], symbol: str | None) -> RecordedTrade:
    stamp = Decimal(str(row["timestamp"] if "timestamp" in row else row["time"]))
    name = row.get("symbol") or symbol
    if not name:
        raise ValueError("no symbol: name it with `symbol`")
    identity = row.get("trdMatchID") or row.get("execId") or row.get("id") or ""
    size = row["size"] if "size" in row else row["volume"]
    time = int(stamp if stamp >= _SECONDS else stamp * 1000)
    return RecordedTrade(
        time, str(name), _side(row["side"]), Decimal(str(row["price"])), Decimal(str(size)), str(identity)
    )


def _side(text: str) -> Side:
    sides: dict[str, Side] = {"buy": "Buy", "sell": "Sell"}
    return sides[text.lower()]
