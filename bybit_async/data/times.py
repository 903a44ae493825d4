"""What a user gives as a range of time."""

from __future__ import annotations

from bybit_async.data.coverage import Span
from bybit_async.errors import InvalidParameter
from bybit_async.wire import Time, milliseconds


def span_of(start: Time, end: Time | None, now: int) -> Span:
    """Return a range in milliseconds; `end` is exclusive, and the present without one or with a later one.

    Raises:
        InvalidParameter: it is not a time, `start` is not before `end`, or it is in the future.
    """
    low = milliseconds(start, "start")
    high = now if end is None else milliseconds(end, "end")
    if low < 0:
        raise InvalidParameter("start", "expected a time after 1970")
    if end is not None and low >= high:
        raise InvalidParameter("start", f"is not before end: {start!r} and {end!r}; end is exclusive")
    if low > now:
        raise InvalidParameter("start", f"is in the future: {start!r}")
    return low, min(high, now)
