"""The live account against the simulated exchange."""

import asyncio
import random
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal
from functools import partial

import pytest
from msgspec.structs import replace

from bybit_async.errors import AuthenticationError, ConnectionFailed, InvalidParameter, StreamClosed
from bybit_async.live import account as account_module
from bybit_async.live.account import LiveAccount
from bybit_async.session import AsyncBybit
from bybit_async.simulator import Rule, SimulatedExchange
from bybit_async.stream.router import route

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
RESTING = {**LINEAR, "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "20000"}
TAKING = {**LINEAR, "side": "Buy", "order_type": "Market", "qty": "0.01"}


@asynccontextmanager
async def trading(**options):
    async with (
        SimulatedExchange(seed=7, symbols=["BTCUSDT"], rate_limits=False, host_limit=None) as exchange,
        AsyncBybit(
            environment=exchange.environment, rate_limits=False, **exchange.new_account(usdt="1000000")
        ) as bybit,
    ):
        yield exchange, bybit


def live(bybit, **options):
    options = {"categories": ("linear", "spot")} | options
    return LiveAccount(bybit.trade, bybit.position, bybit.account, bybit.stream, bybit.clock, **options)


@asynccontextmanager
async def live_account(**options):
    async with trading() as (exchange, bybit), live(bybit, **options) as account:
        yield exchange, bybit, account


async def seen(events, kind, count=1):
    """The next `count` events of a kind."""
    found = []
    async with asyncio.timeout(10):
        async for event in events:
            found += [event] if event.kind == kind else []
            if len(found) == count:
                return found
    raise AssertionError("the events ended")


@asynccontextmanager
async def away(exchange, account):
    """The private stream is gone meanwhile; on leaving it is back and the account is synced."""
    events = account.events()
    exchange.refuse_connections()
    exchange.drop_connections("private")
    await seen(events, "lost")
    assert not account.synced
    yield
    exchange.refuse_connections(refuse=False)
    await seen(events, "synced")
    events.close()
    assert account.synced


async def test_it_starts_with_what_is_there_and_reports_none_of_it_as_a_change():
    async with trading() as (_, bybit):
        await bybit.trade.place_order(**RESTING, order_link_id="resting")
        await bybit.trade.place_order(**TAKING, order_link_id="taking")
        account = live(bybit)
        events = account.events()
        async with account:
            assert account.synced
            assert [order.order_link_id for order in account.orders.open] == ["resting"]
            assert account.orders.open[0].category == "linear"
            assert [(position.symbol, position.size) for position in account.positions.open] == [
                ("BTCUSDT", Decimal("0.01"))
            ]
            assert [execution.order_link_id for execution in account.executions] == ["taking"]
            assert account.wallet.coins["USDT"].wallet_balance > 999_000
            assert (await anext(events)).kind == "synced"


async def test_every_kind_of_change_is_reported_as_it_happens():
    async with live_account() as (_, bybit, account):
        events = account.events()
        await bybit.trade.place_order(**TAKING, order_link_id="a")
        found = {}
        async with asyncio.timeout(5):
            async for event in events:
                found.setdefault(event.kind, event)
                if len(found) == 4:
                    break
        assert set(found) == {"order", "execution", "position", "wallet"}
        assert not any(event.recovered for event in found.values())
        assert found["execution"].execution.order_link_id == "a"
        assert found["position"].position.size == Decimal("0.01")
        assert found["wallet"].coins == ("USDT",)
        assert found["wallet"].wallet.total_equity is not None
        assert account.positions.get("BTCUSDT").side == "Buy"


async def test_o15_waiting_resolves_though_the_stream_was_faster_than_the_answer():
    async with live_account() as (_, bybit, account):
        waiting = asyncio.create_task(account.wait_order(order_link_id="a", status="New", timeout=5))
        await bybit.trade.place_order(**RESTING, order_link_id="a")
        assert (await waiting).order_status == "New"
        # Asked for afterwards, it resolves at once.
        assert (await account.wait_order(order_link_id="a", status="New", timeout=0)).order_status == "New"
        with pytest.raises(TimeoutError):
            await account.wait_order(order_link_id="a", timeout=0.01)
        await bybit.trade.cancel_order(**LINEAR, order_link_id="a")
        ended = await account.wait_order(order_link_id="a", status="Filled", timeout=5)
        assert ended.order_status == "Cancelled"
        assert (await account.wait_order(order_id=ended.order_id)).order_link_id == "a"


async def test_waiting_for_an_earlier_state_resolves_when_it_was_passed():
    async with live_account() as (_, bybit, account):
        await bybit.trade.place_order(**TAKING, order_link_id="a")
        order = await account.wait_order(order_link_id="a", status="New", timeout=5)
        assert order.order_status == "Filled"
        with pytest.raises(InvalidParameter, match="order_link_id"):
            await account.wait_order(timeout=0)


async def test_o26_what_happened_while_the_stream_was_away_is_reported_as_recovered():
    async with live_account() as (exchange, bybit, account):
        for link in ("cancelled", "stays", "filled"):
            await bybit.trade.place_order(**RESTING, order_link_id=link)
            await account.wait_order(order_link_id=link, status="New", timeout=5)
        await bybit.trade.place_order(**TAKING, order_link_id="before")
        await account.wait_order(order_link_id="before", timeout=5)
        events = account.events()
        async with away(exchange, account):
            await bybit.trade.cancel_order(**LINEAR, order_link_id="cancelled")
            crossing = (account.positions.get("BTCUSDT").avg_price * Decimal("1.02")).quantize(Decimal("0.1"))
            await bybit.trade.amend_order(**LINEAR, order_link_id="filled", price=crossing)
            await bybit.trade.place_order(**TAKING, order_link_id="unseen")
            await bybit.trade.place_order(**RESTING, order_link_id="unseen-too")
            await bybit.trade.cancel_order(**LINEAR, order_link_id="unseen-too")
            await bybit.trade.place_order(**RESTING, order_link_id="new")
            waiting = asyncio.create_task(account.wait_order(order_link_id="filled", timeout=10))
        assert (await waiting).order_status == "Filled"
        events._mailbox.close()
        told = [event async for event in events]
        assert told[0].kind == "lost"
        assert told[-1].kind == "synced"
        assert all(event.recovered for event in told[1:])
        orders = {event.order.order_link_id: event.order.order_status for event in told if event.kind == "order"}
        ended = {"cancelled": "Cancelled", "filled": "Filled", "unseen": "Filled", "unseen-too": "Cancelled"}
        assert orders == {**ended, "new": "New"}
        assert sorted(event.order.order_link_id for event in told if event.became_final) == sorted(ended)
        executed = {event.execution.order_link_id for event in told if event.kind == "execution"}
        assert executed == {"filled", "unseen"}
        assert sorted(order.order_link_id for order in account.orders.open) == ["new", "stays"]
        assert account.positions.get("BTCUSDT").size == Decimal("0.03")
        assert any(event.kind == "wallet" for event in told)


async def test_it_can_be_asked_for_by_rest_while_the_stream_is_away():
    async with live_account() as (exchange, bybit, account):
        async with away(exchange, account):
            ack = await bybit.trade.place_order(**TAKING)
            assert account.positions.get("BTCUSDT") is None
            events = account.events()
            await account.refresh()
            assert account.positions.get("BTCUSDT").size == Decimal("0.01")
            assert {execution.order_id for execution in account.executions} == {ack.order_id}
            assert not account.synced
            (found,) = await seen(events, "execution")
            assert found.recovered
        assert account.positions.get("BTCUSDT").size == Decimal("0.01")
    with pytest.raises(StreamClosed):
        await account.refresh()


async def test_what_happened_while_this_computer_slept_is_found():
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], rate_limits=False, host_limit=None) as exchange:
        key = exchange.new_account(usdt="1000000")
        async with (
            AsyncBybit(environment=exchange.environment, rate_limits=False, **key) as bybit,
            live(bybit, categories=("linear",)) as account,
        ):
            async with away(exchange, account):
                # For the exchange some seconds pass and for us none: a monotonic clock stands still in sleep.
                await exchange.advance("4s")
                async with AsyncBybit(environment=exchange.environment, rate_limits=False, **key) as elsewhere:
                    await elsewhere.trade.place_order(**TAKING, order_link_id="asleep")
            assert [execution.order_link_id for execution in account.executions][-1:] == ["asleep"]
            assert account.orders.find(order_link_id="asleep").order_status == "Filled"


