"""Runs the gallery: a picture of what each program prints, the notebooks with their results, and processor seconds.

``python -m docs pictures`` writes them below ``docs/gallery`` and ``docs/notebooks``. Run it after
an example or a notebook has changed.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from rich.console import Console

from docs.builder.gallery import EXAMPLES, NOTEBOOKS, PICTURES, RUNS

_LINES, _COLUMNS = 24, 100

# Rich's own template asks another host for a font.
_SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def take() -> None:
    """Run every example and every notebook, and keep what they showed and what they cost."""
    PICTURES.mkdir(exist_ok=True)
    seconds = {}
    for file in sorted(EXAMPLES.glob("*.py")):
        seconds[file.stem] = _seconds_of(lambda file=file: _photograph(file))  # type: ignore[misc]
    for file in sorted(NOTEBOOKS.glob("*.ipynb")):
        seconds[f"{file.stem}.ipynb"] = _seconds_of(lambda file=file: execute(file))  # type: ignore[misc]
    RUNS.write_text(json.dumps(seconds, indent=1) + "\n")


def execute(file: Path) -> None:
    """Run a notebook from its first cell in a fresh kernel, and write its results into it."""
    notebook = nbformat.read(file, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3", record_timing=False).execute()
    nbformat.write(notebook, file)


def _photograph(file: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(EXAMPLES.parent), "NO_COLOR": "1"}
    ran = subprocess.run([sys.executable, str(file)], env=environment, capture_output=True, text=True, check=True)
    lines = ran.stdout.rstrip().splitlines()
    shown = lines if len(lines) <= _LINES else [*lines[:_LINES], f"… {len(lines) - _LINES} lines more"]
    console = Console(record=True, width=_COLUMNS, file=io.StringIO())
    console.print("\n".join(line[: _COLUMNS - 1] for line in shown), markup=False, highlight=False)
    picture = console.export_svg(title=f"python examples/{file.name}", code_format=_SVG, unique_id=file.stem)
    (PICTURES / f"{file.stem}.svg").write_text(picture)


def _seconds_of(work: Callable[[], None]) -> float:
    """Return the processor seconds of the processes that `work` starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)
