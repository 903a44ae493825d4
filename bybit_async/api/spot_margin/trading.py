"""Margin trading on spot: switches, leverage, rates and limits."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.models import spot_margin as m
from bybit_async.models.checks import both_or_neither
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Page, Rows, Time, none_or_milliseconds, plain

SPOT_MARGIN_TRADE_GET_COIN_STATE = get(
    "/v5/spot-margin-trade/coinstate", "spot_margin.spot_margin_trade_get_coin_state", Rows[m.SpotMarginCoin]
)
GET_TIERED_COLLATERAL_RATIO = get(
    "/v5/spot-margin-trade/collateral",
    "spot_margin.get_tiered_collateral_ratio",
    Rows[m.CollateralRatios],
    signed=False,
)
SPOT_MARGIN_TRADE_GET_CURRENCY_DATA = get(
    "/v5/spot-margin-trade/currency-data", "spot_margin.spot_margin_trade_get_currency_data", Rows[m.BorrowableCurrency]
)
SPOT_MARGIN_TRADE_GET_VIP_MARGIN_DATA = get(
    "/v5/spot-margin-trade/data", "spot_margin.spot_margin_trade_get_vip_margin_data", m.VipMarginData, signed=False
)
GET_FLEXIBLE_AVAILABLE_INVENTORY = get(
    "/v5/spot-margin-trade/flexible-available-inventory",
    "spot_margin.get_flexible_available_inventory",
    m.FlexibleInventory,
)
GET_AUTO_REPAY_MODE = get(
    "/v5/spot-margin-trade/get-auto-repay-mode", "spot_margin.get_auto_repay_mode", m.AutoRepayModes
)
SET_AUTO_REPAY_MODE = post(
    "/v5/spot-margin-trade/set-auto-repay-mode", "spot_margin.set_auto_repay_mode", m.AutoRepayModes
)
SPOT_MARGIN_TRADE_GET_HISTORICAL_INTEREST_RATE = get(
    "/v5/spot-margin-trade/interest-rate-history",
    "spot_margin.spot_margin_trade_get_historical_interest_rate",
    Page[m.HourlyBorrowRate],
)
GET_LIABILITY_INFO = get("/v5/spot-margin-trade/liability", "spot_margin.get_liability_info", m.Liability)
SPOT_MARGIN_TRADE_GET_MAX_BORROWABLE = get(
    "/v5/spot-margin-trade/max-borrowable", "spot_margin.spot_margin_trade_get_max_borrowable", m.MaxBorrowable
)
SPOT_MARGIN_TRADE_GET_POSITION_TIERS = get(
    "/v5/spot-margin-trade/position-tiers", "spot_margin.spot_margin_trade_get_position_tiers", Rows[m.PositionTiers]
)
SPOT_MARGIN_TRADE_GET_REPAYMENT_AVAILABLE_AMOUNT = get(
    "/v5/spot-margin-trade/repayment-available-amount",
    "spot_margin.spot_margin_trade_get_repayment_available_amount",
    m.RepayableAmount,
)
SPOT_MARGIN_TRADE_SET_LEVERAGE = post(
    "/v5/spot-margin-trade/set-leverage", "spot_margin.spot_margin_trade_set_leverage", Nothing
)
SPOT_MARGIN_TRADE_GET_STATUS_AND_LEVERAGE = get(
    "/v5/spot-margin-trade/state", "spot_margin.spot_margin_trade_get_status_and_leverage", m.SpotMarginState
)
SPOT_MARGIN_TRADE_TOGGLE_MARGIN_TRADE = post(
    "/v5/spot-margin-trade/switch-mode", "spot_margin.spot_margin_trade_toggle_margin_trade", m.SpotMarginMode
)


class Trading(Resource):
    """The trading part of `SpotMargin`."""

    __slots__ = ()

    async def spot_margin_trade_get_coin_state(
        self, *, currency: str | None = None, timeout: float | None = None
    ) -> Rows[m.SpotMarginCoin]:
        """Spot leverage per coin; None when margin trading is off. `GET /v5/spot-margin-trade/coinstate`."""
        return await self._call(SPOT_MARGIN_TRADE_GET_COIN_STATE, timeout, currency=currency)

    async def get_tiered_collateral_ratio(
        self, *, currency: str | None = None, timeout: float | None = None
    ) -> Rows[m.CollateralRatios]:
        """How much of each coin's value counts as collateral, by size of the holding.

        `GET /v5/spot-margin-trade/collateral`.
        """
        return await self._call(GET_TIERED_COLLATERAL_RATIO, timeout, currency=currency)

    async def spot_margin_trade_get_currency_data(
        self, *, currency: str | None = None, timeout: float | None = None
    ) -> Rows[m.BorrowableCurrency]:
        """What can be borrowed by hand, flexibly or at a fixed rate; all coins when `currency` is left out.

        `GET /v5/spot-margin-trade/currency-data`.
        """
        return await self._call(
            SPOT_MARGIN_TRADE_GET_CURRENCY_DATA, timeout, currency=currency,
        )  # fmt: skip

    async def spot_margin_trade_get_vip_margin_data(
        self, *, vip_level: str | None = None, currency: str | None = None, timeout: float | None = None
    ) -> m.VipMarginData:
        """Borrow rates and limits per VIP level. `GET /v5/spot-margin-trade/data`."""
        return await self._call(
            SPOT_MARGIN_TRADE_GET_VIP_MARGIN_DATA, timeout, vip_level=vip_level, currency=currency,
        )  # fmt: skip

    async def get_flexible_available_inventory(
        self, *, currency: str, timeout: float | None = None
    ) -> m.FlexibleInventory:
        """What is left to borrow flexibly. `GET /v5/spot-margin-trade/flexible-available-inventory`."""
        return await self._call(GET_FLEXIBLE_AVAILABLE_INVENTORY, timeout, currency=currency)

    async def get_auto_repay_mode(
        self, *, currency: str | None = None, timeout: float | None = None
    ) -> m.AutoRepayModes:
        """Whether loans are repaid by themselves; all coins when `currency` is left out.

        `GET /v5/spot-margin-trade/get-auto-repay-mode`.
        """
        return await self._call(GET_AUTO_REPAY_MODE, timeout, currency=currency)

    async def set_auto_repay_mode(
        self, *, auto_repay_mode: Literal["1", "0"], currency: str | None = None, timeout: float | None = None
    ) -> m.AutoRepayModes:
        """Let loans be repaid by themselves (``1``) or not (``0``); every coin when `currency` is left out.

        `POST /v5/spot-margin-trade/set-auto-repay-mode`.
        """
        return await self._call(
            SET_AUTO_REPAY_MODE, timeout, auto_repay_mode=auto_repay_mode, currency=currency,
        )  # fmt: skip

    def spot_margin_trade_get_historical_interest_rate(
        self,
        *,
        currency: str,
        vip_level: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.HourlyBorrowRate], m.HourlyBorrowRate]:
        """Hourly borrow rates, up to six months back; both bounds or neither (then the last 7 days).

        Windows of 30 days are walked. `GET /v5/spot-margin-trade/interest-rate-history`.
        """
        both_or_neither({"start": start, "end": end})
        return self._pages(
            SPOT_MARGIN_TRADE_GET_HISTORICAL_INTEREST_RATE, timeout, currency=currency, vip_level=vip_level,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
        )  # fmt: skip

    async def get_liability_info(self, *, currency: str, timeout: float | None = None) -> m.Liability:
        """What the account owes in one coin. `GET /v5/spot-margin-trade/liability`."""
        return await self._call(GET_LIABILITY_INFO, timeout, currency=currency)

    async def spot_margin_trade_get_max_borrowable(
        self, *, currency: str, timeout: float | None = None
    ) -> m.MaxBorrowable:
        """The most that can be borrowed of a coin now. `GET /v5/spot-margin-trade/max-borrowable`."""
        return await self._call(SPOT_MARGIN_TRADE_GET_MAX_BORROWABLE, timeout, currency=currency)

    async def spot_margin_trade_get_position_tiers(
        self, *, currency: str | None = None, timeout: float | None = None
    ) -> Rows[m.PositionTiers]:
        """Margin rates by size of the loan; all coins when `currency` is left out.

        `GET /v5/spot-margin-trade/position-tiers`.
        """
        return await self._call(
            SPOT_MARGIN_TRADE_GET_POSITION_TIERS, timeout, currency=currency,
        )  # fmt: skip

    async def spot_margin_trade_get_repayment_available_amount(
        self, *, currency: str, timeout: float | None = None
    ) -> m.RepayableAmount:
        """How much of a loan can be repaid from the spot balance.

        `GET /v5/spot-margin-trade/repayment-available-amount`.
        """
        return await self._call(
            SPOT_MARGIN_TRADE_GET_REPAYMENT_AVAILABLE_AMOUNT, timeout, currency=currency,
        )  # fmt: skip

    async def spot_margin_trade_set_leverage(
        self, *, leverage: Number, currency: str | None = None, timeout: float | None = None
    ) -> Nothing:
        """Set the spot leverage, 2 to 10, of one coin or of all. `POST /v5/spot-margin-trade/set-leverage`."""
        return await self._call(
            SPOT_MARGIN_TRADE_SET_LEVERAGE, timeout, leverage=plain(leverage, "leverage"), currency=currency,
        )  # fmt: skip

    async def spot_margin_trade_get_status_and_leverage(self, *, timeout: float | None = None) -> m.SpotMarginState:
        """Whether margin trading is on and its leverage. `GET /v5/spot-margin-trade/state`."""
        return await self._call(SPOT_MARGIN_TRADE_GET_STATUS_AND_LEVERAGE, timeout)

    async def spot_margin_trade_toggle_margin_trade(
        self, *, spot_margin_mode: Literal["1", "0"], timeout: float | None = None
    ) -> m.SpotMarginMode:
        """Switch margin trading on (``1``) or off (``0``). `POST /v5/spot-margin-trade/switch-mode`."""
        return await self._call(
            SPOT_MARGIN_TRADE_TOGGLE_MARGIN_TRADE, timeout, spot_margin_mode=spot_margin_mode,
        )  # fmt: skip
