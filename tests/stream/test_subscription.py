"""Subscriptions and their buffers, without a network."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.environments import Environment
from bybit_async.errors import InvalidParameter, StreamClosed, SubscriptionOverflow
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.buffer import Buffer, Policy, SharedFilling
from bybit_async.stream.context import StreamContext
from bybit_async.stream.fanout import FanOuts
from bybit_async.stream.frames import Acknowledgement
from bybit_async.stream.item_transforms import ITEMS, Items
from bybit_async.stream.multiplexer import Multiplexer
from bybit_async.stream.requests import Requests, TopicOutcomes
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.subscription import Subscription
from bybit_async.stream.topic_state import Listener, TopicState
from bybit_async.stream.topics import Topic
from bybit_async.transport.clock import Clock
from tests.stream.server import stream_server, streams_of


class FakeSource(Multiplexer):
    """Keeps what is attached, and connects to nothing."""

    def __init__(self) -> None:
        address = "ws://127.0.0.1:1"
        environment = Environment(
            name="none", rest_url=address, public_url=address, private_url=address, trade_url=address
        )
        super().__init__(StreamContext(environment, Clock(), None, StreamSettings()))
        self.listeners: list[Listener] = []
        self.states: list[TopicState] = []
        self.detached = 0
        self.fanouts = FanOuts(self)

    def attach(
        self, topics: Sequence[Topic], listener: Listener, *, waits_for: Any = None, fresh: bool = False
    ) -> tuple[TopicState, ...]:
        self.listeners.append(listener)
        states = [TopicState(topic.name, msgspec.json.decode, lambda *_: None, 1.0) for topic in topics]
        self.states += states
        return tuple(states)

    def detach(self, listener: Listener) -> None:
        self.detached += 1


def subscription(source: FakeSource, policy: Policy = "drop_oldest", size: int = 3) -> Subscription[Any]:
    topics = [Topic("linear", "a")]
    return Subscription(source.fanouts, topics, Items(), size=size, policy=policy, key=lambda item: item % 10)


def message(*items: int, topic: str = "a") -> StreamMessage[Any]:
    return StreamMessage(topic=topic, data=list(items), ts=1, received_ns=5)


async def test_nothing_is_asked_for_before_the_first_use() -> None:
    source = FakeSource()
    trades = subscription(source)
    assert source.listeners == []
    trades.close()
    trades.close()
    assert source.detached == 0
    with pytest.raises(StreamClosed):
        await trades.ready()
    assert [item async for item in trades] == []


async def test_close_ends_a_waiting_iteration_and_is_idempotent() -> None:
    source = FakeSource()
    trades = subscription(source)

    async def collect() -> list[Any]:
        return [item async for item in trades]

    reading = asyncio.create_task(collect())
    await asyncio.sleep(0)
    source.listeners[0].deliver(message(1, 2))
    await asyncio.sleep(0)
    trades.close()
    trades.close()
    await trades.aclose()
    assert await reading == [1, 2]
    assert source.detached == 1


async def test_two_tasks_can_share_a_subscription() -> None:
    source = FakeSource()
    trades = subscription(source, size=10)
    readers = [asyncio.ensure_future(anext(trades)) for _ in range(3)]
    await asyncio.sleep(0)
    source.listeners[0].deliver(message(1, 2, 3))
    assert sorted(await asyncio.gather(*readers)) == [1, 2, 3]
    trades.close()


async def test_a_dropped_subscription_gives_its_topics_back() -> None:
    source = FakeSource()
    trades = subscription(source)
    pending = asyncio.ensure_future(anext(trades))
    await asyncio.sleep(0)
    source.listeners[0].deliver(message(1))
    await pending
    del trades, pending
    gc.collect()
    await asyncio.sleep(0)
    assert source.detached == 1


async def test_several_may_wait_until_it_is_ready() -> None:
    source = FakeSource()
    trades = subscription(source)
    waiting = [asyncio.create_task(trades.ready(5)) for _ in range(2)]
    await asyncio.sleep(0)
    source.listeners[0].accepted("a")
    await asyncio.gather(*waiting)
    assert repr(trades) == "<Subscription a open>"
    trades.close()
    assert repr(trades) == "<Subscription a closed>"


async def test_its_repr_names_the_first_of_many_topics() -> None:
    topics = [Topic("linear", name) for name in "abcd"]
    many = Subscription(FakeSource().fanouts, topics, Items(), size=1, policy="latest", key=lambda item: item)
    assert repr(many) == "<Subscription a, b, c … new>"


async def test_ready_has_a_deadline() -> None:
    trades = subscription(FakeSource())
    with pytest.raises(TimeoutError):
        await trades.ready(timeout=0.01)
    trades.close()


async def test_staleness_and_times_are_told() -> None:
    source = FakeSource()
    trades = subscription(source)
    assert (trades.stale, trades.last_received, trades.silence, trades.lag) == (True, None, None, 0.0)
    reading = asyncio.ensure_future(anext(trades))
    await asyncio.sleep(0)
    source.listeners[0].accepted("a")
    source.states[0].phase = "live"
    source.listeners[0].deliver(message(1, 2))
    assert await reading == 1
    assert (trades.stale, trades.last_received, trades.pending) == (False, 5, 1)
    assert trades.lag > 0
    trades.close()


@pytest.mark.parametrize(
    ("policy", "kept", "dropped"),
    [("drop_oldest", [3, 4, 5], 2), ("latest", [1, 2, 3], 2), ("block", [1, 2, 3, 4, 5], 0)],
)
async def test_what_a_full_buffer_keeps(policy: Policy, kept: list[int], dropped: int) -> None:
    buffer: Buffer[int] = Buffer(3, policy, key=lambda item: item if item < 4 else 3 if item == 4 else 2)
    for item in (1, 2, 3, 4, 5):
        buffer.put(item, 0)
    assert (len(buffer), buffer.dropped) == (len(kept), dropped)
    taken = [await buffer.get() for _ in kept]
    assert taken == (kept if policy != "latest" else [1, 5, 4])


async def test_raise_comes_after_what_still_fitted() -> None:
    buffer: Buffer[int] = Buffer(2, "raise")
    for item in (1, 2, 3, 4):
        buffer.put(item, 0)
    assert [await buffer.get(), await buffer.get()] == [1, 2]
    for _ in range(2):
        with pytest.raises(SubscriptionOverflow):
            await buffer.get()


async def test_block_says_when_there_is_room_again() -> None:
    buffer: Buffer[int] = Buffer(4, "block")
    for item in range(4):
        buffer.put(item, 0)
    room = buffer.full()
    assert room is not None
    await buffer.get()
    assert not room.done()
    await buffer.get()
    assert room.done()
    assert buffer.full() is None


async def test_all_who_wait_for_room_wait_for_the_same() -> None:
    buffer: Buffer[int] = Buffer(1, "block")
    buffer.put(1, 0)
    # A second connection asks while what the first one brought has not been taken yet.
    rooms = [buffer.full(), buffer.full()]
    await buffer.get()
    assert all(room is not None and room.done() for room in rooms)


async def test_one_who_gives_up_in_the_turn_of_an_item_holds_nobody_up() -> None:
    buffer: Buffer[int] = Buffer(3, "drop_oldest")
    gone, stays = (asyncio.create_task(buffer.get()) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    buffer.put(1, 0)
    assert await stays == 1
    assert gone.cancelled()


@given(st.sampled_from(["drop_oldest", "latest", "raise"]), st.lists(st.integers(0, 50)), st.integers(1, 5))
def test_a_buffer_never_holds_more_than_its_size(policy: Policy, items: list[int], size: int) -> None:
    buffer: Buffer[int] = Buffer(size, policy, key=lambda item: item)
    for item in items:
        buffer.put(item, 0)
        assert len(buffer) <= size
    if policy != "raise":
        assert buffer.dropped + len(buffer) == len(items)


async def test_bad_arguments_are_named() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        for call, parameter in [
            (lambda: streams.trades(category="linear"), "symbols"),
            (lambda: streams.trades("BTCUSDT", category="linear", policy="hope"), "policy"),  # type: ignore[arg-type]
            (lambda: streams.trades("BTCUSDT", category="linear", buffer=0), "buffer"),
            (lambda: streams.events(buffer=0), "buffer"),
        ]:
            with pytest.raises(InvalidParameter) as caught:
                call()
            assert caught.value.parameter == parameter
        assert server.handshakes == 0
    with pytest.raises(InvalidParameter, match="max_active_time"):
        StreamSettings(max_active_time=10)


def test_answers_are_matched_by_id_by_topic_and_by_order() -> None:
    pending = Requests("1")
    one = pending.add("subscribe", ["a"], 5.0)
    pending.add("subscribe", ["b"], 5.0)
    pending.add("subscribe", ["c"], 5.0)
    pending.add("unsubscribe", ["d"], 5.0)
    assert pending.answer(Acknowledgement("subscribe", True, one.req_id)).accepted == ("a",)
    assert pending.answer(Acknowledgement("", True, succeeded=("c",))).accepted == ("c",)
    assert pending.answer(Acknowledgement("subscribe", False, message="no")) == TopicOutcomes(
        refused=("b",), message="no"
    )
    assert not pending
    assert pending.answer(Acknowledgement("unsubscribe", True)) == TopicOutcomes()
    assert pending.overdue(99.0) == []
    assert pending.answer(Acknowledgement("subscribe", True, "unheard of")).accepted == ()


def test_a_request_that_failed_as_a_whole_leaves_its_topics_unclear() -> None:
    pending = Requests("1")
    request = pending.add("subscribe", ["a", "b"], 5.0)
    assert pending.answer(Acknowledgement("subscribe", False, request.req_id, "bad")).unclear == ("a", "b")


def test_overdue_requests_are_given_once() -> None:
    pending = Requests("1")
    pending.add("subscribe", ["a"], 5.0)
    assert pending.overdue(4.0) == []
    assert [request.topics for request in pending.overdue(5.0)] == [("a",)]
    assert pending.overdue(5.0) == []


def test_answers_that_are_overdue_for_too_long_are_forgotten_oldest_first() -> None:
    pending = Requests("1")
    requests = [pending.add("subscribe", [str(number)], 5.0) for number in range(150)]
    pending.overdue(5.0)
    answers = [pending.answer(Acknowledgement("subscribe", True, request.req_id)) for request in requests]
    assert [answer.accepted for answer in answers] == [()] * 50 + [(str(number),) for number in range(50, 150)]


def test_an_answer_that_nobody_waits_for_still_says_what_is_live() -> None:
    assert Requests("1").answer(Acknowledgement("", True, succeeded=("a",))).accepted == ("a",)


def test_an_answer_that_comes_late_still_counts() -> None:
    pending = Requests("1")
    request = pending.add("subscribe", ["a"], 5.0)
    pending.overdue(5.0)
    assert pending.answer(Acknowledgement("subscribe", True, request.req_id)).accepted == ("a",)


def shared(source: FakeSource, size: int = 3, policy: Policy = "drop_oldest") -> Subscription[Any]:
    return Subscription(
        source.fanouts, [Topic("linear", "a")], ITEMS, size=size, policy=policy, key=lambda item: item % 10
    )


async def taken(subscription: Subscription[Any]) -> list[Any]:
    return [await anext(subscription) for _ in range(subscription.pending)]


async def test_subscribers_of_the_same_topics_are_one_listener_until_the_last_one_leaves() -> None:
    source = FakeSource()
    first, second, other = shared(source), shared(source), subscription(source)
    waiting = [asyncio.create_task(anext(one)) for one in (first, second, other)]
    await asyncio.sleep(0)
    assert len(source.listeners) == 2
    for listener in source.listeners:
        listener.accepted("a")
        listener.deliver(message(1, 2))
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    first.close()
    assert source.detached == 0
    source.listeners[0].deliver(message(3))
    assert await taken(second) == [2, 3]
    assert [item async for item in first] == []
    second.close()
    assert source.detached == 1
    late = shared(source)
    with pytest.raises(TimeoutError):
        await late.ready(0.01)
    assert len(source.listeners) == 3
    late.close()
    other.close()


async def test_each_subscriber_has_a_buffer_and_a_count_of_its_own() -> None:
    source = FakeSource()
    small, large = shared(source, size=2), shared(source, size=100)
    readers = [asyncio.create_task(anext(one)) for one in (small, large)]
    await asyncio.sleep(0)
    source.listeners[0].deliver(message(0))
    assert await asyncio.gather(*readers) == [0, 0]
    source.listeners[0].deliver(message(*range(1, 11)))
    late = shared(source, size=1)
    with pytest.raises(TimeoutError):
        await late.ready(0.01)
    source.listeners[0].deliver(message(11, 12))
    assert (small.dropped, large.dropped, late.dropped) == (10, 0, 1)
    assert (await taken(small), await taken(late)) == ([11, 12], [12])
    assert await taken(large) == [*range(1, 13)]
    source.listeners[0].deliver(message(13))
    assert (small.dropped, small.pending, large.pending) == (10, 1, 1)
    assert small.last_received == large.last_received == 5
    for one in (small, large, late):
        one.close()
    assert (small.dropped, large.dropped, late.dropped) == (10, 0, 1)


async def test_every_policy_and_a_handler_live_side_by_side() -> None:
    source = FakeSource()
    called: list[int] = []
    plain, latest, strict, handled = (
        shared(source),
        shared(source, policy="latest"),
        shared(source, policy="raise"),
        shared(source),
    )
    tasks = [asyncio.create_task(anext(one)) for one in (plain, latest, strict)]
    handling = asyncio.create_task(handled.each(called.append))
    await asyncio.sleep(0)
    assert len(source.listeners) == 1
    source.listeners[0].deliver(message(1))
    assert await asyncio.gather(*tasks) == [1, 1, 1]
    await asyncio.sleep(0)
    source.listeners[0].deliver(message(2, 3, 13, 4))
    assert await taken(plain) == [3, 13, 4]
    assert await taken(latest) == [2, 13, 4]
    assert [await anext(strict) for _ in range(3)] == [2, 3, 13]
    with pytest.raises(SubscriptionOverflow):
        await anext(strict)
    assert called == [1, 2, 3, 13, 4]
    handled.close()
    await handling
    for one in (plain, latest):
        one.close()
    assert source.detached == 1


async def test_a_handler_that_raises_ends_its_own_subscription_only() -> None:
    def fail(item: int) -> None:
        raise ValueError("mine")

    source = FakeSource()
    bad, good = shared(source), shared(source)
    handling = asyncio.create_task(bad.each(fail))
    reading = asyncio.create_task(anext(good))
    await asyncio.sleep(0)
    source.listeners[0].deliver(message(1))
    with pytest.raises(ValueError, match="mine"):
        await handling
    assert await reading == 1
    source.listeners[0].deliver(message(2))
    assert await anext(good) == 2
    good.close()


async def test_an_error_reaches_every_subscriber_as_an_exception_of_its_own() -> None:
    source = FakeSource()
    ones = [shared(source) for _ in range(3)]
    waiting = [asyncio.create_task(anext(one)) for one in ones]
    await asyncio.sleep(0)
    source.listeners[0].closed(StreamClosed("over"))
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in found] == [StreamClosed] * 3
    assert len({id(error) for error in found}) == 3
    assert source.fanouts.by_topics == {}


async def test_whoever_gives_up_waiting_is_forgotten() -> None:
    source = FakeSource()
    trades = shared(source)
    for _ in range(50):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await anext(trades)
    assert len(trades._buffer._bell) == 0
    source.listeners[0].deliver(message(1))
    assert await anext(trades) == 1
    trades.close()


@given(st.lists(st.one_of(st.integers(0, 9), st.sampled_from(["take", "leave", "join"])), max_size=40))
def test_what_is_dropped_is_what_came_and_neither_waits_nor_was_taken(steps: list[Any]) -> None:
    filling, size = SharedFilling(), 3
    buffer: Buffer[int] = Buffer(size, "drop_oldest")
    buffer.share(filling)
    inside, waits, dropped = True, 0, 0
    for step in steps:
        if step == "take":
            if waits:
                buffer._take()
                waits -= 1
        elif step == "leave":
            buffer.leave()
            inside = False
        elif step == "join":
            buffer.share(filling)
            inside = True
        else:
            filling.count += 1
            if inside:
                buffer.append((0, step))
            else:
                buffer.put(step, 0)
            dropped += waits == size
            waits = min(waits + 1, size)
        assert (buffer.dropped, len(buffer)) == (dropped, waits)
