"""Price-time priority for one instrument, in whole ticks and lots."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

Side = Literal["Buy", "Sell"]
SmpType = Literal["None", "CancelMaker", "CancelTaker", "CancelBoth"]

if TYPE_CHECKING:

    class Levels(dict[int, "PriceQueue"]):
        """Price levels in the order of their keys."""

        def peekitem(self, index: int) -> tuple[int, PriceQueue]:
            """Return the key and the level at a place."""
            ...
else:
    # The package tells type checkers nothing.
    from sortedcontainers import SortedDict as Levels


class Resting:
    """What rests in the book: who, which side, at which price, how much is left.

    `order` is the caller's own; `owner` tells whose orders may not meet under self-match prevention; a `guarded`
    one (reduce-only) trades no more than the guard of `MatchingBook.take` allows at that moment.
    """

    __slots__ = ("guarded", "lots", "order", "owner", "side", "ticks")

    side: Side

    def __init__(self, order: object, owner: int, side: Side, ticks: int, lots: int, *, guarded: bool = False) -> None:
        self.order: object = order
        self.owner: int = owner
        self.side = side
        self.ticks: int = ticks
        self.lots: int = lots
        self.guarded: bool = guarded


class Taking(NamedTuple):
    """What an incoming order may do: up to `lots`, no worse than `limit` ticks, for at most `budget` ticks x lots."""

    owner: int
    side: Side
    lots: int
    limit: int | None = None
    budget: int | None = None
    smp: SmpType = "None"


class MatchOutcome(NamedTuple):
    """What happened to it: the lots taken, and the maker at which self-match prevention stopped it."""

    taken: int
    stopped_by: Resting | None


FillHandler = Callable[[Resting, int], None]
"""Called per fill with the maker (already reduced) and the lots."""
DropHandler = Callable[[Resting, bool], None]
"""Called for a maker removed without a fill; the flag tells self-match prevention from nothing left to reduce."""
Guard = Callable[[Resting], int]
"""How many lots a guarded maker may still trade."""


class PriceQueue:
    """The queue at one price, oldest first."""

    __slots__ = ("lots", "queue")

    def __init__(self) -> None:
        self.queue: OrderedDict[int, Resting] = OrderedDict()
        self.lots: int = 0


class MatchingBook:
    """Resting orders of one instrument, and the matching of incoming ones against them.

    Levels that changed since the last `drain_changes` are remembered by (side, ticks).
    """

    __slots__ = ("_asks", "_bids", "_changed")

    def __init__(self) -> None:
        # Bids are keyed by negative ticks so that the best level comes first on both sides.
        self._bids = Levels()
        self._asks = Levels()
        self._changed: dict[tuple[Side, int], None] = {}

    def add(self, resting: Resting) -> None:
        """Put an order at the end of the queue of its price."""
        levels, key = self._place_of(resting.side, resting.ticks)
        level: PriceQueue | None = levels.get(key)
        if level is None:
            level = levels[key] = PriceQueue()
        level.queue[id(resting)] = resting
        level.lots += resting.lots
        self._changed[resting.side, resting.ticks] = None

    def remove(self, resting: Resting) -> bool:
        """Take an order out; False when it is not in the book."""
        levels, key = self._place_of(resting.side, resting.ticks)
        level: PriceQueue | None = levels.get(key)
        if level is None or level.queue.pop(id(resting), None) is None:
            return False
        level.lots -= resting.lots
        if not level.queue:
            del levels[key]
        self._changed[resting.side, resting.ticks] = None
        return True

    def shrink(self, resting: Resting, lots: int) -> None:
        """Reduce an order to `lots` (at least 1, no more than it has); it keeps its place in the queue."""
        if not 0 < lots <= resting.lots:
            raise ValueError("an order can only shrink in place")
        levels, key = self._place_of(resting.side, resting.ticks)
        level: PriceQueue = levels[key]
        level.lots -= resting.lots - lots
        resting.lots = lots
        self._changed[resting.side, resting.ticks] = None

    def best(self, side: Side) -> int | None:
        """Return the best price of a side in ticks, or None when it is empty."""
        if side == "Buy":
            return -self._bids.peekitem(0)[0] if self._bids else None
        return self._asks.peekitem(0)[0] if self._asks else None

    def crosses(self, side: Side, ticks: int) -> bool:
        """Whether an order of `side` at `ticks` would trade at once."""
        opposite = self.best("Sell" if side == "Buy" else "Buy")
        if opposite is None:
            return False
        return opposite <= ticks if side == "Buy" else opposite >= ticks

    def depth(self, side: Side, count: int) -> list[tuple[int, int]]:
        """Return up to `count` levels as (ticks, lots), best first."""
        if side == "Buy":
            return [(-key, level.lots) for key, level in islice(self._bids.items(), count)]
        return [(key, level.lots) for key, level in islice(self._asks.items(), count)]

    def orders(self, side: Side) -> Iterator[Resting]:
        """Yield the resting orders of a side in the order in which they would trade."""
        for level in (self._bids if side == "Buy" else self._asks).values():
            yield from level.queue.values()

    def level_lots(self, side: Side, ticks: int) -> int:
        """Return the total at one price; 0 without orders there."""
        levels, key = self._place_of(side, ticks)
        level: PriceQueue | None = levels.get(key)
        return level.lots if level is not None else 0

    def drain_changes(self) -> list[tuple[Side, int, int]]:
        """Return (side, ticks, lots now) of every level touched since the last call, in order of first touch."""
        changes: list[tuple[Side, int, int]] = [
            (side, ticks, self.level_lots(side, ticks)) for side, ticks in self._changed
        ]
        self._changed.clear()
        return changes

    def fillable(self, taking: Taking, guard: Guard) -> int:
        """Return how many lots `take` is certain to trade, counting guarded makers at their least."""
        wanted = taking.lots
        passed: dict[int, int] = {}
        total = 0
        for maker in self.orders("Sell" if taking.side == "Buy" else "Buy"):
            if total >= wanted or _beyond(taking, maker.ticks):
                break
            if taking.smp != "None" and maker.owner == taking.owner:
                if taking.smp == "CancelMaker":
                    continue
                break
            lots = maker.lots
            if maker.guarded:
                lots = max(0, min(lots, guard(maker) - passed.get(maker.owner, 0)))
            passed[maker.owner] = passed.get(maker.owner, 0) + lots
            total += lots
        return min(total, wanted)

    def take(self, taking: Taking, on_fill: FillHandler, on_drop: DropHandler, guard: Guard) -> MatchOutcome:
        """Trade an incoming order against the other side, best price first and oldest first."""
        side: Side = "Sell" if taking.side == "Buy" else "Buy"
        levels = self._asks if side == "Sell" else self._bids
        left, budget = taking.lots, taking.budget
        while left and levels:
            key, level = levels.peekitem(0)
            ticks = -key if side == "Buy" else key
            if _beyond(taking, ticks):
                break
            self._changed[side, ticks] = None
            while left and level.queue:
                maker: Resting = next(iter(level.queue.values()))
                if taking.smp != "None" and maker.owner == taking.owner:
                    if taking.smp != "CancelTaker":
                        self._drop(levels, key, level, maker)
                        on_drop(maker, True)
                    if taking.smp != "CancelMaker":
                        return MatchOutcome(taking.lots - left, maker)
                    continue
                lots = maker.lots if maker.lots < left else left
                if budget is not None:
                    lots = min(lots, budget // ticks)
                    if lots == 0:
                        return MatchOutcome(taking.lots - left, None)
                lots = self._trade(levels, key, level, maker, lots, on_fill, on_drop, guard)
                left -= lots
                if budget is not None:
                    budget -= lots * ticks
        return MatchOutcome(taking.lots - left, None)

    def _trade(
        self,
        levels: Levels,
        key: int,
        level: PriceQueue,
        maker: Resting,
        lots: int,
        on_fill: FillHandler,
        on_drop: DropHandler,
        guard: Guard,
    ) -> int:
        exhausted = False
        if maker.guarded:
            allowed = guard(maker)
            exhausted = allowed <= lots and allowed < maker.lots
            lots = max(0, min(lots, allowed))
        if lots:
            maker.lots -= lots
            level.lots -= lots
            if not maker.lots:
                self._drop(levels, key, level, maker)
            on_fill(maker, lots)
        if exhausted:
            self._drop(levels, key, level, maker)
            on_drop(maker, False)
        return lots

    def _drop(self, levels: Levels, key: int, level: PriceQueue, maker: Resting) -> None:
        del level.queue[id(maker)]
        level.lots -= maker.lots
        if not level.queue:
            del levels[key]

    def _place_of(self, side: Side, ticks: int) -> tuple[Levels, int]:
        return (self._bids, -ticks) if side == "Buy" else (self._asks, ticks)


def take_best(
    book: MatchingBook, hidden: MatchingBook, taking: Taking, on_fill: FillHandler, on_drop: DropHandler, guard: Guard
) -> MatchOutcome:
    """Trade an incoming order against two books: the better price first, at equal prices the visible book first."""
    side: Side = "Sell" if taking.side == "Buy" else "Buy"
    left, budget = taking.lots, taking.budget

    def count(maker: Resting, lots: int) -> None:
        nonlocal budget
        if budget is not None:
            budget -= lots * maker.ticks
        on_fill(maker, lots)

    while left:
        ours, theirs = book.best(side), hidden.best(side)
        if theirs is None or _beyond(taking, theirs):
            outcome = book.take(taking._replace(lots=left, budget=budget), count, on_drop, guard)
            return MatchOutcome(taking.lots - left + outcome.taken, outcome.stopped_by)
        visible = ours is not None and (ours <= theirs if taking.side == "Buy" else ours >= theirs)
        outcome = (book if visible else hidden).take(
            taking._replace(lots=left, budget=budget, limit=theirs), count, on_drop, guard
        )
        left -= outcome.taken
        if outcome.stopped_by is not None or not outcome.taken:
            return MatchOutcome(taking.lots - left, outcome.stopped_by)
    return MatchOutcome(taking.lots, None)


def _beyond(taking: Taking, ticks: int) -> bool:
    if taking.limit is None:
        return False
    return ticks > taking.limit if taking.side == "Buy" else ticks < taking.limit
