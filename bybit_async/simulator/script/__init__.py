"""Scripted scenarios: what happens to the market, when, as data."""

from bybit_async.simulator.script.outages import Delisting, Halt, Maintenance, TickSizeChange
from bybit_async.simulator.script.scene import Happening
from bybit_async.simulator.script.script import Script
from bybit_async.simulator.script.turmoil import Crash, Squeeze, ThinBook

__all__ = [
    "Crash",
    "Delisting",
    "Halt",
    "Happening",
    "Maintenance",
    "Script",
    "Squeeze",
    "ThinBook",
    "TickSizeChange",
]
