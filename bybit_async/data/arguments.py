"""Arguments that are refused by name before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from bybit_async.errors import InvalidParameter

C = TypeVar("C", bound=Callable[..., object])


def whole(value: int, low: int, high: int, parameter: str) -> int:
    """Return a whole number that is in its range, bounds included, else raise `InvalidParameter`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InvalidParameter(parameter, f"expected a whole number, {low} to {high}, got {value!r}")
    return value


def seconds(value: float, parameter: str) -> float:
    """Return a time in seconds, zero or more, else raise `InvalidParameter`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value) or value < 0:
        raise InvalidParameter(parameter, f"expected seconds, got {value!r}")
    return value


def callback_of(value: C, parameter: str = "callback") -> C:
    """Return what can be called, else raise `InvalidParameter`."""
    if not callable(value):
        raise InvalidParameter(parameter, f"expected a function, got {value!r}")
    return value


def price_step(value: str | Decimal | float) -> Decimal:
    """Return a price step, a positive number, else raise `InvalidParameter`."""
    try:
        step = Decimal(str(value))
    except InvalidOperation:
        step = Decimal(0)
    if not step.is_finite() or step <= 0:
        raise InvalidParameter("step", f"expected a positive price step, got {value!r}")
    return step
