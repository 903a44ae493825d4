"""The stream side against the simulated exchange, with faults on the way: in the end both know the same."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import msgspec

from bybit_async import AsyncBybit
from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.faults import Rule
from bybit_async.stream.books.live_book import LiveOrderBook
from tests.stream.server import FAST

START = 1_750_000_000_000
SYMBOLS = ["BTCUSDT", "ETHUSDT", "XRPUSDT"]
SETTINGS = msgspec.structs.replace(FAST, pong_timeout=5.0, snapshot_timeout=10.0)


async def right(live: LiveOrderBook) -> None:
    async with asyncio.timeout(10):
        while live.stale:
            await live.updated()


async def test_books_are_right_after_gaps_repeats_swaps_and_losses() -> None:
    market = MarketSettings(step=40)
    async with SimulatedExchange(seed=5, start=START, manual=True, symbols=SYMBOLS, market=market) as exchange:
        async with (
            AsyncBybit(environment=exchange.environment, stream_settings=SETTINGS) as bybit,
            AsyncExitStack() as stack,
        ):
            books = {
                symbol: await stack.enter_async_context(bybit.stream.order_book(symbol, category="linear"))
                for symbol in SYMBOLS
            }
            exchange.faults.add(
                Rule(topic="orderbook.50.*", probability=0.03, action="drop"),
                Rule(topic="orderbook.50.*", probability=0.03, action="duplicate"),
                Rule(topic="orderbook.50.*", probability=0.03, action="reorder"),
            )
            for turn in range(30):
                await exchange.advance("200ms")
                if turn % 10 == 9:
                    exchange.drop_connections("linear")
                for live in books.values():
                    await right(live)
                    check(live)
            fired = {firing.rule.action for firing in exchange.faults.fired}
            assert fired == {"drop", "duplicate", "reorder"}
            assert sum(live.gaps for live in books.values()) > 0
            exchange.faults.clear()
            await exchange.advance("400ms")
            for symbol, live in books.items():
                await agrees(bybit, symbol, live)


def check(live: LiveOrderBook) -> None:
    assert live.best_bid is not None
    assert live.best_ask is not None
    assert live.best_bid.price < live.best_ask.price


async def agrees(bybit: AsyncBybit, symbol: str, live: LiveOrderBook) -> None:
    """The book becomes what the exchange itself answers by REST; its time stands still meanwhile."""
    truth = await bybit.market.get_orderbook(category="linear", symbol=symbol, limit=50)
    async with asyncio.timeout(10):
        while live.stale or (live.bids(50), live.asks(50)) != (truth.bids, truth.asks):
            await live.updated()


async def test_trades_are_complete_and_in_order_while_nothing_is_lost() -> None:
    market = MarketSettings(step=40)
    async with SimulatedExchange(seed=5, start=START, manual=True, symbols=SYMBOLS, market=market) as exchange:
        async with AsyncBybit(environment=exchange.environment, stream_settings=SETTINGS) as bybit:
            async with bybit.stream.trades("BTCUSDT", category="linear") as trades:
                for _ in range(40):
                    await exchange.advance("250ms")
                rows = await bybit.market.get_public_trade_history(category="linear", symbol="BTCUSDT", limit=500)
                truth = {row.exec_id for row in rows if row.time > START}
                assert len(truth) > 10
                async with asyncio.timeout(10):
                    seen = [await anext(trades) for _ in truth]
                assert {item.exec_id for item in seen} == truth
                assert [item.seq for item in seen] == sorted(item.seq or 0 for item in seen)
                assert trades.pending == 0


async def test_private_streams_go_on_after_a_loss() -> None:
    async with SimulatedExchange(seed=5, symbols=SYMBOLS) as exchange:
        keys = exchange.new_account(usdt="100000")
        async with AsyncBybit(environment=exchange.environment, stream_settings=SETTINGS, **keys) as bybit:
            async with (
                bybit.stream.orders("linear") as orders,
                bybit.stream.executions() as executions,
                bybit.stream.positions() as positions,
                bybit.stream.wallet() as wallet,
            ):
                exchange.drop_connections("private")
                async with bybit.stream.events() as events, asyncio.timeout(10):
                    async for event in events:
                        if event.kind == "recovered":
                            break
                placed = await bybit.trade.place_order(
                    category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01"
                )
                async with asyncio.timeout(10):
                    order = await anext(orders)
                    execution = await anext(executions)
                    position = await anext(positions)
                    balances = await anext(wallet)
                assert order.order_id == execution.order_id == placed.order_id
                assert (position.symbol, position.side) == ("BTCUSDT", "Buy")
                assert balances.coin[0].coin == "USDT"
                assert len({item.received_ns for item in (order, execution)}) == 2


async def test_several_public_and_private_streams_at_once_each_get_what_is_theirs() -> None:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT", "ETHUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            stream = bybit.stream
            async with (
                stream.order_book("BTCUSDT", category="linear") as book,
                stream.order_book("BTCUSDT", category="spot") as spot_book,
                stream.trades("BTCUSDT", category="linear") as trades,
                stream.tickers("BTCUSDT", "ETHUSDT", category="linear") as tickers,
                stream.orders() as orders,
                stream.executions("linear") as executions,
                stream.wallet() as wallet,
                stream.positions() as positions,
            ):
                ack = await bybit.trade.place_order(
                    category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01"
                )
                async with asyncio.timeout(20):
                    execution = await anext(executions)
                    assert (execution.order_id, execution.symbol) == (ack.order_id, "BTCUSDT")
                    assert (await anext(orders)).order_id == ack.order_id
                    assert (await anext(positions)).symbol == "BTCUSDT"
                    assert (await anext(wallet)).account_type == "UNIFIED"
                    await exchange.advance("5s")
                    assert (await anext(trades)).symbol == "BTCUSDT"
                    symbols = set()
                    while len(symbols) < 2:
                        symbols.add((await anext(tickers)).symbol)
                assert symbols == {"BTCUSDT", "ETHUSDT"}
                assert (book.category, spot_book.category) == ("linear", "spot")
                assert not book.stale
                assert not spot_book.stale
                assert stream.junk_frames.total() == 0
            assert set(stream._multiplexer._channels) == {"linear", "spot", "private"}
