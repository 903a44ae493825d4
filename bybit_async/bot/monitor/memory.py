"""What a monitor keeps between two snapshots: the curve of equity, and the last lines of the log."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable

from bybit_async.bot.monitor.panels import LogLine

HOUR_MS = 3_600_000
_POINTS = 240
_LINES = 50
_LONGEST_LINE = 500


class Curve:
    """Equity over time, thinned out as it grows: never more than 240 points, the first and the last kept."""

    def __init__(self) -> None:
        self._points: list[tuple[int, float]] = []
        self._step_ms = 1000

    def begin(self, hours: Iterable[tuple[int, float]], before_ms: int) -> None:
        """Take what was known before: (hours since 1970, equity at the end of the hour); once, when it is empty."""
        if not self._points:
            for hour, equity in hours:
                self.add(min((hour + 1) * HOUR_MS, before_ms), equity)

    def add(self, time_ms: int, equity: float) -> None:
        """Take equity at a moment; moments come in order of time, others are left out."""
        points = self._points
        if points and time_ms <= points[-1][0]:
            return
        if len(points) > 1 and points[-1][0] - points[-2][0] < self._step_ms:
            points[-1] = (time_ms, equity)
        else:
            points.append((time_ms, equity))
        while len(self._points) > _POINTS:
            self._step_ms *= 2
            self._thin()

    def _thin(self) -> None:
        kept: list[tuple[int, float]] = []
        for point in self._points[:-1]:
            if not kept or point[0] - kept[-1][0] >= self._step_ms:
                kept.append(point)
        kept.append(self._points[-1])
        self._points = kept

    @property
    def points(self) -> tuple[tuple[int, float], ...]:
        """The curve, oldest first: (milliseconds, equity)."""
        return tuple(self._points)


class LogTail(logging.Handler):
    """Keeps the last 50 lines that the library logs, without secrets, and counts warnings and errors.

    Args:
        secrets: values that are replaced by ``***`` wherever they appear.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__(logging.INFO)
        self._secrets = tuple(secrets)
        self._lines: deque[LogLine] = deque(maxlen=_LINES)
        self.warnings: int = 0
        self.errors: int = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line."""
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - as every handler of the standard library does
            self.handleError(record)
            return
        if record.exc_info and record.exc_info[1] is not None:
            text += f": {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        for secret in self._secrets:
            text = text.replace(secret, "***")
        self.warnings += record.levelno == logging.WARNING
        self.errors += record.levelno >= logging.ERROR
        level = record.levelname.lower()
        self._lines.append(LogLine(int(record.created * 1000), level, record.name, text[:_LONGEST_LINE]))

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """The lines, newest first."""
        return tuple(reversed(self._lines))