async def test_a_position_that_was_closed_meanwhile_is_flat():
    async with live_account() as (exchange, bybit, account):
        await bybit.trade.place_order(**TAKING, order_link_id="a")
        await account.wait_order(order_link_id="a", timeout=5)
        async with away(exchange, account):
            await bybit.trade.close_position(**LINEAR)
        assert account.positions.open == []
        assert account.positions.get("BTCUSDT").size == 0


async def test_o18_executions_equal_the_exchanges_ledger_across_many_losses():
    chance = random.Random(3)
    async with live_account() as (exchange, bybit, account):
        events = account.events(buffer=100_000)
        for number in range(40):
            await bybit.trade.place_order(**TAKING, order_link_id=f"link-{number}")
            if chance.random() < 0.25:
                exchange.drop_connections("private")
        for number in range(40):
            await account.wait_order(order_link_id=f"link-{number}", timeout=20)
        await account.wait_synced(10)
        async with away(exchange, account):
            pass
        ledger = [execution.exec_id async for execution in bybit.trade.get_executions(category="linear", limit=100)]
        events._mailbox.close()
        delivered = [event.execution.exec_id async for event in events if event.kind == "execution"]
        assert len(delivered) == len(set(delivered))
        assert sorted(delivered) == sorted(ledger)
        position = (await bybit.position.get_positions(**LINEAR))[0]
        assert account.positions.get("BTCUSDT").size == position.size
        assert not account.orders.open
        assert not account.unresolved


