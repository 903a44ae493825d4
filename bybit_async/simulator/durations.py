"""Spans of time as a user writes them."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")


def milliseconds_of(duration: str | int | timedelta) -> int:
    """Return a duration in milliseconds: a number of them, a `timedelta`, or text such as ``"8h"`` or ``"1d 30m"``.

    Raises:
        ValueError: the text is not a duration, or the duration is negative.
    """
    if isinstance(duration, timedelta):
        total = duration // timedelta(milliseconds=1)
    elif isinstance(duration, str):
        parts = _PART.findall(duration)
        if not parts or _PART.sub("", duration).strip():
            raise ValueError(f"expected a duration such as '8h', '1m 30s' or milliseconds, got {duration!r}")
        total = round(sum(float(amount) * _UNITS[unit] for amount, unit in parts))
    else:
        total = duration
    if total < 0:
        raise ValueError(f"time does not run backwards: {duration!r}")
    return total
