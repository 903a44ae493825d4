"""A lease is held by one at a time, and a holder that loses it knows before the next one acts."""

from __future__ import annotations

import asyncio
import signal
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bybit_async import InvalidParameter, LeaseLost, LeaseTaken, LeaseUnavailable
from bybit_async.leases import hold
from tests.servers.redis_server import RedisServer, needs_redis, running_redis

pytestmark = needs_redis
LIFE = 0.3


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4()}"


async def test_one_holds_it_and_the_other_is_refused_with_the_holders_name(address: str, name: str) -> None:
    async with hold(address, name, life=LIFE, wait=5, holder="first") as lease:
        assert lease.held
        lease.check()
        with pytest.raises(LeaseTaken, match="first") as refused:
            await hold(address, name, life=LIFE, holder="second").__aenter__()
        assert refused.value.holder == "first"
    assert not lease.held
    with pytest.raises(LeaseLost, match=name):
        lease.check()


async def test_given_back_it_is_free_at_once_and_the_token_grows(address: str, name: str) -> None:
    tokens = []
    for _ in range(3):
        async with hold(address, name, life=LIFE, wait=5) as lease:
            tokens.append(lease.token)
    assert 0 < tokens[0] < tokens[1] < tokens[2]


async def test_it_is_renewed_for_longer_than_its_life(address: str, name: str) -> None:
    async with hold(address, name, life=LIFE, wait=5) as lease:
        await asyncio.sleep(3 * LIFE)
        assert lease.held
        with pytest.raises(LeaseTaken):
            await hold(address, name, life=LIFE).__aenter__()


async def test_one_that_waits_gets_it_after_the_holder(address: str, name: str) -> None:
    async with hold(address, name, life=LIFE, wait=5) as first:
        waiting = asyncio.create_task(hold(address, name, life=LIFE, wait=10).__aenter__())
        await asyncio.sleep(0.05)
        assert not waiting.done()
    second = await waiting
    assert second.held
    assert second.token > first.token
    await second.__aexit__(None, None, None)


async def test_names_are_independent(address: str, name: str) -> None:
    async with hold(address, name, life=LIFE, wait=5), hold(address, name + "-2", life=LIFE, wait=5) as other:
        assert other.held


HOLDER = """
import asyncio, sys
from bybit_async.leases import hold
async def main():
    async with hold(sys.argv[1], sys.argv[2], life=float(sys.argv[3]), wait=10, holder="child") as lease:
        print(lease.token, flush=True)
        sys.stdin.readline()
        print(lease.held, flush=True)
asyncio.run(main())
"""


def _child(address: str, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, address, name, str(LIFE)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


async def test_a_killed_process_loses_it(address: str, name: str) -> None:
    with _child(address, name) as child:
        assert child.stdout is not None
        token = int(child.stdout.readline())
        child.kill()
        child.wait()
    async with hold(address, name, life=LIFE, wait=10) as lease:
        assert lease.token > token


async def test_a_process_that_stood_still_knows_that_it_lost_it(redis: RedisServer, name: str) -> None:
    with _child(redis.url, name) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        token = int(child.stdout.readline())
        child.send_signal(signal.SIGSTOP)
        async with hold(redis.url, name, life=LIFE, wait=10) as lease:
            assert lease.token > token
            child.send_signal(signal.SIGCONT)
            child.stdin.write("\n")
            child.stdin.flush()
            assert child.stdout.readline().strip() == "False"
            assert lease.held
        child.wait()


async def test_the_folders_files_are_the_owners_alone(tmp_path: Path, name: str) -> None:
    async with hold(tmp_path / "leases", name):
        mode = stat.S_IMODE((tmp_path / "leases" / f"{name}.lease").stat().st_mode)
        assert mode == 0o600


async def test_a_place_that_does_not_answer_is_reported_without_its_password(name: str) -> None:
    with pytest.raises(LeaseUnavailable) as failed:
        await hold("redis://user:sesame@127.0.0.1:1/0", name).__aenter__()
    assert "sesame" not in str(failed.value)


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LeaseUnavailable, match="file"):
        await hold(tmp_path / "file", name).__aenter__()


@pytest.mark.parametrize(
    ("argument", "wrong"),
    [("address", {"address": "http://x"}), ("name", {"name": "a/b"}), ("life", {"life": 0.1}), ("wait", {"wait": -1})],
)
def test_bad_arguments_are_named(argument: str, wrong: dict[str, object]) -> None:
    given = {"address": "folder", "name": "n"} | wrong
    with pytest.raises(InvalidParameter) as refused:
        hold(**given)  # type: ignore[arg-type]
    assert refused.value.parameter == argument


class TestRedisFails:
    """The holder keeps the lease to its end and no longer, and nobody else gets it before that."""

    async def test_killed_and_started_empty(self, name: str) -> None:
        with running_redis() as server:
            async with hold(server.url, name, life=1.0, wait=10) as first:
                server.kill()
                server.start()
                # It has forgotten everything: the first to ask must wait until an earlier holder knows that it is over.
                async with hold(server.url, name, life=1.0, wait=10) as second:
                    assert not first.held
                    assert second.held
                    assert second.token > first.token

    async def test_paused_for_longer_than_its_life(self, name: str) -> None:
        with running_redis() as server:
            async with hold(server.url, name, life=LIFE, wait=10) as first:
                server.pause()
                try:
                    await asyncio.wait_for(first.lost(), 10)
                    assert not first.held
                finally:
                    server.resume()
            async with hold(server.url, name, life=LIFE, wait=10) as second:
                assert second.token > first.token

    async def test_gone_for_good(self, name: str) -> None:
        with running_redis() as server:
            async with hold(server.url, name, life=LIFE, wait=10) as lease:
                server.kill()
                await asyncio.wait_for(lease.lost(), 10)
                with pytest.raises(LeaseLost):
                    lease.check()


@needs_redis
@pytest.mark.parametrize("policy", ["volatile-ttl", "volatile-lru", "allkeys-lru"])
async def test_a_server_short_of_memory_gives_no_second_lease(policy: str) -> None:
    with running_redis("--maxmemory", "3mb", "--maxmemory-policy", policy) as server:
        filler = Redis.from_url(server.url)
        async with hold(server.url, "scarce", life=5.0, wait=10) as lease:
            for number in range(200):
                await filler.set(f"filler {number}", b"x" * 50_000, ex=10_000)
            assert (await filler.info("stats"))["evicted_keys"] > 0
            assert lease.held
            with pytest.raises(LeaseTaken):
                await hold(server.url, "scarce", life=5.0).__aenter__()
        await filler.aclose()
