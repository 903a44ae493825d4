"""`Relay`: one set of connections to Bybit for any number of processes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from itertools import count
from typing import NamedTuple

import msgspec

from bybit_async.backoff import Backoff
from bybit_async.environments import Environment
from bybit_async.errors import (
    BybitError,
    ConnectionFailed,
    InvalidParameter,
    LeaseUnavailable,
    SubscriptionRefused,
)
from bybit_async.extras import require
from bybit_async.leases import Lease, hold
from bybit_async.redis_address import private_redis_address, redis_address
from bybit_async.relay.feed import Feed
from bybit_async.relay.upstream import Upstream
from bybit_async.secret import hidden
from bybit_async.stream.relayed.messages import (
    BEAT_SECONDS,
    FORGET_SECONDS,
    FORGOTTEN,
    Answer,
    Ask,
    Keys,
    with_head,
)
from bybit_async.stream.relayed.redis_link import RedisLink, open_link
from bybit_async.stream.relayed.seal import Seal
from bybit_async.stream.router import UNREADABLE
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.topics import CHANNELS, Topic, raw
from bybit_async.transport.signing import Signer

log: logging.Logger = logging.getLogger("bybit_async.relay")

_LIFE = 1.5
"""Seconds after which another relay takes over from one that died or stands still."""

_ANSWER_WITHIN = 3.0
_REDIS_WITHIN = 2.0
_MOST_UNSENT = 32 * 1024 * 1024

_ask = msgspec.json.Decoder(Ask)
_encoder = msgspec.json.Encoder()


class Relay:
    """Publishes the topics that its consumers ask for, and those it was given; two of them back each other up.

    Any number may run: the one that holds the lease publishes, the others follow the same topics and take over within
    two seconds when it dies. Consumers are sessions with ``stream_source=``.

    With a `signer` it is the relay of that key's account: it publishes private topics and nothing else, for sessions
    of the same key with ``private_source=``, and has a lease of its own.

    Args:
        environment: whose streams.
        redis: the address of the Redis server.
        topics: topics to publish whether or not anyone asks, as ``"linear:orderbook.50.BTCUSDT"``.
        signer: the key of the account whose private topics are published, if any; never sent to Redis.
        settings: times and sizes of the connections to Bybit.

    Raises:
        InvalidParameter: a topic cannot be relayed, or the address is invalid; with a signer, also one that is
            neither encrypted nor of this machine.
        MissingExtra: the ``redis`` extra is not installed.
    """

    def __init__(
        self,
        environment: Environment,
        redis: str,
        *,
        topics: Iterable[str] = (),
        signer: Signer | None = None,
        settings: StreamSettings | None = None,
    ) -> None:
        redis = hidden(redis)
        require("redis", "relays")
        self._redis = redis_address(redis, "redis") if signer is None else private_redis_address(redis, "redis")
        self._keys = Keys(environment, None if signer is None else Seal(signer))
        self._relays_private = signer is not None
        self._name = "relay" if signer is None else "private relay"
        self._pinned = [self._parsed(topic) for topic in topics]
        self._upstream = Upstream(environment, settings or StreamSettings(), signer)
        self._feeds: dict[Topic, Feed] = {}
        self._names: dict[Topic, bytes] = {}
        self._consumers: dict[str, _Consumer] = {}
        self._link: RedisLink | None = None
        self._lease: Lease | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._gone = asyncio.Event()

    @property
    def leads(self) -> bool:
        """Whether this relay is the one that publishes."""
        return self._lease is not None and self._lease.held and self._link is not None

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What it follows."""
        return tuple(self._feeds)

    async def run(self) -> None:
        """Relay until cancelled, through losses of Redis and of Bybit."""
        for topic in self._pinned:
            self._feed(topic, pinned=True)
        backoff = Backoff(0.1, 2.0, jitter=0.3)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._upstream.aclose)
            stack.push_async_callback(self._answer_nobody)
            while True:
                try:
                    await self._serve_redis(backoff)
                except (ConnectionFailed, LeaseUnavailable) as error:
                    log.warning("%s: %s", self._name, error)
                await asyncio.sleep(backoff.next_wait())

    async def _serve_redis(self, backoff: Backoff) -> None:
        self._gone.clear()
        link = await open_link(self._redis, self._take, self._lost)
        try:
            await link.subscribe(self._keys.asks)
            self._link = link
            backoff.reset()
            tasks = [
                asyncio.create_task(self._lead_again_and_again(), name="bybit_async relay leads"),
                asyncio.create_task(self._forget_silent(), name="bybit_async relay forgets"),
                asyncio.create_task(_watch(link), name="bybit_async relay watches Redis"),
            ]
            try:
                await self._gone.wait()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            self._link = None
            link.abort("ended")

    def _lost(self, reason: str) -> None:
        log.warning("%s: Redis: %s", self._name, reason)
        self._link = None
        self._gone.set()

    # Leading.

    async def _lead_again_and_again(self) -> None:
        while True:
            try:
                await self._lead()
            except LeaseUnavailable as error:
                log.warning("%s: %s", self._name, error)
                await asyncio.sleep(BEAT_SECONDS)

    async def _lead(self) -> None:
        async with hold(self._redis, self._keys.lease, life=_LIFE, wait=float("inf")) as lease:
            self._lease = lease
            log.info("%s: leads, term %d", self._name, lease.token)
            try:
                for beat in count(1):
                    if not lease.held:
                        break
                    self._publish(self._keys.beat, with_head(lease.token, beat, b""))
                    await asyncio.sleep(BEAT_SECONDS)
            finally:
                self._lease = None
        log.info("%s: leads no more", self._name)

    def _pass_on(self, feed: Feed, frame: bytes) -> None:
        # Asked for every frame: a process that was suspended must not publish once more under a term that is over.
        lease = self._lease
        if lease is not None and lease.held:
            self._publish(self._names[feed.topic], with_head(lease.token, feed.number, frame))

    def _publish(self, name: bytes, message: bytes) -> None:
        link = self._link
        if link is None or not link.is_open:
            return
        if link.unsent > _MOST_UNSENT:
            link.abort("Redis takes no more data")
            return
        link.post("PUBLISH", name, self._keys.sealed(name, message))

    # Consumers.

    def _take(self, name: bytes, message: bytes) -> None:
        opened = self._keys.opened(name, message)
        try:
            ask = None if opened is None else _ask.decode(opened)
        except UNREADABLE:
            ask = None
        if ask is None:
            log.warning("%s: a question that cannot be read, or of a stranger", self._name)
            return
        consumer = self._consumers.get(ask.consumer)
        if consumer is not None and ask.request <= consumer.request:
            # Repeated by someone else: what it ended may have been asked for again.
            return
        if consumer is None and ask.op in ("unsubscribe", "alive"):
            # It was blocked for so long that it was forgotten: it gets nothing, and must notice.
            if self.leads:
                self._publish(self._keys.answers(ask.consumer), FORGOTTEN)
            return
        self._consumers[ask.consumer] = _Consumer(ask.request, time.monotonic())
        if ask.op == "subscribe":
            self._begin(ask)
        elif ask.op == "leave":
            self._forget(ask.consumer)
        elif ask.op == "unsubscribe":
            for topic in ask.topics:
                self._release(ask.consumer, Topic(ask.channel, topic))  # type: ignore[arg-type]

    def _begin(self, ask: Ask) -> None:
        # All that changes who wants what happens here, at once and in order: an unsubscription may come right behind.
        feeds: dict[str, Feed] = {}
        refused: dict[str, str] = {}
        for name in ask.topics:
            try:
                feed = self._feed(self._parsed(f"{ask.channel}:{name}"))
            except BybitError as error:
                refused[name] = str(error)
            else:
                feed.consumers[ask.consumer] = ask.request
                feeds[name] = feed
        task = asyncio.create_task(self._answer(ask, feeds, refused), name="bybit_async relay answers")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, ask: Ask, feeds: dict[str, Feed], refused: dict[str, str]) -> None:
        waiting = (feed.until_ready(_ANSWER_WITHIN) for feed in feeds.values())
        outcomes = dict(zip(feeds, await asyncio.gather(*waiting, return_exceptions=True), strict=True))
        # What was left meanwhile, and perhaps asked for again, does not concern this answer.
        feeds = {name: feed for name, feed in feeds.items() if feed.consumers.get(ask.consumer) == ask.request}
        failed = {name: error for name in feeds if (error := outcomes[name]) is not None}
        late = {name: str(error) for name, error in failed.items() if isinstance(error, SubscriptionRefused)}
        unavailable = next((str(error) for name, error in failed.items() if name not in late), "")
        for name in late:
            self._release(ask.consumer, feeds[name].topic)
        refused |= late
        lease = self._lease
        if lease is None or not lease.held:
            return
        ready = {name: feed for name, feed in feeds.items() if name not in refused}
        # From here on nothing is awaited: no frame may come between the numbers and the snapshots that belong to them.
        started = {name: feed.number for name, feed in ready.items()}
        answer = Answer(ask.request, lease.token, started, refused, unavailable)
        to = self._keys.answers(ask.consumer)
        self._publish(to, b"A" + _encoder.encode(answer))
        for feed in ready.values():
            snapshot = feed.snapshot()
            if snapshot is not None:
                self._publish(to, b"S" + snapshot)

    async def _answer_nobody(self) -> None:
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def _feed(self, topic: Topic, *, pinned: bool = False) -> Feed:
        feed = self._feeds.get(topic)
        if feed is None or feed.refusal is not None:
            pinned = pinned or (feed is not None and feed.pinned)
            feed = Feed(topic, pinned=pinned, publish=self._pass_on, resync=self._upstream.resync)
            self._upstream.attach([topic], feed)
            self._feeds[topic] = feed
            self._names[topic] = self._keys.frames(topic.channel, topic.name)
        return feed

    def _release(self, consumer: str, topic: Topic) -> None:
        feed = self._feeds.get(topic)
        if feed is None:
            return
        feed.consumers.pop(consumer, None)
        if not feed.consumers and not feed.pinned:
            self._upstream.detach(feed)
            feed.closed(None)
            del self._feeds[topic]

    def _forget(self, consumer: str) -> None:
        self._consumers.pop(consumer, None)
        for topic in list(self._feeds):
            self._release(consumer, topic)

    async def _forget_silent(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            since = time.monotonic() - FORGET_SECONDS
            for consumer in [name for name, consumer in self._consumers.items() if consumer.heard < since]:
                self._forget(consumer)

    def _parsed(self, text: str) -> Topic:
        channel, separator, name = text.partition(":")
        if not separator or channel not in CHANNELS:
            raise InvalidParameter("topics", f"expected one as linear:orderbook.50.BTCUSDT, got {text!r}")
        if channel == "trade" or (channel == "private") is not self._relays_private:
            raise InvalidParameter("topics", f"{channel} topics are not relayed here")
        if name.startswith("orderbook.rpi."):
            raise InvalidParameter("topics", "RPI order books are not relayed; subscribe to them directly")
        if self._relays_private and name.startswith("dcp."):
            # Bybit protects against the loss of the connection that subscribed, which here is not the one that trades.
            raise InvalidParameter("topics", "dcp topics are not relayed; subscribe without private_source=")
        return raw(name, channel)  # type: ignore[arg-type]


class _Consumer(NamedTuple):
    """What the relay remembers of one: the number of its latest question, and when that came."""

    request: int
    heard: float


async def _watch(link: RedisLink) -> None:
    """Drop a connection on which nothing is answered: its other end may have gone without a word."""
    while True:
        try:
            async with asyncio.timeout(_REDIS_WITHIN):
                await link.ask("PING")
        except TimeoutError:
            link.abort("no answer in time")
            return
        await asyncio.sleep(BEAT_SECONDS)
