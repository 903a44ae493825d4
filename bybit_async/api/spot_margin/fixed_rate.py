"""Borrowing at a fixed rate for a fixed time."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.models import spot_margin as m
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Page, Rows, none_or_plain, plain

GET_FIXED_AVAILABLE_INVENTORY = get(
    "/v5/spot-margin-trade/fixed-available-inventory", "spot_margin.get_fixed_available_inventory", m.FixedInventory
)
CREATE_FIXED_BORROW = post("/v5/spot-margin-trade/fixedborrow", "spot_margin.create_fixed_borrow", m.FixedBorrowAck)
GET_FIXED_BORROW_CONTRACT_INFO = get(
    "/v5/spot-margin-trade/fixedborrow-contract-info",
    "spot_margin.get_fixed_borrow_contract_info",
    Page[m.FixedBorrowContract],
)
GET_FIXED_BORROW_ORDER_INFO = get(
    "/v5/spot-margin-trade/fixedborrow-order-info", "spot_margin.get_fixed_borrow_order_info", Page[m.FixedBorrowOrder]
)
GET_FIXED_BORROW_ORDER_QUOTE = get(
    "/v5/spot-margin-trade/fixedborrow-order-quote",
    "spot_margin.get_fixed_borrow_order_quote",
    Rows[m.FixedBorrowQuote],
)
RENEW_FIXED_BORROW = post("/v5/spot-margin-trade/fixedborrow-renew", "spot_margin.renew_fixed_borrow", str)


class FixedRate(Resource):
    """The fixed rate part of `SpotMargin`."""

    __slots__ = ()

    async def get_fixed_available_inventory(
        self, *, currency: str, term: str, annual_rate: Number, timeout: float | None = None
    ) -> m.FixedInventory:
        """What can be borrowed for a term at a rate. `GET /v5/spot-margin-trade/fixed-available-inventory`."""
        return await self._call(
            GET_FIXED_AVAILABLE_INVENTORY, timeout, currency=currency, term=term,
            annual_rate=plain(annual_rate, "annual_rate"),
        )  # fmt: skip

    async def create_fixed_borrow(
        self,
        *,
        order_currency: str,
        order_amount: Number,
        annual_rate: Number,
        term: Literal["7", "14", "30", "90", "180"],
        repay_type: Literal["1", "2"] | None = None,
        strategy_type: Literal["PARTIAL", "FULL"] | None = None,
        timeout: float | None = None,
    ) -> m.FixedBorrowAck:
        """Borrow at a fixed yearly rate (``0.02`` is 2 %).

        `repay_type` 1 repays at the end by itself, 2 turns the rest into a flexible loan; `strategy_type` FULL refuses
        partial fills. `POST /v5/spot-margin-trade/fixedborrow`.
        """
        return await self._call(
            CREATE_FIXED_BORROW, timeout, order_currency=order_currency,
            order_amount=plain(order_amount, "order_amount"), annual_rate=plain(annual_rate, "annual_rate"),
            term=term, repay_type=repay_type, strategy_type=strategy_type,
        )  # fmt: skip

    def get_fixed_borrow_contract_info(
        self,
        *,
        order_id: str | None = None,
        order_currency: str | None = None,
        term: Literal["7", "14", "30", "90", "180"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.FixedBorrowContract], m.FixedBorrowContract]:
        """Fixed-rate loans; `limit` is 1 to 100 (10 when left out).

        `GET /v5/spot-margin-trade/fixedborrow-contract-info`.
        """
        return self._pages(
            GET_FIXED_BORROW_CONTRACT_INFO, timeout, order_id=order_id, order_currency=order_currency, term=term,
            limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_fixed_borrow_order_info(
        self,
        *,
        order_id: str | None = None,
        order_currency: str | None = None,
        state: Literal["1", "2", "3", "4"] | None = None,
        term: Literal["7", "14", "30", "90", "180"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.FixedBorrowOrder], m.FixedBorrowOrder]:
        """Orders for fixed-rate loans; `limit` is 1 to 100 (10 when left out).

        `GET /v5/spot-margin-trade/fixedborrow-order-info`.
        """
        return self._pages(
            GET_FIXED_BORROW_ORDER_INFO, timeout, order_id=order_id, order_currency=order_currency, state=state,
            term=term, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_fixed_borrow_order_quote(
        self,
        *,
        order_currency: str,
        term: Literal["7", "14", "30", "90", "180"] | None = None,
        order_by: Literal["apy", "term", "quantity"] | None = None,
        sort: Literal[0, 1] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Rows[m.FixedBorrowQuote]:
        """Fixed-rate offers on the market; `sort` is 0 ascending, 1 descending.

        `GET /v5/spot-margin-trade/fixedborrow-order-quote`.
        """
        return await self._call(
            GET_FIXED_BORROW_ORDER_QUOTE, timeout, order_currency=order_currency, term=term, order_by=order_by,
            sort=sort, limit=limit,
        )  # fmt: skip

    async def renew_fixed_borrow(self, *, loan_id: str, qty: Number | None = None, timeout: float | None = None) -> str:
        """Renew a fixed-rate loan, wholly or by `qty`; answers ``Success`` or ``Failure``.

        `POST /v5/spot-margin-trade/fixedborrow-renew`.
        """
        return await self._call(RENEW_FIXED_BORROW, timeout, loan_id=loan_id, qty=none_or_plain(qty, "qty"))
