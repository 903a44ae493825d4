"""The command as a whole: its help, its version, its exit codes, and what it does not import."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bybit_async import __version__
from bybit_async.cli.app import COMMANDS, app


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bybit_async", *arguments], capture_output=True, text=True, check=False
    )


def test_help_names_every_command_and_the_exit_codes() -> None:
    shown = command("--help")
    assert shown.returncode == 0
    for name, purpose in COMMANDS.items():
        assert f"  {name} " in shown.stdout
        assert purpose.split()[0] in shown.stdout
    assert "130 interrupted" in shown.stdout
    assert "--install-completion" in shown.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "Usage:" in shown.output


def test_help_imports_no_command() -> None:
    script = (
        "import sys\nsys.argv[1:] = ['--help']\nfrom bybit_async.cli import main\n"
        "try: main()\nfinally: print(sorted(set(sys.modules) & "
        "{'rich', 'pandas', 'numpy', 'aiohttp', 'httpx', 'bybit_async.session', 'bybit_async.simulator'}))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.stdout.strip().endswith("[]"), ran.stdout


def test_the_version() -> None:
    assert command("--version").stdout.strip() == f"bybit_async {__version__}"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["chrt"], 2, "did you mean 'chart'?"),
        (["nonsense"], 2, "No such command"),
        (["demo", "--seed", "x"], 2, "--seed"),
        ([], 2, "Usage:"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_to_do(arguments: list[str], code: int, words: str) -> None:
    ran = command(*arguments)
    assert ran.returncode == code
    assert words in ran.stderr + ran.stdout
    assert "Traceback" not in ran.stderr
