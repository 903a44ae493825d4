"""On-chain tokens: quotes, orders and holdings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import wires
from bybit_async.models import alpha as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import post
from bybit_async.transport.pages import Numbered, Pager
from bybit_async.wire import Number, plain

GET_ASSET_DETAIL = post("/v5/alpha/trade/asset-detail", "alpha.get_asset_detail", m.AlphaHolding, write=False)
GET_ASSET_LIST = post("/v5/alpha/trade/asset-list", "alpha.get_asset_list", m.AlphaHoldings, write=False)
GET_BIZ_TOKEN_DETAILS = post(
    "/v5/alpha/trade/biz-token-details", "alpha.get_biz_token_details", m.AlphaTokenDetails, write=False
)
GET_BIZ_TOKEN_LIST = post("/v5/alpha/trade/biz-token-list", "alpha.get_biz_token_list", list[m.AlphaToken], write=False)
GET_BIZ_TOKEN_PRICE_LIST = post(
    "/v5/alpha/trade/biz-token-price-list", "alpha.get_biz_token_price_list", m.AlphaTokenPrices, write=False
)
GET_ORDER_LIST = post("/v5/alpha/trade/order-list", "alpha.get_order_list", m.AlphaOrders, write=False)
GET_PAY_TOKEN_LIST = post(
    "/v5/alpha/trade/pay-token-list", "alpha.get_pay_token_list", list[m.AlphaPayToken], write=False
)
GET_QUOTE = post("/v5/alpha/trade/quote", "alpha.get_quote", m.AlphaQuote, write=False)
PURCHASE = post("/v5/alpha/trade/purchase", "alpha.purchase", m.AlphaOrderAck)
REDEEM = post("/v5/alpha/trade/redeem", "alpha.redeem", m.AlphaOrderAck)

_PAGES = Numbered("pageIndex", "total")


class AlphaTrade(Resource):
    """The trade part of `Alpha`."""

    __slots__ = ()

    async def get_asset_detail(
        self, *, chain_code: str, token_address: str, timeout: float | None = None
    ) -> m.AlphaHolding:
        """The account's holding of one on-chain token; an empty list without one.

        `POST /v5/alpha/trade/asset-detail`.
        """
        return await self._call(
            GET_ASSET_DETAIL, timeout, chain_code=chain_code, token_address=token_address,
        )  # fmt: skip

    async def get_asset_list(self, *, timeout: float | None = None) -> m.AlphaHoldings:
        """The account's holdings of on-chain tokens. `POST /v5/alpha/trade/asset-list`."""
        return await self._call(GET_ASSET_LIST, timeout)

    async def get_biz_token_details(
        self, *, chain_code: str, token_address: str, timeout: float | None = None
    ) -> m.AlphaTokenDetails:
        """A token's limits, links and state. `POST /v5/alpha/trade/biz-token-details`."""
        return await self._call(
            GET_BIZ_TOKEN_DETAILS, timeout, chain_code=chain_code, token_address=token_address,
        )  # fmt: skip

    async def get_biz_token_list(
        self, *, token_tag: Literal[0, 1, 2] | None = None, timeout: float | None = None
    ) -> list[m.AlphaToken]:
        """Tokens that can be traded; `token_tag` is 0 all, 1 new, 2 hot. `POST /v5/alpha/trade/biz-token-list`."""
        return await self._call(GET_BIZ_TOKEN_LIST, timeout, token_tag=token_tag)

    async def get_biz_token_price_list(
        self, *, tokens: Sequence[m.AlphaTokenKey | Fields], timeout: float | None = None
    ) -> m.AlphaTokenPrices:
        """Prices and volumes of up to 20 tokens. `POST /v5/alpha/trade/biz-token-price-list`."""
        return await self._call(
            GET_BIZ_TOKEN_PRICE_LIST, timeout, token_address_info=wires(m.AlphaTokenKey, tokens, "tokens"),
        )  # fmt: skip

    def get_order_list(
        self,
        *,
        limit: int = 100,
        page_index: int = 1,
        trade_type: Literal[0, 1, 2] | None = None,
        token_code: str | None = None,
        order_status: list[int] | None = None,
        days: int | None = None,
        direction: Literal["prev", "next"] | None = None,
        timeout: float | None = None,
    ) -> Pager[m.AlphaOrders, m.AlphaOrder]:
        """Orders of the last `days` (90 when left out or 0), by page number; `limit` is 1 to 100.

        `POST /v5/alpha/trade/order-list`.
        """
        return self._numbered(
            GET_ORDER_LIST, timeout, _PAGES, limit=limit, page_index=page_index, trade_type=trade_type,
            token_code=token_code, order_status=order_status, days=days, direction=direction,
        )  # fmt: skip

    async def get_pay_token_list(
        self, *, chain_code: str, token_address: str, timeout: float | None = None
    ) -> list[m.AlphaPayToken]:
        """Coins that a token can be paid with. `POST /v5/alpha/trade/pay-token-list`."""
        return await self._call(
            GET_PAY_TOKEN_LIST, timeout, chain_code=chain_code, token_address=token_address,
        )  # fmt: skip

    async def get_quote(
        self,
        *,
        trade_type: Literal[1, 2],
        from_token_code: str,
        from_token_amount: Number,
        to_token_code: str,
        quote_mode: Literal[0, 1, 2] | None = None,
        timeout: float | None = None,
    ) -> m.AlphaQuote:
        """Ask for a quote; `trade_type` is 1 to purchase a token, 2 to redeem one.

        `quote_mode` is 0 automatic, 1 best price, 2 best chance. `POST /v5/alpha/trade/quote`.
        """
        return await self._call(
            GET_QUOTE, timeout, trade_type=trade_type, from_token_code=from_token_code,
            from_token_amount=plain(from_token_amount, "from_token_amount"), to_token_code=to_token_code,
            quote_mode=quote_mode,
        )  # fmt: skip

    async def purchase(
        self,
        *,
        from_token_code: str,
        from_token_amount: Number,
        to_token_code: str,
        slippage: Number,
        quote_data: str,
        gas: Number,
        quote_mode: int,
        correcting_code: str,
        tenant: str | None = None,
        timeout: float | None = None,
    ) -> m.AlphaOrderAck:
        """Buy an on-chain token, passing on what `get_quote` answered. `POST /v5/alpha/trade/purchase`."""
        return await self._call(
            PURCHASE, timeout, from_token_code=from_token_code,
            from_token_amount=plain(from_token_amount, "from_token_amount"), to_token_code=to_token_code,
            slippage=plain(slippage, "slippage"), quote_data=quote_data, gas=plain(gas, "gas"),
            quote_mode=quote_mode, correcting_code=correcting_code, tenant=tenant,
        )  # fmt: skip

    async def redeem(
        self,
        *,
        from_token_code: str,
        from_token_amount: Number,
        to_token_code: str,
        slippage: Number,
        quote_data: str,
        gas: Number,
        quote_mode: int,
        correcting_code: str,
        tenant: str | None = None,
        timeout: float | None = None,
    ) -> m.AlphaOrderAck:
        """Sell an on-chain token, passing on what `get_quote` answered. `POST /v5/alpha/trade/redeem`."""
        return await self._call(
            REDEEM, timeout, from_token_code=from_token_code,
            from_token_amount=plain(from_token_amount, "from_token_amount"), to_token_code=to_token_code,
            slippage=plain(slippage, "slippage"), quote_data=quote_data, gas=plain(gas, "gas"),
            quote_mode=quote_mode, correcting_code=correcting_code, tenant=tenant,
        )  # fmt: skip
