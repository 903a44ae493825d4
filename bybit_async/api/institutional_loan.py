"""Loans of institutional clients."""

from __future__ import annotations

from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.resource import Resource
from bybit_async.models import institutional_loan as m
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Page, Time, none_or_milliseconds, plain

GET_PRODUCT_INFO = get(
    "/v5/ins-loan/product-infos", "institutional_loan.get_product_info", m.LoanProducts, signed=False
)
GET_MARGIN_COIN_INFO = get(
    "/v5/ins-loan/ensure-tokens-convert", "institutional_loan.get_margin_coin_info", m.MarginTokens, signed=False
)
GET_FLAT_MARGIN_COIN_INFO = get(
    "/v5/ins-loan/ensure-tokens",
    "institutional_loan.get_flat_margin_coin_info",
    m.FlatMarginTokens,
    signed=False,
    deprecated="InstitutionalLoan.get_margin_coin_info",
)
GET_LOAN_ORDERS = get("/v5/ins-loan/loan-order", "institutional_loan.get_loan_orders", m.LoanOrders)
GET_REPAYMENT_INFO = get("/v5/ins-loan/repaid-history", "institutional_loan.get_repayment_info", m.LoanRepayments)
GET_LTV = get("/v5/ins-loan/ltv-convert", "institutional_loan.get_ltv", m.RiskUnitLtvs)
GET_FLAT_LTV = get(
    "/v5/ins-loan/ltv", "institutional_loan.get_flat_ltv", m.FlatLtvs, deprecated="InstitutionalLoan.get_ltv"
)
GET_COIN_DELTA_AMOUNT = get(
    "/v5/ins-loan/coin-delta-amount", "institutional_loan.get_coin_delta_amount", m.DeltaAmounts
)
BIND_OR_UNBIND_UID = post("/v5/ins-loan/association-uid", "institutional_loan.bind_or_unbind_uid", m.UidBinding)
REPAY_LOAN = post("/v5/ins-loan/repay-loan", "institutional_loan.repay_loan", m.RepayAck)
GET_INSTITUTION_IP_CHANGE_LOG = get(
    "/v5/ins/ip/changelog", "institutional_loan.get_institution_ip_change_log", Page[m.IpChange]
)
GET_INSTITUTION_WHITELIST_IP = get(
    "/v5/ins/whitelist/ip", "institutional_loan.get_institution_whitelist_ip", list[m.IpWhitelist]
)


class InstitutionalLoan(Resource):
    """Loans, risk units and whitelists of institutional clients."""

    __slots__ = ()

    async def get_product_info(self, *, product_id: str | None = None, timeout: float | None = None) -> m.LoanProducts:
        """Loan products; all of them when `product_id` is left out. `GET /v5/ins-loan/product-infos`."""
        return await self._call(GET_PRODUCT_INFO, timeout, product_id=product_id)

    async def get_margin_coin_info(
        self, *, product_id: str | None = None, timeout: float | None = None
    ) -> m.MarginTokens:
        """What counts as margin for a product, by tiers; all products when `product_id` is left out.

        `GET /v5/ins-loan/ensure-tokens-convert`.
        """
        return await self._call(GET_MARGIN_COIN_INFO, timeout, product_id=product_id)

    @deprecated("Use InstitutionalLoan.get_margin_coin_info.")
    async def get_flat_margin_coin_info(
        self, *, product_id: str | None = None, timeout: float | None = None
    ) -> m.FlatMarginTokens:
        """What counts as margin for a product, without tiers. `GET /v5/ins-loan/ensure-tokens`."""
        return await self._call(GET_FLAT_MARGIN_COIN_INFO, timeout, product_id=product_id)

    async def get_loan_orders(
        self,
        *,
        order_id: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.LoanOrders:
        """Loans of the last two years, newest first; `limit` is 1 to 100 (10 when left out).

        `GET /v5/ins-loan/loan-order`.
        """
        return await self._call(
            GET_LOAN_ORDERS, timeout, order_id=order_id, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit,
        )  # fmt: skip

    async def get_repayment_info(
        self,
        *,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.LoanRepayments:
        """Repayments of the last two years, newest first; `limit` is 1 to 100 (100 when left out).

        `GET /v5/ins-loan/repaid-history`.
        """
        return await self._call(
            GET_REPAYMENT_INFO, timeout, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit,
        )  # fmt: skip

    async def get_ltv(self, *, timeout: float | None = None) -> m.RiskUnitLtvs:
        """The loan-to-value of the risk unit and what it is made of. `GET /v5/ins-loan/ltv-convert`."""
        return await self._call(GET_LTV, timeout)

    @deprecated("Use InstitutionalLoan.get_ltv.")
    async def get_flat_ltv(self, *, timeout: float | None = None) -> m.FlatLtvs:
        """The loan-to-value of the risk unit, without tiers. `GET /v5/ins-loan/ltv`."""
        return await self._call(GET_FLAT_LTV, timeout)

    async def get_coin_delta_amount(self, *, coin: str | None = None, timeout: float | None = None) -> m.DeltaAmounts:
        """The risk unit's delta limits in USD; all coins when `coin` is left out.

        `GET /v5/ins-loan/coin-delta-amount`.
        """
        return await self._call(GET_COIN_DELTA_AMOUNT, timeout, coin=coin)

    async def bind_or_unbind_uid(
        self, *, uid: str, operate: Literal["0", "1"], timeout: float | None = None
    ) -> m.UidBinding:
        """Bind a user to the risk unit (``0``) or unbind it (``1``). `POST /v5/ins-loan/association-uid`."""
        return await self._call(BIND_OR_UNBIND_UID, timeout, uid=uid, operate=operate)

    async def repay_loan(self, *, token: str, quantity: Number, timeout: float | None = None) -> m.RepayAck:
        """Repay a loan. `POST /v5/ins-loan/repay-loan`."""
        return await self._call(REPAY_LOAN, timeout, token=token, quantity=plain(quantity, "quantity"))

    def get_institution_ip_change_log(
        self,
        *,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.IpChange], m.IpChange]:
        """Changes of the institution's address whitelist; `limit` is 1 to 50 (20 when left out).

        `GET /v5/ins/ip/changelog`.
        """
        return self._pages(
            GET_INSTITUTION_IP_CHANGE_LOG, timeout, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_institution_whitelist_ip(self, *, timeout: float | None = None) -> list[m.IpWhitelist]:
        """The institution's whitelisted addresses. `GET /v5/ins/whitelist/ip`."""
        return await self._call(GET_INSTITUTION_WHITELIST_IP, timeout)
