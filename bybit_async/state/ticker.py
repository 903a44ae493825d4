"""A contract's ticker, kept whole: Bybit sends it once and then only what changed."""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec.structs import force_setattr, replace

from bybit_async.models.stream_message import StreamMessage
from bybit_async.models.stream_public import TickerData

T = TypeVar("T", bound=TickerData)


class TickerState(Generic[T]):
    """The full ticker of one symbol, fed by `apply`.

    A field that a delta does not carry has not changed; one that it carries as ``""`` has no value any more (None).
    Spot and option tickers are always whole and pass through.

    Attributes:
        current: the full ticker; None before the first snapshot. While `stale` it is as it last was.
        stale: True until a snapshot, and again after `mark_stale`.
        ignored: deltas that came without a snapshot to apply them to.
        late: messages older than what is known, by cross sequence.
    """

    __slots__ = ("_cs", "current", "ignored", "late", "stale")

    def __init__(self) -> None:
        self.current: T | None = None
        self.stale: bool = True
        self.ignored: int = 0
        self.late: int = 0
        self._cs: int | None = None

    def apply(self, message: StreamMessage[T]) -> T | None:
        """Take the next message and return the full ticker; None for a message that changed nothing."""
        if message.type == "delta":
            if self.stale or self.current is None:
                self.ignored += 1
                return None
            if self._is_late(message.cs):
                self.late += 1
                return None
            self.current = _merged(self.current, message.data)
        else:
            self.current = message.data
            self.stale = False
        self._cs = message.cs
        return self.current

    def _is_late(self, cs: int | None) -> bool:
        try:
            return cs is not None and self._cs is not None and cs < self._cs
        except TypeError:
            # A sequence that is not a number is kept as it came, and says nothing of the order.
            return False

    def mark_stale(self) -> None:
        """Distrust what is known until the next snapshot: the connection was lost."""
        self.stale = True


def _merged(current: T, delta: T) -> T:
    fresh = replace(current)
    # A copy that was not given out yet may still be written to, and that is quicker than building another.
    for name in delta.changed:
        force_setattr(fresh, name, getattr(delta, name))
    force_setattr(fresh, "changed", delta.changed)
    force_setattr(fresh, "pushed_at", delta.pushed_at)
    force_setattr(fresh, "received_ns", delta.received_ns)
    return fresh
