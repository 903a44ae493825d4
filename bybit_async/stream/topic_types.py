"""Which Struct a topic's data is decoded into."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from bybit_async.models import stream_block as block
from bybit_async.models import stream_earn as earn
from bybit_async.models import stream_private as private
from bybit_async.models import stream_public as public

_TICKERS: dict[str, Any] = {
    "spot": public.SpotTickerData,
    "option": public.OptionTickerData,
    "spread": public.SpreadTickerData,
}

# Longer names first: `execution.fast` must not be taken for an `execution` of the category "fast".
_FAMILIES: tuple[tuple[str, Any], ...] = (
    ("orderbook.rpi", public.RpiOrderBookData),
    ("orderbook", public.OrderBookData),
    ("publicTrade", list[public.TradeData]),
    ("tickers", public.ContractTickerData),
    ("kline", list[public.KlineData]),
    ("allLiquidation", list[public.LiquidationData]),
    ("insurance", list[public.InsuranceData]),
    ("priceLimit", public.PriceLimitData),
    ("adlAlert", list[public.AdlAlertData]),
    ("system.status", list[public.SystemStatusData]),
    ("earn.dualassets.offers", list[earn.DualAssetOfferData]),
    ("earn.discountbuy.offers", list[earn.DiscountBuyOfferData]),
    ("earn.doublewin.offers", list[earn.DoubleWinOfferData]),
    ("earn.smartleverage.offers", list[earn.SmartLeverageOfferData]),
    ("rfq.open.public.trades", list[public.RfqPublicTradeData]),
    ("rfq.open.rfqs", list[block.RfqData]),
    ("rfq.open.quotes", list[block.QuoteData]),
    ("rfq.open.trades", list[block.RfqTradeData]),
    ("spread.order", list[block.SpreadOrderData]),
    ("spread.execution", list[block.SpreadExecutionData]),
    ("execution.fast", list[private.FastExecutionData]),
    ("execution", list[private.ExecutionData]),
    ("order", list[private.OrderData]),
    ("position", list[private.PositionData]),
    ("wallet", list[private.WalletData]),
    ("greeks", list[private.GreeksData]),
    ("strategy", list[private.StrategyData]),
)


@lru_cache(maxsize=20_000)
def family(topic: str) -> str:
    """Return a topic's name without its arguments: ``"tickers.BTCUSDT"`` → ``"tickers"``; unknown ones as given."""
    for name, _ in _FAMILIES:
        if topic == name or topic.startswith(name + "."):
            return name
    return topic


def data_type(channel: str, topic: str) -> Any:
    """Return the type of a topic's data; `Any` for topics that are not known."""
    name = family(topic)
    if name == "tickers":
        return _TICKERS.get(channel, public.ContractTickerData)
    return dict(_FAMILIES).get(name, Any)
