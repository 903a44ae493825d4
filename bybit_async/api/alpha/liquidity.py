"""Liquidity pools on chain."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.models import alpha as m
from bybit_async.transport.endpoint import post
from bybit_async.transport.pages import Numbered, Pager
from bybit_async.wire import Number, none_or_plain, plain

GET_LP_POOL_LIST = post("/v5/alpha/lp/pool-list", "alpha.get_lp_pool_list", m.AlphaPools, write=False)
GET_LP_POOL_INFO = post("/v5/alpha/lp/pool-info", "alpha.get_lp_pool_info", m.AlphaPoolInfo, write=False)
GET_LP_PAY_TOKEN_LIST = post(
    "/v5/alpha/lp/pay-token-list", "alpha.get_lp_pay_token_list", m.AlphaPoolPayTokens, write=False
)
GET_LP_PAY_TOKEN_PRICE = post(
    "/v5/alpha/lp/pay-token-price", "alpha.get_lp_pay_token_price", m.AlphaPoolPayTokenPrices, write=False
)
STAKE_LP = post("/v5/alpha/lp/stake", "alpha.stake_lp", m.AlphaStakeAck)
REDEEM_LP = post("/v5/alpha/lp/redeem", "alpha.redeem_lp", m.AlphaPoolOrderAck)
GET_LP_POSITION_LIST = post("/v5/alpha/lp/position-list", "alpha.get_lp_position_list", m.AlphaPositions, write=False)
GET_LP_ORDER_LIST = post("/v5/alpha/lp/order-list", "alpha.get_lp_order_list", m.AlphaPoolOrders, write=False)

_PAGES = Numbered("pageIndex", "total")


class AlphaLiquidity(Resource):
    """The liquidity part of `Alpha`."""

    __slots__ = ()

    async def get_lp_pool_list(self, *, token_symbol: str | None = None, timeout: float | None = None) -> m.AlphaPools:
        """Liquidity pools, searched by token symbol. `POST /v5/alpha/lp/pool-list`."""
        return await self._call(GET_LP_POOL_LIST, timeout, token_symbol=token_symbol)

    async def get_lp_pool_info(self, *, pool_address: str, timeout: float | None = None) -> m.AlphaPoolInfo:
        """One liquidity pool in detail. `POST /v5/alpha/lp/pool-info`."""
        return await self._call(GET_LP_POOL_INFO, timeout, pool_address=pool_address)

    async def get_lp_pay_token_list(
        self, *, chain_code: str | None = None, token_address: str | None = None, timeout: float | None = None
    ) -> m.AlphaPoolPayTokens:
        """Coins that a pool can be paid with. `POST /v5/alpha/lp/pay-token-list`."""
        return await self._call(
            GET_LP_PAY_TOKEN_LIST, timeout, chain_code=chain_code, token_address=token_address,
        )  # fmt: skip

    async def get_lp_pay_token_price(
        self, *, token_code: list[str], chain_code: str | None = None, timeout: float | None = None
    ) -> m.AlphaPoolPayTokenPrices:
        """Prices of up to 50 coins in USD. `POST /v5/alpha/lp/pay-token-price`."""
        return await self._call(
            GET_LP_PAY_TOKEN_PRICE, timeout, token_code=token_code, chain_code=chain_code,
        )  # fmt: skip

    async def stake_lp(
        self,
        *,
        position_id: int,
        pool_address: str,
        pay_token_amount: Number,
        pay_token_code: str,
        range_upper: Number | None = None,
        range_lower: Number | None = None,
        price_upper: Number | None = None,
        price_lower: Number | None = None,
        timeout: float | None = None,
    ) -> m.AlphaStakeAck:
        """Stake into a pool.

        `position_id` 0 opens a position; give either the range bounds or the price bounds. `POST /v5/alpha/lp/stake`.
        """
        return await self._call(
            STAKE_LP, timeout, position_id=position_id, pool_address=pool_address,
            pay_token_amount=plain(pay_token_amount, "pay_token_amount"), pay_token_code=pay_token_code,
            range_upper=none_or_plain(range_upper, "range_upper"),
            range_lower=none_or_plain(range_lower, "range_lower"),
            price_upper=none_or_plain(price_upper, "price_upper"),
            price_lower=none_or_plain(price_lower, "price_lower"),
        )  # fmt: skip

    async def redeem_lp(
        self,
        *,
        position_id: int,
        pool_address: str,
        derc_ratio: Number,
        receive_token_code: str | None = None,
        timeout: float | None = None,
    ) -> m.AlphaPoolOrderAck:
        """Take liquidity out of a pool; `derc_ratio` is the share taken, ``1`` closes the position.

        `POST /v5/alpha/lp/redeem`.
        """
        return await self._call(
            REDEEM_LP, timeout, position_id=position_id, pool_address=pool_address,
            derc_ratio=plain(derc_ratio, "derc_ratio"), receive_token_code=receive_token_code,
        )  # fmt: skip

    async def get_lp_position_list(self, *, timeout: float | None = None) -> m.AlphaPositions:
        """Positions in pools. `POST /v5/alpha/lp/position-list`."""
        return await self._call(GET_LP_POSITION_LIST, timeout)

    def get_lp_order_list(
        self,
        *,
        order_type: Literal[0, 1, 2] | None = None,
        token_code: str | None = None,
        order_status: list[int] | None = None,
        days: int | None = None,
        limit: int | None = None,
        page_index: int | None = None,
        pool_address: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.AlphaPoolOrders, m.AlphaPoolOrder]:
        """Orders of the last `days` (90 when left out, at most 365), by page number; `limit` is 1 to 100.

        `POST /v5/alpha/lp/order-list`.
        """
        return self._numbered(
            GET_LP_ORDER_LIST, timeout, _PAGES, order_type=order_type, token_code=token_code, order_status=order_status,
            days=days, limit=limit, page_index=page_index, pool_address=pool_address,
        )  # fmt: skip
