"""How much time one answer covers, per endpoint, as data."""

from __future__ import annotations

import msgspec

_DAY = 86_400_000


class Window(msgspec.Struct, frozen=True):
    """The widest time span an endpoint answers at once.

    Attributes:
        span: the widest difference between the bounds, in `unit`.
        start: the wire name of the lower bound.
        end: the wire name of the upper bound.
        unit: the step between two times on the wire, 1 for whole milliseconds or whole seconds.
    """

    span: int
    start: str = "startTime"
    end: str = "endTime"
    unit: int = 1


_WINDOWS: dict[str, Window] = {
    "/v5/order/history": Window(7 * _DAY),
    "/v5/execution/list": Window(7 * _DAY),
    "/v5/position/closed-pnl": Window(7 * _DAY),
    "/v5/account/transaction-log": Window(7 * _DAY),
}


def window_of(path: str) -> Window | None:
    """Return the window of an endpoint, or None when it answers any span."""
    return _WINDOWS.get(path)
