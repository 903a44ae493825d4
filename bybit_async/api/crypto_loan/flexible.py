"""Crypto loans with a floating hourly rate."""

from __future__ import annotations

from collections.abc import Sequence

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_wires
from bybit_async.models import crypto_loan as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Page, Rows, plain

BORROW_FLEXIBLE_CRYPTO_LOAN = post(
    "/v5/crypto-loan-flexible/borrow", "crypto_loan.borrow_flexible_crypto_loan", m.LoanOrderId
)
REPAY_FLEXIBLE_CRYPTO_LOAN = post(
    "/v5/crypto-loan-flexible/repay", "crypto_loan.repay_flexible_crypto_loan", m.LoanRepaymentId
)
COLLATERAL_REPAYMENT_FLEXIBLE_CRYPTO_LOAN = post(
    "/v5/crypto-loan-flexible/repay-collateral", "crypto_loan.collateral_repayment_flexible_crypto_loan", Nothing
)
GET_FLEXIBLE_LOANS_FLEXIBLE_CRYPTO_LOAN = get(
    "/v5/crypto-loan-flexible/ongoing-coin", "crypto_loan.get_flexible_loans_flexible_crypto_loan", Rows[m.FlexibleDebt]
)
GET_BORROWING_HISTORY_FLEXIBLE_CRYPTO_LOAN = get(
    "/v5/crypto-loan-flexible/borrow-history",
    "crypto_loan.get_borrowing_history_flexible_crypto_loan",
    Page[m.FlexibleBorrow],
)
GET_REPAYMENT_HISTORY_FLEXIBLE_CRYPTO_LOAN = get(
    "/v5/crypto-loan-flexible/repayment-history",
    "crypto_loan.get_repayment_history_flexible_crypto_loan",
    Page[m.FlexibleRepayment],
)


class FlexibleLoans(Resource):
    """The flexible part of `CryptoLoan`."""

    __slots__ = ()

    async def borrow_flexible_crypto_loan(
        self,
        *,
        loan_currency: str,
        loan_amount: Number,
        collateral: Sequence[m.CollateralAmount | Fields] | None = None,
        timeout: float | None = None,
    ) -> m.LoanOrderId:
        """Borrow a coin, pledging up to 100 others. `POST /v5/crypto-loan-flexible/borrow`."""
        return await self._call(
            BORROW_FLEXIBLE_CRYPTO_LOAN,
            timeout,
            loan_currency=loan_currency,
            loan_amount=plain(loan_amount, "loan_amount"),
            collateral_list=none_or_wires(m.CollateralAmount, collateral, "collateral"),
        )

    async def repay_flexible_crypto_loan(
        self, *, loan_currency: str, amount: Number, timeout: float | None = None
    ) -> m.LoanRepaymentId:
        """Repay a coin. `POST /v5/crypto-loan-flexible/repay`."""
        return await self._call(
            REPAY_FLEXIBLE_CRYPTO_LOAN, timeout, loan_currency=loan_currency, amount=plain(amount, "amount"),
        )  # fmt: skip

    async def collateral_repayment_flexible_crypto_loan(
        self, *, loan_currency: str, collateral_coin: str, amount: Number, timeout: float | None = None
    ) -> Nothing:
        """Repay with collateral; `collateral_coin` takes several, comma-separated.

        `POST /v5/crypto-loan-flexible/repay-collateral`.
        """
        return await self._call(
            COLLATERAL_REPAYMENT_FLEXIBLE_CRYPTO_LOAN, timeout, loan_currency=loan_currency,
            collateral_coin=collateral_coin, amount=plain(amount, "amount"),
        )  # fmt: skip

    async def get_flexible_loans_flexible_crypto_loan(
        self, *, loan_currency: str | None = None, timeout: float | None = None
    ) -> Rows[m.FlexibleDebt]:
        """Debts; all coins when `loan_currency` is left out. `GET /v5/crypto-loan-flexible/ongoing-coin`."""
        return await self._call(
            GET_FLEXIBLE_LOANS_FLEXIBLE_CRYPTO_LOAN, timeout, loan_currency=loan_currency,
        )  # fmt: skip

    def get_borrowing_history_flexible_crypto_loan(
        self,
        *,
        order_id: str | None = None,
        loan_currency: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.FlexibleBorrow], m.FlexibleBorrow]:
        """Loans, newest first; `limit` is 1 to 100 (10 when left out).

        `GET /v5/crypto-loan-flexible/borrow-history`.
        """
        return self._pages(
            GET_BORROWING_HISTORY_FLEXIBLE_CRYPTO_LOAN, timeout, order_id=order_id, loan_currency=loan_currency,
            limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_repayment_history_flexible_crypto_loan(
        self,
        *,
        repay_id: str | None = None,
        loan_currency: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.FlexibleRepayment], m.FlexibleRepayment]:
        """Repayments, newest first; `limit` is 1 to 100 (10 when left out).

        `GET /v5/crypto-loan-flexible/repayment-history`.
        """
        return self._pages(
            GET_REPAYMENT_HISTORY_FLEXIBLE_CRYPTO_LOAN, timeout, repay_id=repay_id, loan_currency=loan_currency,
            limit=limit, cursor=cursor,
        )  # fmt: skip
