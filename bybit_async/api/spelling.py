"""How arguments are spelled for the endpoints that want times, numbers or objects in a form of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from bybit_async.errors import InvalidParameter
from bybit_async.models.part import Part
from bybit_async.wire import Time, milliseconds


def seconds(value: Time, parameter: str) -> int:
    """Turn a point in time (integers are milliseconds, as everywhere) into whole seconds."""
    return milliseconds(value, parameter) // 1000


def none_or_seconds(value: Time | None, parameter: str) -> int | None:
    """Turn a time that may be absent into whole seconds; see `seconds`."""
    return None if value is None else seconds(value, parameter)


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


def none_or_wire(part: Part | None) -> dict[str, Any] | None:
    """Spell an object that may be absent."""
    return None if part is None else part.wire()


def none_or_wires(parts: Sequence[Part] | None) -> list[dict[str, Any]] | None:
    """Spell a list of objects that may be absent."""
    return None if parts is None else [part.wire() for part in parts]


def _day(value: date | str, parameter: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InvalidParameter(parameter, f"expected a day such as 2026-01-31, got {value!r}") from error
