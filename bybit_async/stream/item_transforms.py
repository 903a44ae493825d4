"""From a message to the items that a subscription delivers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec

from bybit_async.backoff import Backoff
from bybit_async.errors import BybitError
from bybit_async.models.market.klines import Kline
from bybit_async.models.stream_message import StreamMessage, stamp
from bybit_async.models.stream_public import KlineData, TickerData
from bybit_async.state.kline import KlineState
from bybit_async.state.ticker import TickerState

log: logging.Logger = logging.getLogger("bybit_async.stream")

FetchKlines = Callable[[str, str, str, int, int], Awaitable[Sequence[Kline]]]
"""Fetches klines by REST: category, symbol, interval, opening times of the first and the last one in milliseconds."""

_FETCHES = 5


class ItemTransform:
    """Which items of a message a subscription delivers; this one delivers the whole message.

    Those that keep state between messages belong to one subscription.
    """

    def bind(self, put: Callable[[Any], None]) -> None:
        """Say where items go that no message brings; this transform has none."""

    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        """Return the message itself."""
        return (message,)

    def lost(self, topics: Iterable[str]) -> None:
        """Messages of these topics may have been missed."""

    def close(self) -> None:
        """Nothing takes items any longer."""


class Messages(ItemTransform):
    """Whole messages."""


class Items(ItemTransform):
    """Each item of a message's list, with the message's times on it; for some topics the data is the one item."""

    def __init__(self) -> None:
        self._made: tuple[StreamMessage[Any] | None, list[Any]] = (None, [])

    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        """Return the items; those of one message are made once, for all its subscribers."""
        made = self._made
        if made[0] is not message:
            data = message.data
            made = self._made = message, stamp(data if isinstance(data, list) else [data], message)
        return made[1]


ITEMS = Items()
"""The one that all subscriptions share."""


class FullTickers(ItemTransform):
    """Tickers made whole: what a delta does not carry is taken from what came before."""

    def __init__(self) -> None:
        self._states: dict[str, TickerState[TickerData]] = {}

    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        """Return the full ticker, or nothing for a delta without a snapshot before it."""
        state = self._states.get(message.topic)
        if state is None:
            state = self._states[message.topic] = TickerState()
        stamp([message.data], message)
        ticker = state.apply(message)
        return () if ticker is None else (ticker,)

    def lost(self, topics: Iterable[str]) -> None:
        """Distrust the tickers until their next snapshot."""
        for topic in topics:
            if topic in self._states:
                self._states[topic].mark_stale()


class ClosedKlines(ItemTransform):
    """Klines that closed, each once; those that were missed over a loss are fetched.

    Args:
        category: of all of them.
        interval: of all of them.
        fetch: fetches what was missed; None to leave it out.
    """

    def __init__(self, category: str, interval: str, fetch: FetchKlines | None) -> None:
        self._category = category
        self._interval = interval
        self._fetch = fetch
        self._states: dict[str, KlineState] = {}
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self._put: Callable[[Any], None] = lambda item: None

    def bind(self, put: Callable[[Any], None]) -> None:
        """Say where fetched klines go."""
        self._put = put

    def expand(self, message: StreamMessage[Any]) -> Iterable[Any]:
        """Return the klines that this message closes."""
        state = self._states.get(message.topic)
        if state is None:
            state = self._states[message.topic] = KlineState(self._interval)
        klines: list[KlineData] = stamp(message.data, message)
        closed = state.apply(klines)
        if klines and state.missing and self._fetch is not None and klines[0].symbol not in self._fetching:
            self._begin(klines[0].symbol, state, self._fetch)
        return closed

    def _begin(self, symbol: str, state: KlineState, fetch: FetchKlines) -> None:
        task = asyncio.create_task(self._fill(symbol, state, fetch), name=f"bybit_async klines {symbol}")
        self._fetching[symbol] = task
        task.add_done_callback(lambda _: self._fetching.pop(symbol, None))

    async def _fill(self, symbol: str, state: KlineState, fetch: FetchKlines) -> None:
        backoff = Backoff(0.5, 8.0)
        while backoff.failures < _FETCHES:
            span = state.missing
            if span is None:
                return
            try:
                rows = await fetch(self._category, symbol, self._interval, *span)
            except BybitError as error:
                log.warning("missed klines of %s could not be fetched: %s", symbol, error)
            else:
                for kline in state.fill(rows):
                    self._put(msgspec.structs.replace(kline, symbol=symbol))
            if state.missing is not None:
                await asyncio.sleep(backoff.next_wait())

    def close(self) -> None:
        """End fetching."""
        for task in list(self._fetching.values()):
            task.cancel()
