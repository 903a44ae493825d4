"""The documentation builds without a dead link, every block in it runs, and every public name is in it."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib
import pytest
from matplotlib import pyplot

from bybit_async import endpoints
from bybit_async.bot.configuration.checking import dotted_keys
from bybit_async.cli.cures import CURES
from bybit_async.cli.explain import MODULES, defined_in
from docs.builder import api, gallery, tables

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(ROOT / 'docs')}-{number}")
    for page in sorted((ROOT / "docs").rglob("*.md"))
    for number, block in enumerate(BLOCK.findall(page.read_text()))
]


@pytest.mark.timeout(240)
def test_the_site_builds_strictly_and_its_search_finds_every_name() -> None:
    environment = os.environ | {"NO_COLOR": "1"}
    built = subprocess.run(
        [sys.executable, "-m", "docs"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    site = ROOT / "build" / "site"
    assert (site / "reference" / "endpoints" / "index.html").exists()
    assert (site / "llms.txt").read_text().count("\n- [") > 30
    found = set(re.findall(r"\w+", (site / "search.json").read_text()))
    names = {error.__name__ for module in MODULES for error in defined_in(module)}
    names |= {endpoint.name.rpartition(".")[2] for endpoint in endpoints()}
    names |= {key.rpartition(".")[2] for key in dotted_keys()}
    assert names - found == set()


@pytest.mark.parametrize("block", BLOCKS)
async def test_a_block_runs_as_it_stands(block: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = compile(block, "docs", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        result = eval(code, {"__name__": "docs"})
        if result is not None:
            await result
    finally:
        os.chdir(before)
    assert capsys.readouterr().out, "a block that shows nothing proves nothing"


@pytest.mark.parametrize("name", api.PUBLIC)
def test_every_public_name_is_documented(name: str) -> None:
    module = api.package()[name] if name else api.package()
    bare = [
        item.path for item in api.public_names(module) if (item.is_class or item.is_function) and not item.has_docstring
    ]
    assert not bare


@pytest.mark.parametrize("module", MODULES)
def test_every_error_says_what_to_do(module: str) -> None:
    tables.pages()
    assert [error.__name__ for error in defined_in(module) if error.__name__ not in CURES] == []
    assert defined_in(module)


def test_every_environment_variable_is_listed() -> None:
    read = {
        name
        for file in (ROOT / "bybit_async").rglob("*.py")
        for name in re.findall(r"\bBYBIT_[A-Z][A-Z_]*[A-Z]\b", file.read_text())
        if not name.startswith("BYBIT_BOT__")
    }
    assert read <= set(tables.VARIABLES)
    assert set(tables.VARIABLES) - read <= {"NO_COLOR", "BYBIT_BOT__SECTION__KEY"}


def test_topics_name_methods_that_exist() -> None:
    from bybit_async.stream.streams import Streams

    names = re.findall(r"^\| `(\w+)` \|", tables.topics_page(), re.MULTILINE)
    assert len(names) > 20
    assert [name for name in names if not hasattr(Streams, name)] == []


def test_the_command_line_page_has_every_command() -> None:
    page = tables.command_line_page()
    for command in ("call", "download", "data verify", "bot init", "bot run"):
        assert f"## bybit-async {command}\n" in page


def test_the_configuration_page_has_every_key() -> None:
    page = tables.configuration_page()
    assert [key for key in dotted_keys() if f"| `{key.rpartition('.')[2]}` |" not in page and "." in key] == []


def test_the_gallery_has_every_example_with_its_purpose_and_picture() -> None:
    examples = sorted(gallery.EXAMPLES.glob("*.py"))
    notebooks = sorted(gallery.NOTEBOOKS.glob("*.ipynb"))
    assert sorted(json.loads(gallery.RUNS.read_text())) == sorted(
        [*(file.stem for file in examples), *(file.name for file in notebooks)]
    )
    assert [file.name for file in examples if not gallery.purpose_of(file)] == []
    assert gallery.page().count("\n### ") == len(examples) > 20
    for file in examples:
        addresses = re.findall(r"https?://[^\"']+", (gallery.PICTURES / f"{file.stem}.svg").read_text())
        assert [address for address in addresses if "127.0.0.1" not in address] == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("file", sorted(gallery.NOTEBOOKS.glob("*.ipynb")), ids=lambda file: file.stem)
def test_a_notebook_runs_and_shows_its_results(file: Path) -> None:
    cells = [cell for cell in json.loads(file.read_text())["cells"] if cell["cell_type"] == "code"]
    shown = [output for cell in cells for output in cell["outputs"]]
    assert "error" not in {output["output_type"] for output in shown}
    assert any("image/png" in output.get("data", {}) for output in shown)
    matplotlib.use("Agg")
    try:
        asyncio.run(_run_cells("".join(cell["source"]) for cell in cells))
        drawn = sum("image/png" in output.get("data", {}) for output in shown)
        assert len(pyplot.get_fignums()) == drawn
    finally:
        pyplot.close("all")


async def _run_cells(cells: Iterable[str]) -> None:
    names: dict[str, Any] = {"__name__": "notebook"}
    for cell in cells:
        result = eval(compile(cell, "notebook", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
        if result is not None:
            await result
