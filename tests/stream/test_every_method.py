"""Every method of `bybit.stream`: the topics it asks for, and what its items are told apart by under ``"latest"``."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bybit_async.environments import Environment
from bybit_async.errors import InvalidParameter
from bybit_async.stream.settings import StreamSettings
from bybit_async.stream.streams import Streams
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import HmacSigner

ITEM = SimpleNamespace(
    symbol="S", start=7, symbols="A,B", id="i", rfq_id="r", product_id="p", order_id="o", exec_id="e",
    category="linear", position_idx=1, account_type="UNIFIED", base_coin="BTC", strategy_id="t", quote_id="q",
    topic="any",
)  # fmt: skip
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], list[tuple[str, str]], Any]] = [
    ("trades", ("A", "B"), {"category": "spot"}, [("spot", "publicTrade.A"), ("spot", "publicTrade.B")], "S"),
    ("tickers", ("A",), {"category": "inverse"}, [("inverse", "tickers.A")], "S"),
    ("klines", ("A",), {"category": "linear", "interval": "5"}, [("linear", "kline.5.A")], ("S", 7)),
    ("klines", ("A",), {"category": "linear", "interval": "D", "closed": True}, [("linear", "kline.D.A")], ("S", 7)),
    ("liquidations", ("A",), {"category": "linear"}, [("linear", "allLiquidation.A")], "S"),
    ("price_limits", ("A",), {"category": "spot"}, [("spot", "priceLimit.A")], "S"),
    ("insurance", ("USDT", "inverse"), {}, [("linear", "insurance.USDT"), ("inverse", "insurance.inverse")], "A,B"),
    ("adl_alerts", ("USDC",), {}, [("linear", "adlAlert.USDC")], "S"),
    ("system_status", (), {}, [("status", "system.status")], "i"),
    ("rfq_public_trades", (), {}, [("rfq", "rfq.open.public.trades")], "r"),
    ("dual_asset_offers", (), {}, [("earn", "earn.dualassets.offers")], "p"),
    ("discount_buy_offers", (), {}, [("earn", "earn.discountbuy.offers")], "p"),
    ("double_win_offers", (), {}, [("earn", "earn.doublewin.offers")], "p"),
    ("smart_leverage_offers", (), {}, [("earn", "earn.smartleverage.offers")], "p"),
    ("orders", (), {}, [("private", "order")], "o"),
    ("executions", ("spot",), {}, [("private", "execution.spot")], "e"),
    ("fast_executions", (), {}, [("private", "execution.fast")], "e"),
    ("positions", ("linear",), {}, [("private", "position.linear")], ("linear", "S", 1)),
    ("wallet", (), {}, [("private", "wallet")], "UNIFIED"),
    ("greeks", (), {}, [("private", "greeks")], "BTC"),
    ("dcp", ("future", "spot"), {}, [("private", "dcp.future"), ("private", "dcp.spot")], "S"),
    ("strategy", (), {}, [("private", "strategy")], "t"),
    ("spread_orders", (), {}, [("private", "spread.order")], "o"),
    ("spread_executions", (), {}, [("private", "spread.execution")], "e"),
    ("rfqs", (), {}, [("private", "rfq.open.rfqs")], "r"),
    ("quotes", (), {}, [("private", "rfq.open.quotes")], "q"),
    ("rfq_trades", (), {}, [("private", "rfq.open.trades")], "r"),
    ("subscribe", ("any.topic",), {"channel": "linear"}, [("linear", "any.topic")], "any"),
]


def streams(**options: Any) -> Streams:
    base = "ws://127.0.0.1:1"
    environment = Environment(name="none", rest_url=base, public_url=base, private_url=base, trade_url=base)
    return Streams(environment, Clock(), HmacSigner("key", "secret"), StreamSettings(**options))


@pytest.mark.parametrize(("name", "args", "options", "topics", "key"), CALLS, ids=[call[0] for call in CALLS])
def test_a_method_asks_for_its_topics_and_keeps_the_newest_of_each_kind(
    name: str, args: tuple[Any, ...], options: dict[str, Any], topics: list[tuple[str, str]], key: Any
) -> None:
    made = getattr(streams(), name)(*args, **options, policy="latest", buffer=5)
    assert [(topic.channel, topic.name) for topic in made.topics] == topics
    for item in (ITEM, SimpleNamespace(**{**vars(ITEM), "pushed": 2})):
        made._buffer.put(item, 0)
    assert list(made._buffer._newest) == [key]
    assert made.dropped == 1


def test_the_table_names_every_method() -> None:
    offered = {name for name in vars(Streams) | vars(Streams.__mro__[1]) | vars(Streams.__mro__[2]) if name[0] != "_"}
    assert offered - {call[0] for call in CALLS} == {"order_book", "events", "junk_frames", "aclose"}


@pytest.mark.parametrize(("options", "parameter"), [({"policy": "drop"}, "policy"), ({"buffer": 0}, "buffer")])
def test_a_policy_or_buffer_that_cannot_be_is_refused(options: dict[str, Any], parameter: str) -> None:
    with pytest.raises(InvalidParameter, match=parameter):
        streams().trades("A", category="linear", **options)
    with pytest.raises(InvalidParameter, match="symbols"):
        streams().trades(category="linear")
    with pytest.raises(InvalidParameter, match="buffer"):
        streams().events(buffer=0)


def test_settings_out_of_range_are_refused_and_hide_the_proxy() -> None:
    for name, value in {"max_active_time": 29, "buffer": 0}.items():
        with pytest.raises(InvalidParameter, match=name):
            StreamSettings(**{name: value})  # type: ignore[arg-type]
    settings = StreamSettings(proxy="http://me:secret@proxy")
    assert "secret" not in repr(settings)
    assert "secret" not in str(settings.__rich_repr__())
    assert ("proxy", True) in StreamSettings().__rich_repr__()
