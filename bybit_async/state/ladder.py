"""One side of an order book: the wire's own strings, kept in price order.

A level is found by its price string in a dict, which is all that a change of size costs. Only a new or a vanished level
touches the two sorted arrays, and those keep the best price last, so that the memory a change moves is the short end.

Sort keys are floats. That is exact: up to 15 significant digits, distinct decimals are distinct doubles in the same
order, and equal decimals ("194.1" and "194.10") are the same double. A longer price switches its ladder to `Decimal`
keys.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from decimal import Decimal

_EXACT_AS_FLOAT = 15
_ZEROS = frozenset(["0", *("0." + "0" * places for places in range(1, 19))])

Key = float | Decimal
Row = tuple[str, str]
"""Price and size, as sent."""


class Ladder:
    """Prices and sizes of one side; iterates from the best level to the worst.

    Attributes:
        prices: the price of each level as sent, worst first.
        unknown_deletes: how often a level was deleted that was not there.
    """

    __slots__ = ("_ascending", "_best", "_decimal", "_keys", "_sizes", "prices", "unknown_deletes")

    def __init__(self, *, best_is_highest: bool) -> None:
        self._ascending = best_is_highest
        self._decimal = False
        self._sizes: dict[str, str] = {}
        # The sort key of each level: as many as there are prices, and in the same order.
        self._keys: list[Key] = []
        self.prices: list[str] = []
        self._best: Row | None = None
        self.unknown_deletes = 0

    def __len__(self) -> int:
        return len(self.prices)

    def __iter__(self) -> Iterator[Row]:
        sizes = self._sizes
        return ((price, sizes[price]) for price in reversed(self.prices))

    def best(self) -> Row | None:
        """Return price and size of the best level, as sent; the same object for as long as neither changes."""
        if not self.prices:
            return None
        price = self.prices[-1]
        size, known = self._sizes[price], self._best
        if known is None or known[0] is not price or known[1] is not size:
            known = self._best = price, size
        return known

    def top(self, count: int | None = None) -> list[Row]:
        """Return the best `count` levels, all of them by default, best first, as sent."""
        prices = self.prices[::-1] if count is None else self.prices[: -count - 1 : -1]
        sizes = self._sizes
        return [(price, sizes[price]) for price in prices]

    def size_at(self, price: str) -> str | None:
        """Return the size at a price, however the price is spelled."""
        size = self._sizes.get(price)
        if size is not None:
            return size
        at = self._find(price)
        return None if at is None else self._sizes[self.prices[at]]

    def replace(self, levels: Sequence[Row]) -> None:
        """Forget everything and take a snapshot's levels, in any order; of a price that comes twice, the last."""
        sizes = dict(levels)
        odd = len(sizes) != len(levels) or not _ZEROS.isdisjoint(sizes.values())
        before = self._sizes, self._decimal
        decimal = any(len(price) > _EXACT_AS_FLOAT for price in sizes)
        self._sizes, self._decimal = {} if odd else sizes, decimal
        try:
            self._sort()
        except (ValueError, ArithmeticError, TypeError):
            # Whoever reads the book meanwhile finds it as it last was.
            self._sizes, self._decimal = before
            raise
        if odd:
            self.change(levels)

    def change(self, levels: Sequence[Row]) -> None:
        """Apply a delta's levels: insert, resize, or delete where the size is zero."""
        sizes, zeros = self._sizes, _ZEROS
        for price, size in levels:
            if price in sizes:
                # Almost every size is a plain one, and comparing is quicker than looking up.
                if size != "0" and size not in zeros:
                    sizes[price] = size
                else:
                    self._delete(price)
            elif size != "0" and size not in zeros:
                self._insert(price)
                sizes[price] = size
            else:
                self._delete_alias(price)

    def use_decimals(self) -> None:
        """Sort by `Decimal` from now on, so that keys compare exactly with another ladder's."""
        if not self._decimal:
            self._decimal = True
            self._sort()

    def meets(self, asks: Ladder) -> bool:
        """Say whether this side's best bid is at or above the best ask of the other."""
        if self._decimal is not asks._decimal:
            self.use_decimals()
            asks.use_decimals()
        bid_keys, ask_keys = self._keys, asks._keys
        if not bid_keys or not ask_keys:
            return False
        # Asks are kept negated.
        best_ask = -ask_keys[-1] if not self._decimal else _negated(ask_keys[-1])
        return bid_keys[-1] >= best_ask

    def _key(self, price: str) -> Key:
        key: Key = Decimal(price) if self._decimal else float(price)
        return key if self._ascending else _negated(key)

    def _find(self, price: str) -> int | None:
        if len(price) > _EXACT_AS_FLOAT:
            self.use_decimals()
        key = self._key(price)
        at = bisect_left(self._keys, key)
        return at if at < len(self._keys) and self._keys[at] == key else None

    def _insert(self, price: str) -> None:
        if len(price) > _EXACT_AS_FLOAT:
            self.use_decimals()
        key: Key = self._key(price) if self._decimal else float(price) if self._ascending else -float(price)
        keys = self._keys
        at = bisect_left(keys, key)
        if at < len(keys) and keys[at] == key:
            # The same price in another spelling is the same level.
            del self._sizes[self.prices[at]]
            self.prices[at] = price
        else:
            keys.insert(at, key)
            self.prices.insert(at, price)

    def _delete(self, price: str) -> None:
        key: Key = self._key(price) if self._decimal else float(price) if self._ascending else -float(price)
        at = bisect_left(self._keys, key)
        del self._keys[at], self.prices[at], self._sizes[price]

    def _delete_alias(self, price: str) -> None:
        at = self._find(price)
        if at is None:
            self.unknown_deletes += 1
        else:
            self._delete(self.prices[at])

    def _sort(self) -> None:
        by_key = {self._key(price): price for price in self._sizes}
        self._keys = sorted(by_key)
        self.prices = [by_key[key] for key in self._keys]
        for price in self._sizes.keys() - set(self.prices):
            del self._sizes[price]


def _negated(key: Key) -> Key:
    # Unary minus on a Decimal rounds to the context; this does not.
    return key.copy_negate() if isinstance(key, Decimal) else -key
