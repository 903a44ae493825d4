"""Signatures and docstrings as lines of a stub."""

from __future__ import annotations

from collections.abc import Iterator

from bybit_async.bridge.derive import blocking_words

_LONGEST = 120


def signature(name: str, arguments: list[str], returns: str, doc: str | None) -> Iterator[str]:
    end = ":" if doc else ": ..."
    line = f"    def {name}({', '.join(arguments)}) -> {returns}{end}"
    if len(line) <= _LONGEST:
        yield line
    else:
        yield f"    def {name}("
        yield from (f"        {argument}," for argument in arguments)
        yield f"    ) -> {returns}{end}"
    if doc:
        yield from documented(doc, 8)


def documented(doc: str | None, indent: int) -> Iterator[str]:
    if doc is None:
        return
    space = " " * indent
    first, *rest = str(blocking_words(doc)).replace("\\", "\\\\").splitlines()
    if not rest:
        yield f'{space}"""{first}"""'
        return
    yield f'{space}"""{first}'
    yield from (f"{space}{line}" if line else "" for line in rest)
    yield f'{space}"""'
