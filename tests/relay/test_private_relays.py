"""Private topics through a relay: for holders of the same key, over nothing that others can read, and never wrong."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from bybit_async import AsyncBybit, InvalidParameter, StreamSettings, SubscriptionRefused
from bybit_async.errors import ConnectionFailed
from bybit_async.relay import Relay
from bybit_async.simulator import SimulatedExchange
from bybit_async.stream.relayed import relay_socket
from bybit_async.stream.relayed.messages import Keys, with_head
from bybit_async.stream.relayed.redis_link import RedisLink, open_link
from bybit_async.stream.relayed.seal import Seal
from bybit_async.transport.signing import HmacSigner
from tests.relay.consumers import Consumer
from tests.servers.redis_server import RedisServer, needs_redis, running_redis
from tests.servers.relaying import eventually

pytestmark = needs_redis
QUICK = StreamSettings(backoff=0.02, max_backoff=0.2, jitter=0.0, proxy=None)
ORDER: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "20000",
}  # fmt: skip
MARKET = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Market", "qty": "0.001"}


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


def simulated() -> SimulatedExchange:
    return SimulatedExchange(seed=7, symbols=["BTCUSDT"])


def signer_of(keys: dict[str, str]) -> HmacSigner:
    return HmacSigner(keys["api_key"], keys["api_secret"])


@asynccontextmanager
async def relaying_account(
    exchange: SimulatedExchange, redis: RedisServer, keys: dict[str, str]
) -> AsyncIterator[Relay]:
    relay = Relay(exchange.environment, redis.url, signer=signer_of(keys))
    running = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        running.cancel()
        await asyncio.wait({running})


def session(exchange: SimulatedExchange, redis: RedisServer, keys: dict[str, str]) -> AsyncBybit:
    return AsyncBybit(environment=exchange.environment, private_source=redis.url, stream_settings=QUICK, **keys)


def private_sockets(exchange: SimulatedExchange) -> int:
    return sum(connection.channel == "private" for connection in exchange.connections)


async def test_live_accounts_and_iterators_of_one_key_share_one_socket(redis: RedisServer) -> None:
    async with simulated() as exchange:
        keys = exchange.new_account(usdt="100000")
        async with relaying_account(exchange, redis, keys), session(exchange, redis, keys) as one:
            async with (
                session(exchange, redis, keys) as two,
                one.live_account() as first,
                two.live_account() as second,
                two.stream.executions("linear") as executions,
                two.stream.greeks(),
            ):
                assert first.synced
                assert second.synced
                placed = await one.trade.place_order(**MARKET)
                for account in (first, second):
                    assert (await account.wait_order(order_id=placed.order_id, timeout=10)).order_status == "Filled"
                    await eventually(lambda account=account: len(account.positions.open) == 1)
                async with asyncio.timeout(10):
                    assert (await anext(aiter(executions))).order_id == placed.order_id
                assert private_sockets(exchange) == 1


async def test_a_session_of_another_account_sees_nothing(redis: RedisServer) -> None:
    async with simulated() as exchange:
        ours, theirs = exchange.new_account(usdt="100000"), exchange.new_account(usdt="100000")
        async with (
            relaying_account(exchange, redis, ours),
            relaying_account(exchange, redis, theirs),
            session(exchange, redis, ours) as one,
            session(exchange, redis, theirs) as two,
            one.live_account() as mine,
            two.live_account() as other,
        ):
            heard = other.events()
            mark = await two.trade.place_order(**ORDER)
            placed = await one.trade.place_order(**ORDER)
            await mine.wait_order(order_id=placed.order_id, status="New", timeout=10)
            await other.wait_order(order_id=mark.order_id, status="New", timeout=10)
            await two.trade.cancel_order(category="linear", symbol="BTCUSDT", order_id=mark.order_id)
            await other.wait_order(order_id=mark.order_id, timeout=10)
            assert [order.order_id for order in mine.orders.open] == [placed.order_id]
            assert not other.orders.open
            heard.close()
            assert not [event async for event in heard if event.order and event.order.order_id == placed.order_id]


async def test_a_key_that_no_relay_has_is_told_so(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_socket, "_FIRST_BEAT", 0.3)
    async with simulated() as exchange:
        ours, theirs = exchange.new_account(usdt="100"), exchange.new_account(usdt="100")
        async with relaying_account(exchange, redis, ours) as relay:
            await eventually(lambda: relay.leads)
            # The right key and a wrong secret open nothing, either.
            for keys in (theirs, {**theirs, "api_key": ours["api_key"]}):
                consumer = Consumer(exchange, Seal(signer_of(keys)))
                with pytest.raises(ConnectionFailed, match="relay --private"):
                    await consumer.socket.open(redis.url)


@contextmanager
def relay_process(exchange: SimulatedExchange, redis: RedisServer, keys: dict[str, str]) -> Iterator[Any]:
    command = [sys.executable, "-m", "bybit_async", "relay", "--private", "--redis", redis.url]
    command += ["--environment", exchange.environment.rest_url]
    variables = {"BYBIT_API_KEY": keys["api_key"], "BYBIT_API_SECRET": keys["api_secret"]}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as process:
        try:
            yield process
        finally:
            process.kill()


async def leading(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    while "private relay: leads, term" not in (line := await asyncio.to_thread(process.stderr.readline)):
        assert line, "the relay ended"


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSTOP])
async def test_an_account_whose_relay_dies_is_unsynced_until_another_took_over(
    redis: RedisServer, death: signal.Signals
) -> None:
    async with simulated() as exchange:
        keys = exchange.new_account(usdt="100000")
        with relay_process(exchange, redis, keys) as first, relay_process(exchange, redis, keys) as second:
            both = {asyncio.create_task(leading(first)): first, asyncio.create_task(leading(second)): second}
            [won], [waits] = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            async with session(exchange, redis, keys) as bybit, bybit.live_account() as account:
                both[won].send_signal(death)
                await eventually(lambda: not account.synced, 5)
                # Nobody reports it; the reconciliation by REST must find it.
                placed = await bybit.trade.place_order(**MARKET)
                await asyncio.wait_for(waits, 10)
                await account.wait_synced(15)
                assert placed.order_id in {execution.order_id for execution in account.executions}
                both[won].send_signal(signal.SIGCONT)
                after = await bybit.trade.place_order(**MARKET)
                await account.wait_order(order_id=after.order_id, timeout=10)


async def test_redis_restarted_empty_costs_no_execution(redis: RedisServer) -> None:
    async with simulated() as exchange:
        keys = exchange.new_account(usdt="100000")
        async with (
            relaying_account(exchange, redis, keys),
            session(exchange, redis, keys) as bybit,
            bybit.live_account() as account,
        ):
            redis.kill()
            await eventually(lambda: not account.synced, 5)
            missed = await bybit.trade.place_order(**MARKET)
            redis.start()
            await account.wait_synced(20)
            assert missed.order_id in {execution.order_id for execution in account.executions}
            placed = await bybit.trade.place_order(**MARKET)
            await account.wait_order(order_id=placed.order_id, timeout=10)


async def test_a_relay_that_loses_its_private_socket_unsyncs_everyone(redis: RedisServer) -> None:
    async with simulated() as exchange:
        keys = exchange.new_account(usdt="100000")
        async with (
            relaying_account(exchange, redis, keys),
            session(exchange, redis, keys) as bybit,
            bybit.live_account() as account,
        ):
            exchange.drop_connections("private")
            await eventually(lambda: not account.synced, 5)
            await account.wait_synced(15)
            placed = await bybit.trade.place_order(**MARKET)
            await account.wait_order(order_id=placed.order_id, timeout=10)


async def everything_in(link: RedisLink, seen: list[bytes]) -> bytes:
    for key in await link.ask("KEYS", "*"):
        seen.append(key)
        kind = (await link.ask("TYPE", key)).decode()
        content = await (link.ask("HGETALL", key) if kind == "hash" else link.ask("GET", key))
        seen.append(repr(content).encode())
    return b"\n".join(seen)


async def test_redis_never_sees_key_secret_or_signature(redis: RedisServer) -> None:
    # Whatever any client sends to Redis, as Redis itself reports it.
    reports, writer = await asyncio.open_connection("127.0.0.1", redis.port, limit=1 << 26)
    writer.write(b"MONITOR\r\n")
    assert await reports.readline() == b"+OK\r\n"
    with collected_signatures() as signatures:
        async with simulated() as exchange:
            keys = exchange.new_account(usdt="100000")
            link = await open_link(redis.url, lambda name, message: None, lambda reason: None)
            async with (
                relaying_account(exchange, redis, keys),
                session(exchange, redis, keys) as bybit,
                bybit.live_account() as account,
            ):
                placed = await bybit.trade.place_order(**MARKET)
                await account.wait_order(order_id=placed.order_id, timeout=10)
                told = await everything_in(link, [])
            await link.ask("ECHO", "the end")
            link.close()
    told += await reports.readuntil(b'"the end"')
    writer.close()
    assert placed.order_id.encode() in told
    for secret in (keys["api_key"], keys["api_secret"], *signatures):
        assert secret.encode() not in told
    assert b"auth" not in told.lower()


@contextmanager
def collected_signatures() -> Iterator[list[str]]:
    """Collect every signature that is made meanwhile."""
    made: list[str] = []
    original = HmacSigner.sign

    def sign(self: HmacSigner, payload: bytes) -> str:
        made.append(original(self, payload))
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HmacSigner, "sign", sign)
        yield made
    assert made


async def test_what_strangers_publish_under_the_names_of_an_account_is_not_believed(redis: RedisServer) -> None:
    async with simulated() as exchange:
        keys = exchange.new_account(usdt="100000")
        async with relaying_account(exchange, redis, keys), session(exchange, redis, keys) as bybit:
            async with bybit.live_account() as account:
                names = Keys(exchange.environment, Seal(signer_of(keys)))
                forger = Seal(HmacSigner(keys["api_key"], "anotherSecret"))
                stranger = await open_link(redis.url, lambda name, message: None, lambda reason: None)
                [(consumer, _)] = (await consumers_of(redis, names)).items()
                forged = b'{"id":"1","topic":"order","creationTime":1,"data":[]}'
                ask = b'{"consumer":"%b","op":"unsubscribe","request":99,"channel":"private","topics":["order"]}'
                for name, message in (
                    (names.frames("private", "order"), with_head(1 << 60, 1, forged)),
                    (names.beat, with_head(1 << 60, 1, b"")),
                    (names.answers(consumer), b"F"),
                    (names.asks, ask % consumer.encode()),
                ):
                    assert await stranger.ask("PUBLISH", name, message)
                    assert await stranger.ask("PUBLISH", name, forger.close(name, message))
                placed = await bybit.trade.place_order(**MARKET)
                await account.wait_order(order_id=placed.order_id, timeout=10)
                assert account.synced
                stranger.close()


async def consumers_of(redis: RedisServer, names: Keys) -> dict[str, bytes]:
    link = await open_link(redis.url, lambda name, message: None, lambda reason: None)
    found = await link.ask("PUBSUB", "CHANNELS", names.answers("*"))
    link.close()
    return {name.decode().rpartition(":")[2]: name for name in found}


async def test_what_was_recorded_and_is_published_again_changes_nothing(redis: RedisServer) -> None:
    async with simulated() as exchange:
        keys = exchange.new_account(usdt="100000")
        names = Keys(exchange.environment, Seal(signer_of(keys)))
        heard: list[tuple[bytes, bytes]] = []
        recorder = await open_link(redis.url, lambda name, message: heard.append((name, message)), lambda reason: None)
        await recorder.subscribe(names.asks, names.beat)
        async with relaying_account(exchange, redis, keys) as relay:
            consumer = Consumer(exchange, Seal(signer_of(keys)), "private")
            await consumer.socket.open(redis.url)
            await consumer.ask("subscribe", "order")
            await consumer.ask("unsubscribe", "order")
            await consumer.ask("subscribe", "order")
            await consumer.until(lambda: len(consumer.frames) == 3)
            asks = [message for name, message in heard if name == names.asks]
            for message in asks[:2]:
                await recorder.ask("PUBLISH", names.asks, message)
            # Answered once the relay has read all that came before.
            await consumer.ask("subscribe", "wallet")
            await consumer.until(lambda: len(consumer.frames) == 4)
            assert {topic.name for topic in relay.topics} == {"order", "wallet"}
            # Beats that were recorded keep no dead relay alive.
            beats = [message for name, message in heard if name == names.beat]
            before = consumer.socket._beat
            for message in beats:
                consumer.socket._take(names.beat, message)
            assert consumer.socket._beat == max(before, len(beats))
        while not consumer.ended:
            for message in beats:
                await recorder.ask("PUBLISH", names.beat, message)
            await asyncio.sleep(0.02)
        assert "silent" in consumer.ended
        recorder.close()


async def test_disconnection_protection_is_refused_with_the_cure(redis: RedisServer) -> None:
    async with simulated() as exchange:
        keys = exchange.new_account(usdt="100")
        async with relaying_account(exchange, redis, keys), session(exchange, redis, keys) as bybit:
            with pytest.raises(SubscriptionRefused, match="private_source"):
                async with bybit.stream.dcp("future") as dcp:
                    await anext(aiter(dcp))


async def test_a_relay_of_market_data_gives_nothing_private_and_the_reverse(redis: RedisServer) -> None:
    async with simulated() as exchange:
        keys = exchange.new_account(usdt="100")
        for relay, topic in (
            (Relay(exchange.environment, redis.url), "private:order"),
            (Relay(exchange.environment, redis.url, signer=signer_of(keys)), "linear:publicTrade.BTCUSDT"),
            (Relay(exchange.environment, redis.url, signer=signer_of(keys)), "trade:order"),
        ):
            with pytest.raises(InvalidParameter, match="not relayed"):
                relay._parsed(topic)


EXPOSED = (
    "redis://10.0.0.5:6379/0",
    "redis://redis.example:6379/0",
    "redis:///0?host=redis.example",
    "redis://127.0.0.1/0?host=redis.example",
    "redis://localhost/0?path=/tmp/redis",
    "redis://127.0.0.1.example/0",
    "redis://localhost@redis.example/0",
    "rediss://redis.example/0?ssl_cert_reqs=none",
)
HIDDEN_AWAY = (
    "redis://127.0.0.1:6379/0",
    "redis://127.8.0.1",
    "redis://[::1]:6379/0",
    "redis://localhost",
    "redis://:password@localhost:6379/0",
    "unix:///run/redis.sock?db=1",
    "rediss://redis.example:6380/0",
    "rediss://redis.example/0?ssl_cert_reqs=required&ssl_ca_certs=/x",
)


@pytest.mark.parametrize("address", EXPOSED)
def test_what_others_could_read_along_is_refused_with_the_cure(address: str) -> None:
    for parameter, take in (
        ("private_source", lambda: AsyncBybit(api_key="k", api_secret="s", private_source=address)),
        ("redis", lambda: Relay(AsyncBybit().environment, address, signer=HmacSigner("k", "s"))),
    ):
        with pytest.raises(InvalidParameter, match=r"rediss://.*unix://.*loopback") as caught:
            take()
        assert caught.value.parameter == parameter


@pytest.mark.parametrize("address", HIDDEN_AWAY)
def test_tls_sockets_and_loopback_are_taken(address: str) -> None:
    AsyncBybit(api_key="k", api_secret="s", private_source=address)
    Relay(AsyncBybit().environment, address, signer=HmacSigner("k", "s"))
