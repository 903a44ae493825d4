"""Topics: every documented one has a function, and what cannot exist is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bybit_async.errors import InvalidParameter
from bybit_async.stream import topics
from bybit_async.stream.topics import Topic

DOCUMENTED: list[tuple[Callable[[], Topic], str, str]] = [
    (lambda: topics.order_book("BTCUSDT", category="linear", depth=1), "linear", "orderbook.1.BTCUSDT"),
    (lambda: topics.order_book("BTCUSDT", category="spot", depth=1000), "spot", "orderbook.1000.BTCUSDT"),
    (lambda: topics.order_book("BTCUSDT", category="spot", depth="rpi"), "spot", "orderbook.rpi.BTCUSDT"),
    (lambda: topics.order_book("MNTUSDT", category="spot", depth="full"), "spot", "orderbook.full.MNTUSDT"),
    (
        lambda: topics.order_book("BTC-6JAN23-17500-C", category="option", depth=25),
        "option",
        "orderbook.25.BTC-6JAN23-17500-C",
    ),
    (
        lambda: topics.order_book("SOLUSDT_SOL/USDT", category="spread", depth=25),
        "spread",
        "orderbook.25.SOLUSDT_SOL/USDT",
    ),
    (lambda: topics.trades("BTC", category="option"), "option", "publicTrade.BTC"),
    (lambda: topics.trades("SOLUSDT_SOL/USDT", category="spread"), "spread", "publicTrade.SOLUSDT_SOL/USDT"),
    (lambda: topics.tickers("BTCUSD", category="inverse"), "inverse", "tickers.BTCUSD"),
    (lambda: topics.klines("BTCUSDT", category="spot", interval="D"), "spot", "kline.D.BTCUSDT"),
    (lambda: topics.liquidations("ROSEUSDT", category="linear"), "linear", "allLiquidation.ROSEUSDT"),
    (lambda: topics.price_limits("BTCUSDT", category="linear"), "linear", "priceLimit.BTCUSDT"),
    (lambda: topics.insurance("USDC"), "linear", "insurance.USDC"),
    (lambda: topics.insurance("inverse"), "inverse", "insurance.inverse"),
    (lambda: topics.adl_alerts("USDT"), "linear", "adlAlert.USDT"),
    (topics.system_status, "status", "system.status"),
    (topics.rfq_public_trades, "rfq", "rfq.open.public.trades"),
    (lambda: topics.earn_offers("dual_asset"), "earn", "earn.dualassets.offers"),
    (lambda: topics.earn_offers("discount_buy"), "earn", "earn.discountbuy.offers"),
    (lambda: topics.earn_offers("double_win"), "earn", "earn.doublewin.offers"),
    (lambda: topics.earn_offers("smart_leverage"), "earn", "earn.smartleverage.offers"),
    (topics.orders, "private", "order"),
    (lambda: topics.orders("spot"), "private", "order.spot"),
    (lambda: topics.executions("option"), "private", "execution.option"),
    (topics.fast_executions, "private", "execution.fast"),
    (lambda: topics.fast_executions("linear"), "private", "execution.fast.linear"),
    (lambda: topics.positions("inverse"), "private", "position.inverse"),
    (topics.wallet, "private", "wallet"),
    (topics.greeks, "private", "greeks"),
    (lambda: topics.dcp("future"), "private", "dcp.future"),
    (topics.strategy, "private", "strategy"),
    (topics.spread_orders, "private", "spread.order"),
    (topics.spread_executions, "private", "spread.execution"),
    (topics.rfqs, "private", "rfq.open.rfqs"),
    (topics.quotes, "private", "rfq.open.quotes"),
    (topics.rfq_trades, "private", "rfq.open.trades"),
]


@pytest.mark.parametrize(("make", "channel", "name"), DOCUMENTED, ids=[row[2] for row in DOCUMENTED])
def test_a_topic_is_spelled_as_documented(make: Callable[[], Topic], channel: str, name: str) -> None:
    assert make() == Topic(channel, name)  # type: ignore[arg-type]


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: topics.order_book("", category="linear"), "symbol"),
    (lambda: topics.order_book("btcusdt", category="linear"), "symbol"),
    (lambda: topics.trades("BTC USDT", category="linear"), "symbol"),
    (lambda: topics.trades("ВТСUSDT", category="linear"), "symbol"),
    (lambda: topics.trades("BTC-6JAN23-17500-C", category="option"), "symbol"),
    (lambda: topics.order_book("BTCUSDT", category="linear", depth=7), "depth"),
    (lambda: topics.order_book("BTC-6JAN23-17500-C", category="option", depth=50), "depth"),
    (lambda: topics.order_book("A_B", category="spread", depth="full"), "depth"),
    (lambda: topics.tickers("BTCUSDT", category="futures"), "category"),  # type: ignore[arg-type]
    (lambda: topics.klines("BTCUSDT", category="option", interval="1"), "category"),  # type: ignore[arg-type]
    (lambda: topics.klines("BTCUSDT", category="linear", interval="2"), "interval"),  # type: ignore[arg-type]
    (lambda: topics.insurance("BTC"), "pool"),  # type: ignore[arg-type]
    (lambda: topics.positions("spot"), "category"),  # type: ignore[arg-type]
    (lambda: topics.dcp("linear"), "product"),  # type: ignore[arg-type]
    (lambda: topics.earn_offers("gold"), "product"),  # type: ignore[arg-type]
    (lambda: topics.raw("", "linear"), "topic"),
    (lambda: topics.raw('a"b', "linear"), "topic"),
    (lambda: topics.raw("a", "futures"), "channel"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "parameter"), REFUSED)
def test_what_cannot_be_a_topic_is_refused_here(make: Callable[[], Any], parameter: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        make()
    assert caught.value.parameter == parameter
