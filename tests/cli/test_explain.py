"""Every error names its section of the page of errors, and `bybit-async explain` shows it."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner

from bybit_async import BybitError, InvalidParameter, OutcomeUnknown, RequestRejected
from bybit_async.bot.errors import translated
from bybit_async.cli.app import app
from bybit_async.cli.explain import all_errors
from bybit_async.data.errors import StoreDamaged
from docs.builder import errors


def explain(word: str) -> Any:
    return CliRunner().invoke(app, ["explain", word])


@pytest.mark.parametrize("name", all_errors())
def test_every_error_is_explained(name: str) -> None:
    shown = explain(name)
    assert shown.exit_code == 0
    assert shown.output.startswith(f"{name}: ")
    assert "What to do: " in shown.output


def test_a_code_means_what_its_channel_says() -> None:
    shown = explain("10003").output
    assert "10003 (REST) is AuthenticationError." in shown
    assert "10003 (order entry) is ServiceBusy." in shown
    assert "check the key" in shown


def test_a_code_without_an_error_of_its_own_is_a_refusal() -> None:
    assert "424242 has no error of its own.\n\nRequestRejected: " in explain("424242").output


def test_a_misspelled_name_gets_the_nearest() -> None:
    refused = explain("OutcomeUnknwn")
    assert isinstance(refused.exception, InvalidParameter)
    assert "did you mean 'OutcomeUnknown'?" in str(refused.exception)


@pytest.mark.parametrize(
    "error",
    [
        InvalidParameter("qty", "too fine"),
        OutcomeUnknown("lost"),
        StoreDamaged("a", "b"),
        translated(RequestRejected(10006, "Too many visits!")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_note_of_an_error_leads_to_its_section(error: BybitError) -> None:
    name = type(error).__name__
    assert error.__notes__ == [f"More: reference/errors/#{name.lower()}, or `bybit-async explain {name}`"]
    assert re.search(rf"^##+ {name}$", errors.page(), re.MULTILINE)
    assert pickle.loads(pickle.dumps(error)).__notes__ == error.__notes__


def test_what_was_noted_is_kept_under_the_bots_name_of_an_error() -> None:
    error = RequestRejected(10006, "Too many visits!")
    error.add_note("placed before: order id 1")
    assert translated(error).__notes__ == [
        *translated(RequestRejected(10006, "")).__notes__,
        "placed before: order id 1",
    ]


def test_an_error_of_the_users_own_leads_to_the_one_it_derives_from() -> None:
    class Mine(OutcomeUnknown):
        pass

    assert Mine("lost").__notes__ == OutcomeUnknown("lost").__notes__


def test_the_command_line_shows_the_note() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bybit_async", "explain", "nothing"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("More: reference/errors/#invalidparameter")
