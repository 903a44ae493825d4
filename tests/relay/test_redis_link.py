"""The connection to Redis by itself, over a Redis that answers what the test says."""

from __future__ import annotations

import asyncio
import importlib.util
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bybit_async.errors import ConnectionFailed, MissingExtra
from bybit_async.stream.relayed import redis_link
from bybit_async.stream.relayed.redis_link import RedisLink, open_link
from tests.certificates import certificate
from tests.servers.scripted_redis import ScriptedRedis, bulk, push, scripted_redis, usual


class Opened:
    """A link, and what it brought."""

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, bytes]] = []
        self.reason = ""
        self.lost = asyncio.Event()
        self.link: RedisLink

    def take(self, name: bytes, message: bytes) -> None:
        self.messages.append((name, message))

    def end(self, reason: str) -> None:
        self.reason = reason
        self.lost.set()

    async def ended(self) -> str:
        async with asyncio.timeout(5):
            await self.lost.wait()
        return self.reason


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[ScriptedRedis, Opened]]:
    async with scripted_redis() as redis:
        one = Opened()
        one.link = await open_link(redis.url, one.take, one.end)
        try:
            yield redis, one
        finally:
            one.link.abort("the test is over")
            await one.ended()


async def test_without_hiredis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hiredis", None)
    spec = importlib.util.spec_from_file_location("a_second_redis_link", redis_link.__file__)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(MissingExtra, match="redis"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


async def test_nothing_is_sent_to_subscribe_to_nothing() -> None:
    async with opened() as (redis, one):
        await one.link.subscribe()
        await one.link.unsubscribe()
        await one.link.ask("PING")
        assert [command[0] for command in redis.commands] == [b"HELLO", b"PING"]


async def test_after_its_end_nothing_can_be_asked() -> None:
    async with opened() as (redis, one):
        waiting = asyncio.create_task(one.link.ask("PING"))
        redis.reply = lambda command: b""
        await redis.until(lambda: redis.named(b"PING"))
        redis.drop()
        assert "connection" in await one.ended()
        with pytest.raises(ConnectionFailed, match="connection"):
            await waiting
        for ask in (one.link.ask("PING"), one.link.subscribe(b"a")):
            with pytest.raises(ConnectionFailed, match="connection"):
                await ask
        with pytest.raises(ConnectionFailed, match="connection"):
            one.link.post("PING")


async def test_what_redis_does_not_take_is_counted() -> None:
    async with opened() as (_, one):
        assert one.link.unsent == 0
        one.link.transport.write(b"\r\n" * 10_000_000)
        assert one.link.unsent > 0


async def test_what_is_no_reply_ends_it() -> None:
    async with opened() as (redis, one):
        redis.send(b"nonsense\r\n")
        assert "not RESP" in await one.ended()


async def test_a_reply_that_nobody_asked_for_ends_it() -> None:
    async with opened() as (redis, one):
        redis.send(b"+OK\r\n")
        assert await one.ended() == "a reply that no command asked for"


async def test_a_confirmation_that_nobody_waits_for_is_passed_over() -> None:
    async with opened() as (redis, one):
        redis.send(b">3\r\n" + bulk(b"subscribe") + bulk(b"other") + b":1\r\n", push(b"message", b"name", b"text"))
        assert await one.link.ask("PING") == b"OK"
        assert one.messages == [(b"name", b"text")]


async def test_two_who_wait_for_the_same_name_are_both_told() -> None:
    async with opened() as (_, one):
        async with asyncio.timeout(5):
            await asyncio.gather(one.link.subscribe(b"a"), one.link.subscribe(b"a", b"b"))


async def test_a_refused_subscription_ends_it() -> None:
    async with opened() as (redis, one):
        redis.reply = lambda command: b"-NOPERM no channels\r\n"
        with pytest.raises(ConnectionFailed, match="NOPERM"):
            await one.link.subscribe(b"a")
        assert "NOPERM" in await one.ended()


async def test_a_refused_command_is_its_callers_and_one_without_a_caller_ends_the_link() -> None:
    async with opened() as (redis, one):
        redis.reply = lambda command: b"-ERR no\r\n"
        with pytest.raises(ConnectionFailed, match="refused: ERR no"):
            await one.link.ask("SELECT", 99)
        assert one.link.is_open
        one.link.post("PUBLISH", b"a", b"b")
        assert await one.ended() == "refused: ERR no"


@pytest.mark.parametrize("reply", [b"+OK\r\n", b"-ERR no\r\n"])
async def test_the_reply_to_one_who_gave_up_is_nobody_elses(reply: bytes) -> None:
    async with opened() as (redis, one):
        redis.reply = lambda command: b""
        gone, stays = (asyncio.create_task(one.link.ask("ECHO", text)) for text in "ab")
        await redis.until(lambda: len(redis.named(b"ECHO")) == 2)
        gone.cancel()
        redis.send(reply, bulk(b"b"))
        assert await stays == b"b"


async def test_one_who_gave_up_does_not_hide_the_end_from_the_others() -> None:
    async with opened() as (redis, one):
        redis.reply = lambda command: b""
        asked = [asyncio.create_task(one.link.ask("ECHO", text)) for text in "ab"]
        asked += [asyncio.create_task(one.link.subscribe(name)) for name in (b"a", b"b")]
        await redis.until(lambda: len(redis.named(b"SUBSCRIBE")) == 2)
        for task in asked[::2]:
            task.cancel()
        one.link.abort("dropped")
        for task in asked[1::2]:
            with pytest.raises(ConnectionFailed, match="dropped"):
                await task


async def test_a_confirmation_for_one_who_gave_up_is_passed_over() -> None:
    async with opened() as (redis, one):
        redis.reply = lambda command: b""
        asking = asyncio.create_task(one.link.subscribe(b"a"))
        await redis.until(lambda: redis.named(b"SUBSCRIBE"))
        asking.cancel()
        redis.reply = usual
        redis.send(usual([b"subscribe", b"a"]))
        assert await one.link.ask("PING") == b"OK"


async def test_the_password_is_shown_to_redis() -> None:
    async with scripted_redis() as redis:
        one = Opened()
        link = await open_link(redis.url.replace("://", "://:secret@"), one.take, one.end)
        assert redis.commands == [[b"HELLO", b"3", b"AUTH", b"default", b"secret"]]
        link.abort("enough")
        await one.ended()


async def test_a_redis_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_link, "_OPEN_WITHIN", 0.05)
    async with scripted_redis() as redis:
        redis.reply = lambda command: b""
        one = Opened()
        with pytest.raises(ConnectionFailed, match=r"does not answer within 0\.05 s"):
            await open_link(redis.url, one.take, one.end)
        assert await one.ended() == "not greeted"


