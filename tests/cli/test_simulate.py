"""`bybit-async simulate`: what its options do, and that it ends by itself."""

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bybit_async.cli.app import app

FRAME = {
    "topic": "orderbook.50.XRPUSDT",
    "type": "snapshot",
    "ts": 1_733_000_000_000,
    "data": {"s": "XRPUSDT", "b": [["0.7000", "1000"]], "a": [["0.7001", "800"]], "u": 41, "seq": 7},
}


def simulate(*options: str, seconds: str = "0.3") -> tuple[int, str]:
    result = CliRunner().invoke(app, ["simulate", "--port", "0", "--seconds", seconds, *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_it_shows_where_it_listens_and_stops() -> None:
    code, output = simulate("--symbols", "btcusdt, ETHUSDT")
    assert code == 0
    assert "http://127.0.0.1:" in output
    assert output.endswith("stopped\n")


def test_a_script_faults_and_a_recording_come_from_files(tmp_path: Path) -> None:
    files = {
        "--script": [{"scene": "halt", "symbol": "XRPUSDT", "lasting": "2s"}],
        "--faults": [{"action": "delay", "path": "/v5/*"}],
        "--replay": FRAME,
    }
    options = []
    for option, content in files.items():
        path = tmp_path / f"{option[2:]}.json"
        path.write_text(json.dumps(content))
        options += [option, str(path)]
    code, output = simulate("--symbols", "XRPUSDT", *options)
    assert code == 0
    assert "XRPUSDT is halted" in output


@pytest.mark.parametrize(
    ("options", "content", "message"),
    [
        (["--symbols", "NOPE"], "", "'NOPE' is not known"),
        (["--symbols", "BTCUSDT", "--script"], '[{"scene": "halt", "symbol": "XRPUSDT"}]', "does not list"),
        (["--script"], "not JSON", "JSON"),
        (["--replay"], "", "empty"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    tmp_path: Path, options: list[str], content: str, message: str
) -> None:
    path = tmp_path / "given.json"
    path.write_text(content)
    code, output = simulate(*options, *([str(path)] if options[-1].startswith("--") else []))
    assert code == 1
    assert message in output
    assert len(output.strip().splitlines()) == 1


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, output = simulate("--port", str(taken.getsockname()[1]), "--symbols", "BTCUSDT")
    assert code == 1
    assert "--port" in output
