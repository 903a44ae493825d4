"""What a user iterates: `Subscription`, one consumer's view of one or more topics."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

from bybit_async.stream.buffer import Buffer, Policy
from bybit_async.stream.fanout import FanOuts, SubscriptionFeed
from bybit_async.stream.item_transforms import ITEMS, ItemTransform
from bybit_async.stream.topics import Topic

T = TypeVar("T")


class Subscription(Generic[T]):
    """One consumer of one or more topics: iterate it, or enter it to wait until Bybit has accepted the topics.

    Nothing is asked for before the first use. Leaving the ``async with`` block, `close`, or dropping the last reference
    ends it; other subscribers of the same topics are not touched. After a lost connection it goes on by itself, and
    `stale` is True in between.

    Raises:
        SubscriptionRefused: from entering or iterating: Bybit does not accept one of the topics.
        SubscriptionOverflow: from iterating, with the policy ``"raise"``.
        ConnectionFailed: the channel never came up.
        AuthenticationError: a private channel did not accept the key.
    """

    def __init__(
        self,
        fanouts: FanOuts,
        topics: Sequence[Topic],
        transform: ItemTransform,
        *,
        size: int,
        policy: Policy,
        key: Callable[[T], Hashable] | None,
        fresh: bool = False,
        with_events: bool = False,
    ) -> None:
        self.topics: tuple[Topic, ...] = tuple(topics)
        self._fanouts = fanouts
        self._fresh = fresh
        self._blocks = policy == "block"
        # What every subscriber of the same topics sees alike is made once for all of them.
        self._shared = transform is ITEMS and not (self._blocks or fresh or with_events)
        self._home = fanouts.multiplexer.context.home
        self._buffer: Buffer[T] = Buffer(size, policy, key, self._home)
        self._feed = SubscriptionFeed(topics, transform, self._buffer, with_events=with_events)
        self._state = "new"
        self._loop: asyncio.AbstractEventLoop | None = None

    def _start(self) -> None:
        if self._state == "new":
            self._loop = asyncio.get_running_loop()
            feed, fanouts = self._feed, self._fanouts
            self._state = "open"
            feed.leave = partial(_leave, fanouts, feed)
            if self._shared:
                feed.fanout = fanouts.join(self.topics, feed)
                feed.states = feed.fanout.states
            else:
                waits_for = self._buffer if self._blocks else None
                feed.states = fanouts.multiplexer.attach(self.topics, feed, waits_for=waits_for, fresh=self._fresh)

    async def ready(self, timeout: float | None = None) -> None:
        """Wait until Bybit has accepted every topic.

        Raises:
            SubscriptionRefused: it did not.
            TimeoutError: `timeout` seconds passed.
            StreamClosed: the subscription was closed before.
        """
        self._start()
        self._home.check()
        async with asyncio.timeout(timeout):
            await self._feed.ready()

    async def __aenter__(self) -> Self:
        try:
            await self.ready()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        self._start()
        return await self._buffer.get()

    async def each(self, handler: Callable[[T], object]) -> None:
        """Call `handler` with every item, without a buffer between, until the subscription ends.

        The quickest way: no task is switched to. But the socket is not read meanwhile, so `handler` must be quick. What
        it raises ends this subscription, and is raised from here.
        """
        self._start()
        self._home.check()
        feed, buffer = self._feed, self._buffer
        while buffer:
            handler(await buffer.get())
        feed.handle(handler)
        try:
            await buffer.get()
        except StopAsyncIteration:
            return
        finally:
            feed.handle(None)

    def close(self) -> None:
        """End the subscription at once; a loop over it ends too. Idempotent."""
        started, self._state = self._state == "open", "closed"
        self._feed.discard()
        if started:
            self._feed.leave()

    async def aclose(self) -> None:
        """Like `close`, for ``contextlib.aclosing``."""
        self.close()

    def __del__(self) -> None:
        # A loop that was left with `break` must not keep its topics for ever.
        loop = self.__dict__.get("_loop")
        if loop is not None and self._state == "open" and not loop.is_closed():
            loop.call_soon_threadsafe(_abandon, self._feed)

    @property
    def dropped(self) -> int:
        """Items that the policy dropped or replaced, because they were not taken in time."""
        return self._buffer.dropped

    @property
    def pending(self) -> int:
        """Items that wait to be taken."""
        return len(self._buffer)

    @property
    def lag(self) -> float:
        """Seconds that the oldest waiting item has been waiting."""
        return self._buffer.lag

    @property
    def stale(self) -> bool:
        """Whether a topic is not known to be current: not accepted yet, no snapshot yet, connection lost, or silent."""
        return self._feed.stale

    @property
    def last_received(self) -> int | None:
        """When the last message came, in nanoseconds of `time.monotonic_ns`; None before the first."""
        return self._feed.last_received

    @property
    def silence(self) -> float | None:
        """Seconds since the last message; None before the first."""
        last = self._feed.last_received
        return None if last is None else (time.monotonic_ns() - last) / 1e9

    def __repr__(self) -> str:
        names = ", ".join(topic.name for topic in self.topics[:3])
        return f"<Subscription {names}{' …' if len(self.topics) > 3 else ''} {self._state}>"


def _abandon(feed: SubscriptionFeed) -> None:
    feed.discard()
    feed.leave()


def _leave(fanouts: FanOuts, feed: SubscriptionFeed) -> None:
    if feed.fanout is None:
        fanouts.multiplexer.detach(feed)
    else:
        feed.fanout.remove(feed)
