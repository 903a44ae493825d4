"""Frames kept in memory: the least recently used go first, by bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING

from bybit_async.data.series import Series

if TYPE_CHECKING:
    import pandas

Key = tuple[Series, Hashable]


class FrameCache:
    """Complete frames by series and range; safe from several threads. What it hands out may be changed freely.

    Args:
        limit: bytes that the frames may take altogether; a larger frame is not kept.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: OrderedDict[Key, tuple[pandas.DataFrame, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """How much is kept."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._frames)

    def get(self, key: Key) -> pandas.DataFrame | None:
        """Return a copy of a frame, or None."""
        with self._lock:
            held = self._frames.get(key)
            if held is None:
                return None
            self._frames.move_to_end(key)
            return _copy(held[0])

    def put(self, key: Key, frame: pandas.DataFrame) -> None:
        """Keep a copy of a frame."""
        size = int(frame.memory_usage(index=True, deep=True).sum())
        if size > self._limit:
            return
        with self._lock:
            self._drop(key)
            self._frames[key] = (_copy(frame), size)
            self._bytes += size
            while self._bytes > self._limit:
                self._drop(next(iter(self._frames)))

    def forget(self, series: Series) -> None:
        """Drop every frame of a series, because its rows have changed."""
        with self._lock:
            for key in [key for key in self._frames if key[0] == series]:
                self._drop(key)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._frames.clear()
            self._bytes = 0

    def _drop(self, key: Key) -> None:
        held = self._frames.pop(key, None)
        if held is not None:
            self._bytes -= held[1]


def _copy(frame: pandas.DataFrame) -> pandas.DataFrame:
    import pandas as pd

    # Since pandas 3 a shallow copy is copied on its first change; before, it would be shared for ever.
    return frame.copy(deep=int(pd.__version__.split(".", 1)[0]) < 3)
