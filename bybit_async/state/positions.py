"""My positions, never running backwards: by the cross sequence of their last fill, then by the time of the update."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from bybit_async.models.position import Position


class PositionKey(NamedTuple):
    """What makes a position one: in hedge mode a symbol has two, distinguished by `position_idx`."""

    category: str
    symbol: str
    position_idx: int


class PositionChange(msgspec.Struct, frozen=True):
    """A position moved on; `previous` is None for the first report of it."""

    position: Position
    previous: Position | None


class KnownPositions:
    """Positions that were ever reported, flat ones included.

    Attributes:
        late: reports that were older than what was known.
        repeats: reports in which nothing had changed; Bybit sends one with each order.
    """

    def __init__(self) -> None:
        self._positions: dict[PositionKey, Position] = {}
        self.late: int = 0
        self.repeats: int = 0

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Position]:
        return iter(self._positions.values())

    @property
    def open(self) -> list[Position]:
        """The positions that are not flat."""
        return [position for position in self if position.size]

    def get(self, symbol: str, *, category: str = "linear", position_idx: int = 0) -> Position | None:
        """Return one position, flat or not; None when none was ever reported."""
        return self._positions.get(PositionKey(category, symbol, position_idx))

    def apply(self, position: Position, *, category: str | None = None) -> PositionChange | None:
        """Take a report and return what it changed; None when it is late or says nothing new.

        Args:
            position: the report.
            category: of the position, where the report itself does not say.
        """
        key = PositionKey(position.category or category or "linear", position.symbol, position.position_idx)
        if position.category is None:
            position = msgspec.structs.replace(position, category=key.category)
        known = self._positions.get(key)
        if known is not None and _older(position, known):
            self.late += 1
            return None
        self._positions[key] = position
        if known is not None and not _differs(position, known):
            self.repeats += 1
            return None
        return PositionChange(position, known)


def _older(position: Position, known: Position) -> bool:
    seq, known_seq = position.seq, known.seq
    # -1 is a position that never traded.
    if seq is not None and known_seq is not None and seq != known_seq:
        return seq < known_seq
    return (position.updated_time or 0) < (known.updated_time or 0)


# What moves with the market alone is renewed silently, and only REST ever sends it unasked.
_TELLING = (
    "size", "side", "avg_price", "leverage", "take_profit", "stop_loss", "trailing_stop", "position_status",
    "cum_realised_pnl", "auto_add_margin", "is_reduce_only", "risk_id",
)  # fmt: skip


def _differs(position: Position, known: Position) -> bool:
    def reported(report: Position) -> list[Any]:
        return [getattr(report, name) or None for name in _TELLING]

    return reported(position) != reported(known)
