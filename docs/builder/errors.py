"""The page of errors: each with its meaning, the codes that lead to it, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from bybit_async import BybitError
from bybit_async.cli.explain import MODULES, defined_in, explanation


def page() -> str:
    """Every exception with its cause and its cure."""
    errors = {title: defined_in(module) for module, title in MODULES.items()}
    parts = [
        "# Errors",
        "Every exception derives from `BybitError`. The tree is ordered by what to do next. "
        "`bybit-async explain NAME` shows the same in a terminal; it takes return codes, too.",
        f"```text\n{_tree(BybitError)}\n```",
    ]
    for title, defined in errors.items():
        parts += [f"## {title}"] if title else []
        for error in defined:
            parts += [f"{'###' if title else '##'} {error.__name__}", *_entry(error)]
    return "\n\n".join(parts) + "\n"


def _entry(error: type[BybitError]) -> Iterator[str]:
    known = explanation(error)
    yield known.meaning
    yield f"**What to do:** {known.cure}"
    if known.attributes:
        yield "\n".join(f"- `{name}`: {meaning}" for name, meaning in known.attributes)
    for channel, codes in known.codes.items():
        yield f"Codes ({channel}): {', '.join(f'`{code}`' for code in codes)}."


def _tree(root: type[BybitError], depth: int = 0) -> str:
    lines = [f"{'  ' * depth}{root.__name__}"]
    lines += [_tree(child, depth + 1) for child in root.__subclasses__() if child.__module__ == "bybit_async.errors"]
    return "\n".join(lines)
