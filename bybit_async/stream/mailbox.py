"""A bounded buffer between a socket that never waits and a consumer that may be slow."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, Literal, TypeVar

from bybit_async.errors import SubscriptionOverflow

T = TypeVar("T")

Policy = Literal["drop_oldest", "latest", "raise", "block"]
"""What happens when the consumer is slower than the stream.

`drop_oldest`: the oldest waiting item goes, counted. `latest`: only the newest item per key (a symbol, an order id) is
kept, so that the consumer sees the present and not the past; replaced ones are counted. `raise`: the consumer gets
`SubscriptionOverflow` after the items that still fit. `block`: nothing is dropped; the subscription has a connection of
its own, which is not read while the buffer is full. Bybit may end a connection that is not read; that shows as a loss.
"""


class Mailbox(Generic[T]):
    """Items on their way to one consumer.

    Args:
        size: how many may wait.
        policy: what happens to more.
        key: what `latest` conflates by.

    Attributes:
        dropped: items that were dropped, or replaced by a newer one.
    """

    def __init__(self, size: int, policy: Policy, key: Callable[[T], Hashable] | None = None) -> None:
        self._size = size
        self._policy = policy
        # What `latest` conflates by may be missing; it then drops the oldest too.
        self._plain = policy == "drop_oldest" or (policy == "latest" and key is None)
        self._key = key
        self._queue: deque[tuple[int, T]] = deque()
        self._newest: OrderedDict[Hashable, tuple[int, T]] = OrderedDict()
        self._waiters: set[asyncio.Future[None]] = set()
        self._room: asyncio.Future[None] | None = None
        self._ended = False
        self._error: BaseException | None = None
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._queue) + len(self._newest)

    @property
    def ended(self) -> bool:
        """Whether nothing more will be taken in."""
        return self._ended

    @property
    def lag(self) -> float:
        """Seconds that the oldest waiting item has been waiting."""
        first = self._queue[0] if self._queue else next(iter(self._newest.values()), None)
        return 0.0 if first is None else (time.monotonic_ns() - first[0]) / 1e9

    def put(self, item: T, received_ns: int) -> None:
        """Take an item in; never waits."""
        self.put_all((item,), received_ns)

    def put_all(self, items: Iterable[T], received_ns: int) -> bool:
        """Take items in that came together; never waits. Returns whether the mailbox has ended."""
        if self._ended:
            return True
        queue = self._queue
        if self._plain:
            for item in items:
                if len(queue) >= self._size:
                    queue.popleft()
                    self.dropped += 1
                queue.append((received_ns, item))
        else:
            for item in items:
                self._put(item, received_ns)
        if self._waiters:
            self._wake()
        return self._ended

    def _put(self, item: T, received_ns: int) -> None:
        if self._key is not None and self._policy == "latest":
            self._conflate(self._key(item), item, received_ns)
        elif len(self._queue) < self._size or self._policy == "block":
            self._queue.append((received_ns, item))
        else:
            self.end(SubscriptionOverflow(f"{self._size} items are waiting for a consumer that does not take them"))

    def _conflate(self, key: Hashable, item: T, received_ns: int) -> None:
        if key in self._newest:
            # It keeps its place in the line: a busy symbol must not starve, nor starve the others.
            self._newest[key] = (received_ns, item)
            self.dropped += 1
            return
        if len(self._newest) >= self._size:
            self._newest.popitem(last=False)
            self.dropped += 1
        self._newest[key] = (received_ns, item)

    def end(self, error: BaseException | None = None) -> None:
        """Take nothing more; the consumer gets what waits, then the error, or a plain end. The first end counts."""
        if not self._ended:
            self._ended, self._error = True, error
            self._wake()
            self._make_room()

    def discard(self) -> None:
        """End, and forget what waits."""
        self._queue.clear()
        self._newest.clear()
        self.end()
        self._wake()

    async def get(self) -> T:
        """Wait for an item.

        Raises:
            StopAsyncIteration: the mailbox ended.
            StreamError: it ended with an error.
        """
        while not (self._queue or self._newest):
            if self._ended:
                raise self._error or StopAsyncIteration
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)
        return self._take()

    def _take(self) -> T:
        item = self._queue.popleft()[1] if self._queue else self._newest.popitem(last=False)[1][1]
        if self._room is not None and len(self) <= self._size // 2:
            self._make_room()
        return item

    def full(self) -> asyncio.Future[None] | None:
        """With the policy `block`, return what to wait for before more is read; None when there is room."""
        if self._policy != "block" or self._ended or len(self._queue) < self._size:
            return None
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()
        return self._room

    def _make_room(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    def _wake(self) -> None:
        # Each is woken once: until it has had its turn, what comes in between has nobody to look for.
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
