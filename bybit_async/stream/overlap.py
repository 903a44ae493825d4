"""Two connections carry the same topics while one replaces the other: each message is let through once. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.topic_types import family

_STATEFUL = frozenset({"orderbook", "orderbook.rpi", "tickers", "kline"})
_MOST = 200_000


class Overlap:
    """Decides which of two connections a message is taken from.

    Topics that begin with a snapshot change over at the snapshot of the new connection: from there on its own deltas
    fit, and the old one's no longer do. Messages of other topics are known by what they carry: the n-th copy of a
    content is let through when it is the first n-th copy on either connection.
    """

    def __init__(self) -> None:
        self._changed_over: set[str] = set()
        self._copies: dict[int, list[int]] = {}

    def admits(self, message: StreamMessage[Any], *, fresh: bool) -> bool:
        """Say whether to let a message through; `fresh` for those of the new connection."""
        topic = message.topic
        if family(topic) in _STATEFUL and not topic.startswith("orderbook.full."):
            if fresh and message.type == "snapshot":
                self._changed_over.add(topic)
            return (topic in self._changed_over) is fresh
        if len(self._copies) > _MOST:
            self._copies.clear()
        # Private messages have an id and a creation time of their own on each connection.
        content = hash((topic, message.type, message.ts, msgspec.json.encode(message.data)))
        counts = self._copies.setdefault(content, [0, 0])
        counts[fresh] += 1
        return counts[fresh] > counts[not fresh]
