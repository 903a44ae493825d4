"""How answers look: a line of text for each row, and tables for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any

_HIDDEN = ("secret", "api_key")
_ROWS_OF_TEXT = 3
_ROWS_OF_HTML = 60
_WIDTH = 150


def shown(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that may be looked at: those with a value, except keys and their secrets."""
    return {name: value for name, value in fields.items() if value is not None and not name.endswith(_HIDDEN)}


def fields_text(name: str, fields: Mapping[str, Any]) -> str:
    """Show an object with the fields that have a value; numbers as they are, without their type."""
    said = ", ".join(f"{field}={_text(value)}" for field, value in shown(fields).items())
    return f"{name}({said})"


def rows_text(name: str, rows: Sequence[Any], fields: Mapping[str, Any]) -> str:
    """Show a list: how long it is, what it says of itself, and its first rows, a line each."""
    said = "".join(f", {field}={_text(value)}" for field, value in shown(fields).items())
    head = f"<{name} of {len(rows)} row{'' if len(rows) == 1 else 's'}{said}"
    lines = [_cut(repr(row)) for row in rows[:_ROWS_OF_TEXT]]
    if len(rows) > _ROWS_OF_TEXT:
        lines.append(f"… {len(rows) - _ROWS_OF_TEXT} more")
    return "\n  ".join([head, *lines]) + ">"


def rows_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """Show rows as a table; columns without a single value are left out."""
    first = [shown(row) for row in rows[:_ROWS_OF_HTML]]
    names = list(dict.fromkeys(name for row in first for name in row))
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{_cell(row.get(name))}</td>" for name in names) + "</tr>" for row in first)
    more = f"<p>{len(rows) - len(first)} more rows</p>" if len(rows) > len(first) else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def fields_html(fields: Mapping[str, Any]) -> str:
    """Show an object as a table of two columns."""
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{_cell(value)}</td></tr>" for name, value in shown(fields).items())
    return f"<table>{lines}</table>"


def _text(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)


def _cell(value: Any) -> str:
    return "" if value is None else escape(str(value))


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
