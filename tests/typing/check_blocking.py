"""What an editor knows of the blocking twin; read by the type checker, never run."""

from __future__ import annotations

from decimal import Decimal
from typing import assert_type

from bybit_async import Bybit
from bybit_async.blocking import BlockingPager, CallbackStream
from bybit_async.models.market import LinearTickers, OptionTickers, SpotTickers
from bybit_async.models.stream_public import ContractTickerData, TradeData
from bybit_async.models.trade import Order, OrderAck, OrderPage


def calls(bybit: Bybit) -> None:
    assert_type(bybit.market.get_tickers(category="option"), OptionTickers)
    assert_type(bybit.market.get_tickers(category="spot"), SpotTickers)
    assert_type(Bybit(testnet=True).market.get_tickers(category="linear"), LinearTickers)
    ack = bybit.trade.place_order(
        category="linear", symbol="BTCUSDT", side="Buy", order_type="Limit", qty="1", price=Decimal(1)
    )
    assert_type(ack, OrderAck)
    assert_type(bybit.get_server_time(), int)
    bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Up", order_type="Limit", qty="1")  # type: ignore[arg-type]
    bybit.market.get_ticker(category="linear")  # type: ignore[attr-defined]


def pages(bybit: Bybit) -> None:
    pager = bybit.trade.get_order_history(category="linear")
    assert_type(pager, BlockingPager[OrderPage, Order])
    assert_type(pager.first_page(), OrderPage)
    for order in pager:
        assert_type(order, Order)
    for page in pager.pages():
        assert_type(page, OrderPage)


def streams(bybit: Bybit) -> None:
    for trade in bybit.stream.trades("BTCUSDT", category="linear", timeout=5):
        assert_type(trade, TradeData)
    with bybit.stream.tickers("BTCUSDT", category="linear") as tickers:
        assert_type(next(tickers), ContractTickerData)
    with bybit.stream.order_book("BTCUSDT", category="linear") as book:
        assert_type(book.mid, Decimal | None)
        assert_type(book.read(lambda book: book.seq), int | None)


def callbacks(bybit: Bybit) -> None:
    def note(trade: TradeData) -> None: ...
    def wrong(trade: int) -> None: ...

    assert_type(bybit.stream.on_trades("BTCUSDT", category="linear", callback=note), CallbackStream[TradeData])
    bybit.stream.on_trades("BTCUSDT", category="linear", callback=wrong)  # type: ignore[arg-type]


def lifetime() -> None:
    with Bybit.from_env() as bybit:
        assert_type(bybit, Bybit)
        bybit.close()
