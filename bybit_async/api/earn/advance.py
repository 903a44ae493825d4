"""Structured products: dual assets, smart leverage, double win and discount buy."""

from __future__ import annotations

from typing import Any, Literal, overload

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer, none_or_wire
from bybit_async.models import earn as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import get, post
from bybit_async.wire import Number, Rows, none_or_plain, plain

AdvanceCategory = Literal["DualAssets", "SmartLeverage", "DoubleWin", "DiscountBuy"]

GET_ADVANCE_EARN_PRODUCT = get(
    "/v5/earn/advance/product",
    "earn.get_advance_earn_product",
    Rows[m.AdvanceProduct],
    signed=False,
    variants={
        "DualAssets": Rows[m.DualAssetsProduct],
        "SmartLeverage": Rows[m.SmartLeverageProduct],
        "DoubleWin": Rows[m.DoubleWinProduct],
        "DiscountBuy": Rows[m.DiscountBuyProduct],
    },
)
GET_ADVANCE_EARN_PRODUCT_EXTRA_INFO = get(
    "/v5/earn/advance/product-extra-info",
    "earn.get_advance_earn_product_extra_info",
    m.DualAssetsQuotes,
    signed=False,
    variants={
        "DualAssets": m.DualAssetsQuotes,
        "SmartLeverage": m.SmartLeverageQuote,
        "DoubleWin": m.DoubleWinQuote,
        "DiscountBuy": m.DiscountBuyQuotes,
    },
)
GET_DOUBLE_WIN_LEVERAGE = get(
    "/v5/earn/advance/double-win-leverage", "earn.get_double_win_leverage", m.DoubleWinLeverage
)
PLACE_ADVANCE_EARN_ORDER = post("/v5/earn/advance/place-order", "earn.place_advance_earn_order", m.EarnOrderAck)


