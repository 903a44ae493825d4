"""Public streams: market data, system status, block trades, Earn quotes."""

from __future__ import annotations

from typing import Any, Literal, overload

from bybit_async.enums import Interval
from bybit_async.models import stream_earn as earn
from bybit_async.models import stream_public as public
from bybit_async.stream import topics
from bybit_async.stream.buffer import Policy
from bybit_async.stream.item_transforms import ClosedKlines, FullTickers, Items
from bybit_async.stream.subscription import Subscription
from bybit_async.stream.topic_streams import TopicStreams
from bybit_async.stream.topics import Contract, EarnProduct, Pool, StreamCategory, Tradable


def _by_kline(kline: public.KlineData) -> tuple[str, int]:
    return kline.symbol, kline.start


class PublicStreams(TopicStreams):
    """Public topics.

    Every method takes `policy`, for a consumer that is slower than the stream, and `buffer`, the items it may be
    behind; see `buffer.Policy`.
    """

    def trades(
        self,
        *symbols: str,
        category: StreamCategory,
        policy: Policy = "drop_oldest",
        buffer: int | None = None,
    ) -> Subscription[public.TradeData]:
        """Trades as they happen, one by one. For options give base coins, as ``"BTC"``. `publicTrade`."""
        wanted = [topics.trades(symbol, category=category) for symbol in symbols]
        return self._open(wanted, policy, buffer)

    @overload
    def tickers(
        self,
        *symbols: str,
        category: Literal["linear", "inverse"],
        policy: Policy = ...,
        buffer: int | None = ...,
    ) -> Subscription[public.ContractTickerData]: ...
    @overload
    def tickers(
        self, *symbols: str, category: Literal["spot"], policy: Policy = ..., buffer: int | None = ...
    ) -> Subscription[public.SpotTickerData]: ...
    @overload
    def tickers(
        self, *symbols: str, category: Literal["option"], policy: Policy = ..., buffer: int | None = ...
    ) -> Subscription[public.OptionTickerData]: ...
    @overload
    def tickers(
        self, *symbols: str, category: Literal["spread"], policy: Policy = ..., buffer: int | None = ...
    ) -> Subscription[public.SpreadTickerData]: ...
    @overload
    def tickers(
        self, *symbols: str, category: StreamCategory, policy: Policy = ..., buffer: int | None = ...
    ) -> Subscription[Any]: ...
    def tickers(
        self,
        *symbols: str,
        category: StreamCategory,
        policy: Policy = "drop_oldest",
        buffer: int | None = None,
    ) -> Subscription[Any]:
        """Tickers, always whole: what Bybit did not repeat is filled in from before. `tickers`."""
        wanted = [topics.tickers(symbol, category=category) for symbol in symbols]
        return self._open(wanted, policy, buffer, transform=FullTickers(), fresh=True)

    def klines(
        self,
        *symbols: str,
        category: Tradable,
        interval: Interval,
        closed: bool = False,
        policy: Policy = "drop_oldest",
        buffer: int | None = None,
    ) -> Subscription[public.KlineData]:
        """Klines as they grow; with `closed`, each one once when it has closed. `kline`.

        With `closed`, those that closed while the connection was lost are fetched by REST and delivered as soon as they
        are known, usually before the next one closes.

        Args:
            symbols: as Bybit spells them.
            category: spot, linear or inverse.
            interval: minutes, or ``"D"``, ``"W"``, ``"M"``.
            closed: leave out those that still grow.
            policy: what to do when the consumer is slow.
            buffer: items it may be behind.
        """
        wanted = [topics.klines(symbol, category=category, interval=interval) for symbol in symbols]
        transform = ClosedKlines(category, interval, self._fetch_klines) if closed else Items()
        return self._open(wanted, policy, buffer, transform=transform, key=_by_kline)

    def liquidations(
        self, *symbols: str, category: Contract, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[public.LiquidationData]:
        """Liquidated positions. `allLiquidation`."""
        wanted = [topics.liquidations(symbol, category=category) for symbol in symbols]
        return self._open(wanted, policy, buffer)

    def price_limits(
        self, *symbols: str, category: Tradable, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[public.PriceLimitData]:
        """The furthest prices that orders are accepted at. `priceLimit`."""
        wanted = [topics.price_limits(symbol, category=category) for symbol in symbols]
        return self._open(wanted, policy, buffer)

    def insurance(
        self, *pools: Pool, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[public.InsuranceData]:
        """Balances of insurance pools of their own that changed; shared pools are not pushed. `insurance`."""
        return self._open([topics.insurance(pool) for pool in pools], policy, buffer, key=lambda item: item.symbols)

    def adl_alerts(
        self, *pools: Pool, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[public.AdlAlertData]:
        """How close contracts are to auto-deleveraging, every second. `adlAlert`."""
        return self._open([topics.adl_alerts(pool) for pool in pools], policy, buffer)

    def system_status(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[public.SystemStatusData]:
        """Maintenance, announced and running; interruptions under ten seconds are not announced. `system.status`."""
        return self._open([topics.system_status()], policy, buffer, key=lambda item: item.id)

    def rfq_public_trades(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[public.RfqPublicTradeData]:
        """Everyone's block trades. `rfq.open.public.trades`."""
        return self._open([topics.rfq_public_trades()], policy, buffer, key=lambda item: item.rfq_id)

    def dual_asset_offers(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[earn.DualAssetOfferData]:
        """Prices of dual asset products. `earn.dualassets.offers`."""
        return self._offers("dual_asset", policy, buffer)

    def discount_buy_offers(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[earn.DiscountBuyOfferData]:
        """Quotes of discount buy products. `earn.discountbuy.offers`."""
        return self._offers("discount_buy", policy, buffer)

    def double_win_offers(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[earn.DoubleWinOfferData]:
        """Quotes of double win products with a fixed price range. `earn.doublewin.offers`."""
        return self._offers("double_win", policy, buffer)

    def smart_leverage_offers(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[earn.SmartLeverageOfferData]:
        """Quotes of smart leverage products. `earn.smartleverage.offers`."""
        return self._offers("smart_leverage", policy, buffer)

    def _offers(self, product: EarnProduct, policy: Policy, buffer: int | None) -> Subscription[Any]:
        return self._open([topics.earn_offers(product)], policy, buffer, key=lambda item: item.product_id)
