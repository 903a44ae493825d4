"""What stands around the code: it exists, and what it says is true."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ALLOWED = {
    "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "mkdocs.yml",
    "bybit_async", "tests", "benchmarks", "examples", "docs",
}  # fmt: skip


def test_nothing_else_lies_at_the_top_level() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {path.split("/")[0] for path in listed.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= ALLOWED


def test_the_license_is_the_one_of_the_project_file() -> None:
    assert PROJECT["project"]["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert PROJECT["project"]["authors"]
    assert all(url.startswith("https://") for url in PROJECT["project"]["urls"].values())


def test_the_changelog_begins_with_what_is_not_released() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0].startswith(PROJECT["project"].get("version", ""))


def test_what_the_contributing_page_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for path in re.findall(r"`((?:tests|docs|\.ci|bybit_async)/[\w./]*)`", text):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`((?:transport|simulator)/[\w./]*)`", text):
        assert (ROOT / "bybit_async" / path).exists(), path


def test_every_hook_runs_what_the_pipeline_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    pipeline = (ROOT / ".ci" / "run").read_text()
    for tool in re.findall(r"entry: (\w+(?: \w+)?)", hooks):
        assert tool in pipeline
    assert "repo: local" in hooks
    assert "http" not in hooks


def test_the_pipeline_checks_the_types_of_the_public_surface() -> None:
    assert "pyright --verifytypes bybit_async --ignoreexternal" in (ROOT / ".ci" / "run").read_text()
    assert any(line.startswith("pyright") for line in PROJECT["project"]["optional-dependencies"]["test"])


def test_the_wheel_holds_no_build_tool() -> None:
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["bybit_async"]
    assert not [path for path in (ROOT / "bybit_async").rglob("*stub*.py") if path.name != "stub.py"]
