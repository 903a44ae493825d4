"""What is stored: the kinds of data, and one series of a kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote, unquote

import msgspec

from bybit_async.data import intervals
from bybit_async.data.coverage import Span

KindName = Literal[
    "klines",
    "mark_klines",
    "index_klines",
    "premium_klines",
    "funding_rates",
    "open_interest",
    "long_short_ratio",
    "trades",
    "orderbook_snapshots",
]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of data.

    Attributes:
        name: as it is spelled in the store.
        numbers: the columns that are numbers, in order; none where they depend on the depth that is asked for.
        texts: the columns that are texts.
        unique: whether no two rows have the same time.
        regular: whether there is a row for every interval, so that holes can be found.
        daily: one file for each day, instead of for each month.
    """

    name: KindName
    numbers: tuple[str, ...]
    texts: tuple[str, ...] = ()
    unique: bool = True
    regular: bool = True
    daily: bool = False


_OHLC = ("open", "high", "low", "close")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name="klines", numbers=(*_OHLC, "volume", "turnover")),
        Kind(name="mark_klines", numbers=_OHLC),
        Kind(name="index_klines", numbers=_OHLC),
        Kind(name="premium_klines", numbers=_OHLC),
        Kind(name="funding_rates", numbers=("funding_rate",), regular=False),
        Kind(name="open_interest", numbers=("open_interest",)),
        Kind(name="long_short_ratio", numbers=("buy_ratio", "sell_ratio")),
        Kind(name="trades", numbers=("price", "size"), texts=("side", "id"), unique=False, regular=False, daily=True),
        Kind(name="orderbook_snapshots", numbers=(), regular=False, daily=True),
    )
}


class Series(msgspec.Struct, frozen=True):
    """One thing that is recorded over time.

    Attributes:
        kind: the name of its `Kind`.
        category: spot, linear, inverse or option.
        symbol: as Bybit spells it.
        interval: Bybit's spelling; ``"all"`` for events that have none.
        identity: whose market it is of, as `Environment.identity` says: ``"mainnet"``, ``"testnet"`` …
    """

    kind: KindName
    category: str
    symbol: str
    interval: str
    identity: str

    @property
    def about(self) -> Kind:
        """What holds for every series of its kind."""
        return KINDS[self.kind]

    @property
    def folder(self) -> str:
        """Its place in the store."""
        return (
            f"identity={quote(self.identity, safe='')}/kind={self.kind}/category={self.category}"
            f"/symbol={quote(self.symbol, safe='')}/interval={quote(self.interval, safe='')}"
        )

    def unit_of(self, time: int) -> Span:
        """Return the span that the file holding `time` is for."""
        return intervals.day_of(time) if self.about.daily else intervals.month_of(time)

    def units(self, start: int, end: int) -> list[Span]:
        """Return the spans of all files that touch a range, ascending."""
        found = []
        while start < end:
            unit = self.unit_of(start)
            found.append(unit)
            start = unit[1]
        return found

    def path_of(self, unit: Span) -> str:
        """Return the file of a unit, below the store's root."""
        year, month, day = intervals.date_text(unit[0]).split("-")
        return f"{self.folder}/year={year}/month={month}/{day if self.about.daily else 'month'}.parquet"

    def __str__(self) -> str:
        return f"{self.identity} {self.kind} {self.category} {self.symbol} {self.interval}"


_PARTITIONS = {"identity", "category", "symbol", "interval", "year", "month"}


def _partitions(path: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in path.split("/")[:-1] if "=" in part)


def series_of(path: str) -> Series | None:
    """Return the series that a file of the store belongs to, or None for any other file."""
    parts = _partitions(path)
    if parts.get("kind") not in KINDS or _PARTITIONS - parts.keys():
        return None
    kind: KindName = parts["kind"]  # type: ignore[assignment]
    symbol, interval, identity = (unquote(parts[name]) for name in ("symbol", "interval", "identity"))
    return Series(kind, parts["category"], symbol, interval, identity)


def unit_of_path(series: Series, path: str) -> Span | None:
    """Return the span that a file is for, or None if it is not a file of the store: a copy, for example."""
    parts = _partitions(path)
    name = path.rsplit("/", 1)[-1].removesuffix(".parquet")
    try:
        day = int(name) if series.about.daily else 1
        opened = datetime(int(parts["year"]), int(parts["month"]), day, tzinfo=UTC)
    except (KeyError, ValueError):
        return None
    unit = series.unit_of(int(opened.timestamp()) * 1000)
    return unit if series.path_of(unit) == path else None
