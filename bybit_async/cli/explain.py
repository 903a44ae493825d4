"""`bybit-async explain`: what an error or a return code means, and what to do."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, NamedTuple

import typer

from bybit_async.cli.cures import CURES
from bybit_async.errors import BybitError, InvalidParameter, RequestRejected, nearest
from bybit_async.ret_codes import ORDER_ENTRY_CODES, REST_CODES

MODULES = {"bybit_async.errors": "", "bybit_async.data.errors": "History", "bybit_async.bot.errors": "The bot"}
"""Where errors are defined, and the heading above those of each."""

CODES: Mapping[str, Mapping[int, type[RequestRejected]]] = {"REST": REST_CODES, "order entry": ORDER_ENTRY_CODES}


class Explanation(NamedTuple):
    """What is known about an error.

    Attributes:
        meaning: what it says.
        attributes: what it carries, each with its meaning.
        cure: what to do about it.
        codes: Bybit's codes that lead to it, for each channel that has any.
    """

    meaning: str
    attributes: list[tuple[str, str]]
    cure: str
    codes: dict[str, list[int]]


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("explain")(explain)


def explain(
    what: Annotated[str, typer.Argument(help="The name of an error, or a return code: OutcomeUnknown, 110007.")],
) -> None:
    """Say what an error or a return code of Bybit's means, and what to do."""
    if what.lstrip("-").isdigit():
        meanings = [(channel, table[int(what)]) for channel, table in CODES.items() if int(what) in table]
        for channel, error in meanings or [("", RequestRejected)]:
            typer.echo(f"{what} ({channel}) is {error.__name__}." if channel else f"{what} has no error of its own.")
        for error in dict.fromkeys(error for _, error in meanings or [("", RequestRejected)]):
            typer.echo(f"\n{_text(error)}")
        return
    known = all_errors()
    if what not in known:
        near = nearest(what, known)
        cure = f"did you mean {near!r}?" if near else "give the name of an error class, or a retCode"
        raise InvalidParameter("what", f"{what!r} is not an error: {cure}")
    typer.echo(_text(known[what]))


def explanation(error: type[BybitError]) -> Explanation:
    """Return what an error means and what to do about it."""
    words, _, attributes = inspect.cleandoc(error.__doc__ or "").replace("``", "`").partition("Attributes:\n")
    lines = attributes.replace("\n        ", " ").splitlines()
    pairs = [(name.strip(), meaning) for name, _, meaning in (line.partition(": ") for line in lines)]
    codes = {
        channel: sorted((code for code, cls in table.items() if cls is error), key=abs)
        for channel, table in CODES.items()
    }
    return Explanation(words.strip(), pairs, CURES[error.__name__], {k: found for k, found in codes.items() if found})


def all_errors() -> dict[str, type[BybitError]]:
    """Return every error by its name, in the order of the tree."""
    return {error.__name__: error for module in MODULES for error in defined_in(module)}


def defined_in(module: str) -> list[type[BybitError]]:
    """Return the errors that a module defines, in the order of the tree."""
    import_module(module)
    return list(dict.fromkeys(error for error in _descendants(BybitError) if error.__module__ == module))


def _descendants(root: type[BybitError]) -> list[type[BybitError]]:
    return [root, *(error for child in root.__subclasses__() for error in _descendants(child))]


def _text(error: type[BybitError]) -> str:
    known = explanation(error)
    parts = [f"{error.__name__}: {known.meaning}", f"What to do: {known.cure}"]
    if known.attributes:
        parts.append("\n".join(f"  .{name}: {meaning}" for name, meaning in known.attributes))
    parts += [f"Codes ({channel}): {', '.join(map(str, codes))}" for channel, codes in known.codes.items()]
    return "\n\n".join(parts)
