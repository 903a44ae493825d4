"""The order book of this moment, and its sums."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

import msgspec

from bybit_async.models.market.books import Level

if TYPE_CHECKING:
    import pandas


class BookNow(msgspec.Struct, frozen=True):
    """A book, and how old it is.

    Attributes:
        bids: best (highest) first.
        asks: best (lowest) first.
        age: seconds since it was true: since the last message, or since Bybit made the snapshot.
        source: ``"stream"`` or ``"rest"``.
    """

    symbol: str
    bids: list[Level]
    asks: list[Level]
    age: float
    source: Literal["stream", "rest"]

    def to_frame(self) -> pandas.DataFrame:
        """Return it as a frame; see `Data.get_aggregated_orderbook`."""
        return aggregated(self, None)


def aggregated(book: BookNow, step: Decimal | None) -> pandas.DataFrame:
    """Return a book as a frame with sums from the best level on."""
    import pandas as pd

    sides = [("Buy", _joined(book.bids, step, up=False)), ("Sell", _joined(book.asks, step, up=True))]
    rows = []
    for side, levels in sides:
        sizes = accumulate(size for _, size in levels)
        values = accumulate(price * size for price, size in levels)
        rows += [
            (side, float(price), float(size), float(cum_size), float(cum_value))
            for (price, size), cum_size, cum_value in zip(levels, sizes, values, strict=True)
        ]
    frame = pd.DataFrame(rows, columns=["side", "price", "size", "cum_size", "cum_value"])
    frame.attrs |= {"symbol": book.symbol, "age": book.age, "source": book.source}
    return frame


def _joined(levels: list[Level], step: Decimal | None, *, up: bool) -> list[tuple[Decimal, Decimal]]:
    if step is None:
        return [(level.price, level.size) for level in levels]
    sums: dict[Decimal, Decimal] = {}
    for level in levels:
        whole = level.price // step
        if up and whole * step != level.price:
            whole += 1
        sums[whole * step] = sums.get(whole * step, Decimal(0)) + level.size
    return list(sums.items())
