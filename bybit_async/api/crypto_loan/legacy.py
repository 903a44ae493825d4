"""The first generation of crypto loans, replaced by the fixed and flexible ones."""

from __future__ import annotations

from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.resource import Resource
from bybit_async.models import crypto_loan as m
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Page, none_or_plain, plain

GET_COLLATERAL_COINS = get(
    "/v5/crypto-loan/collateral-data",
    "crypto_loan.get_collateral_coins",
    m.LegacyCollateralCoins,
    signed=False,
    deprecated="CryptoLoan.get_collateral_coins_new_crypto_loan",
)
GET_BORROWABLE_COINS = get(
    "/v5/crypto-loan/loanable-data",
    "crypto_loan.get_borrowable_coins",
    m.LegacyBorrowableCoins,
    signed=False,
    deprecated="CryptoLoan.get_borrowable_coins_new_crypto_loan",
)
GET_ACCOUNT_BORROWABLE_OR_COLLATERALIZABLE_LIMIT = get(
    "/v5/crypto-loan/borrowable-collateralisable-number",
    "crypto_loan.get_account_borrowable_or_collateralizable_limit",
    m.LegacyLoanLimits,
    deprecated="CryptoLoan.get_max_loan_amount_new_crypto_loan",
)
BORROW_CRYPTO_LOAN = post(
    "/v5/crypto-loan/borrow",
    "crypto_loan.borrow_crypto_loan",
    m.LoanOrderId,
    deprecated="CryptoLoan.borrow_flexible_crypto_loan or borrow_fixed_crypto_loan",
)
REPAY_CRYPTO_LOAN = post(
    "/v5/crypto-loan/repay",
    "crypto_loan.repay_crypto_loan",
    m.LoanRepaymentId,
    deprecated="CryptoLoan.repay_flexible_crypto_loan or repay_fixed_crypto_loan",
)
GET_UNPAID_LOANS = get(
    "/v5/crypto-loan/ongoing-orders",
    "crypto_loan.get_unpaid_loans",
    Page[m.LegacyLoan],
    deprecated="CryptoLoan.get_position_new_crypto_loan",
)
GET_LOAN_REPAYMENT_HISTORY = get(
    "/v5/crypto-loan/repayment-history",
    "crypto_loan.get_loan_repayment_history",
    Page[m.LegacyRepayment],
    deprecated="CryptoLoan.get_repayment_history_flexible_crypto_loan",
)
GET_COMPLETED_LOAN_HISTORY = get(
    "/v5/crypto-loan/borrow-history",
    "crypto_loan.get_completed_loan_history",
    Page[m.LegacyCompletedLoan],
    deprecated="CryptoLoan.get_borrowing_history_flexible_crypto_loan",
)
GET_MAX_ALLOWED_COLLATERAL_REDUCTION_AMOUNT = get(
    "/v5/crypto-loan/max-collateral-amount",
    "crypto_loan.get_max_allowed_collateral_reduction_amount",
    m.MaxCollateralReduction,
    deprecated="CryptoLoan.get_max_allowed_collateral_reduction_amount_new_crypto_loan",
)
ADJUST_COLLATERAL_AMOUNT = post(
    "/v5/crypto-loan/adjust-ltv",
    "crypto_loan.adjust_collateral_amount",
    m.LegacyAdjustmentAck,
    deprecated="CryptoLoan.adjust_collateral_amount_new_crypto_loan",
)
GET_CRYPTO_LOAN_LTV_ADJUSTMENT_HISTORY = get(
    "/v5/crypto-loan/adjustment-history",
    "crypto_loan.get_crypto_loan_ltv_adjustment_history",
    Page[m.LegacyAdjustment],
    deprecated="CryptoLoan.get_ltv_adjustment_history_new_crypto_loan",
)


