"""A local exchange that speaks Bybit's V5 protocol: for tests, for CI, for a train without a network."""

from bybit_async.simulator.exchange import PortUnavailable, SimulatedExchange
from bybit_async.simulator.faults import Rule
from bybit_async.simulator.instruments import Instrument
from bybit_async.simulator.limits import SocketLimits
from bybit_async.simulator.market import Behaviour, MakerSettings, MarketSettings
from bybit_async.simulator.replay import RecordingError, Replay
from bybit_async.simulator.script import Crash, Delisting, Halt, Maintenance, Squeeze, ThinBook, TickSizeChange
from bybit_async.simulator.sockets.hub import Cadences

__all__ = [
    "Behaviour",
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
    "Squeeze",
    "ThinBook",
    "TickSizeChange",
    "SocketLimits",
]
