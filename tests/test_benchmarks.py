"""The benchmarks that the README names exist; what they measure is not a test's business."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest

from benchmarks.__main__ import QUESTIONS

PROGRAMS = ("blocking", "bursts", "chaos", "data", "in_process", "monitor", "simulator", "soak")


def functions(name: str) -> set[str]:
    spec = importlib.util.find_spec(f"benchmarks.{name}")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_can_be_run(name: str) -> None:
    assert "run" in functions(name)


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_program_has_a_beginning(name: str) -> None:
    assert "main" in functions(name)
