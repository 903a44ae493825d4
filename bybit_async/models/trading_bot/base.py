"""The trading bots speak snake_case, unlike every other domain."""

from __future__ import annotations

from bybit_async.models.part import Part
from bybit_async.wire import Wire


def as_written(name: str) -> str:
    """Return a field's name as it is, less the underscore that keeps it off Python's keywords."""
    return name.rstrip("_")


class BotWire(Wire, rename=as_written):
    """Base of what the trading bots answer."""


class BotPart(Part, rename=as_written):
    """Base of what is nested in a request to a trading bot."""
