"""What public and private streams share: how a subscription is made."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, get_args

from bybit_async.errors import InvalidParameter, expected
from bybit_async.stream.buffer import Policy
from bybit_async.stream.fanout import FanOuts
from bybit_async.stream.item_transforms import ITEMS, FetchKlines, ItemTransform
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.subscription import Subscription
from bybit_async.stream.topics import Topic

Key = Callable[[Any], Hashable]


def by_symbol(item: Any) -> Hashable:
    """What the policy ``"latest"`` conflates by where nothing better is known."""
    return getattr(item, "symbol", None)


class TopicStreams:
    """Makes subscriptions over one multiplexer.

    Attributes:
        settings: times and sizes.
    """

    def __init__(self, multiplexer: Multiplexer, fetch_klines: FetchKlines | None = None) -> None:
        self.settings: StreamSettings = multiplexer.context.settings
        self._multiplexer = multiplexer
        self._fanouts = FanOuts(multiplexer)
        self._fetch_klines = fetch_klines

    def _open(
        self,
        topics: Sequence[Topic],
        policy: Policy,
        buffer: int | None,
        *,
        transform: ItemTransform | None = None,
        key: Key = by_symbol,
        fresh: bool = False,
        with_events: bool = False,
    ) -> Subscription[Any]:
        topics = list(dict.fromkeys(topics))
        if not topics:
            raise InvalidParameter("symbols", "name at least one")
        if policy not in get_args(Policy):
            raise InvalidParameter("policy", expected(policy, get_args(Policy)))
        if buffer is not None and buffer < 1:
            raise InvalidParameter("buffer", f"expected at least 1, got {buffer!r}")
        for channel in {topic.channel for topic in topics}:
            self._multiplexer.context.check(channel)
        return Subscription(
            self._fanouts,
            topics,
            transform or ITEMS,
            size=buffer or self.settings.buffer,
            policy=policy,
            key=key,
            fresh=fresh,
            with_events=with_events,
        )
