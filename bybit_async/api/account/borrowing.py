"""Borrowing, repaying, and collateral."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bybit_async.api.setting import Setting, SettingResource
from bybit_async.errors import InvalidParameter
from bybit_async.models import account as m
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Time, none_or_milliseconds, none_or_plain, plain

RepaymentType = Literal["ALL", "FIXED", "FLEXIBLE"]

BORROW = post("/v5/account/borrow", "account.borrow", m.Borrowed)
GET_BORROW_HISTORY = get("/v5/account/borrow-history", "account.get_borrow_history", m.BorrowRecordPage)
REPAY = post("/v5/account/repay", "account.repay", m.RepaymentStatus)
MANUAL_NO_CONVERT_REPAY = post("/v5/account/no-convert-repay", "account.manual_no_convert_repay", m.RepaymentStatus)
REPAY_LIABILITY = post("/v5/account/quick-repayment", "account.repay_liability", m.Repayments)
GET_PAY_INFO = get("/v5/account/pay-info", "account.get_pay_info", m.PayInfo)
GET_COLLATERAL_INFO = get("/v5/account/collateral-info", "account.get_collateral_info", m.Collaterals)
SET_COLLATERAL_COIN = post("/v5/account/set-collateral-switch", "account.set_collateral_coin", Nothing)
BATCH_SET_COLLATERAL_COIN = post(
    "/v5/account/set-collateral-switch-batch", "account.batch_set_collateral_coin", m.CollateralSwitches
)


class Borrowing(SettingResource):
    """The part of `Account` that borrows, repays, and secures it."""

    __slots__ = ()

    async def borrow(self, *, coin: str, amount: Number, timeout: float | None = None) -> m.Borrowed:
        """Borrow a coin at the floating rate. `POST /v5/account/borrow`."""
        return await self._call(BORROW, timeout, coin=coin, amount=plain(amount, "amount"))

    def get_borrow_history(
        self,
        *,
        currency: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.BorrowRecordPage, m.BorrowRecord]:
        """Hourly interest of the last two years, newest first within each window of 30 days.

        Without `start` and `end` the last 30 days are listed. `limit` is 1 to 50 (20 when left out).
        `GET /v5/account/borrow-history`.
        """
        return self._pages(
            GET_BORROW_HISTORY, timeout, currency=currency, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip

    async def repay(
        self,
        *,
        coin: str | None = None,
        amount: Number | None = None,
        repayment_type: RepaymentType | None = None,
        timeout: float | None = None,
    ) -> m.RepaymentStatus:
        """Repay a coin, or all of them; collateral is converted where the coin's balance does not suffice.

        `amount` needs `coin`. `repayment_type` picks loans of fixed or floating rate. `POST /v5/account/repay`.
        """
        if amount is not None and coin is None:
            raise InvalidParameter("coin", "an amount needs its coin")
        return await self._call(
            REPAY, timeout, coin=coin, amount=none_or_plain(amount, "amount"), repayment_type=repayment_type
        )

    async def manual_no_convert_repay(
        self,
        *,
        coin: str,
        amount: Number | None = None,
        repayment_type: RepaymentType | None = None,
        timeout: float | None = None,
    ) -> m.RepaymentStatus:
        """Repay a coin with its own balance only, nothing is converted. `POST /v5/account/no-convert-repay`."""
        return await self._call(
            MANUAL_NO_CONVERT_REPAY, timeout, coin=coin, amount=none_or_plain(amount, "amount"),
            repayment_type=repayment_type,
        )  # fmt: skip

    async def repay_liability(self, *, coin: str | None = None, timeout: float | None = None) -> m.Repayments:
        """Repay what is owed in one coin, or in all; Bybit points many accounts to `repay` instead.

        `POST /v5/account/quick-repayment`.
        """
        return await self._call(REPAY_LIABILITY, timeout, coin=coin)

    async def get_pay_info(self, *, coin: str | None = None, timeout: float | None = None) -> m.PayInfo:
        """What is owed in a coin and what it can be repaid with. `GET /v5/account/pay-info`."""
        return await self._call(GET_PAY_INFO, timeout, coin=coin)

    async def get_collateral_info(self, *, currency: str | None = None, timeout: float | None = None) -> m.Collaterals:
        """Rates, limits and switches of one currency, or of all. `GET /v5/account/collateral-info`."""
        return await self._call(GET_COLLATERAL_INFO, timeout, currency=currency)

    async def set_collateral_coin(
        self, *, coin: str, collateral_switch: m.OnOff, timeout: float | None = None
    ) -> Setting:
        """Lend a coin as collateral, or not; USDT and USDC always are. `POST /v5/account/set-collateral-switch`."""
        return await self._set(SET_COLLATERAL_COIN, timeout, coin=coin, collateral_switch=collateral_switch)

    async def batch_set_collateral_coin(
        self, *, request: Sequence[m.CollateralSwitch], timeout: float | None = None
    ) -> m.CollateralSwitches:
        """Lend several coins as collateral, or not. `POST /v5/account/set-collateral-switch-batch`."""
        if not request:
            raise InvalidParameter("request", "expected at least one coin")
        items = [{"coin": item.coin, "collateralSwitch": item.collateral_switch} for item in request]
        return await self._call(BATCH_SET_COLLATERAL_COIN, timeout, request=items)