class LegacyLoans(Resource):
    """The legacy part of `CryptoLoan`."""

    __slots__ = ()

    @deprecated("Use CryptoLoan.get_collateral_coins_new_crypto_loan.")
    async def get_collateral_coins(
        self, *, vip_level: str | None = None, currency: str | None = None, timeout: float | None = None
    ) -> m.LegacyCollateralCoins:
        """Coins that serve as collateral, per VIP level. `GET /v5/crypto-loan/collateral-data`."""
        return await self._call(
            GET_COLLATERAL_COINS, timeout, vip_level=vip_level, currency=currency,
        )  # fmt: skip

    @deprecated("Use CryptoLoan.get_borrowable_coins_new_crypto_loan.")
    async def get_borrowable_coins(
        self, *, vip_level: str | None = None, currency: str | None = None, timeout: float | None = None
    ) -> m.LegacyBorrowableCoins:
        """Coins that can be borrowed, per VIP level. `GET /v5/crypto-loan/loanable-data`."""
        return await self._call(
            GET_BORROWABLE_COINS, timeout, vip_level=vip_level, currency=currency,
        )  # fmt: skip

    @deprecated("Use CryptoLoan.get_max_loan_amount_new_crypto_loan.")
    async def get_account_borrowable_or_collateralizable_limit(
        self, *, loan_currency: str, collateral_currency: str, timeout: float | None = None
    ) -> m.LegacyLoanLimits:
        """How much of a pair of coins can be borrowed and pledged.

        `GET /v5/crypto-loan/borrowable-collateralisable-number`.
        """
        return await self._call(
            GET_ACCOUNT_BORROWABLE_OR_COLLATERALIZABLE_LIMIT, timeout, loan_currency=loan_currency,
            collateral_currency=collateral_currency,
        )  # fmt: skip

    @deprecated("Use CryptoLoan.borrow_flexible_crypto_loan or borrow_fixed_crypto_loan.")
    async def borrow_crypto_loan(
        self,
        *,
        loan_currency: str,
        collateral_currency: str,
        loan_amount: Number | None = None,
        loan_term: str | None = None,
        collateral_amount: Number | None = None,
        timeout: float | None = None,
    ) -> m.LoanOrderId:
        """Borrow a coin; give the amount borrowed or the amount pledged.

        Without `loan_term` the loan is flexible. `POST /v5/crypto-loan/borrow`.
        """
        any_of({"loan_amount": loan_amount, "collateral_amount": collateral_amount})
        return await self._call(
            BORROW_CRYPTO_LOAN, timeout, loan_currency=loan_currency, collateral_currency=collateral_currency,
            loan_amount=none_or_plain(loan_amount, "loan_amount"), loan_term=loan_term,
            collateral_amount=none_or_plain(collateral_amount, "collateral_amount"),
        )  # fmt: skip

    @deprecated("Use CryptoLoan.repay_flexible_crypto_loan or repay_fixed_crypto_loan.")
    async def repay_crypto_loan(
        self, *, order_id: str, amount: Number, timeout: float | None = None
    ) -> m.LoanRepaymentId:
        """Repay a loan. `POST /v5/crypto-loan/repay`."""
        return await self._call(
            REPAY_CRYPTO_LOAN, timeout, order_id=order_id, amount=plain(amount, "amount"),
        )  # fmt: skip

    @deprecated("Use CryptoLoan.get_position_new_crypto_loan.")
    def get_unpaid_loans(
        self,
        *,
        order_id: str | None = None,
        loan_currency: str | None = None,
        collateral_currency: str | None = None,
        loan_term_type: str | None = None,
        loan_term: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.LegacyLoan], m.LegacyLoan]:
        """Loans that are not repaid; `limit` is 1 to 100 (10 when left out). `GET /v5/crypto-loan/ongoing-orders`."""
        return self._pages(
            GET_UNPAID_LOANS, timeout, order_id=order_id, loan_currency=loan_currency,
            collateral_currency=collateral_currency, loan_term_type=loan_term_type, loan_term=loan_term,
            limit=limit, cursor=cursor,
        )  # fmt: skip

    @deprecated("Use CryptoLoan.get_repayment_history_flexible_crypto_loan.")
    def get_loan_repayment_history(
        self,
        *,
        order_id: str | None = None,
        repay_id: str | None = None,
        loan_currency: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.LegacyRepayment], m.LegacyRepayment]:
        """Repayments; `limit` is 1 to 100 (10 when left out). `GET /v5/crypto-loan/repayment-history`."""
        return self._pages(
            GET_LOAN_REPAYMENT_HISTORY, timeout, order_id=order_id, repay_id=repay_id, loan_currency=loan_currency,
            limit=limit, cursor=cursor,
        )  # fmt: skip

    @deprecated("Use CryptoLoan.get_borrowing_history_flexible_crypto_loan.")
    def get_completed_loan_history(
        self,
        *,
        order_id: str | None = None,
        loan_currency: str | None = None,
        collateral_currency: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.LegacyCompletedLoan], m.LegacyCompletedLoan]:
        """Loans that are repaid; `limit` is 1 to 100 (10 when left out). `GET /v5/crypto-loan/borrow-history`."""
        return self._pages(
            GET_COMPLETED_LOAN_HISTORY, timeout, order_id=order_id, loan_currency=loan_currency,
            collateral_currency=collateral_currency, limit=limit, cursor=cursor,
        )  # fmt: skip

    @deprecated("Use CryptoLoan.get_max_allowed_collateral_reduction_amount_new_crypto_loan.")
    async def get_max_allowed_collateral_reduction_amount(
        self, *, order_id: str, timeout: float | None = None
    ) -> m.MaxCollateralReduction:
        """How much collateral of a loan can be taken out. `GET /v5/crypto-loan/max-collateral-amount`."""
        return await self._call(
            GET_MAX_ALLOWED_COLLATERAL_REDUCTION_AMOUNT, timeout, order_id=order_id,
        )  # fmt: skip

    @deprecated("Use CryptoLoan.adjust_collateral_amount_new_crypto_loan.")
    async def adjust_collateral_amount(
        self, *, order_id: str, amount: Number, direction: Literal["0", "1"], timeout: float | None = None
    ) -> m.LegacyAdjustmentAck:
        """Add collateral to a loan (``0``) or take it out (``1``). `POST /v5/crypto-loan/adjust-ltv`."""
        return await self._call(
            ADJUST_COLLATERAL_AMOUNT, timeout, order_id=order_id, amount=plain(amount, "amount"),
            direction=direction,
        )  # fmt: skip

    @deprecated("Use CryptoLoan.get_ltv_adjustment_history_new_crypto_loan.")
    def get_crypto_loan_ltv_adjustment_history(
        self,
        *,
        order_id: str | None = None,
        adjust_id: str | None = None,
        collateral_currency: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.LegacyAdjustment], m.LegacyAdjustment]:
        """Changes of the collateral; `limit` is 1 to 100 (10 when left out).

        `GET /v5/crypto-loan/adjustment-history`.
        """
        return self._pages(
            GET_CRYPTO_LOAN_LTV_ADJUSTMENT_HISTORY, timeout, order_id=order_id, adjust_id=adjust_id,
            collateral_currency=collateral_currency, limit=limit, cursor=cursor,
        )  # fmt: skip