async def test_a_socket_file_and_a_database_of_ones_own(tmp_path: Path) -> None:
    async with scripted_redis(path=str(tmp_path / "redis")) as redis:
        one = Opened()
        link = await open_link(redis.url, one.take, one.end)
        assert redis.commands == [[b"HELLO", b"3"], [b"SELECT", b"3"]]
        link.close()
        assert await one.ended() == "closed here"


@pytest.mark.parametrize(
    ("options", "verified", "named"),
    [
        ("", True, True),
        ("?ssl_check_hostname=false", True, False),
        ("?ssl_cert_reqs=none", False, False),
        ("?ssl_cert_reqs=optional", True, False),
    ],
)
async def test_the_address_says_what_is_verified(
    monkeypatch: pytest.MonkeyPatch, options: str, verified: bool, named: bool
) -> None:
    used: list[ssl.SSLContext] = []

    async def create_connection(make: object, host: str, port: int, *, ssl: ssl.SSLContext) -> None:
        used.append(ssl)
        raise OSError

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    with pytest.raises(ConnectionFailed, match="OSError"):
        await open_link(f"rediss://h{options}", lambda *_: None, lambda *_: None)
    assert [(bool(context.verify_mode), context.check_hostname) for context in used] == [(verified, named)]


async def test_a_client_certificate_named_in_the_address_is_shown(tmp_path: Path) -> None:
    trusted, key = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(trusted))
    context.load_cert_chain(trusted, key)
    context.verify_mode = ssl.CERT_REQUIRED
    async with scripted_redis(tls=context) as redis:
        one = Opened()
        ours = f"ssl_ca_certs={trusted}&ssl_certfile={trusted}&ssl_keyfile={key}"
        link = await open_link(f"{redis.url}?{ours}", one.take, one.end)
        assert await link.ask("PING") == b"OK"
        link.abort("enough")
        await one.ended()
        with pytest.raises(ConnectionFailed):
            await open_link(f"{redis.url}?ssl_ca_certs={trusted}", lambda *_: None, lambda *_: None)
