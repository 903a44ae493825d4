"""What can be refused with certainty before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from bybit_async.enums import Category
from bybit_async.errors import InvalidParameter

V = TypeVar("V")

_CATEGORIES: tuple[str, ...] = get_args(Category)


def one_of(value: V, allowed: tuple[object, ...], parameter: str) -> V:
    """Return the value when it is one of the allowed words.

    Raises:
        InvalidParameter: it is not; the error names `parameter` and the words.
    """
    if value not in allowed:
        words = ", ".join(repr(word) for word in allowed)
        raise InvalidParameter(parameter, f"expected one of {words}, got {value!r}")
    return value


def known(category: V) -> V:
    """Return the category when Bybit has it, else raise `InvalidParameter`."""
    return one_of(category, _CATEGORIES, "category")


def any_of(given: Mapping[str, Any], why: str = "") -> None:
    """Refuse a call that names none of these arguments.

    Raises:
        InvalidParameter: all of them are None; the error names the first one.
    """
    if all(value is None for value in given.values()):
        names = " or ".join(given)
        raise InvalidParameter(next(iter(given)), f"{names} is required{' ' + why if why else ''}")


def both_or_neither(given: Mapping[str, Any]) -> None:
    """Refuse a call that names only some of the arguments that belong together.

    Raises:
        InvalidParameter: one is missing; the error names it.
    """
    missing = [name for name, value in given.items() if value is None]
    if 0 < len(missing) < len(given):
        raise InvalidParameter(missing[0], f"{' and '.join(given)} belong together")


def within(value: int, low: int, high: int, parameter: str) -> int:
    """Return a whole number when it lies in its documented range, bounds included, else raise `InvalidParameter`."""
    if not low <= value <= high:
        raise InvalidParameter(parameter, f"expected {low} to {high}, got {value!r}")
    return value
