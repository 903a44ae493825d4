"""Which ranges of time are complete: sets of half-open spans, and their arithmetic. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Span = tuple[int, int]
"""From the first millisecond up to and not including the second."""


class Coverage:
    """A set of times, kept as disjoint spans in ascending order; never changed in place."""

    __slots__ = ("_spans",)

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._spans = _joined(spans)

    def __iter__(self) -> Iterator[Span]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def __bool__(self) -> bool:
        return bool(self._spans)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Coverage) and self._spans == other._spans

    def __hash__(self) -> int:
        return hash(self._spans)

    def __repr__(self) -> str:
        return f"Coverage({list(self._spans)})"

    def __or__(self, other: Coverage) -> Coverage:
        return Coverage([*self._spans, *other._spans])

    def __and__(self, other: Coverage) -> Coverage:
        found = []
        for start, end in self._spans:
            for low, high in other._spans:
                if max(start, low) < min(end, high):
                    found.append((max(start, low), min(end, high)))
        return Coverage(found)

    def __sub__(self, other: Coverage) -> Coverage:
        left = list(self._spans)
        for low, high in other._spans:
            left = [piece for span in left for piece in _without(span, low, high)]
        return Coverage(left)

    def within(self, start: int, end: int) -> Coverage:
        """Return the part that lies between two times."""
        return self & Coverage([(start, end)])

    def missing(self, start: int, end: int) -> Coverage:
        """Return what lies between two times and is not in the set."""
        return Coverage([(start, end)]) - self

    @property
    def total(self) -> int:
        """How many milliseconds the set holds."""
        return sum(end - start for start, end in self._spans)


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def _without(span: Span, low: int, high: int) -> list[Span]:
    start, end = span
    if high <= start or low >= end:
        return [span]
    return [piece for piece in ((start, low), (high, end)) if piece[0] < piece[1]]
