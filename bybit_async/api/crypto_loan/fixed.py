"""Crypto loans with a fixed rate and term, on both sides of the market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_wires
from bybit_async.models import crypto_loan as m
from bybit_async.models.building import Fields
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Page, Rows, plain

GET_LENDING_MARKET_FIXED_CRYPTO_LOAN = get(
    "/v5/crypto-loan-fixed/supply-order-quote",
    "crypto_loan.get_lending_market_fixed_crypto_loan",
    Rows[m.LoanQuote],
    signed=False,
)
GET_BORROWING_MARKET_FIXED_CRYPTO_LOAN = get(
    "/v5/crypto-loan-fixed/borrow-order-quote",
    "crypto_loan.get_borrowing_market_fixed_crypto_loan",
    Rows[m.LoanQuote],
    signed=False,
)
BORROW_FIXED_CRYPTO_LOAN = post("/v5/crypto-loan-fixed/borrow", "crypto_loan.borrow_fixed_crypto_loan", m.LoanOrderId)
RENEW_FIXED_CRYPTO_LOAN = post("/v5/crypto-loan-fixed/renew", "crypto_loan.renew_fixed_crypto_loan", m.LoanOrderId)
CREATE_LENDING_ORDER_FIXED_CRYPTO_LOAN = post(
    "/v5/crypto-loan-fixed/supply", "crypto_loan.create_lending_order_fixed_crypto_loan", m.LoanOrderId
)
CANCEL_BORROWING_ORDER_FIXED_CRYPTO_LOAN = post(
    "/v5/crypto-loan-fixed/borrow-order-cancel", "crypto_loan.cancel_borrowing_order_fixed_crypto_loan", Nothing
)
CANCEL_LENDING_ORDER_FIXED_CRYPTO_LOAN = post(
    "/v5/crypto-loan-fixed/supply-order-cancel", "crypto_loan.cancel_lending_order_fixed_crypto_loan", Nothing
)
GET_BORROWING_CONTRACT_INFO_FIXED_CRYPTO_LOAN = get(
    "/v5/crypto-loan-fixed/borrow-contract-info",
    "crypto_loan.get_borrowing_contract_info_fixed_crypto_loan",
    Page[m.BorrowContract],
)
GET_LENDING_CONTRACT_INFO_FIXED_CRYPTO_LOAN = get(
    "/v5/crypto-loan-fixed/supply-contract-info",
    "crypto_loan.get_lending_contract_info_fixed_crypto_loan",
    Page[m.SupplyContract],
)
GET_BORROWING_ORDERS_FIXED_CRYPTO_LOAN = get(
    "/v5/crypto-loan-fixed/borrow-order-info", "crypto_loan.get_borrowing_orders_fixed_crypto_loan", Page[m.BorrowOrder]
)
GET_LENDING_ORDERS_FIXED_CRYPTO_LOAN = get(
    "/v5/crypto-loan-fixed/supply-order-info", "crypto_loan.get_lending_orders_fixed_crypto_loan", Page[m.SupplyOrder]
)
GET_RENEWAL_ORDERS_FIXED_CRYPTO_LOAN = get(
    "/v5/crypto-loan-fixed/renew-info", "crypto_loan.get_renewal_orders_fixed_crypto_loan", Page[m.LoanRenewal]
)
REPAY_FIXED_CRYPTO_LOAN = post(
    "/v5/crypto-loan-fixed/fully-repay", "crypto_loan.repay_fixed_crypto_loan", m.LoanRepaymentId
)
COLLATERAL_REPAYMENT_FIXED_CRYPTO_LOAN = post(
    "/v5/crypto-loan-fixed/repay-collateral", "crypto_loan.collateral_repayment_fixed_crypto_loan", Nothing
)
GET_REPAYMENT_HISTORY_FIXED_CRYPTO_LOAN = get(
    "/v5/crypto-loan-fixed/repayment-history",
    "crypto_loan.get_repayment_history_fixed_crypto_loan",
    Page[m.FixedRepayment],
)


class FixedLoans(Resource):
    """The fixed part of `CryptoLoan`."""

    __slots__ = ()

    async def get_lending_market_fixed_crypto_loan(
        self,
        *,
        order_currency: str,
        order_by: Literal["apy", "term", "quantity"],
        term: Literal["7", "14", "30", "90", "180"] | None = None,
        sort: Literal[0, 1] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Rows[m.LoanQuote]:
        """What lenders offer; `sort` is 0 ascending, 1 descending, `limit` 1 to 100 (10 when left out).

        `GET /v5/crypto-loan-fixed/supply-order-quote`.
        """
        return await self._call(
            GET_LENDING_MARKET_FIXED_CRYPTO_LOAN, timeout, order_currency=order_currency, order_by=order_by,
            term=term, sort=sort, limit=limit,
        )  # fmt: skip

    async def get_borrowing_market_fixed_crypto_loan(
        self,
        *,
        order_currency: str,
        order_by: Literal["apy", "term", "quantity"],
        term: Literal["7", "14", "30", "90", "180"] | None = None,
        sort: Literal[0, 1] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Rows[m.LoanQuote]:
        """What borrowers offer; `sort` is 0 ascending, 1 descending, `limit` 1 to 100 (10 when left out).

        `GET /v5/crypto-loan-fixed/borrow-order-quote`.
        """
        return await self._call(
            GET_BORROWING_MARKET_FIXED_CRYPTO_LOAN, timeout, order_currency=order_currency, order_by=order_by,
            term=term, sort=sort, limit=limit,
        )  # fmt: skip

    async def borrow_fixed_crypto_loan(
        self,
        *,
        order_currency: str,
        order_amount: Number,
        annual_rate: Number,
        term: Literal["7", "14", "30", "90", "180"],
        auto_repay: Literal["true", "false"] | None = None,
        repay_type: Literal["1", "2"] | None = None,
        collateral: Sequence[m.CollateralAmount | Fields] | None = None,
        timeout: float | None = None,
    ) -> m.LoanOrderId:
        """Order a loan at a yearly rate of your own (``0.02`` is 2 %).

        `repay_type` is ``1`` to repay at the end by itself, ``2`` to turn it into a flexible loan.
        `POST /v5/crypto-loan-fixed/borrow`.
        """
        return await self._call(
            BORROW_FIXED_CRYPTO_LOAN,
            timeout,
            order_currency=order_currency,
            order_amount=plain(order_amount, "order_amount"),
            annual_rate=plain(annual_rate, "annual_rate"),
            term=term,
            auto_repay=auto_repay,
            repay_type=repay_type,
            collateral_list=none_or_wires(m.CollateralAmount, collateral, "collateral"),
        )

    async def renew_fixed_crypto_loan(
        self,
        *,
        loan_id: str,
        collateral: Sequence[m.CollateralAmount | Fields] | None = None,
        timeout: float | None = None,
    ) -> m.LoanOrderId:
        """Renew a loan. `POST /v5/crypto-loan-fixed/renew`."""
        return await self._call(
            RENEW_FIXED_CRYPTO_LOAN,
            timeout,
            loan_id=loan_id,
            collateral_list=none_or_wires(m.CollateralAmount, collateral, "collateral"),
        )

    async def create_lending_order_fixed_crypto_loan(
        self,
        *,
        order_currency: str,
        order_amount: Number,
        annual_rate: Number,
        term: Literal["7", "14", "30", "90", "180"],
        available_source: Literal["0", "1", "2"] | None = None,
        timeout: float | None = None,
    ) -> m.LoanOrderId:
        """Order to lend at a yearly rate of your own (``0.02`` is 2 %).

        `available_source` is ``0`` funding account, ``1`` flexible savings, ``2`` both.
        `POST /v5/crypto-loan-fixed/supply`.
        """
        return await self._call(
            CREATE_LENDING_ORDER_FIXED_CRYPTO_LOAN, timeout, order_currency=order_currency,
            order_amount=plain(order_amount, "order_amount"), annual_rate=plain(annual_rate, "annual_rate"),
            term=term, available_source=available_source,
        )  # fmt: skip

    async def cancel_borrowing_order_fixed_crypto_loan(self, *, order_id: str, timeout: float | None = None) -> Nothing:
        """Cancel an order for a loan. `POST /v5/crypto-loan-fixed/borrow-order-cancel`."""
        return await self._call(CANCEL_BORROWING_ORDER_FIXED_CRYPTO_LOAN, timeout, order_id=order_id)

    async def cancel_lending_order_fixed_crypto_loan(
        self, *, order_id: str, refunded_account: Literal["0", "1"] | None = None, timeout: float | None = None
    ) -> Nothing:
        """Cancel an order to lend.

        `refunded_account` is ``0`` funding account, ``1`` flexible savings.
        `POST /v5/crypto-loan-fixed/supply-order-cancel`.
        """
        return await self._call(
            CANCEL_LENDING_ORDER_FIXED_CRYPTO_LOAN, timeout, order_id=order_id, refunded_account=refunded_account,
        )  # fmt: skip

    def get_borrowing_contract_info_fixed_crypto_loan(
        self,
        *,
        order_id: str | None = None,
        loan_id: str | None = None,
        order_currency: str | None = None,
        term: Literal["7", "14", "30", "90", "180"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.BorrowContract], m.BorrowContract]:
        """Loans; `limit` is 1 to 100 (10 when left out). `GET /v5/crypto-loan-fixed/borrow-contract-info`."""
        return self._pages(
            GET_BORROWING_CONTRACT_INFO_FIXED_CRYPTO_LOAN, timeout, order_id=order_id, loan_id=loan_id,
            order_currency=order_currency, term=term, limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_lending_contract_info_fixed_crypto_loan(
        self,
        *,
        order_id: str | None = None,
        supply_id: str | None = None,
        supply_currency: str | None = None,
        term: Literal["7", "14", "30", "90", "180"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SupplyContract], m.SupplyContract]:
        """What is lent; `limit` is 1 to 100 (10 when left out). `GET /v5/crypto-loan-fixed/supply-contract-info`."""
        return self._pages(
            GET_LENDING_CONTRACT_INFO_FIXED_CRYPTO_LOAN, timeout, order_id=order_id, supply_id=supply_id,
            supply_currency=supply_currency, term=term, limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_borrowing_orders_fixed_crypto_loan(
        self,
        *,
        order_id: str | None = None,
        order_currency: str | None = None,
        state: Literal["1", "2", "3", "4"] | None = None,
        term: Literal["7", "14", "30", "90", "180"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.BorrowOrder], m.BorrowOrder]:
        """Orders for loans; `limit` is 1 to 100 (10 when left out). `GET /v5/crypto-loan-fixed/borrow-order-info`."""
        return self._pages(
            GET_BORROWING_ORDERS_FIXED_CRYPTO_LOAN, timeout, order_id=order_id, order_currency=order_currency,
            state=state, term=term, limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_lending_orders_fixed_crypto_loan(
        self,
        *,
        order_id: str | None = None,
        order_currency: str | None = None,
        state: Literal["1", "2", "3", "4"] | None = None,
        term: Literal["7", "14", "30", "90", "180"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SupplyOrder], m.SupplyOrder]:
        """Orders to lend; `limit` is 1 to 100 (10 when left out). `GET /v5/crypto-loan-fixed/supply-order-info`."""
        return self._pages(
            GET_LENDING_ORDERS_FIXED_CRYPTO_LOAN, timeout, order_id=order_id, order_currency=order_currency,
            state=state, term=term, limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_renewal_orders_fixed_crypto_loan(
        self,
        *,
        order_id: str | None = None,
        order_currency: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.LoanRenewal], m.LoanRenewal]:
        """Renewals; `limit` is 1 to 100 (10 when left out). `GET /v5/crypto-loan-fixed/renew-info`."""
        return self._pages(
            GET_RENEWAL_ORDERS_FIXED_CRYPTO_LOAN, timeout, order_id=order_id, order_currency=order_currency,
            limit=limit, cursor=cursor,
        )  # fmt: skip

    async def repay_fixed_crypto_loan(
        self, *, loan_id: str | None = None, loan_currency: str | None = None, timeout: float | None = None
    ) -> m.LoanRepaymentId:
        """Repay one loan, or all loans of a coin. `POST /v5/crypto-loan-fixed/fully-repay`."""
        any_of({"loan_id": loan_id, "loan_currency": loan_currency})
        return await self._call(
            REPAY_FIXED_CRYPTO_LOAN, timeout, loan_id=loan_id, loan_currency=loan_currency,
        )  # fmt: skip

    async def collateral_repayment_fixed_crypto_loan(
        self,
        *,
        loan_currency: str,
        collateral_coin: str,
        amount: Number,
        loan_id: str | None = None,
        timeout: float | None = None,
    ) -> Nothing:
        """Repay with collateral; `collateral_coin` takes several, comma-separated.

        `POST /v5/crypto-loan-fixed/repay-collateral`.
        """
        return await self._call(
            COLLATERAL_REPAYMENT_FIXED_CRYPTO_LOAN, timeout, loan_currency=loan_currency,
            collateral_coin=collateral_coin, amount=plain(amount, "amount"), loan_id=loan_id,
        )  # fmt: skip

    def get_repayment_history_fixed_crypto_loan(
        self,
        *,
        repay_id: str | None = None,
        loan_currency: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.FixedRepayment], m.FixedRepayment]:
        """Repayments, newest first; `limit` is 1 to 100 (10 when left out).

        `GET /v5/crypto-loan-fixed/repayment-history`.
        """
        return self._pages(
            GET_REPAYMENT_HISTORY_FIXED_CRYPTO_LOAN, timeout, repay_id=repay_id, loan_currency=loan_currency,
            limit=limit, cursor=cursor,
        )  # fmt: skip
