"""Which event loop something belongs to."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from bybit_async.errors import CalledFromTheLoop, WrongEventLoop


class HomeLoop:
    """The event loop in which something is used for the first time, and to which it belongs from then on.

    Args:
        owner: what belongs to it, as a user would call it: ``"session"``.

    Attributes:
        loop: the event loop; None before the first use.
    """

    __slots__ = ("_owner", "loop")

    def __init__(self, owner: str = "session") -> None:
        self._owner = owner
        self.loop: asyncio.AbstractEventLoop | None = None

    def check(self) -> asyncio.AbstractEventLoop:
        """Return the running event loop.

        Raises:
            WrongEventLoop: it is not the one of the first use.
        """
        running = asyncio.get_running_loop()
        if self.loop is None:
            self.loop = running
        elif self.loop is not running:
            raise WrongEventLoop(self._owner, over=self.loop.is_closed())
        return running


_serving: dict[str, asyncio.AbstractEventLoop] = {}


def serves(address: str) -> None:
    """Note that the running event loop answers at this address (a URL), until `serves_no_more`."""
    _serving[urlsplit(address).netloc] = asyncio.get_running_loop()


def serves_no_more(address: str) -> None:
    """Forget what `serves` noted."""
    _serving.pop(urlsplit(address).netloc, None)


def check_can_answer(address: str) -> None:
    """Refuse a blocking call to an address that an event loop serves which the call would keep from running.

    Raises:
        CalledFromTheLoop: it is the event loop of this thread, or one that is not running.
    """
    # Asked before every blocking call: nothing is parsed where nothing of this process is served.
    loop = _serving.get(urlsplit(address).netloc) if _serving else None
    if loop is not None and (loop is asyncio._get_running_loop() or not loop.is_running()):
        raise CalledFromTheLoop(
            f"what answers at {address} runs in the event loop of this thread, and a blocking call would stop that:"
            " use AsyncBybit here, move the blocking code to a thread (await asyncio.to_thread(...)), or give the"
            " exchange a thread of its own (with SimulatedExchange(...) as exchange)"
        )
