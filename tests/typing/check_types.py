"""What an editor knows about the API; read by the type checker, never run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, assert_type

from bybit_async import AsyncBybit
from bybit_async.api.setting import Setting
from bybit_async.enums import Category, OrderStatus
from bybit_async.models.account import CoinBalance, Wallets
from bybit_async.models.market import (
    InverseTickers,
    Kline,
    Level,
    LinearInstrument,
    LinearInstruments,
    LinearTickers,
    OptionInstrument,
    OptionTickers,
    OptionTrades,
    PublicTrades,
    SpotInstrument,
    SpotTicker,
    SpotTickers,
)
from bybit_async.models.position import Position
from bybit_async.models.trade import BatchItem, BatchResult, Execution, Order, OrderAck, OrderPage, PlaceOrder
from bybit_async.transport.pages import Pager
from bybit_async.wire import Response


async def tickers(bybit: AsyncBybit, category: Category) -> None:
    spot = await bybit.market.get_tickers(category="spot")
    assert_type(spot, SpotTickers)
    assert_type(spot[0], SpotTicker)
    assert_type([row.usd_index_price for row in spot], list[Decimal | None])
    option = await bybit.market.get_tickers(category="option", base_coin="BTC")
    assert_type(option, OptionTickers)
    assert_type(option[0].bid1_iv, Decimal | None)
    assert_type(await bybit.market.get_tickers(category="linear"), LinearTickers)
    assert_type(await bybit.market.get_tickers(category="inverse"), InverseTickers)
    some = await bybit.market.get_tickers(category=category)
    assert_type(some, SpotTickers | LinearTickers | InverseTickers | OptionTickers)
    assert_type(some[0].last_price, Decimal)


async def instruments(bybit: AsyncBybit) -> None:
    assert_type(await bybit.market.get_instrument("BTCUSDT"), LinearInstrument)
    assert_type(await bybit.market.get_instrument("BTCUSDT", "spot"), SpotInstrument)
    assert_type(await bybit.market.get_instrument("BTC-26DEC25-90000-C", "option"), OptionInstrument)
    pager = bybit.market.get_instruments_info(category="linear")
    assert_type(pager, Pager[LinearInstruments, LinearInstrument])
    assert_type((await pager)[0].lot_size_filter.max_mkt_order_qty, Decimal | None)


async def market(bybit: AsyncBybit) -> None:
    klines = await bybit.market.get_kline(symbol="BTCUSDT", interval="1")
    assert_type(klines[0], Kline)
    assert_type(klines[0].close, Decimal)
    book = await bybit.market.get_orderbook(category="spot", symbol="BTCUSDT")
    assert_type(book.bids, list[Level])
    assert_type(await bybit.market.get_public_trade_history(category="spot", symbol="BTCUSDT"), PublicTrades)
    assert_type(await bybit.market.get_public_trade_history(category="option"), OptionTrades)
    some: Category = "linear" if klines else "option"
    assert_type(await bybit.market.get_public_trade_history(category=some, symbol="X"), PublicTrades | OptionTrades)


async def orders(bybit: AsyncBybit) -> None:
    ack = await bybit.trade.place_order(
        category="linear", symbol="BTCUSDT", side="Buy", order_type="Limit", qty="0.001", price=Decimal(30000)
    )
    assert_type(ack, OrderAck)
    order = PlaceOrder(category="spot", symbol="BTCUSDT", side="Sell", order_type="Market", qty=1.5)
    result = await bybit.trade.place_batch_order(category="spot", request=[order])
    assert_type(result, BatchResult)
    assert_type(result[0], BatchItem)
    assert_type(await bybit.trade.find_order(category="linear", order_link_id="mine"), Order | None)
    setting = await bybit.position.set_leverage(category="linear", symbol="X", buy_leverage=5, sell_leverage=5)
    assert_type(setting, Setting)
    assert_type(setting.changed, bool)


async def pages(bybit: AsyncBybit) -> None:
    history = bybit.trade.get_order_history(category="linear")
    assert_type(history, Pager[OrderPage, Order])
    assert_type(await history, OrderPage)
    async for order in history:
        assert_type(order, Order)
        assert_type(order.order_status, OrderStatus)
        assert_type(order.side, Literal["Buy", "Sell"])
    async for page in history.pages():
        assert_type(page, OrderPage)
        assert_type(page[0], Order)
        assert_type(page[:2], list[Order])
    async for execution in bybit.trade.get_executions(category="spot"):
        assert_type(execution, Execution)
    async for position in bybit.position.get_positions(category="linear", settle_coin="USDT"):
        assert_type(position, Position)
        assert_type(position.size, Decimal)


async def account(bybit: AsyncBybit) -> None:
    wallets = await bybit.account.get_wallet_balance()
    assert_type(wallets, Wallets)
    assert_type(wallets[0].balance("USDT"), CoinBalance | None)


async def mistakes(bybit: AsyncBybit) -> None:
    # Each of these is an error; a checker that finds none complains of an unused ignore.
    await bybit.market.get_tickers(category="futures")  # type: ignore[call-overload]
    _ = (await bybit.market.get_tickers(category="spot"))[0].bid1_iv  # type: ignore[attr-defined]
    await bybit.trade.place_order(category="linear", symbol="X", side="buy", order_type="Limit", qty=1)  # type: ignore[arg-type]
    await bybit.trade.place_order(category="linear", symbol="X", side="Buy", order_type="Limit")  # type: ignore[call-arg]


async def raw(bybit: AsyncBybit) -> None:
    untyped = await bybit.request("GET", "/v5/market/time", signed=False)
    assert_type(untyped, Response[dict[str, Any]])  # pyright: ignore[reportAssertTypeFailure]
    typed = await bybit.request("GET", "/v5/market/tickers", {"category": "spot"}, signed=False, result=SpotTickers)
    assert_type(typed.result, SpotTickers)
