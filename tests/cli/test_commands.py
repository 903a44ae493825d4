"""The command line offers every sub-command, each with its help."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bybit_async.cli.app import app

COMMANDS = ("demo", "simulate", "download", "data", "chart")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


def test_all_commands_are_offered() -> None:
    result = CliRunner().invoke(app, ["--help"])
    assert all(command in result.output for command in COMMANDS)
