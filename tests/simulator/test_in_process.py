"""An exchange without a network: what it answers, and how it fails, is what it does over sockets."""

from __future__ import annotations

import socket

import msgspec
import pytest

from bybit_async import AsyncBybit, Bybit, BybitError, InvalidParameter
from bybit_async.errors import CalledFromTheLoop, NotSent
from bybit_async.simulator import Rule, SimulatedExchange

START = 1_760_000_000_000
BTC = {"category": "linear", "symbol": "BTCUSDT"}


def made(network, **options):
    options = {"seed": 7, "start": START, "manual": True, "symbols": ["BTCUSDT"], **options}
    return SimulatedExchange(network=network, **options)


def bought(bybit, **options):
    return bybit.trade.place_order(**BTC, side="Buy", order_type="Market", qty="0.01", **options)


@pytest.fixture
def _no_sockets(monkeypatch):
    def refuse(*arguments):
        raise AssertionError(f"a socket was used: {arguments}")

    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


async def conversation(network, folder):
    """Use every door once, and return what came out of each."""
    heard = []
    async with (
        made(network) as exchange,
        AsyncBybit(
            environment=exchange.environment,
            orders_via="websocket",
            data_dir=folder,
            **exchange.new_account(usdt="10000"),
        ) as bybit,
        bybit.live_account() as account,
        bybit.stream.order_book("BTCUSDT", category="linear") as book,
        bybit.stream.trades("BTCUSDT", category="linear") as trades,
    ):
        heard.append(await bybit.market.get_instrument(category="linear", symbol="BTCUSDT"))
        heard.append((book.best_bid, book.best_ask))
        await trades.ready()
        events = account.events()
        heard.append(await bought(bybit, order_link_id="mine"))
        fill = None
        async for event in events:
            fill = fill or event.execution
            if event.wallet is not None:
                break
        heard += [fill, account.positions.open[0].size]
        heard.append(msgspec.structs.replace(await anext(trades), received_ns=0))
        with pytest.raises(BybitError) as refused:
            await bybit.trade.cancel_order(**BTC, order_link_id="never-sent")
        heard.append(str(refused.value))
        day = START // 86_400_000 * 86_400_000 - 86_400_000
        klines = await bybit.data.fetch_klines("BTCUSDT", "1h", day, day + 7_200_000, category="linear")
        past = await bybit.data.fetch_trades("BTCUSDT", day, day + 600_000, category="linear")
        heard += [klines.to_csv(), len(past), past.iloc[-1].to_dict()]
        assert {connection.channel for connection in exchange.connections} == {"linear", "private", "trade"}
        assert {connection.address for connection in exchange.connections} == {"127.0.0.1"}
        heard.append(exchange.orders[0].status)
        exchange.engine.audit()
    return heard


@pytest.mark.usefixtures("_no_sockets")
async def test_requests_streams_orders_and_history_pass_no_socket(tmp_path):
    assert "Filled" in await conversation(network=False, folder=tmp_path)


async def test_every_door_says_what_it_says_over_sockets(tmp_path):
    over, within = [await conversation(network, tmp_path / str(network)) for network in (True, False)]
    assert [repr(said) for said in within] == [repr(said) for said in over]


REQUEST_FAULTS = (
    "delay-reply", "drop-before", "drop-after", "close", "reset", "half-open", "status", "code", "truncate", "cut",
    "malform", "slow", "skew", "restart",
)  # fmt: skip


async def outcome(network, rule):
    """Return how an order ends under a fault, whether it was carried out, and how the next request ends."""
    async with (
        made(network) as exchange,
        AsyncBybit(
            environment=exchange.environment, on_unknown="raise", attempts=1, **exchange.new_account(usdt="10000")
        ) as bybit,
    ):
        await bybit.get_server_time()
        exchange.faults.add(rule)
        try:
            # Only the silent one has to be waited for.
            await bought(bybit, timeout=0.5 if rule.action == "half-open" else 10)
        except BybitError as error:
            ended = type(error), type(error.__cause__)
        else:
            ended = None
        return ended, len(exchange.orders), len(exchange.faults.fired), (await bybit.get_server_time()) // 60_000


@pytest.mark.parametrize("action", REQUEST_FAULTS)
async def test_a_request_fails_as_it_does_over_sockets(action):
    rule = Rule(path="/v5/order/create", action=action, times=1, milliseconds=1)
    assert await outcome(False, rule) == await outcome(True, rule)


@pytest.mark.parametrize("action", ["refuse", "status", "close", "reset"])
async def test_a_stream_comes_back_after_its_connection_failed(action):
    async with made(network=False) as exchange, AsyncBybit(environment=exchange.environment) as bybit:
        exchange.faults.add(Rule(channel="linear", action=action, times=1))
        async with bybit.stream.order_book("BTCUSDT", category="linear") as book:
            assert book.best_bid is not None
        assert [firing.rule.action for firing in exchange.faults.fired] == [action]


async def test_dropped_connections_are_made_again():
    async with (
        made(network=False) as exchange,
        AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit,
        bybit.live_account() as account,
    ):
        before = {connection.conn_id for connection in exchange.connections}
        assert exchange.drop_connections("private") == 1
        await bought(bybit)
        async for event in account.events():
            if event.position is not None and event.position.size:
                break
        assert not before & {connection.conn_id for connection in exchange.connections}


async def test_a_closed_exchange_is_named_and_answers_again_once_it_is_open():
    exchange = made(network=False)
    async with exchange, AsyncBybit(environment=exchange.environment.rest_url, attempts=1) as bybit:
        await bybit.get_server_time()
        await exchange.close()
        with pytest.raises(NotSent, match=r"nothing of this process answers at exchange-\w+\.in-process\.invalid"):
            await bybit.get_server_time()
        await exchange.open()
        await bybit.get_server_time()


def test_the_blocking_twin_trades_on_it():
    with (
        made(network=False) as exchange,
        Bybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit,
    ):
        bybit.trade.place_order(**BTC, side="Buy", order_type="Market", qty="0.01")
        assert [order.status for order in exchange.orders] == ["Filled"]
        with bybit.stream.order_book("BTCUSDT", category="linear") as book:
            assert book.best_bid.price < book.best_ask.price
        assert exchange.environment.rest_url in repr(exchange)


async def test_a_blocking_call_in_its_own_thread_is_refused_not_stuck():
    async with made(network=False) as exchange:
        with pytest.raises(CalledFromTheLoop):
            Bybit(environment=exchange.environment).get_server_time()


@pytest.mark.parametrize("given", [{"host": "0.0.0.0"}, {"port": 8100}, {"ssl_context": object()}])
def test_what_belongs_to_a_network_is_refused(given):
    (name,) = given
    with pytest.raises(InvalidParameter) as refused:
        made(network=False, **given)
    assert refused.value.parameter == name


async def test_it_has_no_port():
    async with made(network=False) as exchange:
        with pytest.raises(InvalidParameter, match="no port"):
            _ = exchange.port
