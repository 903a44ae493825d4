"""A pytest plugin: tells coverage which test is running, so that a line knows its tests."""

from __future__ import annotations

from collections.abc import Iterator

import coverage
import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    measuring = coverage.Coverage.current()
    assert measuring is not None, "run it by 'python -m tests.mutation record'"
    measuring.switch_context(item.nodeid)
    return (yield)
