"""The emergency latch: a file that keeps the engine from trading until someone removes it on purpose."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import msgspec

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")


class Latched(msgspec.Struct, frozen=True):
    """Why and when trading was stopped; the time is in milliseconds."""

    reason: str
    time_ms: int


class Latch:
    """One file; while it exists, nothing is traded.

    Args:
        folder: where it lies.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path: Path = Path(folder) / "emergency.json"
        self._held: Latched | None = None

    @property
    def held(self) -> Latched | None:
        """Why trading is stopped; None if it is not."""
        if self._held is None and self.path.exists():
            try:
                self._held = msgspec.json.decode(self.path.read_bytes(), type=Latched)
            except (msgspec.MsgspecError, OSError):
                # A latch that cannot be read still counts.
                self._held = Latched("the latch cannot be read", 0)
        return self._held

    def hold(self, reason: str, time_ms: int) -> None:
        """Stop trading; where the file cannot be written, at least as long as this process lives."""
        if self.held is not None:
            return
        self._held = Latched(reason, time_ms)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("w", encoding="utf-8") as file:
                json.dump({"reason": reason, "time_ms": time_ms}, file)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            log.exception("the emergency latch could not be written; it holds until this process ends")

    def release(self) -> bool:
        """Let the engine trade again; False if nothing was latched."""
        was = self.held is not None
        self.path.unlink(missing_ok=True)
        self._held = None
        return was
