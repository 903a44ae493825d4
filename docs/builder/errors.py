"""The page of errors: each with its meaning, the codes that lead to it, and what to do."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module

from bybit_async import BybitError
from bybit_async.ret_codes import ORDER_ENTRY_CODES, REST_CODES
from docs.builder.cures import CURES

MODULES = {"bybit_async.errors": "", "bybit_async.data.errors": "History", "bybit_async.bot.errors": "The bot"}
"""Where errors are defined, and the heading above those of each."""


def page() -> str:
    """Every exception with its cause and its cure."""
    for module in MODULES:
        import_module(module)
    parts = ["# Errors", "Every exception derives from `BybitError`. The tree is ordered by what to do next."]
    parts.append(f"```text\n{_tree(BybitError)}\n```")
    for module, title in MODULES.items():
        parts += [f"## {title}"] if title else []
        for error in defined_in(module):
            parts += [f"{'###' if title else '##'} {error.__name__}", *_entry(error)]
    return "\n\n".join(parts) + "\n"


def defined_in(module: str) -> list[type[BybitError]]:
    """Return the exceptions that a module defines, in the order of the tree."""
    return list(dict.fromkeys(error for error in _descendants(BybitError) if error.__module__ == module))


def _entry(error: type[BybitError]) -> Iterator[str]:
    text = inspect.cleandoc(error.__doc__ or "").replace("``", "`")
    words, heading, attributes = text.partition("Attributes:\n")
    yield words.strip()
    yield f"**What to do:** {CURES[error.__name__]}"
    if heading:
        lines = attributes.replace("\n        ", " ").splitlines()
        yield "\n".join(f"- `{line.strip().replace(': ', '`: ', 1)}" for line in lines)
    for where, table in (("REST", REST_CODES), ("order entry", ORDER_ENTRY_CODES)):
        codes = sorted((code for code, cls in table.items() if cls is error), key=abs)
        if codes:
            yield f"Codes ({where}): {', '.join(f'`{code}`' for code in codes)}."


def _descendants(root: type[BybitError]) -> Iterator[type[BybitError]]:
    yield root
    for child in root.__subclasses__():
        yield from _descendants(child)


def _tree(root: type[BybitError], depth: int = 0) -> str:
    lines = [f"{'  ' * depth}{root.__name__}"]
    lines += [_tree(child, depth + 1) for child in root.__subclasses__() if child.__module__ == "bybit_async.errors"]
    return "\n".join(lines)
