"""From a message to the items that a subscription delivers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bybit_async.models.stream_message import StreamMessage, stamp
from bybit_async.models.stream_public import KlineData, TickerData
from bybit_async.state.kline import KlineState
from bybit_async.state.ticker import TickerState


class Messages:
    """Whole messages."""

    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        """Return the message itself."""
        return (message,)

    def lost(self, topics: Iterable[str]) -> None:
        """Nothing is kept."""


class Items(Messages):
    """Each item of a message's list, with the message's times on it; for some topics the data is the one item."""

    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        """Return the items."""
        items = message.data if isinstance(message.data, list) else (message.data,)
        return [stamp(item, message) for item in items]


class FullTickers(Messages):
    """Tickers made whole: what a delta does not carry is taken from what came before."""

    def __init__(self) -> None:
        self._states: dict[str, TickerState[TickerData]] = {}

    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        """Return the full ticker, or nothing for a delta without a snapshot before it."""
        state = self._states.get(message.topic)
        if state is None:
            state = self._states[message.topic] = TickerState()
        stamp(message.data, message)
        ticker = state.apply(message)
        return () if ticker is None else (ticker,)

    def lost(self, topics: Iterable[str]) -> None:
        """Distrust the tickers until their next snapshot."""
        for topic in topics:
            if topic in self._states:
                self._states[topic].mark_stale()


class ClosedKlines(Messages):
    """Klines that closed, each once."""

    def __init__(self, interval: str) -> None:
        self._interval = interval
        self._states: dict[str, KlineState] = {}

    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        """Return the klines that this message closes."""
        state = self._states.get(message.topic)
        if state is None:
            state = self._states[message.topic] = KlineState(self._interval)
        klines: list[KlineData] = [stamp(kline, message) for kline in message.data]
        return state.apply(klines)
