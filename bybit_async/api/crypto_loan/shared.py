"""What fixed and flexible crypto loans share: coins, limits, collateral."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_wires
from bybit_async.models import crypto_loan as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Page, Rows, plain

GET_BORROWABLE_COINS_NEW_CRYPTO_LOAN = get(
    "/v5/crypto-loan-common/loanable-data",
    "crypto_loan.get_borrowable_coins_new_crypto_loan",
    Rows[m.BorrowableCoin],
    signed=False,
)
GET_COLLATERAL_COINS_NEW_CRYPTO_LOAN = get(
    "/v5/crypto-loan-common/collateral-data",
    "crypto_loan.get_collateral_coins_new_crypto_loan",
    m.CollateralCoins,
    signed=False,
)
GET_MAX_ALLOWED_COLLATERAL_REDUCTION_AMOUNT_NEW_CRYPTO_LOAN = get(
    "/v5/crypto-loan-common/max-collateral-amount",
    "crypto_loan.get_max_allowed_collateral_reduction_amount_new_crypto_loan",
    m.MaxCollateralReduction,
)
GET_MAX_LOAN_AMOUNT_NEW_CRYPTO_LOAN = post(
    "/v5/crypto-loan-common/max-loan", "crypto_loan.get_max_loan_amount_new_crypto_loan", m.MaxLoan, write=False
)
ADJUST_COLLATERAL_AMOUNT_NEW_CRYPTO_LOAN = post(
    "/v5/crypto-loan-common/adjust-ltv",
    "crypto_loan.adjust_collateral_amount_new_crypto_loan",
    m.CollateralAdjustmentAck,
)
GET_LTV_ADJUSTMENT_HISTORY_NEW_CRYPTO_LOAN = get(
    "/v5/crypto-loan-common/adjustment-history",
    "crypto_loan.get_ltv_adjustment_history_new_crypto_loan",
    Page[m.CollateralAdjustment],
)
GET_POSITION_NEW_CRYPTO_LOAN = get(
    "/v5/crypto-loan-common/position", "crypto_loan.get_position_new_crypto_loan", m.LoanPosition
)


class SharedLoans(Resource):
    """The shared part of `CryptoLoan`."""

    __slots__ = ()

    async def get_borrowable_coins_new_crypto_loan(
        self, *, vip_level: str | None = None, currency: str | None = None, timeout: float | None = None
    ) -> Rows[m.BorrowableCoin]:
        """Coins that can be borrowed, with limits and yearly rates. `GET /v5/crypto-loan-common/loanable-data`."""
        return await self._call(
            GET_BORROWABLE_COINS_NEW_CRYPTO_LOAN, timeout, vip_level=vip_level, currency=currency,
        )  # fmt: skip

    async def get_collateral_coins_new_crypto_loan(
        self, *, currency: str | None = None, timeout: float | None = None
    ) -> m.CollateralCoins:
        """Coins that serve as collateral, with their ratios and the order of liquidation.

        `GET /v5/crypto-loan-common/collateral-data`.
        """
        return await self._call(GET_COLLATERAL_COINS_NEW_CRYPTO_LOAN, timeout, currency=currency)

    async def get_max_allowed_collateral_reduction_amount_new_crypto_loan(
        self, *, currency: str, timeout: float | None = None
    ) -> m.MaxCollateralReduction:
        """How much collateral can be taken out. `GET /v5/crypto-loan-common/max-collateral-amount`."""
        return await self._call(
            GET_MAX_ALLOWED_COLLATERAL_REDUCTION_AMOUNT_NEW_CRYPTO_LOAN, timeout, currency=currency,
        )  # fmt: skip

    async def get_max_loan_amount_new_crypto_loan(
        self,
        *,
        currency: str,
        collateral: Sequence[m.MoreCollateral | Fields] | None = None,
        timeout: float | None = None,
    ) -> m.MaxLoan:
        """The most that can be borrowed with the present collateral and with more.

        `POST /v5/crypto-loan-common/max-loan`.
        """
        return await self._call(
            GET_MAX_LOAN_AMOUNT_NEW_CRYPTO_LOAN, timeout, currency=currency,
            collateral_list=none_or_wires(m.MoreCollateral, collateral, "collateral"),
        )  # fmt: skip

    async def adjust_collateral_amount_new_crypto_loan(
        self, *, currency: str, amount: Number, direction: Literal["0", "1"], timeout: float | None = None
    ) -> m.CollateralAdjustmentAck:
        """Add collateral (``0``) or take it out (``1``). `POST /v5/crypto-loan-common/adjust-ltv`."""
        return await self._call(
            ADJUST_COLLATERAL_AMOUNT_NEW_CRYPTO_LOAN, timeout, currency=currency, amount=plain(amount, "amount"),
            direction=direction,
        )  # fmt: skip

    def get_ltv_adjustment_history_new_crypto_loan(
        self,
        *,
        adjust_id: str | None = None,
        collateral_currency: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.CollateralAdjustment], m.CollateralAdjustment]:
        """Changes of the collateral, newest first; `limit` is 1 to 100 (10 when left out).

        `GET /v5/crypto-loan-common/adjustment-history`.
        """
        return self._pages(
            GET_LTV_ADJUSTMENT_HISTORY_NEW_CRYPTO_LOAN, timeout, adjust_id=adjust_id,
            collateral_currency=collateral_currency, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_position_new_crypto_loan(self, *, timeout: float | None = None) -> m.LoanPosition:
        """Debts, collateral and loan-to-value of all loans. `GET /v5/crypto-loan-common/position`."""
        return await self._call(GET_POSITION_NEW_CRYPTO_LOAN, timeout)
