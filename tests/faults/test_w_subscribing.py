"""Subscribing: acknowledgements, refusals and limits; rows W10 to W15 of the fault table."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from bybit_async.errors import SubscriptionRefused
from bybit_async.stream.plan import (
    LIMITS,
    NO_LIMITS,
    ChannelLimits,
    Close,
    Connect,
    Subscribe,
    Unsubscribe,
    plan,
    requests,
)
from bybit_async.transport.clock import Clock
from tests.steady import steady
from tests.stream.server import FAST, Peer, acknowledgement, answer, stream_server, streams_of, trade

IMPATIENT = msgspec.structs.replace(FAST, ack_timeout=0.3)
BAD = "publicTrade.NOPE"


def refuse_bad(peer: Peer, request: dict[str, Any]) -> list[Any]:
    """A request with a bad topic fails as a whole, as on linear; on option the answer lists both kinds."""
    if request["op"] != "subscribe" or BAD not in request["args"]:
        return answer(peer, request)
    if peer.channel == "option":
        good = [topic for topic in request["args"] if topic != BAD]
        outcome = {"failTopics": [BAD], "successTopics": good}
        return [{"success": False, "conn_id": "c", "data": outcome, "type": "COMMAND_RESP"}]
    return [{**acknowledgement(peer, request), "success": False, "ret_msg": f"error:handler not found,topic:{BAD}"}]


@pytest.mark.parametrize("category", ["linear", "option", "spot"])
async def test_w10_a_bad_topic_raises_at_its_own_subscriber_only(category: Any) -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.reply = refuse_bad
        good = [streams.trades(symbol, category=category) for symbol in ("BTC", "ETH", "SOL")]
        bad = streams.trades("NOPE", category=category)
        outcomes = await asyncio.gather(*(sub.ready(3) for sub in [*good, bad]), return_exceptions=True)
        assert outcomes[:3] == [None, None, None]
        assert isinstance(outcomes[3], SubscriptionRefused)
        assert outcomes[3].topic == BAD
        await server.peers[0].send(trade(1, "ETH"))
        assert (await anext(good[1])).symbol == "ETH"
        with pytest.raises(SubscriptionRefused):
            await anext(bad)
        server.peers[0].abort()
        again = await server.subscribed("publicTrade.SOL", 2)
        assert BAD not in [topic for args in again.asked("subscribe") for topic in args]


async def test_w10_a_refused_symbol_can_be_asked_for_again_by_a_new_subscriber() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.reply = refuse_bad
        for _ in range(2):
            with pytest.raises(SubscriptionRefused):
                async with streams.trades("NOPE", category="linear"):
                    pass
        server.reply = answer
        async with streams.trades("NOPE", category="linear") as trades:
            assert not trades.stale


async def test_w11_an_acknowledgement_without_an_id_is_matched_by_topic() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        held: list[Any] = []

        def reply(peer: Peer, request: dict[str, Any]) -> list[Any]:
            if request["op"] == "subscribe":
                held.append(answer(peer, request)[0])
                return []
            return answer(peer, request)

        server.reply = reply
        one = asyncio.ensure_future(streams.trades("BTC", category="option").__aenter__())
        await server.subscribed("publicTrade.BTC")
        two = asyncio.ensure_future(streams.trades("ETH", category="option").__aenter__())
        await server.subscribed("publicTrade.ETH")
        await server.peers[0].send(held[1])
        second = await asyncio.wait_for(two, 5)
        assert not one.done()
        await server.peers[0].send(held[0])
        first = await asyncio.wait_for(one, 5)
        assert (first.stale, second.stale) == (False, False)
        first.close()
        second.close()


async def test_w12_data_before_the_acknowledgement_is_delivered() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        server.reply = lambda peer, request: (
            [trade(1), trade(2), acknowledgement(peer, request)]
            if request["op"] == "subscribe"
            else answer(peer, request)
        )
        async with streams.trades("BTCUSDT", category="linear") as trades:
            assert [(await anext(trades)).exec_id for _ in range(2)] == ["1", "2"]


async def test_w13_a_missing_acknowledgement_is_asked_for_once_more_and_then_told() -> None:
    async with (
        stream_server() as server,
        steady() as clock,
        streams_of(server, IMPATIENT, clock=Clock(clock)) as streams,
    ):
        server.reply = lambda peer, request: (
            [] if request["op"] == "subscribe" and "publicTrade.MUTE" in request["args"] else answer(peer, request)
        )
        with pytest.raises(SubscriptionRefused, match="no acknowledgement"):
            async with streams.trades("MUTE", category="linear"):
                pass
        asked = [args for args in server.peers[0].asked("subscribe") if "publicTrade.MUTE" in args]
        assert len(asked) == 2
        async with streams.trades("BTCUSDT", category="linear"):
            assert server.handshakes == 1


async def test_w13_a_server_that_is_only_slow_is_not_taken_for_a_refusal() -> None:
    async with (
        stream_server() as server,
        steady() as clock,
        streams_of(server, IMPATIENT, clock=Clock(clock)) as streams,
    ):
        known: set[str] = set()
        held: list[Any] = []

        def reply(peer: Peer, request: dict[str, Any]) -> list[Any]:
            topics = set(request.get("args", [])) if request["op"].endswith("subscribe") else set()
            frame = answer(peer, request)[0]
            if request["op"] == "subscribe":
                frame = {**frame, "success": not topics & known}
                known.update(topics)
            elif request["op"] == "unsubscribe":
                known.difference_update(topics)
            else:
                return [frame]
            held.append(frame)
            return held if len(held) > 1 else []

        server.reply = reply
        async with streams.trades("BTCUSDT", category="linear") as trades:
            assert not trades.stale
            assert len(server.peers[0].asked("subscribe")) == 2


async def test_w13_data_counts_as_an_acknowledgement() -> None:
    async with (
        stream_server() as server,
        steady() as clock,
        streams_of(server, IMPATIENT, clock=Clock(clock)) as streams,
    ):
        server.reply = lambda peer, request: [] if request["op"] == "subscribe" else answer(peer, request)
        server.on_subscribed = lambda peer, topic: [trade(1)]
        async with streams.trades("BTCUSDT", category="linear") as trades:
            await anext(trades)
            await asyncio.sleep(IMPATIENT.ack_timeout * 2 + 0.2)
            assert len(server.peers[0].asked("subscribe")) == 1


async def test_w14_eleven_spot_topics_go_out_in_two_requests() -> None:
    async with stream_server() as server, streams_of(server) as streams:

        def reply(peer: Peer, request: dict[str, Any]) -> list[Any]:
            if request["op"] == "subscribe" and len(request["args"]) > 10:
                return [{**acknowledgement(peer, request), "success": False, "ret_msg": "args size >10"}]
            return answer(peer, request)

        server.reply = reply
        symbols = [f"COIN{number}USDT" for number in range(11)]
        async with streams.trades(*symbols, category="spot"):
            assert [len(args) for args in server.peers[0].asked("subscribe")] == [10, 1]
        await server.until(lambda: [len(args) for args in server.peers[0].asked("unsubscribe")] == [10, 1])


def test_w14_two_thousand_and_one_option_topics_take_two_connections() -> None:
    topics = [f"tickers.O{number}" for number in range(2_001)]
    commands = plan(topics, {}, ChannelLimits(topics=2_000, characters=10**9))
    per_connection: dict[int, int] = {}
    for command in commands:
        if isinstance(command, Subscribe):
            per_connection[command.connection] = per_connection.get(command.connection, 0) + len(command.topics)
    assert sum(per_connection.values()) == 2_001
    assert max(per_connection.values()) <= 2_000
    assert len(per_connection) == sum(isinstance(command, Connect) for command in commands) >= 2


@pytest.mark.parametrize("channel", ["spot", "linear", "option", "private"])
def test_w14_no_connection_gets_more_than_21000_characters(channel: str) -> None:
    topics = [f"orderbook.1000.LONGNAMEDCOIN{number:05}USDT" for number in range(1_500)]
    connections: dict[int, list[str]] = {}
    for command in plan(topics, {}, LIMITS.get(channel, NO_LIMITS)):
        if isinstance(command, Subscribe):
            connections.setdefault(command.connection, []).extend(command.topics)
    assert sorted(topic for part in connections.values() for topic in part) == sorted(topics)
    for part in connections.values():
        assert len(str(part).replace(" ", "")) < 21_000


async def test_w14_what_does_not_fit_one_connection_is_spread_over_more_and_all_is_delivered() -> None:
    async with stream_server() as server, streams_of(server) as streams:
        symbols = [f"LONGNAMEDCOIN{number:04}USDT" for number in range(1_200)]
        async with streams.trades(*symbols, category="linear") as trades:
            assert server.handshakes == 3
            for peer in server.peers:
                assert sum(len(topic) + 3 for topic in peer.topics) < 21_000
                await peer.send(trade(1, peer.topics[-1].partition(".")[2]))
            assert {(await anext(trades)).symbol for _ in server.peers} == {
                peer.topics[-1].partition(".")[2] for peer in server.peers
            }
            server.peers[1].abort()
            again = await server.peer(4)
            await server.until(lambda: set(again.topics) == set(server.peers[1].topics))


def test_w14_a_new_topic_goes_where_there_is_room() -> None:
    full = frozenset(f"tickers.O{number}" for number in range(2_000))
    have = {1: full, 2: frozenset({"tickers.A"})}
    assert plan([*full, "tickers.A", "tickers.B"], have, LIMITS["option"], next_connection=3) == [
        Subscribe(2, ("tickers.B",))
    ]


def test_w14_topics_that_nobody_wants_are_given_up_and_empty_connections_closed() -> None:
    have = {1: frozenset({"a.X", "b.X"}), 2: frozenset({"c.X"})}
    assert plan(["a.X"], have) == [Unsubscribe(1, ("b.X",)), Unsubscribe(2, ("c.X",)), Close(2)]
    assert plan([], {}) == []
    assert plan(["a.X"], {1: frozenset({"a.X"})}) == []


ALL_IN_ONE = ["order", "order.linear", "execution", "execution.spot", "execution.fast", "execution.fast.linear",
              "position", "wallet", "order.spot"]  # fmt: skip


def test_w15_an_all_in_one_topic_never_shares_a_request_with_its_own_categories() -> None:
    for chunk in requests(ALL_IN_ONE, NO_LIMITS):
        for whole in ("order", "execution", "position"):
            if whole in chunk:
                mine = [t for t in chunk if t.startswith(whole + ".") and not t.startswith("execution.fast")]
                assert not mine
        assert not ("execution.fast" in chunk and "execution.fast.linear" in chunk)
    assert sorted(topic for chunk in requests(ALL_IN_ONE, NO_LIMITS) for topic in chunk) == sorted(ALL_IN_ONE)


async def test_w15_both_forms_live_side_by_side() -> None:
    async with stream_server() as server, streams_of(server) as streams:

        def reply(peer: Peer, request: dict[str, Any]) -> list[Any]:
            args = request.get("args", [])
            if request["op"] == "subscribe" and "order" in args and "order.linear" in args:
                return [{**acknowledgement(peer, request), "success": False, "ret_msg": "mixed"}]
            return answer(peer, request)

        server.reply = reply
        whole, linear = streams.orders(), streams.orders("linear")
        await asyncio.gather(whole.ready(3), linear.ready(3))
        assert [args for args in server.peers[0].asked("subscribe") if len(args) > 1] == []
        server.peers[0].abort()
        peer = await server.subscribed("order.linear", 2)
        await server.until(lambda: "order" in peer.topics)
        whole.close()
        linear.close()


async def test_w15_a_category_is_served_from_messages_under_the_plain_name() -> None:
    def order(category: str) -> dict[str, Any]:
        item = {"category": category, "symbol": "X", "orderId": category, "side": "Buy", "orderStatus": "New"}
        return {"topic": "order", "creationTime": 1, "data": [item]}

    async with stream_server() as server, streams_of(server) as streams:
        async with streams.orders("linear") as orders:
            await server.peers[0].send(order("spot"), order("linear"))
            assert (await anext(orders)).order_id == "linear"
            assert orders.pending == 0