async def test_reconciliation_is_repeated_until_rest_answers():
    async with live_account() as (exchange, bybit, account):
        calls = []
        ask = bybit.account.get_wallet_balance

        async def failing(**options):
            calls.append(1)
            if len(calls) < 3:
                raise AuthenticationError(10003, "a moment of madness")
            return await ask(**options)

        account._reconciliation._account = type("Account", (), {"get_wallet_balance": staticmethod(failing)})()
        async with away(exchange, account):
            pass
        assert len(calls) == 3


async def test_dropped_messages_are_made_up_for(monkeypatch):
    monkeypatch.setattr(account_module, "_BUFFER", 1)
    async with live_account() as (_, bybit, account):
        events = account.events()
        links = [f"link-{number}" for number in range(30)]
        await asyncio.gather(*(bybit.trade.place_order(**RESTING, order_link_id=link) for link in links))
        for link in links:
            await account.wait_order(order_link_id=link, status="New", timeout=10)
        await account.wait_synced(10)
        assert {order.order_link_id for order in account.orders.open} == set(links)
        assert (await seen(events, "lost"))[0].reason == "messages were dropped"


async def test_what_was_dropped_is_made_up_for_once(monkeypatch):
    async with live_account() as (_, bybit, account):
        subscription = account._subscription
        monkeypatch.setattr(type(subscription), "dropped", property(lambda _: 3))
        events = account.events()
        await bybit.trade.place_order(**RESTING, order_link_id="first")
        await seen(events, "synced")
        # The count stays what it is, and the news that come now are no loss.
        for number in range(3):
            await bybit.trade.place_order(**RESTING, order_link_id=f"later-{number}")
            await account.wait_order(order_link_id=f"later-{number}", status="New", timeout=10)
        events.close()
        assert [event.kind async for event in events if event.kind == "lost"] == []
        assert account.synced


async def test_events_need_room_for_one_at_least():
    async with trading() as (_, bybit):
        with pytest.raises(InvalidParameter, match="buffer"):
            live(bybit).events(buffer=0)


