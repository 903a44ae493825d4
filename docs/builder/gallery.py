"""The gallery: every example and notebook with its purpose, its picture, its run time and its text."""

from __future__ import annotations

import ast
import json
from functools import cache
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
NOTEBOOKS = ROOT / "docs" / "notebooks"
PICTURES = ROOT / "docs" / "gallery"
RUNS = PICTURES / "seconds.json"
"""Processor seconds of each, as `python -m docs pictures` measured them."""


def page() -> str:
    """Every notebook and every example, the ones with a table row first."""
    seconds = json.loads(RUNS.read_text())
    notebooks, files = sorted(NOTEBOOKS.glob("*.ipynb")), sorted(EXAMPLES.glob("*.py"))
    parts = [
        "# Gallery",
        "Everything here runs against the simulated exchange. Seconds are processor time with the start of Python, "
        "measured by `python -m docs pictures`.",
        "## Notebooks",
    ]
    rows = [_notebook_row(file, seconds[file.name]) for file in notebooks]
    parts.append("\n".join(["| notebook | | seconds |", "|---|---|---:|", *rows]))
    parts += ["## Programs", "Each has one purpose: `python examples/balances.py`."]
    rows = [_row(file, seconds[file.stem]) for file in files]
    parts.append("\n".join(["| program | purpose | seconds |", "|---|---|---:|", *rows]))
    for file in files:
        parts += [f"### {_title(file)}", purpose_of(file).replace("``", "`"), f"`examples/{file.name}`"]
        parts.append(f"```python\n{_code(file)}\n```")
        parts.append(f"![What {file.name} prints](gallery/{file.stem}.svg)")
    return "\n\n".join(parts) + "\n"


@cache
def notebook_pages() -> dict[str, bytes]:
    """The notebooks with their results as pages, and their pictures, by name below ``notebooks/``."""
    made: dict[str, bytes] = {}
    for file in sorted(NOTEBOOKS.glob("*.ipynb")):
        resources = {"output_files_dir": file.stem}
        body, found = MarkdownExporter().from_filename(str(file), resources=resources)
        made[f"{file.stem}.md"] = (body + f"\n\nThe notebook: `docs/notebooks/{file.name}`\n").encode()
        made |= found["outputs"]
    return made


def purpose_of(file: Path) -> str:
    """Return the docstring of an example."""
    return ast.get_docstring(ast.parse(file.read_text())) or ""


def _notebook_row(file: Path, seconds: float) -> str:
    first = nbformat.read(file, as_version=4).cells[0].source.splitlines()[0].removeprefix("# ")
    picture = next(name for name in notebook_pages() if name.startswith(f"{file.stem}/") and name.endswith(".png"))
    picture = f"![One of its pictures](notebooks/{picture}){{ width=360 }}"
    return f"| [{first}](notebooks/{file.stem}.md) | {picture} | {seconds:.1f} |"


def _row(file: Path, seconds: float) -> str:
    title, purpose = _title(file), " ".join(purpose_of(file).split()).partition(". ")[0].rstrip(".")
    return f"| [{title}](#{title.lower().replace(' ', '-')}) | {purpose} | {seconds:.1f} |"


def _title(file: Path) -> str:
    return file.stem.replace("_", " ").capitalize()


def _code(file: Path) -> str:
    tree = ast.parse(file.read_text())
    return "\n".join(file.read_text().splitlines()[tree.body[0].end_lineno or 0 :]).strip()
