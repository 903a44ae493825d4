"""Requests for quotes: block trades of several legs with chosen counterparties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer, none_or_wires, wires
from bybit_async.enums import Side
from bybit_async.models import rfq as m
from bybit_async.models.building import Fields
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Rows, Time, none_or_milliseconds

CREATE_RFQ = post("/v5/rfq/create-rfq", "rfq.create_rfq", m.RfqAck)
CANCEL_RFQ = post("/v5/rfq/cancel-rfq", "rfq.cancel_rfq", m.RfqIds)
CANCEL_ALL_RFQ = post("/v5/rfq/cancel-all-rfq", "rfq.cancel_all_rfq", list[m.RfqCancellation])
CREATE_QUOTE = post("/v5/rfq/create-quote", "rfq.create_quote", m.QuoteAck)
EXECUTE_QUOTE = post("/v5/rfq/execute-quote", "rfq.execute_quote", m.QuoteExecution)
CANCEL_QUOTE = post("/v5/rfq/cancel-quote", "rfq.cancel_quote", m.QuoteIds)
CANCEL_ALL_QUOTES = post("/v5/rfq/cancel-all-quotes", "rfq.cancel_all_quotes", list[m.QuoteCancellation])
ACCEPT_OTHER_QUOTE = post("/v5/rfq/accept-other-quote", "rfq.accept_other_quote", m.RfqId)
GET_RFQ_CONFIG = get("/v5/rfq/config", "rfq.get_rfq_config", m.RfqConfig)
GET_RFQ_LIST = get("/v5/rfq/rfq-list", "rfq.get_rfq_list", m.RfqInquiryPage)
GET_RFQ_REALTIME = get("/v5/rfq/rfq-realtime", "rfq.get_rfq_realtime", Rows[m.RfqInquiry])
GET_QUOTE_LIST = get("/v5/rfq/quote-list", "rfq.get_quote_list", m.QuotePage)
GET_QUOTE_REALTIME = get("/v5/rfq/quote-realtime", "rfq.get_quote_realtime", Rows[m.Quote])
GET_TRADE_LIST = get("/v5/rfq/trade-list", "rfq.get_trade_list", m.RfqTradePage)
GET_PUBLIC_TRADES = get("/v5/rfq/public-trades", "rfq.get_public_trades", m.RfqPublicTradePage)


class Rfq(Resource):
    """Inquiries, quotes and block trades."""

    __slots__ = ()

    async def create_rfq(
        self,
        *,
        counterparties: list[str],
        legs: Sequence[m.RfqLeg | Fields],
        rfq_link_id: str | None = None,
        anonymous: bool | None = None,
        strategy_type: str | None = None,
        timeout: float | None = None,
    ) -> m.RfqAck:
        """Ask `counterparties` (desk codes of `get_rfq_config`) for quotes on a set of legs.

        `POST /v5/rfq/create-rfq`.
        """
        return await self._call(
            CREATE_RFQ, timeout, counterparties=counterparties, list=wires(m.RfqLeg, legs, "legs"),
            rfq_link_id=no_longer(rfq_link_id, 32, "rfq_link_id"), anonymous=anonymous, strategy_type=strategy_type,
        )  # fmt: skip

    async def cancel_rfq(
        self, *, rfq_id: str | None = None, rfq_link_id: str | None = None, timeout: float | None = None
    ) -> m.RfqIds:
        """Cancel an inquiry, named by either id. `POST /v5/rfq/cancel-rfq`."""
        any_of({"rfq_id": rfq_id, "rfq_link_id": rfq_link_id})
        return await self._call(CANCEL_RFQ, timeout, rfq_id=rfq_id, rfq_link_id=rfq_link_id)

    async def cancel_all_rfq(self, *, timeout: float | None = None) -> list[m.RfqCancellation]:
        """Cancel every active inquiry. `POST /v5/rfq/cancel-all-rfq`."""
        return await self._call(CANCEL_ALL_RFQ, timeout)

    async def create_quote(
        self,
        *,
        rfq_id: str,
        quote_link_id: str | None = None,
        anonymous: bool | None = None,
        expire_in: int | None = None,
        quote_buy_list: Sequence[m.QuoteLeg | Fields] | None = None,
        quote_sell_list: Sequence[m.QuoteLeg | Fields] | None = None,
        timeout: float | None = None,
    ) -> m.QuoteAck:
        """Quote on an inquiry, for its buy direction, its sell direction or both.

        `expire_in` is 10 to 120 seconds (60 when left out). `POST /v5/rfq/create-quote`.
        """
        any_of({"quote_buy_list": quote_buy_list, "quote_sell_list": quote_sell_list})
        return await self._call(
            CREATE_QUOTE,
            timeout,
            rfq_id=rfq_id,
            quote_link_id=no_longer(quote_link_id, 32, "quote_link_id"),
            anonymous=anonymous,
            expire_in=expire_in,
            quote_buy_list=none_or_wires(m.QuoteLeg, quote_buy_list, "quote_buy_list"),
            quote_sell_list=none_or_wires(m.QuoteLeg, quote_sell_list, "quote_sell_list"),
        )

    async def execute_quote(
        self, *, rfq_id: str, quote_id: str, quote_side: Side, timeout: float | None = None
    ) -> m.QuoteExecution:
        """Take a quote; `quote_side` is its direction. `POST /v5/rfq/execute-quote`."""
        return await self._call(
            EXECUTE_QUOTE, timeout, rfq_id=rfq_id, quote_id=quote_id, quote_side=quote_side,
        )  # fmt: skip

    async def cancel_quote(
        self,
        *,
        quote_id: str | None = None,
        rfq_id: str | None = None,
        quote_link_id: str | None = None,
        timeout: float | None = None,
    ) -> m.QuoteIds:
        """Cancel a quote, named by any of the three ids. `POST /v5/rfq/cancel-quote`."""
        any_of({"quote_id": quote_id, "rfq_id": rfq_id, "quote_link_id": quote_link_id})
        return await self._call(
            CANCEL_QUOTE, timeout, quote_id=quote_id, rfq_id=rfq_id, quote_link_id=quote_link_id,
        )  # fmt: skip

    async def cancel_all_quotes(self, *, timeout: float | None = None) -> list[m.QuoteCancellation]:
        """Cancel every active quote. `POST /v5/rfq/cancel-all-quotes`."""
        return await self._call(CANCEL_ALL_QUOTES, timeout)

    async def accept_other_quote(self, *, rfq_id: str, timeout: float | None = None) -> m.RfqId:
        """Let desks that are no liquidity providers quote on an inquiry. `POST /v5/rfq/accept-other-quote`."""
        return await self._call(ACCEPT_OTHER_QUOTE, timeout, rfq_id=rfq_id)

    async def get_rfq_config(self, *, timeout: float | None = None) -> m.RfqConfig:
        """The account's desk, its limits and the desks it may ask. `GET /v5/rfq/config`."""
        return await self._call(GET_RFQ_CONFIG, timeout)

    def get_rfq_list(
        self,
        *,
        rfq_id: str | None = None,
        rfq_link_id: str | None = None,
        trader_type: Literal["quote", "request"] | None = None,
        status: Literal["Active", "Canceled", "Filled", "Expired", "Failed"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.RfqInquiryPage, m.RfqInquiry]:
        """Inquiries, newest first; `limit` is 1 to 100 (50 when left out). `GET /v5/rfq/rfq-list`."""
        return self._pages(
            GET_RFQ_LIST, timeout, rfq_id=rfq_id, rfq_link_id=rfq_link_id, trader_type=trader_type, status=status,
            limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_rfq_realtime(
        self,
        *,
        rfq_id: str | None = None,
        rfq_link_id: str | None = None,
        trader_type: Literal["quote", "request"] | None = None,
        timeout: float | None = None,
    ) -> Rows[m.RfqInquiry]:
        """Inquiries that are still active. `GET /v5/rfq/rfq-realtime`."""
        return await self._call(
            GET_RFQ_REALTIME, timeout, rfq_id=rfq_id, rfq_link_id=rfq_link_id, trader_type=trader_type,
        )  # fmt: skip

    def get_quote_list(
        self,
        *,
        rfq_id: str | None = None,
        quote_id: str | None = None,
        quote_link_id: str | None = None,
        trader_type: Literal["quote", "request"] | None = None,
        status: Literal["Active", "Canceled", "PendingFill", "Filled", "Expired", "Failed"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.QuotePage, m.Quote]:
        """Quotes, newest first; `limit` is 1 to 100 (50 when left out). `GET /v5/rfq/quote-list`."""
        return self._pages(
            GET_QUOTE_LIST, timeout, rfq_id=rfq_id, quote_id=quote_id, quote_link_id=quote_link_id,
            trader_type=trader_type, status=status, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_quote_realtime(
        self,
        *,
        rfq_id: str | None = None,
        quote_id: str | None = None,
        quote_link_id: str | None = None,
        trader_type: Literal["quote", "request"] | None = None,
        timeout: float | None = None,
    ) -> Rows[m.Quote]:
        """Quotes that are still active. `GET /v5/rfq/quote-realtime`."""
        return await self._call(
            GET_QUOTE_REALTIME, timeout, rfq_id=rfq_id, quote_id=quote_id, quote_link_id=quote_link_id,
            trader_type=trader_type,
        )  # fmt: skip

    def get_trade_list(
        self,
        *,
        rfq_id: str | None = None,
        rfq_link_id: str | None = None,
        quote_id: str | None = None,
        quote_link_id: str | None = None,
        trader_type: Literal["quote", "request"] | None = None,
        status: Literal["Filled", "Failed"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.RfqTradePage, m.RfqTrade]:
        """The account's block trades, newest first; `limit` is 1 to 100 (50 when left out).

        `GET /v5/rfq/trade-list`.
        """
        return self._pages(
            GET_TRADE_LIST, timeout, rfq_id=rfq_id, rfq_link_id=rfq_link_id, quote_id=quote_id,
            quote_link_id=quote_link_id, trader_type=trader_type, status=status, limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_public_trades(
        self,
        *,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.RfqPublicTradePage, m.RfqPublicTrade]:
        """Everyone's block trades, newest first; `limit` is 1 to 100 (50 when left out), a span at most 30 days.

        `GET /v5/rfq/public-trades`.
        """
        return self._pages(
            GET_PUBLIC_TRADES, timeout, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip
