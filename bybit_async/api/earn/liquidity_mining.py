"""Liquidity mining with optional leverage."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer
from bybit_async.models import earn as m
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Time, none_or_milliseconds, none_or_plain, plain

GET_LIQUIDITY_MINING_PRODUCTS = get(
    "/v5/earn/liquidity-mining/product", "earn.get_liquidity_mining_products", m.LiquidityProducts, signed=False
)
ADD_LIQUIDITY = post("/v5/earn/liquidity-mining/add-liquidity", "earn.add_liquidity", m.EarnOrderAck)
ADD_MARGIN = post("/v5/earn/liquidity-mining/add-margin", "earn.add_margin", m.EarnOrderAck)
REMOVE_LIQUIDITY = post("/v5/earn/liquidity-mining/remove-liquidity", "earn.remove_liquidity", m.EarnOrderAck)
REINVEST_LIQUIDITY = post("/v5/earn/liquidity-mining/reinvest", "earn.reinvest_liquidity", m.EarnOrderAck)
CLAIM_LIQUIDITY_INTEREST = post("/v5/earn/liquidity-mining/claim-interest", "earn.claim_liquidity_interest", Nothing)
GET_LIQUIDITY_MINING_ORDERS = get(
    "/v5/earn/liquidity-mining/order", "earn.get_liquidity_mining_orders", m.LiquidityOrderPage
)
GET_LIQUIDITY_MINING_POSITIONS = get(
    "/v5/earn/liquidity-mining/position", "earn.get_liquidity_mining_positions", m.LiquidityPositions
)
GET_LIQUIDITY_MINING_YIELD_RECORDS = get(
    "/v5/earn/liquidity-mining/yield-records", "earn.get_liquidity_mining_yield_records", m.LiquidityYieldPage
)
GET_LIQUIDITY_MINING_LIQUIDATION_RECORDS = get(
    "/v5/earn/liquidity-mining/liquidation-records", "earn.get_liquidity_mining_liquidation_records", m.LiquidationPage
)


class LiquidityMining(Resource):
    """The liquidity mining part of `Earn`."""

    __slots__ = ()

    async def get_liquidity_mining_products(
        self, *, base_coin: str | None = None, quote_coin: str | None = None, timeout: float | None = None
    ) -> m.LiquidityProducts:
        """Liquidity pools. `GET /v5/earn/liquidity-mining/product`."""
        return await self._call(
            GET_LIQUIDITY_MINING_PRODUCTS, timeout, base_coin=base_coin, quote_coin=quote_coin,
        )  # fmt: skip

    async def add_liquidity(
        self,
        *,
        product_id: str,
        order_link_id: str,
        quote_amount: Number | None = None,
        base_amount: Number | None = None,
        quote_account_type: Literal["FUND", "UNIFIED"] | None = None,
        base_account_type: Literal["FUND", "UNIFIED"] | None = None,
        leverage: Number | None = None,
        coin: str | None = None,
        timeout: float | None = None,
    ) -> m.EarnOrderAck:
        """Add liquidity in either coin or both, each from the account type named for it.

        `order_link_id` is an id of your own of at most 40 characters. `POST /v5/earn/liquidity-mining/add-liquidity`.
        """
        any_of({"quote_amount": quote_amount, "base_amount": base_amount})
        return await self._call(
            ADD_LIQUIDITY, timeout, product_id=product_id,
            order_link_id=no_longer(order_link_id, 40, "order_link_id"),
            quote_amount=none_or_plain(quote_amount, "quote_amount"),
            base_amount=none_or_plain(base_amount, "base_amount"), quote_account_type=quote_account_type,
            base_account_type=base_account_type, leverage=none_or_plain(leverage, "leverage"), coin=coin,
        )  # fmt: skip

    async def add_margin(
        self,
        *,
        product_id: str,
        order_link_id: str,
        position_id: str,
        amount: Number,
        quote_account_type: Literal["FUND", "UNIFIED"],
        timeout: float | None = None,
    ) -> m.EarnOrderAck:
        """Add margin in the quote coin to a leveraged position. `POST /v5/earn/liquidity-mining/add-margin`."""
        return await self._call(
            ADD_MARGIN, timeout, product_id=product_id, order_link_id=no_longer(order_link_id, 40, "order_link_id"),
            position_id=position_id, amount=plain(amount, "amount"), quote_account_type=quote_account_type,
        )  # fmt: skip

    async def remove_liquidity(
        self,
        *,
        product_id: str,
        order_link_id: str,
        position_id: str,
        remove_rate: int | None = None,
        remove_type: Literal["Normal", "SingleQuoteCoin", "SingleBaseCoin"] | None = None,
        timeout: float | None = None,
    ) -> m.EarnOrderAck:
        """Take liquidity out; `remove_rate` is 1 to 100 per cent (100 when left out).

        `POST /v5/earn/liquidity-mining/remove-liquidity`.
        """
        return await self._call(
            REMOVE_LIQUIDITY, timeout, product_id=product_id,
            order_link_id=no_longer(order_link_id, 40, "order_link_id"), position_id=position_id,
            remove_rate=remove_rate, remove_type=remove_type,
        )  # fmt: skip

    async def reinvest_liquidity(
        self, *, product_id: str, order_link_id: str, position_id: str, timeout: float | None = None
    ) -> m.EarnOrderAck:
        """Put the yield of a position back into it. `POST /v5/earn/liquidity-mining/reinvest`."""
        return await self._call(
            REINVEST_LIQUIDITY, timeout, product_id=product_id,
            order_link_id=no_longer(order_link_id, 40, "order_link_id"), position_id=position_id,
        )  # fmt: skip

    async def claim_liquidity_interest(self, *, product_id: str, timeout: float | None = None) -> Nothing:
        """Claim the yield of a product, or of all with ``-1``. `POST /v5/earn/liquidity-mining/claim-interest`."""
        return await self._call(CLAIM_LIQUIDITY_INTEREST, timeout, product_id=product_id)

    def get_liquidity_mining_orders(
        self,
        *,
        order_id: str | None = None,
        order_link_id: str | None = None,
        product_id: str | None = None,
        order_type: Literal["AddLiquidity", "RemoveLiquidity", "Reinvest", "AddMargin"] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        status: Literal["Success", "Processing"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.LiquidityOrderPage, m.LiquidityOrder]:
        """Orders, newest first; `limit` is at most 50 (20 when left out). `GET /v5/earn/liquidity-mining/order`."""
        return self._pages(
            GET_LIQUIDITY_MINING_ORDERS, timeout, order_id=order_id, order_link_id=order_link_id,
            product_id=product_id, order_type=order_type, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), status=status, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_liquidity_mining_positions(
        self, *, product_id: str | None = None, base_coin: str | None = None, timeout: float | None = None
    ) -> m.LiquidityPositions:
        """Positions. `GET /v5/earn/liquidity-mining/position`."""
        return await self._call(
            GET_LIQUIDITY_MINING_POSITIONS, timeout, product_id=product_id, base_coin=base_coin,
        )  # fmt: skip

    def get_liquidity_mining_yield_records(
        self,
        *,
        base_coin: str | None = None,
        quote_coin: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.LiquidityYieldPage, m.LiquidityYield]:
        """Yields claimed, newest first; `limit` is at most 50 (20 when left out).

        `GET /v5/earn/liquidity-mining/yield-records`.
        """
        return self._pages(
            GET_LIQUIDITY_MINING_YIELD_RECORDS, timeout, base_coin=base_coin, quote_coin=quote_coin,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    def get_liquidity_mining_liquidation_records(
        self,
        *,
        base_coin: str | None = None,
        quote_coin: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.LiquidationPage, m.LiquidityLiquidation]:
        """Liquidations, newest first; `limit` is at most 50 (20 when left out).

        `GET /v5/earn/liquidity-mining/liquidation-records`.
        """
        return self._pages(
            GET_LIQUIDITY_MINING_LIQUIDATION_RECORDS, timeout, base_coin=base_coin, quote_coin=quote_coin,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip
