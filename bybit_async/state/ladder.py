"""One side of an order book: the wire's own strings, kept in price order.

A level is found by its price string in a dict, which is all that a change of size costs. Only a new or a vanished level
touches the two sorted arrays, and those keep the best price last, so that the memory a change moves is the short end.

Sort keys are floats. That is exact: up to 15 significant digits, distinct decimals are distinct doubles in the same
order, and equal decimals ("194.1" and "194.10") are the same double. A longer price switches its ladder to `Decimal`
keys. The keys of prices that left are remembered for a while: near the touch they come back.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import inf
from typing import Any

_EXACT_AS_FLOAT = 15
_REMEMBERED = 64
_DIGITS = "0123456789"
_PLAIN = frozenset(["", "."])
"""What is left of a number such as 1, 1.5 or .5 without the digits at both ends."""
# The exponent is bounded, so that no short text is a number of a million digits.
_NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

Key = float | Decimal
Row = tuple[str, str]
"""Price and size, as sent."""

UNREADABLE = (ValueError, ArithmeticError, TypeError, AttributeError)
"""What `Ladder.change` and `Ladder.replace` raise for rows that do not hold numbers as text."""


class Ladder:
    """Prices and sizes of one side; iterates from the best level to the worst.

    Args:
        best_is_highest: True for bids, False for asks.
        signed: whether prices may be zero or negative, as those of spreads may.

    Attributes:
        prices: the price of each level as sent, worst first.
        sizes: the size at each of these prices, as sent.
        keys: the sort key of each level, in the order of `prices`: the price, negated where the lowest one is best.
        decimal: whether the keys are `Decimal`, and exact however long a price is, instead of float.
        unknown_deletes: how often a level was deleted that was not there.
    """

    __slots__ = (
        "_ascending", "_known", "_signed", "decimal", "keys", "prices", "sizes",
        "unknown_deletes",
    )  # fmt: skip

    def __init__(self, *, best_is_highest: bool, signed: bool = False) -> None:
        self._ascending = best_is_highest
        self._signed = signed
        self.decimal: bool = False
        self.sizes: dict[str, str] = {}
        # Any: all float, or all Decimal; the two cannot be compared.
        self.keys: Any = []
        self.prices: list[str] = []
        # The sort key of each price, and of prices that left.
        self._known: dict[str, Key] = {}
        self.unknown_deletes: int = 0

    def __len__(self) -> int:
        return len(self.prices)

    def __iter__(self) -> Iterator[Row]:
        sizes = self.sizes
        return ((price, sizes[price]) for price in reversed(self.prices))

    def top(self, count: int | None = None) -> list[Row]:
        """Return the best `count` levels, all of them by default, best first, as sent."""
        prices = self.prices[::-1] if count is None else self.prices[: -count - 1 : -1]
        sizes = self.sizes
        return [(price, sizes[price]) for price in prices]

    def size_at(self, price: str) -> str | None:
        """Return the size at a price, however the price is spelled."""
        size = self.sizes.get(price)
        if size is not None:
            return size
        at = self._find(price)
        return None if at is None else self.sizes[self.prices[at]]

    def replace(self, levels: Sequence[Row]) -> None:
        """Forget everything and take a snapshot's levels, in any order; of a price that comes twice, the last.

        Rows that do not hold numbers raise one of `UNREADABLE`, and leave everything as it was.
        """
        sizes = dict(levels)
        if len(sizes) != len(levels) or not all(map(_is_positive, sizes.values())):
            apart = Ladder(best_is_highest=self._ascending, signed=self._signed)
            apart.change(levels)
            sizes = apart.sizes
        self._fill(sizes, decimal=max(map(len, sizes), default=0) > _EXACT_AS_FLOAT)

    def change(self, levels: Sequence[Row]) -> None:
        """Apply a delta's levels: insert, resize, or delete where the size is zero in any spelling.

        Rows that do not hold numbers raise one of `UNREADABLE`; those before them are applied by then.
        """
        sizes, digits, plain = self.sizes, _DIGITS, _PLAIN
        for price, size in levels:
            # What is left without the digits tells a plain number in less time than parsing it takes.
            if size != "0" and (
                (size.strip(digits) in plain and (size >= "1" or size.strip("0."))) or _is_positive(size)
            ):
                if price not in sizes:
                    self._insert(price)
                sizes[price] = size
            elif price in sizes:
                self._delete(price)
            else:
                self._delete_alias(price)

    def use_decimals(self) -> None:
        """Sort by `Decimal` from now on, so that keys compare exactly with another ladder's."""
        if not self.decimal:
            self._fill(self.sizes, decimal=True)

    def _fill(self, sizes: dict[str, str], *, decimal: bool) -> None:
        known = {price: self._parse(price, decimal) for price in sizes}
        prices = {key: price for price, key in known.items()}
        if len(prices) != len(sizes):
            sizes = {price: sizes[price] for price in prices.values()}
        self.sizes = sizes
        self._known = known
        self.decimal = decimal
        self.keys = sorted(prices)
        self.prices = [prices[key] for key in self.keys]

    def _insert(self, price: str) -> None:
        key = self._known.get(price)
        if key is None:
            key = self._learn(price)
        keys = self.keys
        at = bisect_left(keys, key)
        if at < len(keys) and keys[at] == key:
            # The same price in another spelling is the same level.
            del self.sizes[self.prices[at]]
            self.prices[at] = price
        else:
            keys.insert(at, key)
            self.prices.insert(at, price)

    def _delete(self, price: str) -> None:
        at = bisect_left(self.keys, self._known[price])
        del self.keys[at], self.prices[at], self.sizes[price]

    def _delete_alias(self, price: str) -> None:
        at = self._find(price)
        if at is None:
            self.unknown_deletes += 1
        else:
            self._delete(self.prices[at])

    def _find(self, price: str) -> int | None:
        key = self._known.get(price)
        if key is None:
            key = self._learn(price)
        at = bisect_left(self.keys, key)
        return at if at < len(self.keys) and self.keys[at] == key else None

    def _learn(self, price: str) -> Key:
        if len(price) > _EXACT_AS_FLOAT:
            self.use_decimals()
        key = self._parse(price, self.decimal)
        if len(self._known) > 2 * len(self.prices) + _REMEMBERED:
            self._known = dict(zip(self.prices, self.keys, strict=True))
        self._known[price] = key
        return key

    def _parse(self, price: str, decimal: bool) -> Key:
        if price.strip(_DIGITS) not in _PLAIN and not _NUMBER.fullmatch(price):
            raise ValueError("not a price")
        key: Key = Decimal(price) if decimal else float(price)
        if not 0 < key < inf and not (self._signed and -inf < key < inf):
            raise ValueError("not a price")
        return key if self._ascending else _negated(key) if decimal else -key


def _is_positive(size: str) -> bool:
    """Tell a size from zero in any spelling; anything else raises `ValueError`."""
    if size.strip(_DIGITS) in _PLAIN and size.strip("0."):
        return True
    if not _NUMBER.fullmatch(size) or (number := Decimal(size)) < 0:
        raise ValueError("not a size")
    return number > 0


def _negated(key: Key) -> Key:
    # Unary minus on a Decimal rounds to the context; this does not.
    return key.copy_negate() if isinstance(key, Decimal) else -key
