"""What a question answers with: a table of medians, and the ratios that the library is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

import msgspec

Sample = Mapping[str, float]


class Column(msgspec.Struct, frozen=True):
    """One figure of a table.

    Attributes:
        key: its name in the samples.
        title: what the heading says, unit included.
        decimals: how many are printed.
    """

    key: str
    title: str
    decimals: int = 0


class Table(msgspec.Struct):
    """Medians of several clients.

    Attributes:
        title: what was measured.
        columns: the figures.
        rows: medians by client.
        samples: every round's figures by client.
    """

    title: str
    columns: list[Column]
    rows: dict[str, dict[str, float]]
    samples: dict[str, list[dict[str, float]]]

    def text(self) -> str:
        """Return the table as Markdown."""
        heading = ["client", *(column.title for column in self.columns)]
        lines = [f"\n### {self.title}\n", "| " + " | ".join(heading) + " |"]
        lines.append("|---|" + "---:|" * len(self.columns))
        for name, row in self.rows.items():
            cells = [f"{row[c.key]:,.{c.decimals}f}" if c.key in row else "" for c in self.columns]
            lines.append("| " + " | ".join([name, *cells]) + " |")
        return "\n".join(lines)


class Goal(msgspec.Struct):
    """A ratio that is to be reached.

    Attributes:
        path: what it is about.
        ratio: what was measured.
        bound: what is wanted; `at_most` says on which side.
    """

    path: str
    ratio: float
    bound: float
    at_most: bool = False
    unit: str = "x"

    @property
    def reached(self) -> bool:
        """Whether the ratio is as wanted."""
        return self.ratio <= self.bound if self.at_most else self.ratio >= self.bound

    def text(self) -> str:
        """Return one row of the table of goals."""
        sign = "≤" if self.at_most else "≥"
        verdict = "reached" if self.reached else "missed"
        return f"| {self.path} | {self.ratio:.2f} {self.unit} | {sign} {self.bound:g} {self.unit} | {verdict} |"


class Answer(msgspec.Struct):
    """All of one question."""

    tables: list[Table]
    goals: list[Goal] = msgspec.field(default_factory=list)


def tabulate(title: str, columns: Sequence[Column], samples: Mapping[str, Sequence[Sample]], *, by: str = "",
             descending: bool = True) -> Table:  # fmt: skip
    """Make a table of medians, sorted by one figure if asked."""
    kept = {name: [dict(sample) for sample in rounds] for name, rounds in samples.items() if rounds}
    rows = {
        name: {key: median([sample[key] for sample in rounds]) for key in rounds[0]} for name, rounds in kept.items()
    }
    if by:
        rows = dict(sorted(rows.items(), key=lambda item: item[1][by], reverse=descending))
    return Table(title, list(columns), rows, kept)


def ratio(table: Table, ours: str, theirs: str, key: str) -> float | None:
    """Return how many times `theirs` our figure is: the median of the rounds' ratios; None where one is missing."""
    one, other = table.samples.get(ours), table.samples.get(theirs)
    if not one or not other:
        return None
    return median([a[key] / b[key] for a, b in zip(one, other, strict=False)])


def goals_of(
    table: Table, key: str, wanted: Sequence[tuple[str, str, str, float]], *, at_most: bool = False
) -> list[Goal]:
    """Compare rows of a table: (what, ours, theirs, bound)."""
    found = []
    for path, ours, theirs, bound in wanted:
        measured = ratio(table, ours, theirs, key)
        if measured is not None:
            found.append(Goal(path, measured, bound, at_most))
    return found


def goals_text(goals: Sequence[Goal]) -> str:
    """Return the table of goals as Markdown."""
    lines = ["\n### Goals\n", "| path | measured | goal | |", "|---|---:|---:|---|"]
    return "\n".join([*lines, *(goal.text() for goal in goals)])


Question = Callable[..., Answer]
