"""The benchmarks and trials that the documentation names exist; what they measure is not a test's business."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def parsed(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def functions(path: str) -> set[str]:
    return {node.name for node in parsed(path).body if isinstance(node, ast.FunctionDef)}


def questions() -> tuple[str, ...]:
    [value] = [
        node.value
        for node in parsed("benchmarks/__main__.py").body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "QUESTIONS"
    ]
    found: tuple[str, ...] = ast.literal_eval(value)
    return found


@pytest.mark.parametrize("name", questions())
def test_every_question_can_be_run(name: str) -> None:
    assert "run" in functions(f"benchmarks/{name}.py")


@pytest.mark.parametrize("name", ["blocking", "data", "in_process", "monitor", "simulator"])
def test_every_program_has_a_beginning(name: str) -> None:
    assert "main" in functions(f"benchmarks/{name}.py")


@pytest.mark.parametrize("name", ["bursts", "chaos", "day", "kill", "soak"])
def test_every_trial_has_a_beginning(name: str) -> None:
    assert "main" in functions(f"tests/trials/{name}.py")


@pytest.mark.parametrize("name", ["chaos", "kill"])
def test_a_trial_can_be_called_as_a_benchmark(name: str) -> None:
    imported = [ast.unparse(node) for node in parsed(f"benchmarks/{name}.py").body if isinstance(node, ast.ImportFrom)]
    assert f"from tests.trials.{name} import main" in imported
