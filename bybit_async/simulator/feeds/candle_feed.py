"""Candles as the stream shows them: the open one while it grows, and once more when it has closed."""

from __future__ import annotations

from typing import Any

import orjson

from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.hub import SocketHub
from bybit_async.simulator.market.candles import Row, interval_floor, interval_next
from bybit_async.simulator.market.klines import candle
from bybit_async.simulator.market.paths import MINUTE
from bybit_async.simulator.market.quotation import Quotation


class CandleFeed:
    """One `kline` topic."""

    def __init__(self, hub: SocketHub, channel: str, topic: str, quotation: Quotation, interval: str) -> None:
        self._hub = hub
        self._channel = channel
        self._topic = topic
        self._quotation = quotation
        self._interval = interval
        self._start = interval_floor(interval, quotation.last.minute)
        self._shown: Row | None = None
        self.due: int = 0

    def greet(self, connection: SocketConnection) -> None:
        """Send the open candle."""
        now = self._hub.clock.now_ms()
        self._quotation.last.roll(now)
        start = interval_floor(self._interval, self._quotation.last.minute)
        if self._shown is None or self._hub.is_alone(connection, self._topic):
            self._start = start
        row = candle(self._quotation.last, self._interval, start)
        connection.deliver(self._topic, orjson.dumps(self._message(start, row, now, confirm=False)))

    def flush(self, now: int) -> None:
        """Publish candles that closed since the last time, and the open one when it has grown."""
        self.due = now + self._hub.cadences.klines
        tape = self._quotation.last
        tape.roll(now)
        current = interval_floor(self._interval, tape.minute)
        while self._start < current:
            row = candle(tape, self._interval, self._start)
            self._publish(self._message(self._start, row, now, confirm=True))
            self._start = interval_next(self._interval, self._start)
            self._shown = None
        row = candle(tape, self._interval, current)
        if row != self._shown:
            self._shown = row
            self._publish(self._message(current, row, now, confirm=False))

    def _publish(self, message: dict[str, Any]) -> None:
        self._hub.publish(self._channel, self._topic, message)

    def _message(self, start: int, row: Row, now: int, *, confirm: bool) -> dict[str, Any]:
        quotation = self._quotation
        opened, high, low, closed, volume, turnover = row
        entry = {
            "start": start * MINUTE,
            "end": interval_next(self._interval, start) * MINUTE - 1,
            "interval": self._interval,
            "open": quotation.spell(opened),
            "close": quotation.spell(closed),
            "high": quotation.spell(high),
            "low": quotation.spell(low),
            "volume": format(quotation.volume(volume), "f"),
            "turnover": format(quotation.turnover(turnover), "f"),
            "confirm": confirm,
            "timestamp": now,
        }
        return {"topic": self._topic, "data": [entry], "ts": now, "type": "snapshot"}
