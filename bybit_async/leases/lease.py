"""One lease from taking it to giving it back: renewed in time, or known to be over."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import Protocol, Self

from bybit_async.errors import LeaseLost, LeaseTaken, LeaseUnavailable

_RENEWALS_IN_A_LIFE = 3
_RETRY = 0.1
_MARGIN = 0.1
"""The part of its life that a lease is given up early, for clocks that run at different speeds."""


def steady_seconds() -> float:
    """Return seconds of a clock that is never set, and that goes on while the machine sleeps if the system has one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class LeasePlace(Protocol):
    """Where leases are kept: Redis for many machines, a folder for one.

    Every method raises `LeaseUnavailable` when the place does not answer.
    """

    endless: bool
    """Whether a lease lasts as long as its process, so that nothing needs renewing."""

    async def take(self, name: str, holder: str, life: float) -> int | str:
        """Return the fencing token, or who holds the lease now. `life` is in seconds."""

    async def renew(self, name: str, token: int, life: float) -> bool:
        """Return whether the lease was still this holder's, and lives `life` seconds from now."""

    async def give_back(self, name: str, token: int) -> None:
        """End the lease if it is still this holder's."""

    async def aclose(self) -> None:
        """Release connections."""


class Lease:
    """``async with hold(...) as lease``: alone until `held` turns False.

    Ask `held`, or call `check`, right before each act that only one may carry out. Nothing needs to run in between: a
    process that was suspended for longer than the lease's life finds it over as soon as it asks.

    Attributes:
        name: what it is a lease of.
        token: the fencing token: larger than that of every holder before. 0 until the lease is taken.
    """

    def __init__(self, place: LeasePlace, name: str, *, holder: str, life: float, wait: float) -> None:
        self.name = name
        self.token: int = 0
        self._place = place
        self._holder = holder
        self._life = life
        self._wait = wait
        self._until = float("-inf")
        self._over = asyncio.Event()
        self._renewing: asyncio.Task[None] | None = None

    @property
    def held(self) -> bool:
        """Whether it is certain that no one else holds the lease."""
        return steady_seconds() < self._until

    def check(self) -> None:
        """Raise `LeaseLost` unless the lease is held."""
        if not self.held:
            raise LeaseLost(self.name)

    async def lost(self) -> None:
        """Wait until the lease is over."""
        await self._over.wait()

    async def __aenter__(self) -> Self:
        """Take the lease.

        Raises:
            LeaseTaken: someone else holds it, and still did after `wait` seconds.
            LeaseUnavailable: the place where it is kept does not answer.
        """
        try:
            await self._take()
        except BaseException:
            await self._place.aclose()
            raise
        if not self._place.endless:
            self._renewing = asyncio.create_task(self._renew(), name=f"bybit_async lease {self.name}")
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Give the lease back, so that the next holder need not wait for its end."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait({self._renewing})
        was_held, self._until = self.held, float("-inf")
        self._over.set()
        try:
            if was_held:
                await self._place.give_back(self.name, self.token)
        except LeaseUnavailable:
            # It ends by itself.
            return
        finally:
            await self._place.aclose()

    async def _take(self) -> None:
        deadline = steady_seconds() + self._wait
        while True:
            asked = steady_seconds()
            answer = await self._place.take(self.name, self._holder, self._life)
            if isinstance(answer, int):
                self.token = answer
                self._extend(asked)
                return
            if steady_seconds() >= deadline:
                raise LeaseTaken(self.name, answer)
            await asyncio.sleep(min(_RETRY, self._life / 10))

    async def _renew(self) -> None:
        while self.held:
            await asyncio.sleep(self._life / _RENEWALS_IN_A_LIFE)
            asked = steady_seconds()
            try:
                kept = await self._place.renew(self.name, self.token, self._life)
            except LeaseUnavailable:
                # The lease goes on until its end, whether or not its place answers.
                await asyncio.sleep(min(_RETRY, self._life / 10))
                continue
            if not kept:
                break
            self._extend(asked)
        self._until = float("-inf")
        self._over.set()

    def _extend(self, asked: float) -> None:
        # Counted from before the question: the place counts from when it was answered, which is never earlier.
        self._until = float("inf") if self._place.endless else asked + self._life * (1 - _MARGIN)
