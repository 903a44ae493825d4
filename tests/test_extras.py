"""Without an extra, what needs it says which one to install."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bybit_async.extras import PACKAGES

ROOT = Path(__file__).parent.parent
SESSION = "from bybit_async import AsyncBybit\nasync def main():\n    async with AsyncBybit() as bybit: bybit.data\n"

_IMPORTED_AS = {"PyYAML": "yaml", "SQLAlchemy": "sqlalchemy"}

USES = {
    "data": [
        f"{SESSION}import asyncio\nasyncio.run(main())",
        "from bybit_async import Bybit\nBybit().data",
        "from bybit_async.data import Store\nStore('/nowhere')",
    ],
    "simulator": ["from bybit_async.simulator import SimulatedExchange\nSimulatedExchange()"],
    "chart": [
        "import pandas\nfrom pathlib import Path\nfrom bybit_async.data.chart import write_chart\n"
        "write_chart(pandas.DataFrame(), Path('chart.html'))"
    ],
    "rsa": [
        "from bybit_async import AsyncBybit\n"
        "AsyncBybit(api_key='K', api_secret='-----BEGIN PRIVATE KEY-----\\nx\\n-----END PRIVATE KEY-----')"
    ],
}


@pytest.mark.parametrize(
    ("extra", "package", "use"),
    [(extra, package, use) for extra, uses in USES.items() for package in PACKAGES[extra][:2] for use in uses],
)
def test_the_extra_is_named(extra: str, package: str, use: str) -> None:
    without = f"import sys\nsys.modules[{package!r}] = None\n{use}"
    ran = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    said = [line for line in ran.stderr.splitlines() if line.startswith("bybit_async.errors.MissingExtra")]
    assert len(said) == 1, ran.stderr
    assert f"pip install 'bybit_async[{extra}]'" in said[0]


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [
        ("typer", ["--help"], "cli"),
        ("rich", ["--help"], "cli"),
        ("pyarrow", ["data", "ls", "--data-dir", "/nowhere"], "data"),
        ("plotly", ["chart", "BTCUSDT"], "chart"),
    ],
)
def test_the_command_line_names_it_in_a_line(package: str, arguments: list[str], extra: str) -> None:
    script = f"import sys\nsys.modules[{package!r}] = None\nsys.argv[1:] = {arguments}\n" + (
        "from bybit_async.cli import main\nmain()"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 2, ran.stderr
    assert f"pip install 'bybit_async[{extra}]'" in re.sub(r"\s+", " ", ran.stderr)
    assert "Traceback" not in ran.stderr


def test_the_packages_are_those_of_the_project_file() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra, packages in PACKAGES.items():
        declared = {re.split(r"[<>=\[]", line)[0] for line in extras[extra]} - {"bybit_async"}
        assert set(packages) == {_IMPORTED_AS.get(name, name).replace("-", "_") for name in declared}
