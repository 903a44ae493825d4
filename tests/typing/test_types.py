"""The type checker agrees with the `check_*` files here: every `assert_type` holds and every marked mistake is one."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.mark.timeout(300)
def test_an_editor_knows_the_types_of_calls_rows_and_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest.importorskip("mypy.api")
    monkeypatch.chdir(ROOT)
    # With the options of `mypy` itself, whose cache then serves: another option makes it check the package once more.
    report, errors, _ = api.run(["--config-file", "pyproject.toml", *map(str, sorted(HERE.glob("check_*.py")))])
    assert errors == ""
    assert [line for line in report.splitlines() if "error:" in line or "note:" in line] == []