async def test_an_account_that_was_never_entered_can_be_closed():
    async with trading() as (_, bybit):
        account = live(bybit)
        await account.aclose()
        with pytest.raises(StreamClosed):
            await account.wait_synced()


async def test_closing_leaves_alone_who_has_just_given_up_waiting():
    async with live_account() as (_, _bybit, account):
        waiting = asyncio.create_task(account.wait_order(order_link_id="never"))
        await asyncio.sleep(0)
        waiting.cancel()
        await account.aclose()
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_events_that_nobody_takes_are_counted():
    async with live_account() as (_, bybit, account):
        events = account.events(buffer=1)
        for number in range(3):
            await bybit.trade.place_order(**RESTING, order_link_id=f"link-{number}")
            await account.wait_order(order_link_id=f"link-{number}", status="New", timeout=10)
        assert events.dropped >= 2


async def test_events_are_closed_like_any_generator():
    async with live_account() as (_, bybit, account):
        async with aclosing(account.events()) as events:
            await bybit.trade.place_order(**RESTING)
            assert (await seen(events, "order"))[0].order.order_status == "New"
        assert [event async for event in events] == []


async def test_closing_ends_whoever_waits_and_whoever_listens():
    async with trading() as (exchange, bybit):
        account = live(bybit)
        async with account:
            waiting = asyncio.create_task(account.wait_order(order_link_id="never"))
            events = account.events()
            exchange.refuse_connections()
            exchange.drop_connections("private")
            await seen(events, "lost")
        with pytest.raises(StreamClosed):
            await waiting
        assert [event.kind async for event in events] == []
        assert not account.synced
        with pytest.raises(StreamClosed):
            await account.wait_synced()
        with pytest.raises(StreamClosed):
            await account.__aenter__()
        assert [event async for event in account.events()] == []
        await account.aclose()


async def test_closing_the_session_ends_the_account():
    async with trading() as (_, bybit):
        account = live(bybit)
        await account.__aenter__()
        waiting = asyncio.create_task(account.wait_order(order_link_id="never"))
        await asyncio.sleep(0)
        await bybit.aclose()
        with pytest.raises(StreamClosed):
            await waiting
        await account.aclose()


async def test_a_refused_key_is_an_error_of_entering():
    async with (
        SimulatedExchange(seed=7) as exchange,
        AsyncBybit(environment=exchange.environment, api_key="wrong", api_secret="wrong") as bybit,
    ):
        with pytest.raises(AuthenticationError):
            async with live(bybit):
                pass


async def test_a_loss_while_it_starts_delays_the_start_and_spoils_nothing():
    async with trading() as (exchange, bybit):
        account = live(bybit)
        ask = account._reconciliation._wallet

        async def drop_first(state, emit):
            account._reconciliation._wallet = ask
            events = account.events()
            exchange.drop_connections("private")
            await seen(events, "lost")
            await ask(state, emit)

        account._reconciliation._wallet = drop_first
        async with account:
            assert account.synced
            assert account._losses == 1
            await bybit.trade.place_order(**TAKING, order_link_id="a")
            await account.wait_order(order_link_id="a", timeout=5)


@pytest.mark.filterwarnings("ignore::bybit_async.SchemaDriftWarning")
@pytest.mark.parametrize(
    "frame",
    [
        b'{"topic":"execution","data":[{"execId":"e","symbol":"BTCUSDT","execTime":null}]}',
        b'{"topic":"order","data":[{"orderId":[],"orderStatus":{}}]}',
        b'{"topic":"position","data":[{"symbol":[],"positionIdx":{}}]}',
        b'{"topic":"wallet","creationTime":[1],"data":[{"coin":[{"coin":"USDT"}]}]}',
    ],
)
async def test_a_message_that_means_nothing_is_made_up_for_by_rest(frame):
    async with live_account() as (_, bybit, account):
        events = account.events()
        account._subscription._feed.deliver(route("private", frame))
        assert "read" in (await seen(events, "lost"))[0].reason
        assert not account.synced
        await account.wait_synced(5)
        await bybit.trade.place_order(**TAKING, order_link_id="after")
        assert (await account.wait_order(order_link_id="after", timeout=5)).order_status == "Filled"


