"""Leveraged tokens, which Bybit has retired."""

from __future__ import annotations

from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.resource import Resource
from bybit_async.models import leveraged_token as m
from bybit_async.transport.endpoint import get, post
from bybit_async.wire import Number, Rows, Time, none_or_milliseconds, none_or_plain, plain

GET_LEVERAGED_TOKEN_INFO = get(
    "/v5/spot-lever-token/info",
    "leveraged_token.get_leveraged_token_info",
    Rows[m.LeveragedTokenInfo],
    signed=False,
    deprecated="perpetual contracts; leveraged tokens are retired",
)
GET_LEVERAGED_TOKEN_MARKET = get(
    "/v5/spot-lever-token/reference",
    "leveraged_token.get_leveraged_token_market",
    m.LeveragedTokenMarket,
    signed=False,
    deprecated="perpetual contracts; leveraged tokens are retired",
)
PURCHASE_LEVERAGED_TOKEN = post(
    "/v5/spot-lever-token/purchase",
    "leveraged_token.purchase_leveraged_token",
    m.LeveragedTokenPurchase,
    deprecated="perpetual contracts; leveraged tokens are retired",
)
REDEEM_LEVERAGED_TOKEN = post(
    "/v5/spot-lever-token/redeem",
    "leveraged_token.redeem_leveraged_token",
    m.LeveragedTokenRedemption,
    deprecated="perpetual contracts; leveraged tokens are retired",
)
GET_PURCHASE_REDEMPTION_RECORDS = get(
    "/v5/spot-lever-token/order-record",
    "leveraged_token.get_purchase_redemption_records",
    Rows[m.LeveragedTokenOrder],
    deprecated="perpetual contracts; leveraged tokens are retired",
)


class LeveragedToken(Resource):
    """Leveraged tokens; all of it is deprecated."""

    __slots__ = ()

    @deprecated("Use perpetual contracts; leveraged tokens are retired.")
    async def get_leveraged_token_info(
        self, *, lt_coin: str | None = None, timeout: float | None = None
    ) -> Rows[m.LeveragedTokenInfo]:
        """Leveraged tokens and their limits. `GET /v5/spot-lever-token/info`."""
        return await self._call(GET_LEVERAGED_TOKEN_INFO, timeout, lt_coin=lt_coin)

    @deprecated("Use perpetual contracts; leveraged tokens are retired.")
    async def get_leveraged_token_market(self, *, lt_coin: str, timeout: float | None = None) -> m.LeveragedTokenMarket:
        """Net asset value and leverage of a token. `GET /v5/spot-lever-token/reference`."""
        return await self._call(GET_LEVERAGED_TOKEN_MARKET, timeout, lt_coin=lt_coin)

    @deprecated("Use perpetual contracts; leveraged tokens are retired.")
    async def purchase_leveraged_token(
        self, *, lt_coin: str, lt_amount: Number, serial_no: str | None = None, timeout: float | None = None
    ) -> m.LeveragedTokenPurchase:
        """Purchase a leveraged token for `lt_amount` of its quote coin. `POST /v5/spot-lever-token/purchase`."""
        return await self._call(
            PURCHASE_LEVERAGED_TOKEN, timeout, lt_coin=lt_coin, lt_amount=plain(lt_amount, "lt_amount"),
            serial_no=serial_no,
        )  # fmt: skip

    @deprecated("Use perpetual contracts; leveraged tokens are retired.")
    async def redeem_leveraged_token(
        self,
        *,
        lt_coin: str,
        quantity: Number | None = None,
        serial_no: str | None = None,
        timeout: float | None = None,
    ) -> m.LeveragedTokenRedemption:
        """Redeem a leveraged token. `POST /v5/spot-lever-token/redeem`."""
        return await self._call(
            REDEEM_LEVERAGED_TOKEN, timeout, lt_coin=lt_coin, quantity=none_or_plain(quantity, "quantity"),
            serial_no=serial_no,
        )  # fmt: skip

    @deprecated("Use perpetual contracts; leveraged tokens are retired.")
    async def get_purchase_redemption_records(
        self,
        *,
        lt_coin: str | None = None,
        order_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        lt_order_type: Literal[1, 2] | None = None,
        serial_no: str | None = None,
        timeout: float | None = None,
    ) -> Rows[m.LeveragedTokenOrder]:
        """Purchases and redemptions; `limit` is 1 to 500 (100 when left out).

        `GET /v5/spot-lever-token/order-record`.
        """
        return await self._call(
            GET_PURCHASE_REDEMPTION_RECORDS, timeout, lt_coin=lt_coin, order_id=order_id,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            lt_order_type=lt_order_type, serial_no=serial_no,
        )  # fmt: skip
