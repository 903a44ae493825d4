"""Tickers as the stream shows them."""

from __future__ import annotations

from typing import Any

import orjson

from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.hub import SocketHub
from bybit_async.simulator.market.figures import stream_ticker
from bybit_async.simulator.market.quotation import Quotation


class TickerFeed:
    """One `tickers` topic: for contracts a snapshot and then what changed, for spot and options always the whole."""

    def __init__(self, hub: SocketHub, channel: str, topic: str, quotation: Quotation) -> None:
        self._hub = hub
        self._channel = channel
        self._topic = topic
        self._quotation = quotation
        self._shown: dict[str, Any] = {}
        self._period = hub.cadences.spot_tickers if channel == "spot" else hub.cadences.tickers
        self.due: int = 0

    def greet(self, connection: SocketConnection) -> None:
        """Send the whole ticker as the others know it."""
        now = self._hub.clock.now_ms()
        if not self._shown or self._hub.is_alone(connection, self._topic):
            self._shown = self._read(now)
        connection.deliver(self._topic, orjson.dumps(self._message("snapshot", self._shown, now)))

    def flush(self, now: int) -> None:
        """Publish the fields that changed."""
        self.due = now + self._period
        ticker = self._read(now)
        changed = {name: value for name, value in ticker.items() if self._shown.get(name) != value}
        if not changed:
            return
        self._shown = ticker
        if self._channel in ("spot", "option"):
            message = self._message("snapshot", ticker, now)
        else:
            message = self._message("delta", {"symbol": ticker["symbol"], **changed}, now)
        self._hub.publish(self._channel, self._topic, message)

    def _read(self, now: int) -> dict[str, Any]:
        instrument = self._quotation.instrument
        direction = self._hub.trades.direction(instrument.category, instrument.symbol)
        return stream_ticker(self._hub.market, self._quotation, now, direction)

    def _message(self, kind: str, data: dict[str, Any], now: int) -> dict[str, Any]:
        sequence = self._quotation.listing.seq
        if self._channel == "spot":
            return {"topic": self._topic, "ts": now, "type": kind, "cs": sequence, "data": data}
        if self._channel == "option":
            name = f"{self._topic}-{sequence}-{now}"
            return {"id": name, "topic": self._topic, "ts": now, "data": data, "type": kind}
        return {"topic": self._topic, "type": kind, "data": data, "cs": sequence, "ts": now}