async def test_an_answer_that_means_nothing_keeps_it_unsynced_and_is_asked_for_again(monkeypatch):
    async with live_account() as (exchange, _, account):
        take, spoiled = account._state.take_wallet, []

        def take_wallet(*args, **options):
            if not spoiled:
                spoiled.append(account.synced)
                raise TypeError("not what it should be")
            return take(*args, **options)

        monkeypatch.setattr(account._state, "take_wallet", take_wallet)
        exchange.drop_connections("private")
        await seen(account.events(), "synced")
        assert spoiled == [False]


async def test_a_stream_that_ends_for_good_while_it_is_reconciled_leaves_it_unsynced():
    async with trading() as (exchange, bybit):
        account = live(bybit)
        async with account:
            asking, answer = asyncio.Event(), asyncio.Event()

            async def ask(state, emit):
                asking.set()
                await answer.wait()

            account._reconciliation._wallet = ask
            exchange.drop_connections("private")
            await asking.wait()
            account._subscription._feed.closed(StreamClosed("given up"))
            answer.set()
            with pytest.raises(StreamClosed):
                await account.wait_synced(5)
            assert not account.synced


async def test_a_stream_that_does_not_come_up_in_time_is_a_failed_connection():
    async with trading() as (exchange, bybit):
        exchange.refuse_connections()
        with pytest.raises(ConnectionFailed):
            await live(bybit, timeout=0.2).__aenter__()


async def test_an_order_that_is_waited_for_is_told_although_a_thousand_others_end_in_the_same_moment():
    async with live_account(categories=("linear",)) as (_, bybit, account):
        await bybit.trade.place_order(**RESTING, order_link_id="mine")
        await account.wait_order(order_link_id="mine", status="New", timeout=5)
        waiting = asyncio.create_task(account.wait_order(order_link_id="mine", timeout=5))
        await asyncio.sleep(0)
        [order] = account.orders.open
        end = partial(replace, order, order_status="Cancelled")
        account._emit(account._state.take_orders([end()]))
        account._emit(account._state.take_orders([end(order_id=f"o{n}", order_link_id=f"l{n}") for n in range(1001)]))
        assert account.orders.find(order_link_id="mine") is None
        ended = await waiting
        assert (ended.order_link_id, ended.order_status) == ("mine", "Cancelled")


async def test_an_account_that_is_lost_again_while_it_is_asked_about_is_not_called_synced():
    async with live_account(categories=("linear",)) as (exchange, _, account):
        events = account.events()
        exchange.faults.add(Rule(path="/v5/account/wallet-balance", action="delay-reply", milliseconds=400))
        exchange.drop_connections("private")
        await seen(events, "lost")
        async with asyncio.timeout(5):
            while not exchange.faults.fired:  # noqa: ASYNC110  the exchange tells nobody
                await asyncio.sleep(0.01)
        exchange.refuse_connections()
        exchange.drop_connections("private")
        await seen(events, "lost")
        # Longer than the answer takes that was asked for before.
        await asyncio.sleep(0.8)
        assert not account.synced
        exchange.refuse_connections(refuse=False)
        await seen(events, "synced")
        events.close()


@pytest.mark.parametrize("topic", ["order", "execution", "position", "wallet"])
async def test_news_that_cannot_be_read_are_asked_for(topic):
    async with live_account() as (exchange, bybit, account):
        events = account.events()
        exchange.faults.add(Rule(topic=topic, action="malform", body='{"topic":', times=1))
        await bybit.trade.place_order(**TAKING)
        await seen(events, "lost")
        await seen(events, "synced")
        events.close()
        [position] = account.positions.open
        assert position.size == Decimal("0.01")
        told = await bybit.account.get_wallet_balance(account_type="UNIFIED")
        assert account.wallet.coins["USDT"].wallet_balance == told[0].coin[0].wallet_balance
