"""Replay: recorded books and trades in place of simulated ones."""

from bybit_async.simulator.replay.recording import RecordingError
from bybit_async.simulator.replay.replay import Replay

__all__ = ["RecordingError", "Replay"]
