"""Converting one coin into another, small balances included."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer
from bybit_async.models import asset as m
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Rows, Time, none_or_milliseconds, plain

GET_CONVERT_COIN_LIST = get("/v5/asset/exchange/query-coin-list", "asset.get_convert_coin_list", m.ConvertCoins)
REQUEST_A_QUOTE = post("/v5/asset/exchange/quote-apply", "asset.request_a_quote", m.ConvertQuote, write=False)
CONFIRM_A_QUOTE = post("/v5/asset/exchange/convert-execute", "asset.confirm_a_quote", m.ConvertAck)
GET_CONVERT_STATUS = get("/v5/asset/exchange/convert-result-query", "asset.get_convert_status", m.ConvertStatus)
GET_CONVERT_HISTORY = get("/v5/asset/exchange/query-convert-history", "asset.get_convert_history", Rows[m.Conversion])
GET_COIN_EXCHANGE_RECORDS = get(
    "/v5/asset/exchange/order-record", "asset.get_coin_exchange_records", m.CoinExchangePage
)
GET_SMALL_BALANCE_COINS = get("/v5/asset/covert/small-balance-list", "asset.get_small_balance_coins", m.SmallBalances)
REQUEST_A_QUOTE_SMALL_BALANCE = post(
    "/v5/asset/covert/get-quote", "asset.request_a_quote_small_balance", m.SmallBalanceQuoteAnswer, write=False
)
CONFIRM_A_QUOTE_SMALL_BALANCE = post(
    "/v5/asset/covert/small-balance-execute", "asset.confirm_a_quote_small_balance", m.SmallBalanceAck
)
GET_EXCHANGE_HISTORY_SMALL_BALANCE = get(
    "/v5/asset/covert/small-balance-history", "asset.get_exchange_history_small_balance", m.SmallBalanceHistory
)


class Conversions(Resource):
    """The conversion part of `Asset`."""

    __slots__ = ()

    async def get_convert_coin_list(
        self,
        *,
        account_type: Literal[
            "eb_convert_funding", "eb_convert_uta", "eb_convert_spot", "eb_convert_contract", "eb_convert_inverse"
        ],
        coin: str | None = None,
        side: Literal[0, 1] | None = None,
        timeout: float | None = None,
    ) -> m.ConvertCoins:
        """Coins that can be converted.

        `side` 0 lists what can be sold (with the balance), 1 what `coin` can be converted into.
        `GET /v5/asset/exchange/query-coin-list`.
        """
        return await self._call(
            GET_CONVERT_COIN_LIST, timeout, account_type=account_type, coin=coin, side=side,
        )  # fmt: skip

    async def request_a_quote(
        self,
        *,
        account_type: str,
        from_coin: str,
        to_coin: str,
        request_coin: str,
        request_amount: Number,
        from_coin_type: str | None = None,
        to_coin_type: str | None = None,
        param_type: str | None = None,
        param_value: str | None = None,
        request_id: str | None = None,
        timeout: float | None = None,
    ) -> m.ConvertQuote:
        """Ask for a quote; it holds for 15 seconds and is taken with `confirm_a_quote`.

        `request_coin` is the coin sold. `POST /v5/asset/exchange/quote-apply`.
        """
        return await self._call(
            REQUEST_A_QUOTE, timeout, account_type=account_type, from_coin=from_coin, to_coin=to_coin,
            request_coin=request_coin, request_amount=plain(request_amount, "request_amount"),
            from_coin_type=from_coin_type, to_coin_type=to_coin_type, param_type=param_type,
            param_value=param_value, request_id=no_longer(request_id, 36, "request_id"),
        )  # fmt: skip

    async def confirm_a_quote(self, *, quote_tx_id: str, timeout: float | None = None) -> m.ConvertAck:
        """Take a quote.

        The answer only says that it is being processed: ask `get_convert_status`.
        `POST /v5/asset/exchange/convert-execute`.
        """
        return await self._call(CONFIRM_A_QUOTE, timeout, quote_tx_id=quote_tx_id)

    async def get_convert_status(
        self, *, quote_tx_id: str, account_type: str, timeout: float | None = None
    ) -> m.ConvertStatus:
        """How a conversion went. `GET /v5/asset/exchange/convert-result-query`."""
        return await self._call(
            GET_CONVERT_STATUS, timeout, quote_tx_id=quote_tx_id, account_type=account_type,
        )  # fmt: skip

    async def get_convert_history(
        self,
        *,
        account_type: str | None = None,
        index: int | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Rows[m.Conversion]:
        """Conversions, newest first; `index` is the page number from 1, `limit` at most 100 (20 when left out).

        `account_type` takes several, comma-separated. `GET /v5/asset/exchange/query-convert-history`.
        """
        return await self._call(
            GET_CONVERT_HISTORY, timeout, account_type=account_type, index=index, limit=limit,
        )  # fmt: skip

    def get_coin_exchange_records(
        self,
        *,
        from_coin: str | None = None,
        to_coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.CoinExchangePage, m.CoinExchange]:
        """Conversions of the classic coin exchange, newest first; `limit` is 1 to 50 (10 when left out).

        `GET /v5/asset/exchange/order-record`.
        """
        return self._pages(
            GET_COIN_EXCHANGE_RECORDS, timeout, from_coin=from_coin, to_coin=to_coin, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_small_balance_coins(
        self, *, account_type: str, from_coin: str | None = None, timeout: float | None = None
    ) -> m.SmallBalances:
        """Balances too small to trade that can be converted together. `GET /v5/asset/covert/small-balance-list`."""
        return await self._call(
            GET_SMALL_BALANCE_COINS, timeout, account_type=account_type, from_coin=from_coin,
        )  # fmt: skip

    async def request_a_quote_small_balance(
        self, *, account_type: str, from_coin_list: list[str], to_coin: str, timeout: float | None = None
    ) -> m.SmallBalanceQuoteAnswer:
        """Ask for a quote on up to 20 small balances.

        It holds for 30 seconds and is taken with `confirm_a_quote_small_balance`. `POST /v5/asset/covert/get-quote`.
        """
        return await self._call(
            REQUEST_A_QUOTE_SMALL_BALANCE, timeout, account_type=account_type, from_coin_list=from_coin_list,
            to_coin=to_coin,
        )  # fmt: skip

    async def confirm_a_quote_small_balance(self, *, quote_id: str, timeout: float | None = None) -> m.SmallBalanceAck:
        """Take a quote for small balances. `POST /v5/asset/covert/small-balance-execute`."""
        return await self._call(CONFIRM_A_QUOTE_SMALL_BALANCE, timeout, quote_id=quote_id)

    async def get_exchange_history_small_balance(
        self,
        *,
        account_type: Literal["eb_convert_uta", "eb_convert_funding"] | None = None,
        quote_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        cursor: str | None = None,
        size: int | None = None,
        timeout: float | None = None,
    ) -> m.SmallBalanceHistory:
        """Conversions of small balances, newest first.

        `cursor` is the page number, `size` at most 100 (50 when left out).
        `GET /v5/asset/covert/small-balance-history`.
        """
        return await self._call(
            GET_EXCHANGE_HISTORY_SMALL_BALANCE, timeout, account_type=account_type, quote_id=quote_id,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            cursor=cursor, size=size,
        )  # fmt: skip
