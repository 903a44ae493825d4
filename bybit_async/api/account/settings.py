"""How the account is set up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

from bybit_async.api.setting import Setting, SettingResource
from bybit_async.api.spelling import none_or_wires
from bybit_async.enums import MarginMode
from bybit_async.models import account as m
from bybit_async.models import market
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing

GET_ACCOUNT_INFO = get("/v5/account/info", "account.get_account_info", m.AccountInfo)
SET_MARGIN_MODE = post("/v5/account/set-margin-mode", "account.set_margin_mode", m.MarginModeReasons)
SET_HEDGING_MODE = post("/v5/account/set-hedging-mode", "account.set_hedging_mode", Nothing)
SET_LIMIT_PRICE_ACTION = post("/v5/account/set-limit-px-action", "account.set_limit_price_action", Nothing)
SET_DELTA_MODE = post("/v5/account/set-delta-mode", "account.set_delta_mode", m.DeltaModeResult)
GET_USER_SETTING_CONFIG = get("/v5/account/user-setting-config", "account.get_user_setting_config", m.UserSettings)
UPGRADE_TO_UNIFIED_TRADING_ACCOUNT = post(
    "/v5/account/upgrade-to-uta", "account.upgrade_to_unified_trading_account", m.UpgradeStatus
)
REQUEST_DEMO_TRADING_FUNDS = post("/v5/account/demo-apply-money", "account.request_demo_trading_funds", Nothing)
GET_ACCOUNT_INSTRUMENTS_INFO = get(
    "/v5/account/instruments-info",
    "account.get_account_instruments_info",
    market.Instruments,
    variants={
        "spot": m.AccountSpotInstruments,
        "linear": m.AccountLinearInstruments,
        "inverse": m.AccountInverseInstruments,
    },
)


class Settings(SettingResource):
    """The part of `Account` that sets it up."""

    __slots__ = ()

    async def get_account_info(self, *, timeout: float | None = None) -> m.AccountInfo:
        """Margin mode and kind of the account. `GET /v5/account/info`."""
        return await self._call(GET_ACCOUNT_INFO, timeout)

    async def set_margin_mode(self, *, set_margin_mode: MarginMode, timeout: float | None = None) -> Setting:
        """Set isolated, cross (``REGULAR_MARGIN``) or portfolio margin for the account.

        `POST /v5/account/set-margin-mode`.
        """
        return await self._set(SET_MARGIN_MODE, timeout, set_margin_mode=set_margin_mode)

    async def set_hedging_mode(self, *, set_hedging_mode: m.OnOff, timeout: float | None = None) -> Setting:
        """Let spot holdings hedge derivatives in portfolio margin mode, or not. `POST /v5/account/set-hedging-mode`."""
        return await self._set(SET_HEDGING_MODE, timeout, set_hedging_mode=set_hedging_mode)

    async def set_limit_price_action(
        self, *, category: Literal["linear", "inverse", "spot"], modify_enable: bool, timeout: float | None = None
    ) -> Setting:
        """Have a price beyond the limit moved to the limit (True) or the order refused (False).

        `POST /v5/account/set-limit-px-action`.
        """
        return await self._set(SET_LIMIT_PRICE_ACTION, timeout, category=category, modify_enable=modify_enable)

    async def set_delta_mode(
        self, *, delta_enable: Literal["0", "1"], timeout: float | None = None
    ) -> m.DeltaModeResult:
        """Switch delta neutral mode on (``"1"``) or off (``"0"``). `POST /v5/account/set-delta-mode`."""
        return await self._call(SET_DELTA_MODE, timeout, delta_enable=delta_enable)

    async def get_user_setting_config(self, *, timeout: float | None = None) -> m.UserSettings:
        """Preferences of the account. `GET /v5/account/user-setting-config`."""
        return await self._call(GET_USER_SETTING_CONFIG, timeout)

    async def upgrade_to_unified_trading_account(self, *, timeout: float | None = None) -> m.UpgradeStatus:
        """Upgrade a classic account to a unified one; this cannot be undone. `POST /v5/account/upgrade-to-uta`."""
        return await self._call(UPGRADE_TO_UNIFIED_TRADING_ACCOUNT, timeout)

    async def request_demo_trading_funds(
        self,
        *,
        adjust_type: Literal[0, 1] | None = None,
        uta_demo_apply_money: Sequence[m.DemoFunds | Fields] | None = None,
        timeout: float | None = None,
    ) -> Nothing:
        """Add demo money (0) or take it away (1); demo accounts only. `POST /v5/account/demo-apply-money`."""
        funds = none_or_wires(m.DemoFunds, uta_demo_apply_money, "uta_demo_apply_money")
        return await self._call(
            REQUEST_DEMO_TRADING_FUNDS, timeout, adjust_type=adjust_type, uta_demo_apply_money=funds
        )

    @overload
    def get_account_instruments_info(
        self,
        *,
        category: Literal["spot"],
        symbol: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.AccountSpotInstruments, m.AccountSpotInstrument]: ...
    @overload
    def get_account_instruments_info(
        self,
        *,
        category: Literal["linear"],
        symbol: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.AccountLinearInstruments, m.AccountLinearInstrument]: ...
    @overload
    def get_account_instruments_info(
        self,
        *,
        category: Literal["inverse"],
        symbol: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.AccountInverseInstruments, m.AccountInverseInstrument]: ...
    def get_account_instruments_info(
        self,
        *,
        category: Literal["spot", "linear", "inverse"],
        symbol: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Any, Any]:
        """Instruments as this account may trade them; `limit` is 1 to 200 (200 when left out).

        `GET /v5/account/instruments-info`.
        """
        return self._pages(
            GET_ACCOUNT_INSTRUMENTS_INFO, timeout, category=category, symbol=symbol, limit=limit, cursor=cursor
        )
