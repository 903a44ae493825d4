"""What public and private streams share: how a subscription is made."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, get_args

from bybit_async.errors import InvalidParameter
from bybit_async.stream.expanders import ITEMS, FetchKlines
from bybit_async.stream.mailbox import Policy
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.subscription import Expander, Subscription
from bybit_async.stream.topics import Topic

Key = Callable[[Any], Hashable]


def by_symbol(item: Any) -> Hashable:
    """What the policy ``"latest"`` conflates by where nothing better is known."""
    return getattr(item, "symbol", None)


class Opening:
    """Makes subscriptions over one multiplexer."""

    def __init__(
        self, multiplexer: Multiplexer, settings: StreamSettings, fetch_klines: FetchKlines | None = None
    ) -> None:
        self._multiplexer = multiplexer
        self.settings = settings
        self._fetch_klines = fetch_klines

    def _open(
        self,
        topics: Sequence[Topic],
        policy: Policy,
        buffer: int | None,
        *,
        expander: Expander | None = None,
        key: Key = by_symbol,
        fresh: bool = False,
        with_events: bool = False,
    ) -> Subscription[Any]:
        topics = list(dict.fromkeys(topics))
        if not topics:
            raise InvalidParameter("symbols", "name at least one")
        if policy not in get_args(Policy):
            raise InvalidParameter("policy", f"expected one of {get_args(Policy)}, got {policy!r}")
        if buffer is not None and buffer < 1:
            raise InvalidParameter("buffer", f"expected at least 1, got {buffer!r}")
        for channel in {topic.channel for topic in topics}:
            self._multiplexer.check(channel)
        return Subscription(
            self._multiplexer,
            topics,
            expander or ITEMS,
            size=buffer or self.settings.buffer,
            policy=policy,
            key=key,
            fresh=fresh,
            with_events=with_events,
        )
