"""The documentation builds without a dead link, every block in it runs, and every public name is in it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_site_builds_strictly() -> None:
    environment = os.environ | {"NO_COLOR": "1"}
    built = subprocess.run(
        [sys.executable, "-m", "docs"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert (ROOT / "build" / "site" / "reference" / "endpoints" / "index.html").exists()
    assert (ROOT / "build" / "site" / "llms.txt").read_text().count("\n- [") > 30


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
    from bybit_async.bot.configuration.checking import dotted_keys

    page = tables.configuration_page()
    assert [key for key in dotted_keys() if f"| `{key.rpartition('.')[2]}` |" not in page and "." in key] == []


def test_the_gallery_has_every_example_with_its_purpose() -> None:
    examples = sorted(gallery.EXAMPLES.glob("*.py"))
    assert [file.stem for file in examples] == sorted(gallery.SECONDS)
    assert [file.name for file in examples if not gallery.purpose_of(file)] == []
    assert gallery.page().count("\n## ") == len(examples) > 20