class AdvanceEarn(Resource):
    """The advance part of `Earn`."""

    __slots__ = ()

    @overload
    async def get_advance_earn_product(
        self,
        *,
        category: Literal["DualAssets"],
        coin: str | None = None,
        duration: str | None = None,
        timeout: float | None = None,
    ) -> Rows[m.DualAssetsProduct]: ...
    @overload
    async def get_advance_earn_product(
        self,
        *,
        category: Literal["SmartLeverage"],
        coin: str | None = None,
        duration: str | None = None,
        timeout: float | None = None,
    ) -> Rows[m.SmartLeverageProduct]: ...
    @overload
    async def get_advance_earn_product(
        self,
        *,
        category: Literal["DoubleWin"],
        coin: str | None = None,
        duration: str | None = None,
        timeout: float | None = None,
    ) -> Rows[m.DoubleWinProduct]: ...
    @overload
    async def get_advance_earn_product(
        self,
        *,
        category: Literal["DiscountBuy"],
        coin: str | None = None,
        duration: str | None = None,
        timeout: float | None = None,
    ) -> Rows[m.DiscountBuyProduct]: ...
    @overload
    async def get_advance_earn_product(
        self,
        *,
        category: AdvanceCategory,
        coin: str | None = None,
        duration: str | None = None,
        timeout: float | None = None,
    ) -> (
        Rows[m.DualAssetsProduct] | Rows[m.SmartLeverageProduct] | Rows[m.DoubleWinProduct] | Rows[m.DiscountBuyProduct]
    ): ...
    async def get_advance_earn_product(
        self,
        *,
        category: AdvanceCategory,
        coin: str | None = None,
        duration: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Products of one category; `coin` is the underlying one, `duration` a word such as ``8h`` or ``3d``.

        `GET /v5/earn/advance/product`.
        """
        return await self._call(GET_ADVANCE_EARN_PRODUCT, timeout, category=category, coin=coin, duration=duration)

    @overload
    async def get_advance_earn_product_extra_info(
        self, *, category: Literal["DualAssets"], product_id: str | None = None, timeout: float | None = None
    ) -> m.DualAssetsQuotes: ...
    @overload
    async def get_advance_earn_product_extra_info(
        self, *, category: Literal["SmartLeverage"], product_id: str | None = None, timeout: float | None = None
    ) -> m.SmartLeverageQuote: ...
    @overload
    async def get_advance_earn_product_extra_info(
        self, *, category: Literal["DoubleWin"], product_id: str | None = None, timeout: float | None = None
    ) -> m.DoubleWinQuote: ...
    @overload
    async def get_advance_earn_product_extra_info(
        self, *, category: Literal["DiscountBuy"], product_id: str | None = None, timeout: float | None = None
    ) -> m.DiscountBuyQuotes: ...
    @overload
    async def get_advance_earn_product_extra_info(
        self, *, category: AdvanceCategory, product_id: str | None = None, timeout: float | None = None
    ) -> m.DualAssetsQuotes | m.SmartLeverageQuote | m.DoubleWinQuote | m.DiscountBuyQuotes: ...
    async def get_advance_earn_product_extra_info(
        self, *, category: AdvanceCategory, product_id: str | None = None, timeout: float | None = None
    ) -> Any:
        """Quotes for a product; only discount buys answer all products when `product_id` is left out.

        `GET /v5/earn/advance/product-extra-info`.
        """
        return await self._call(GET_ADVANCE_EARN_PRODUCT_EXTRA_INFO, timeout, category=category, product_id=product_id)

    async def get_double_win_leverage(
        self,
        *,
        product_id: str,
        initial_price: Number,
        lower_price: Number,
        upper_price: Number,
        timeout: float | None = None,
    ) -> m.DoubleWinLeverage:
        """The leverage of a double win product for a price range of your own.

        `GET /v5/earn/advance/double-win-leverage`.
        """
        return await self._call(
            GET_DOUBLE_WIN_LEVERAGE, timeout, product_id=product_id,
            initial_price=plain(initial_price, "initial_price"), lower_price=plain(lower_price, "lower_price"),
            upper_price=plain(upper_price, "upper_price"),
        )  # fmt: skip

    async def place_advance_earn_order(
        self,
        *,
        category: AdvanceCategory,
        product_id: str,
        order_type: Literal["Stake", "Redeem"],
        order_link_id: str,
        amount: Number | None = None,
        coin: str | None = None,
        account_type: Literal["FUND", "UNIFIED"] | None = None,
        discount_buy_extra: m.DiscountBuyExtra | Fields | None = None,
        double_win_stake_extra: m.DoubleWinStakeExtra | Fields | None = None,
        double_win_redeem_extra: m.AdvanceRedeemExtra | Fields | None = None,
        dual_assets_extra: m.DualAssetsExtra | Fields | None = None,
        interest_card: m.InterestCard | Fields | None = None,
        smart_leverage_stake_extra: m.SmartLeverageStakeExtra | Fields | None = None,
        smart_leverage_redeem_extra: m.AdvanceRedeemExtra | Fields | None = None,
        timeout: float | None = None,
    ) -> m.EarnOrderAck:
        """Subscribe to a structured product or redeem it early.

        Give the `..._extra` of the category; `order_link_id` is an id of your own of at most 36 characters.
        `POST /v5/earn/advance/place-order`.
        """
        return await self._call(
            PLACE_ADVANCE_EARN_ORDER,
            timeout,
            category=category,
            product_id=product_id,
            order_type=order_type,
            order_link_id=no_longer(order_link_id, 40, "order_link_id"),
            amount=none_or_plain(amount, "amount"),
            coin=coin,
            account_type=account_type,
            discount_buy_extra=none_or_wire(m.DiscountBuyExtra, discount_buy_extra, "discount_buy_extra"),
            double_win_stake_extra=none_or_wire(
                m.DoubleWinStakeExtra, double_win_stake_extra, "double_win_stake_extra"
            ),
            double_win_redeem_extra=none_or_wire(
                m.AdvanceRedeemExtra, double_win_redeem_extra, "double_win_redeem_extra"
            ),
            dual_assets_extra=none_or_wire(m.DualAssetsExtra, dual_assets_extra, "dual_assets_extra"),
            interest_card=none_or_wire(m.InterestCard, interest_card, "interest_card"),
            smart_leverage_stake_extra=none_or_wire(
                m.SmartLeverageStakeExtra, smart_leverage_stake_extra, "smart_leverage_stake_extra"
            ),
            smart_leverage_redeem_extra=none_or_wire(
                m.AdvanceRedeemExtra, smart_leverage_redeem_extra, "smart_leverage_redeem_extra"
            ),
        )
