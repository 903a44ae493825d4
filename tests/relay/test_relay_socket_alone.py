"""What stands where a WebSocket would, by itself: the relay and its Redis say what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from bybit_async.environments import Environment
from bybit_async.errors import ConnectionFailed
from bybit_async.stream.relayed import relay_socket
from bybit_async.stream.relayed.messages import Answer, Ask, Keys, with_head
from bybit_async.stream.relayed.relay_socket import RelaySocket, relayed
from bybit_async.stream.settings import StreamSettings
from tests.servers.scripted_redis import Command, ScriptedRedis, push, scripted_redis, usual

HOST = "ws://nobody.example"
ENVIRONMENT = Environment(name="nobody", rest_url=HOST, public_url=HOST, private_url=HOST, trade_url=HOST)
KEYS = Keys(ENVIRONMENT)
TOPIC = "orderbook.50.BTCUSDT"
FRAMES = KEYS.frames("linear", TOPIC)
TERM = 7


class Consumer:
    """A socket, and what it brought."""

    def __init__(self, redis: ScriptedRedis) -> None:
        self.redis = redis
        self.frames: list[Any] = []
        self.ended = asyncio.Event()
        self.socket = RelaySocket(KEYS, "linear")
        self.socket.on_text = lambda data, received: self.frames.append(msgspec.json.decode(data))
        self.socket.on_lost = self.ended.set

    def own(self, kind: bytes, message: bytes) -> bytes:
        return push(b"message", KEYS.answers(self.socket._consumer), kind + message)

    async def say(self, op: str, *topics: str) -> None:
        await self.socket.send_text(msgspec.json.encode({"op": op, "req_id": "1", "args": list(topics)}))

    async def asked(self, op: str) -> Ask:
        """Wait for the next ask of a kind."""

        def found() -> list[Ask]:
            return [ask for ask in self.asks() if ask.op == op]

        await self.redis.until(found)
        return found()[-1]

    def asks(self) -> list[Ask]:
        return [msgspec.json.decode(command[2], type=Ask) for command in self.redis.named(b"PUBLISH")]

    def send(self, *pieces: bytes) -> None:
        self.redis.send(*pieces)

    async def seen(self) -> None:
        """Wait until everything that was sent so far has been taken."""
        await self.socket._opened.ask("PING")

    async def end(self) -> str:
        async with asyncio.timeout(5):
            await self.ended.wait()
        return self.socket.complaint

    async def subscribed(self, number: int = 1) -> None:
        await self.say("subscribe", TOPIC)
        ask = await self.asked("subscribe")
        self.send(self.own(b"A", msgspec.json.encode(Answer(ask.request, TERM, {TOPIC: number}))))
        await self.seen()
        assert self.frames.pop()["success"] is True


def beat(term: int = TERM, number: int = 1) -> bytes:
    return push(b"message", KEYS.beat, with_head(term, number, b""))


def frame(number: int, term: int = TERM) -> bytes:
    return push(b"message", FRAMES, with_head(term, number, b"%d" % number))


def beating(command: Command) -> bytes:
    """As usual, and a beat as soon as somebody listens to it."""
    return usual(command) + (beat() if KEYS.beat in command else b"")


@asynccontextmanager
async def consuming() -> AsyncIterator[Consumer]:
    async with scripted_redis() as redis:
        redis.reply = beating
        consumer = Consumer(redis)
        await consumer.socket.open(redis.url)
        try:
            yield consumer
        finally:
            consumer.socket.abort()
            await consumer.end()


async def test_without_a_redis_it_is_not_opened() -> None:
    async with scripted_redis() as redis:
        consumer = Consumer(redis)
    with pytest.raises(ConnectionFailed, match="no connection to Redis"):
        await consumer.socket.open(redis.url)
    assert consumer.socket.complaint == "not opened"


async def test_a_redis_that_is_lost_before_the_first_beat_is_not_waited_for() -> None:
    async with scripted_redis() as redis:
        consumer = Consumer(redis)
        opening = asyncio.create_task(consumer.socket.open(redis.url))
        await redis.until(lambda: redis.named(b"SUBSCRIBE"))
        await asyncio.sleep(0.05)
        redis.drop()
        async with asyncio.timeout(2):
            with pytest.raises(ConnectionFailed, match="connection"):
                await opening


async def test_it_is_opened_as_any_source_is() -> None:
    async with scripted_redis() as redis:
        redis.reply = beating
        ended = asyncio.Event()

        def prepare(source: Any) -> None:
            source.on_lost = ended.set

        source = await relayed(redis.url, KEYS, "linear")("unused", StreamSettings(), prepare)
        assert source.is_open
        await source.close()
        assert not source.is_open
        await ended.wait()


async def test_a_ping_is_answered_here() -> None:
    async with consuming() as consumer:
        await consumer.say("ping")
        [pong] = consumer.frames
        assert (pong["op"], pong["ret_msg"], pong["success"], pong["req_id"]) == ("ping", "pong", True, "1")
        assert consumer.asks() == []


async def test_after_its_end_it_takes_nothing_and_closing_and_pausing_are_nothing() -> None:
    async with consuming() as consumer:
        socket = consumer.socket
        socket.abort("enough")
        # Some transports refuse to be paused once they are closed.
        socket._opened.transport = None  # type: ignore[assignment]
        socket.pause()
        socket.resume()
        socket.abort("again")
        await socket.close()
        with pytest.raises(ConnectionFailed, match="enough"):
            await consumer.say("ping")


async def test_paused_it_reads_nothing_and_resumed_it_goes_on() -> None:
    async with consuming() as consumer:
        await consumer.subscribed()
        consumer.socket.pause()
        consumer.send(frame(2))
        await asyncio.sleep(0.02)
        assert consumer.frames == []
        consumer.socket.resume()
        await consumer.seen()
        assert consumer.frames == [2]


async def test_without_a_relay_that_listens_it_ends() -> None:
    async with consuming() as consumer:
        consumer.redis.reply = lambda command: b":0\r\n" if command[0] == b"PUBLISH" else usual(command)
        await consumer.say("subscribe", TOPIC)
        assert await consumer.end() == "no relay listens any more"


async def test_frames_of_another_term_and_frames_that_came_before_are_told_apart() -> None:
    async with consuming() as consumer:
        await consumer.subscribed(number=5)
        consumer.send(frame(6), frame(6), frame(4), frame(7, term=TERM - 1), push(b"message", FRAMES, b"x"), frame(7))
        await consumer.seen()
        assert consumer.frames == [6, 7]
        consumer.send(frame(8, term=TERM + 1), frame(8))
        assert await consumer.end() == "another relay leads now"
        assert consumer.frames == [6, 7]


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        (frame(3), "a message is missing"),
        (push(b"message", FRAMES, with_head(TERM, 2, b"")), "the relay lost its own connection"),
        (beat(TERM + 1), "another relay leads now"),
    ],
    ids=["missing", "lost", "replaced"],
)
async def test_what_ends_it_is_named(what: bytes, complaint: str) -> None:
    async with consuming() as consumer:
        await consumer.subscribed()
        consumer.send(beat(TERM - 1), beat(), what, frame(2))
        assert await consumer.end() == complaint
        assert consumer.frames == []


async def test_a_relay_that_cannot_serve_now_or_forgot_it_ends_it() -> None:
    for kind, message in ((b"A", msgspec.json.encode(Answer(1, TERM, unavailable="gave up"))), (b"F", b"")):
        async with consuming() as consumer:
            await consumer.say("subscribe", TOPIC)
            await consumer.asked("subscribe")
            consumer.send(consumer.own(kind, message))
            assert await consumer.end() == (
                "gave up" if message else "the relay forgot this consumer, which was blocked for too long"
            )


async def test_what_no_relay_would_say_is_ignored_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async with consuming() as consumer:
        await consumer.subscribed()
        consumer.send(
            push(b"message", KEYS.beat, b"7"), consumer.own(b"Z", b""),
            consumer.own(b"A", b"{"), push(b"message", b"other", b"text"), consumer.own(b"S", b"0"), frame(2),
        )  # fmt: skip
        await consumer.seen()
        assert consumer.frames == [0, 2]
        assert len(caplog.messages) == 1


async def test_an_answer_for_what_was_left_meanwhile_begins_nothing() -> None:
    async with consuming() as consumer:
        await consumer.say("subscribe", TOPIC)
        first = await consumer.asked("subscribe")
        await consumer.say("unsubscribe", TOPIC)
        await consumer.asked("unsubscribe")
        await consumer.say("subscribe", TOPIC)
        await consumer.redis.until(lambda: len([ask for ask in consumer.asks() if ask.op == "subscribe"]) == 2)
        consumer.send(consumer.own(b"A", msgspec.json.encode(Answer(first.request, TERM, {TOPIC: 1}))), frame(2))
        await consumer.seen()
        assert [(answer["op"], answer["success"]) for answer in consumer.frames] == [
            ("unsubscribe", True), ("subscribe", True),
        ]  # fmt: skip


async def test_a_relay_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_socket, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(relay_socket, "SILENCE_SECONDS", 0.05)
    async with consuming() as consumer:
        assert await consumer.end() == "the relay is silent"


async def test_a_relay_that_never_beats_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_socket, "_FIRST_BEAT", 0.05)
    async with scripted_redis() as redis:
        consumer = Consumer(redis)
        with pytest.raises(ConnectionFailed, match=r"no relay of nobody\.example publishes there"):
            await consumer.socket.open(redis.url)
        await consumer.end()


async def test_the_answer_of_another_relay_ends_it_and_one_to_nothing_is_passed_over() -> None:
    async with consuming() as consumer:
        await consumer.say("subscribe", TOPIC)
        ask = await consumer.asked("subscribe")
        consumer.send(consumer.own(b"A", msgspec.json.encode(Answer(ask.request + 1, TERM, {TOPIC: 1}))))
        await consumer.seen()
        assert consumer.frames == []
        consumer.send(consumer.own(b"A", msgspec.json.encode(Answer(ask.request, TERM + 1, {TOPIC: 1}))))
        assert await consumer.end() == "another relay leads now"


async def test_what_is_refused_is_left_and_said() -> None:
    async with consuming() as consumer:
        await consumer.say("subscribe", TOPIC)
        ask = await consumer.asked("subscribe")
        consumer.send(consumer.own(b"A", msgspec.json.encode(Answer(ask.request, TERM, refused={TOPIC: "no such"}))))
        assert (await consumer.asked("unsubscribe")).topics == [TOPIC]
        [refusal] = consumer.frames
        assert (refusal["success"], refusal["ret_msg"]) == (False, f"{TOPIC}: no such")
        assert FRAMES in consumer.redis.named(b"UNSUBSCRIBE")[0]


async def test_a_refusal_on_a_connection_that_breaks_at_once_ends_it() -> None:
    async with consuming() as consumer:
        await consumer.say("subscribe", TOPIC)
        ask = await consumer.asked("subscribe")
        refusal = consumer.own(b"A", msgspec.json.encode(Answer(ask.request, TERM, refused={TOPIC: "no such"})))
        consumer.send(refusal, b"nonsense\r\n")
        assert "not RESP" in await consumer.end()
        assert consumer.redis.named(b"UNSUBSCRIBE") == []


async def test_a_connection_that_breaks_as_it_is_closed_is_told_nothing() -> None:
    async with consuming() as consumer:
        consumer.socket._opened.abort("broken")
        await consumer.socket.close()
        assert await consumer.end() == "closed here"
        assert consumer.asks() == []


async def test_while_something_is_subscribed_it_says_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_socket, "BEAT_SECONDS", 0.005)
    monkeypatch.setattr(relay_socket, "SILENCE_SECONDS", 1e9)
    async with consuming() as consumer:
        await asyncio.sleep(0.1)
        assert consumer.asks() == []
        await consumer.subscribed()
        assert (await consumer.asked("alive")).consumer == consumer.socket._consumer
