"""Reading a book: exact prices and sizes out of two ladders of wire strings."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from bybit_async.models.market.books import Level
from bybit_async.state.ladder import Ladder, Row
from bybit_async.wire import Number, plain

if TYPE_CHECKING:
    import pandas


class BookView:
    """What a book can be asked; a `Decimal` is made only for what is read."""

    __slots__ = ("_ask", "_ask_row", "_asks", "_bid", "_bid_row", "_bids")

    def __init__(self) -> None:
        self._bids = Ladder(best_is_highest=True)
        self._asks = Ladder(best_is_highest=False)
        # The best level of each side as it was last read, and the row it was read from.
        self._bid: Level | None = None
        self._ask: Level | None = None
        self._bid_row: Row | None = None
        self._ask_row: Row | None = None

    @property
    def best_bid(self) -> Level | None:
        """The highest bid, or None when there is none."""
        row = self._bids.best()
        if row is not self._bid_row:
            self._bid, self._bid_row = row and as_level(row), row
        return self._bid

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask, or None when there is none."""
        row = self._asks.best()
        if row is not self._ask_row:
            self._ask, self._ask_row = row and as_level(row), row
        return self._ask

    @property
    def mid(self) -> Decimal | None:
        """The middle between best bid and best ask; None while a side is empty."""
        bid, ask = self.best_bid, self.best_ask
        return (bid.price + ask.price) / 2 if bid and ask else None

    @property
    def spread(self) -> Decimal | None:
        """Best ask minus best bid; None while a side is empty."""
        bid, ask = self.best_bid, self.best_ask
        return ask.price - bid.price if bid and ask else None

    def bids(self, n: int | None = None) -> list[Level]:
        """Return the best `n` bids, highest first; all of them by default."""
        return as_levels(self._bids.top(n))

    def asks(self, n: int | None = None) -> list[Level]:
        """Return the best `n` asks, lowest first; all of them by default."""
        return as_levels(self._asks.top(n))

    def depth_at(self, price: Number) -> Decimal:
        """Return the size resting at exactly this price, on whichever side it is; 0 when there is none.

        Raises:
            InvalidParameter: the price is no finite number.
        """
        wanted = plain(price, "price")
        size = self._bids.size_at(wanted) or self._asks.size_at(wanted)
        return Decimal(size) if size else Decimal(0)

    def vwap(self, side: Literal["Buy", "Sell"], qty: Number) -> Decimal | None:
        """Return the average price at which `qty` could be bought or sold at once.

        A buyer takes asks, a seller hits bids. None when the known levels do not hold that much.

        Raises:
            InvalidParameter: `qty` is no finite number.
        """
        wanted = left = Decimal(plain(qty, "qty"))
        if wanted <= 0:
            return None
        paid = Decimal(0)
        for price, size in self._asks if side == "Buy" else self._bids:
            taken = min(left, Decimal(size))
            paid += taken * Decimal(price)
            left -= taken
            if not left:
                return paid / wanted
        return None

    def imbalance(self, n: int = 1) -> Decimal | None:
        """Return (bid size − ask size) / (bid size + ask size) over the best `n` levels: −1 all asks, 1 all bids.

        None while both sides are empty.
        """
        bids = sum((level.size for level in self.bids(n)), Decimal(0))
        asks = sum((level.size for level in self.asks(n)), Decimal(0))
        return (bids - asks) / (bids + asks) if bids + asks else None

    def to_frame(self, n: int | None = None) -> pandas.DataFrame:
        """Return `side` ("Buy" for bids), `price` and `size` (float64) as a frame, best level of each side first."""
        import pandas

        bids, asks = self._bids.top(n), self._asks.top(n)
        rows = bids + asks
        return pandas.DataFrame(
            {
                "side": ["Buy"] * len(bids) + ["Sell"] * len(asks),
                "price": [float(price) for price, _ in rows],
                "size": [float(size) for _, size in rows],
            }
        )


def as_level(row: Row) -> Level:
    """Read one row of a ladder."""
    return Level(price=Decimal(row[0]), size=Decimal(row[1]))


def as_levels(rows: list[Row]) -> list[Level]:
    """Read rows of a ladder."""
    return [Level(price=Decimal(price), size=Decimal(size)) for price, size in rows]
