"""Cutting a list into the pages that REST gives out."""

from collections.abc import Sequence
from typing import TypeVar

from bybit_async.simulator.engine.refusals import parameter

T = TypeVar("T")


def cut(
    items: Sequence[T], limit: object, cursor: object, *, default: int = 20, maximum: int = 50
) -> tuple[list[T], str]:
    """Return one page and the cursor of the next ("" at the end).

    A cursor counts from the end of the list (newest first), so that items which appear between two calls neither
    repeat nor hide others. Raises `Refused` (10001) for a cursor or limit that is not a number.
    """
    count = _number(limit, "limit", default)
    if not count >= 1:
        raise parameter("limit must be positive")
    count = min(count, maximum)
    left = _number(cursor, "cursor", len(items))
    start = max(0, len(items) - left)
    page = list(items[start : start + count])
    remaining = len(items) - start - len(page)
    return page, str(remaining) if remaining > 0 and page else ""


def _number(value: object, name: str, default: int) -> int:
    if value is None or value == "":
        return default
    try:
        return int(str(value))
    except ValueError:
        raise parameter(f"{name} is not a number") from None
