"""What can be refused with certainty before anything is sent."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from bybit_async.enums import Category
from bybit_async.errors import InvalidParameter, expected

V = TypeVar("V")

_CATEGORIES: tuple[str, ...] = get_args(Category)


def one_of(value: V, allowed: tuple[object, ...], parameter: str) -> V:
    """Return the value when it is one of the allowed words.

    Raises:
        InvalidParameter: it is not; the error names `parameter` and the words.
    """
    if value not in allowed:
        raise InvalidParameter(parameter, expected(value, allowed))
    return value


def none_or_one_of(value: V | None, allowed: tuple[object, ...], parameter: str) -> V | None:
    """Return a word that may be absent; see `one_of`."""
    return None if value is None else one_of(value, allowed, parameter)


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


def within(value: int | None, low: int, high: int, parameter: str) -> int:
    """Return a whole number if it is in its documented range, bounds included, else raise `InvalidParameter`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidParameter(parameter, f"expected a whole number from {low} to {high}, got {value!r}")
    return value


def check_words(source: Callable[..., Any], given: Iterable[tuple[str, Any]]) -> None:
    """Refuse values outside the closed sets of a method's arguments, or of a Struct's fields.

    Raises:
        InvalidParameter: an argument is None although it is required, or is not one of its words; it is named.
    """
    words, required = words_of(source), _required(source)
    for name, value in given:
        if value is None:
            if name in required:
                choice = f": one of {', '.join(map(repr, words[name]))}" if name in words else ""
                raise InvalidParameter(name, f"is required{choice}")
        elif name in words:
            one_of(value, words[name], name)


def check_fields(struct: msgspec.Struct) -> None:
    """Refuse a Struct with an invalid field; see `check_words`."""
    source = type(struct)
    for name, words in _checked(source):
        value = getattr(struct, name)
        if value not in words:
            check_words(source, [(name, value)])


@cache
def _checked(source: type[msgspec.Struct]) -> tuple[tuple[str, Container[object]], ...]:
    """Return the fields that are to be looked at, and what they may be."""
    words, required = words_of(source), _required(source)
    absent = {name: () if name in required else (None,) for name in source.__struct_fields__}
    return tuple(
        # None first: most fields of an order are left out, and every word before it would be compared.
        (name, (*absent[name], *words[name]) if name in words else _NotNone())
        for name in source.__struct_fields__
        if name in words or name in required
    )


class _NotNone:
    def __contains__(self, value: object) -> bool:
        return value is not None


@cache
def words_of(source: Callable[..., Any]) -> Mapping[str, tuple[object, ...]]:
    """Return the allowed words of each argument or field that has a closed set of them."""
    try:
        hints = get_type_hints(source)
    except NameError:
        # A group of the user's own may import types for its type checker only; then nothing is known of them here.
        return {}
    found = {name: _words(hint) for name, hint in hints.items() if name != "return"}
    return {name: words for name, words in found.items() if words}


def _words(hint: Any) -> tuple[object, ...]:
    """Return the words of a `Literal`, alone or beside None and bool; nothing where any other type is allowed."""
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    literals = [member for member in members if get_origin(member) is Literal]
    others = set(members) - set(literals) - {NoneType, bool}
    words = tuple(word for literal in literals for word in get_args(literal))
    # Python gives equal sets of words the order of the first that it met.
    numbers = all(isinstance(word, int) for word in words)
    return () if others else tuple(sorted(words)) if numbers else words


@cache
def _required(source: Callable[..., Any]) -> frozenset[str]:
    if isinstance(source, type):
        return frozenset(field.name for field in msgspec.structs.fields(source) if field.required)
    arguments = inspect.signature(source).parameters.values()
    return frozenset(each.name for each in arguments if each.default is each.empty)


# What other exchanges and libraries write: BTC/USDT, BTC/USDT:USDT, BTC-USDT, BTC_USDT. Bybit's futures and options
# have a dash too, before a date.
_FOREIGN = re.compile(r"([A-Z0-9]+)[-/_ ]?(USDT|USDC|USDE|USD|EUR|BTC|ETH)(:.*)?")
_SYMBOL = re.compile(r"[A-Z0-9]+([-_.&][A-Z0-9]+)*")
_PAIR = re.compile(r"[A-Z0-9]+[-_](USDT|USDC|USDE|USD|EUR|BTC|ETH)")


def check_symbol(symbol: object) -> None:
    """Refuse what no symbol of spot, futures or options looks like.

    Raises:
        InvalidParameter: it is empty, has small letters or spaces, or is spelled as elsewhere (``BTC/USDT``).
    """
    if not isinstance(symbol, str) or not symbol.strip():
        raise InvalidParameter("symbol", f"expected a symbol such as 'BTCUSDT', got {symbol!r}")
    if _SYMBOL.fullmatch(symbol) and not _PAIR.fullmatch(symbol):
        return
    text = symbol.strip().upper()
    foreign = _FOREIGN.fullmatch(text)
    meant = foreign[1] + foreign[2] if foreign else text if _SYMBOL.fullmatch(text) else None
    cure = f"did you mean {meant!r}?" if meant else "expected a symbol such as 'BTCUSDT'"
    raise InvalidParameter("symbol", f"Bybit has no symbol spelled {symbol!r}: {cure}")
