"""Price-time priority for one instrument, in whole ticks and lots."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from sortedcontainers import SortedDict

Side = Literal["Buy", "Sell"]
SmpType = Literal["None", "CancelMaker", "CancelTaker", "CancelBoth"]


class Resting:
    """What rests in the book: who, which side, at which price, how much is left."""

    __slots__ = ("guarded", "lots", "order", "owner", "side", "ticks")

    def __init__(
        self, order: object, owner: int, side: Side, ticks: int, lots: int, *, guarded: bool = False
    ) -> None:
        self.order = order
        self.owner = owner
        self.side = side
        self.ticks = ticks
        self.lots = lots
        self.guarded = guarded


class Taking(NamedTuple):
    """What an incoming order may do: up to `lots`, no worse than `limit` ticks, for at most `budget` ticks x lots."""

    owner: int
    side: Side
    lots: int
    limit: int | None = None
    budget: int | None = None
    smp: SmpType = "None"


class Outcome(NamedTuple):
    """What became of it: lots taken, and whether self-match prevention stopped it."""

    taken: int
    stopped_by: Resting | None


FillHandler = Callable[[Resting, int], None]
"""Called per fill with the maker (already reduced) and the lots."""
DropHandler = Callable[[Resting, Resting | None], None]
"""Called for a maker removed without a fill (self-match prevention, or nothing left to reduce)."""
Guard = Callable[[Resting], int]
"""How many lots a guarded (reduce-only) maker may still trade."""


class Level:
    """The queue at one price, oldest first."""

    __slots__ = ("lots", "queue")

    def __init__(self) -> None:
        self.queue: dict[int, Resting] = {}
        self.lots = 0
