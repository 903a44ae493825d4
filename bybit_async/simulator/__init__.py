"""A local exchange that speaks Bybit's V5 protocol: for tests, for CI, for a train without a network.

`SimulatedExchange` listens on loopback. Its engine can be used by itself, without a socket or an event loop
(`bybit_async.simulator.engine`), which needs neither aiohttp nor numpy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bybit_async.errors import MissingExtra

if TYPE_CHECKING:
    from bybit_async.simulator.blocking import BlockingExchange as BlockingExchange
    from bybit_async.simulator.engine.instruments import Instrument as Instrument
    from bybit_async.simulator.exchange import PortUnavailable as PortUnavailable
    from bybit_async.simulator.exchange import SimulatedExchange as SimulatedExchange
    from bybit_async.simulator.faults import Rule as Rule
    from bybit_async.simulator.feeds.cadences import Cadences as Cadences
    from bybit_async.simulator.limits import SocketLimits as SocketLimits
    from bybit_async.simulator.market import Behaviour as Behaviour
    from bybit_async.simulator.market import MakerSettings as MakerSettings
    from bybit_async.simulator.market import MarketSettings as MarketSettings
    from bybit_async.simulator.replay import RecordingError as RecordingError
    from bybit_async.simulator.replay import Replay as Replay
    from bybit_async.simulator.script import Crash as Crash
    from bybit_async.simulator.script import Delisting as Delisting
    from bybit_async.simulator.script import Halt as Halt
    from bybit_async.simulator.script import Maintenance as Maintenance
    from bybit_async.simulator.script import Squeeze as Squeeze
    from bybit_async.simulator.script import ThinBook as ThinBook
    from bybit_async.simulator.script import TickSizeChange as TickSizeChange

# Loaded on first use: the engine by itself must not import what serves sockets.
_LATER = {
    "Behaviour": "market",
    "BlockingExchange": "blocking",
    "Cadences": "feeds.cadences",
    "Crash": "script",
    "Delisting": "script",
    "Halt": "script",
    "Instrument": "engine.instruments",
    "Maintenance": "script",
    "MakerSettings": "market",
    "MarketSettings": "market",
    "PortUnavailable": "exchange",
    "RecordingError": "replay",
    "Replay": "replay",
    "Rule": "faults",
    "SimulatedExchange": "exchange",
    "SocketLimits": "limits",
    "Squeeze": "script",
    "ThinBook": "script",
    "TickSizeChange": "script",
}
_PACKAGES = frozenset({"aiohttp", "numpy", "sortedcontainers"})


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name in _PACKAGES:
            raise MissingExtra("simulator", "Simulated exchanges") from error
        raise
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "Behaviour",
    "BlockingExchange",
    "Cadences",
    "Crash",
    "Delisting",
    "Halt",
    "Instrument",
    "Maintenance",
    "MakerSettings",
    "MarketSettings",
    "PortUnavailable",
    "RecordingError",
    "Replay",
    "Rule",
    "SimulatedExchange",
    "SocketLimits",
    "Squeeze",
    "ThinBook",
    "TickSizeChange",
]
