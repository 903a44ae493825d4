"""A bounded buffer between a socket that never waits and a consumer that may be slow."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, Literal, TypeVar

from bybit_async.errors import SubscriptionOverflow
from bybit_async.event_loop import HomeLoop

T = TypeVar("T")

Policy = Literal["drop_oldest", "latest", "raise", "block"]
"""What happens when the consumer is slower than the stream.

`drop_oldest`: the oldest waiting item goes, counted. `latest`: only the newest item per key (a symbol, an order id) is
kept, so that the consumer sees the present and not the past; replaced ones are counted. `raise`: the consumer gets
`SubscriptionOverflow` after the items that still fit. `block`: nothing is dropped; the subscription has a connection of
its own, which is not read while the buffer is full. Bybit may end a connection that is not read; that shows as a loss.
"""


class SharedFilling:
    """What several buffers have in common that are filled at once, without a call into each.

    Attributes:
        count: items that were added to each of them.
        bell: what wakes those who wait for any of them.
    """

    __slots__ = ("bell", "count")

    def __init__(self) -> None:
        self.count: int = 0
        self.bell: list[asyncio.Future[None]] = []


class Buffer(Generic[T]):
    """Items on their way to one consumer.

    Args:
        size: how many may wait.
        policy: what happens to more.
        key: what `latest` conflates by.
        home: the event loop it belongs to; that of the first use by default.

    Attributes:
        simple: whether an item is taken in by `append` alone, the oldest one making room for it.
        append: takes an item with its local nanosecond, where the buffer is `simple` and shared.
    """

    def __init__(
        self,
        size: int,
        policy: Policy,
        key: Callable[[T], Hashable] | None = None,
        home: HomeLoop | None = None,
    ) -> None:
        self._size = size
        self._policy = policy
        # What `latest` conflates by may be missing; it then drops the oldest too.
        self.simple: bool = policy == "drop_oldest" or (policy == "latest" and key is None)
        self._key = key
        self._queue: deque[tuple[int, T]] = deque(maxlen=size if self.simple else None)
        self.append: Callable[[tuple[int, T]], None] = self._queue.append
        self._newest: OrderedDict[Hashable, tuple[int, T]] = OrderedDict()
        self._bell: list[asyncio.Future[None]] = []
        self._room: asyncio.Future[None] | None = None
        self._home = home or HomeLoop("stream")
        self._ended = False
        self._error: BaseException | None = None
        # What a full simple buffer drops is not counted; it follows from what came in and what was taken out.
        self._arrived = self._taken = self._replaced = 0
        self._filling: SharedFilling | None = None
        self._since = 0

    def __len__(self) -> int:
        return len(self._queue) + len(self._newest)

    @property
    def dropped(self) -> int:
        """Items that were dropped, or replaced by a newer one."""
        if not self.simple:
            return self._replaced
        shared = 0 if self._filling is None else self._filling.count - self._since
        return self._arrived + shared - self._taken - len(self._queue)

    def share(self, filling: SharedFilling) -> None:
        """Let `append` be used, and everyone who waits be woken, together with other buffers. Idempotent."""
        if self._filling is not filling:
            self._filling, self._since = filling, filling.count
            filling.bell.extend(self._bell)
            self._bell = filling.bell

    def leave(self) -> None:
        """Be shared no more."""
        if self._filling is not None:
            self._arrived += self._filling.count - self._since
            self._filling = None
            # Those who wait by the old bell look here again.
            ring(self._bell)
            self._bell = []

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
        """Take items in that came together; never waits. Returns whether the buffer was closed."""
        if self._ended:
            return True
        if self.simple:
            for item in items:
                self._arrived += 1
                self.append((received_ns, item))
        else:
            for item in items:
                self._put(item, received_ns)
        if self._bell:
            ring(self._bell)
        return self._ended

    def _put(self, item: T, received_ns: int) -> None:
        if self._key is not None and self._policy == "latest":
            self._conflate(self._key(item), item, received_ns)
        elif len(self._queue) < self._size or self._policy == "block":
            self._queue.append((received_ns, item))
        else:
            self.close(SubscriptionOverflow(f"{self._size} items are waiting for a consumer that does not take them"))

    def _conflate(self, key: Hashable, item: T, received_ns: int) -> None:
        if key in self._newest:
            # It keeps its place in the line: a busy symbol must not starve, nor starve the others.
            self._newest[key] = (received_ns, item)
            self._replaced += 1
            return
        if len(self._newest) >= self._size:
            self._newest.popitem(last=False)
            self._replaced += 1
        self._newest[key] = (received_ns, item)

    def close(self, error: BaseException | None = None) -> None:
        """Take nothing more; the consumer gets what waits, then the error, or a plain end. The first call counts."""
        if not self._ended:
            self._ended, self._error = True, error
            ring(self._bell)
            self._make_room()

    def discard(self) -> None:
        """Close it, and forget what waits."""
        self._taken += len(self._queue)
        self._queue.clear()
        self._newest.clear()
        self.close()
        ring(self._bell)

    async def get(self) -> T:
        """Wait for an item.

        Raises:
            StopAsyncIteration: the buffer was closed.
            StreamError: it was closed with an error.
            WrongEventLoop: it belongs to another event loop.
        """
        while not (self._queue or self._newest):
            if self._ended:
                raise self._error or StopAsyncIteration
            waiter = self._home.check().create_future()
            bell = self._bell
            bell.append(waiter)
            try:
                await waiter
            except BaseException:
                # One who gave up waiting must not be left in line.
                if waiter in bell:
                    bell.remove(waiter)
                raise
        return self._take()

    def _take(self) -> T:
        if self._queue:
            self._taken += 1
            item = self._queue.popleft()[1]
        else:
            item = self._newest.popitem(last=False)[1][1]
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


def ring(bell: list[asyncio.Future[None]]) -> None:
    """Wake every waiter, each once; what arrives before its turn wakes no one."""
    waiters = bell[:]
    bell.clear()
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
