"""How arguments are spelled for the endpoints that want times, numbers or objects in a form of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar, get_args

from bybit_async.enums import Interval, IntervalName
from bybit_async.errors import InvalidParameter
from bybit_async.models.building import build, build_all
from bybit_async.models.part import Part
from bybit_async.wire import Time, milliseconds

P = TypeVar("P", bound=Part)
_INTERVALS: dict[str, str] = dict(zip(get_args(IntervalName), get_args(Interval), strict=True))


def seconds(value: Time, parameter: str) -> int:
    """Turn a point in time (integers are milliseconds, as everywhere) into whole seconds."""
    return milliseconds(value, parameter) // 1000


def none_or_seconds(value: Time | None, parameter: str) -> int | None:
    """Turn a time that may be absent into whole seconds; see `seconds`."""
    return None if value is None else seconds(value, parameter)


def interval_code(interval: Interval | IntervalName) -> str:
    """Spell an interval as Bybit does: ``"1h"`` is ``"60"``, ``"1d"`` is ``"D"``; what it is spelled as stays."""
    return _INTERVALS.get(interval, interval)


def none_or_text(value: int | None) -> str | None:
    """Spell a whole number that may be absent, for bodies that want it as text."""
    return None if value is None else str(value)


def none_or_day(value: date | str | None, parameter: str) -> str | None:
    """Spell a day that may be absent as ``2026-01-31``; text is taken in that form or as ``20260131``."""
    return None if value is None else _day(value, parameter).isoformat()


def none_or_compact_day(value: date | str | None, parameter: str) -> str | None:
    """Spell a day that may be absent as ``20260131``; see `none_or_day`."""
    return None if value is None else f"{_day(value, parameter):%Y%m%d}"


def no_longer(value: str | None, most: int, parameter: str) -> str | None:
    """Return an id that may be absent when it has at most so many characters.

    Raises:
        InvalidParameter: it is longer, or empty.
    """
    if value is not None and not 1 <= len(value) <= most:
        raise InvalidParameter(parameter, f"expected 1 to {most} characters, got {len(value)}")
    return value


def wires(part: type[P], given: Sequence[P | Mapping[str, Any]], parameter: str) -> list[dict[str, Any]]:
    """Spell a list of objects, which may be given as dicts; see `build_all`."""
    return [made.wire() for made in build_all(part, given, parameter)]


def none_or_wire(part: type[P], given: P | Mapping[str, Any] | None, parameter: str) -> dict[str, Any] | None:
    """Spell an object that may be absent, or given as a dict; see `build`."""
    return None if given is None else build(part, given, parameter).wire()


def none_or_wires(
    part: type[P], given: Sequence[P | Mapping[str, Any]] | None, parameter: str
) -> list[dict[str, Any]] | None:
    """Spell a list of objects that may be absent; see `wires`."""
    return None if given is None else wires(part, given, parameter)


def _day(value: date | str, parameter: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InvalidParameter(parameter, f"expected a day such as 2026-01-31, got {value!r}") from error
