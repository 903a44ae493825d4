"""The gallery: every example with its purpose, its run time and its text."""

from __future__ import annotations

import ast
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

SECONDS = {
    "balances": 0.9, "batch_orders": 0.9, "blocking_script": 1.1, "book_imbalance": 1.1, "bot_with_pytest": 2.5,
    "bracket_order": 1.0, "fault_drill": 1.3, "funding_carry": 1.0, "grid": 1.0, "hedge_mode": 1.1,
    "history_to_duckdb_and_polars": 2.1, "liquidation_stream": 1.7, "many_accounts": 1.0, "option_chain": 1.0,
    "quote_both_sides": 1.5, "record_and_replay": 1.3, "spread_quoting": 1.3, "threads": 1.2, "tickers_in_a_dict": 1.6,
    "trailing_stop": 1.1, "watch_book": 1.4, "web_service": 1.2,
}  # fmt: skip
"""Processor seconds of ``python examples/….py``, start of Python included; see the page."""


def page() -> str:
    """Every example, the ones with a table row first."""
    files = sorted(EXAMPLES.glob("*.py"))
    parts = [
        "# Gallery",
        "Each program has one purpose and runs against the simulated exchange: `python examples/balances.py`. Seconds "
        "are processor time (user and sys of `time`) with the start of Python, measured on 2026-11-21 with Python 3.11 "
        "on an AMD EPYC.",
    ]
    rows = [_row(file) for file in files]
    parts.append("\n".join(["| program | purpose | seconds |", "|---|---|---:|", *rows]))
    for file in files:
        parts += [f"## {_title(file)}", purpose_of(file).replace("``", "`"), f"`examples/{file.name}`"]
        parts.append(f"```python\n{_code(file)}\n```")
    return "\n\n".join(parts) + "\n"


def purpose_of(file: Path) -> str:
    """Return the docstring of an example."""
    return ast.get_docstring(ast.parse(file.read_text())) or ""


def _row(file: Path) -> str:
    title, purpose = _title(file), purpose_of(file).partition(". ")[0].rstrip(".")
    return f"| [{title}](#{title.lower().replace(' ', '-')}) | {purpose} | {SECONDS[file.stem]:.1f} |"


def _title(file: Path) -> str:
    return file.stem.replace("_", " ").capitalize()


def _code(file: Path) -> str:
    tree = ast.parse(file.read_text())
    return "\n".join(file.read_text().splitlines()[tree.body[0].end_lineno or 0 :]).strip()
