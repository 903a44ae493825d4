"""Both places where leases are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.redis_server import RedisServer, running_redis


@pytest.fixture(scope="module")
def _one_redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def redis(_one_redis: RedisServer) -> RedisServer:
    return _one_redis


@pytest.fixture(params=["folder", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "leases")
    return str(request.getfixturevalue("redis").url)
