"""Converting between fiat money and crypto."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer
from bybit_async.models import fiat as m
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.wire import Number, Time, none_or_milliseconds, plain

GET_FIAT_BALANCE = get("/v5/fiat/balance-query", "fiat.get_fiat_balance", list[m.FiatBalance])
GET_FIAT_COIN_LIST = get("/v5/fiat/query-coin-list", "fiat.get_fiat_coin_list", m.FiatCoins)
GET_FIAT_REFERENCE_PRICE = get("/v5/fiat/reference-price", "fiat.get_fiat_reference_price", m.FiatReferencePrice)
REQUEST_FIAT_QUOTE = post("/v5/fiat/quote-apply", "fiat.request_fiat_quote", m.FiatQuote, write=False)
EXECUTE_FIAT_TRADE = post("/v5/fiat/trade-execute", "fiat.execute_fiat_trade", m.FiatTradeAck)
QUERY_FIAT_TRADE = get("/v5/fiat/trade-query", "fiat.query_fiat_trade", m.FiatTrade)
GET_FIAT_TRADE_HISTORY = get("/v5/fiat/query-trade-history", "fiat.get_fiat_trade_history", list[m.FiatTrade])


class Fiat(Resource):
    """Quotes and conversions between fiat money and crypto."""

    __slots__ = ()

    async def get_fiat_balance(
        self, *, currency: str | None = None, timeout: float | None = None
    ) -> list[m.FiatBalance]:
        """Fiat balances; all of them when `currency` is left out. `GET /v5/fiat/balance-query`."""
        return await self._call(GET_FIAT_BALANCE, timeout, currency=currency)

    async def get_fiat_coin_list(
        self, *, side: Literal["0", "1"] | None = None, timeout: float | None = None
    ) -> m.FiatCoins:
        """What can be converted into what; `side` is ``0`` to buy crypto, ``1`` to sell it.

        `GET /v5/fiat/query-coin-list`.
        """
        return await self._call(GET_FIAT_COIN_LIST, timeout, side=side)

    async def get_fiat_reference_price(self, *, symbol: str, timeout: float | None = None) -> m.FiatReferencePrice:
        """Reference prices of a pair such as ``EUR-USDT``, per payment method. `GET /v5/fiat/reference-price`."""
        return await self._call(GET_FIAT_REFERENCE_PRICE, timeout, symbol=symbol)

    async def request_fiat_quote(
        self,
        *,
        from_coin: str,
        from_coin_type: Literal["fiat", "crypto"],
        to_coin: str,
        to_coin_type: Literal["fiat", "crypto"],
        request_amount: Number,
        request_coin_type: Literal["fiat", "crypto"] | None = None,
        timeout: float | None = None,
    ) -> m.FiatQuote:
        """Ask for a quote, taken with `execute_fiat_trade`. `POST /v5/fiat/quote-apply`."""
        return await self._call(
            REQUEST_FIAT_QUOTE, timeout, from_coin=from_coin, from_coin_type=from_coin_type, to_coin=to_coin,
            to_coin_type=to_coin_type, request_amount=plain(request_amount, "request_amount"),
            request_coin_type=request_coin_type,
        )  # fmt: skip

    async def execute_fiat_trade(
        self,
        *,
        quote_tx_id: str,
        sub_user_id: str,
        webhook_url: str | None = None,
        merchant_request_id: str | None = None,
        timeout: float | None = None,
    ) -> m.FiatTradeAck:
        """Take a quote. `webhook_url` is called when the conversion ends. `POST /v5/fiat/trade-execute`."""
        return await self._call(
            EXECUTE_FIAT_TRADE, timeout, quote_tx_id=quote_tx_id, sub_user_id=sub_user_id, webhook_url=webhook_url,
            MerchantRequestId=no_longer(merchant_request_id, 36, "merchant_request_id"),
        )  # fmt: skip

    async def query_fiat_trade(
        self, *, trade_no: str | None = None, merchant_request_id: str | None = None, timeout: float | None = None
    ) -> m.FiatTrade:
        """How a conversion went, named by either id. `GET /v5/fiat/trade-query`."""
        any_of({"trade_no": trade_no, "merchant_request_id": merchant_request_id})
        return await self._call(
            QUERY_FIAT_TRADE, timeout, trade_no=trade_no, merchant_request_id=merchant_request_id,
        )  # fmt: skip

    async def get_fiat_trade_history(
        self,
        *,
        index: int | None = None,
        limit: int | None = None,
        start: Time | None = None,
        end: Time | None = None,
        timeout: float | None = None,
    ) -> list[m.FiatTrade]:
        """Conversions; `index` is the page number from 1, `limit` 20 to 100. `GET /v5/fiat/query-trade-history`."""
        return await self._call(
            GET_FIAT_TRADE_HISTORY, timeout, index=index, limit=limit,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
        )  # fmt: skip
