"""Where frames come from: a WebSocket to Bybit, or a relay through Redis."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from bybit_async.stream.settings import StreamSettings

OnText = Callable[[bytes, int], None]
"""Takes a message's bytes and the local nanosecond they came at. It must not raise."""


class FrameSource(Protocol):
    """What a connection reads from and writes to; opened once, never reopened.

    Attributes:
        on_text: takes messages, from the first one on.
        on_lost: called once, when it is over.
        max_frame: bytes of the largest frame that is read.
        complaint: why it was dropped here, for what came from it; empty while it was not.
    """

    on_text: OnText
    on_lost: Callable[[], None]
    max_frame: int
    complaint: str

    @property
    def is_open(self) -> bool:
        """Whether something can be sent: neither side has begun to close it."""
        ...

    @property
    def end(self) -> Exception:
        """Why it is over."""
        ...

    async def send_text(self, data: bytes) -> None:
        """Send a message.

        Raises:
            ConnectionFailed: it is closed.
        """
        ...

    async def close(self) -> None:
        """End it in the way both sides agreed on."""
        ...

    def pause(self) -> None:
        """Read nothing more for now."""
        ...

    def resume(self) -> None:
        """Read on."""
        ...

    def abort(self) -> None:
        """Drop it at once."""
        ...


OpenSource = Callable[[str, StreamSettings, Callable[[FrameSource], None]], Awaitable[FrameSource]]
"""Opens an address; the function is called with the source before anything is read."""
