"""Protection of market makers and of lost connections."""

from __future__ import annotations

from bybit_async.api.setting import Setting, SettingResource
from bybit_async.models import account as m
from bybit_async.transport.endpoint import get, post
from bybit_async.wire import Nothing, Number, none_or_plain, plain

SET_MMP = post("/v5/account/mmp-modify", "account.set_mmp", Nothing)
RESET_MMP = post("/v5/account/mmp-reset", "account.reset_mmp", Nothing)
GET_MMP_STATE = get("/v5/account/mmp-state", "account.get_mmp_state", m.MmpStates)
QUERY_DCP_INFO = get("/v5/account/query-dcp-info", "account.query_dcp_info", m.DcpInfos)
GET_SMP_GROUP = get("/v5/account/smp-group", "account.get_smp_group", m.SmpGroup)


class Protection(SettingResource):
    """The part of `Account` that guards against trading with your own orders."""

    __slots__ = ()

    async def set_mmp(
        self,
        *,
        base_coin: str,
        window: Number,
        frozen_period: Number,
        qty_limit: Number,
        delta_limit: Number,
        vega_limit: Number | None = None,
        timeout: float | None = None,
    ) -> Setting:
        """Freeze a base coin's option orders once too much is traded within `window` milliseconds.

        `frozen_period` is milliseconds, 0 until reset by hand. Limits are positive with up to two decimals.
        `POST /v5/account/mmp-modify`.
        """
        return await self._set(
            SET_MMP, timeout, base_coin=base_coin, window=plain(window, "window"),
            frozen_period=plain(frozen_period, "frozen_period"), qty_limit=plain(qty_limit, "qty_limit"),
            delta_limit=plain(delta_limit, "delta_limit"), vega_limit=none_or_plain(vega_limit, "vega_limit"),
        )  # fmt: skip

    async def reset_mmp(self, *, base_coin: str, timeout: float | None = None) -> Setting:
        """Unfreeze a base coin's option orders. `POST /v5/account/mmp-reset`."""
        return await self._set(RESET_MMP, timeout, base_coin=base_coin)

    async def get_mmp_state(self, *, base_coin: str, timeout: float | None = None) -> m.MmpStates:
        """Market maker protection of a base coin's options. `GET /v5/account/mmp-state`."""
        return await self._call(GET_MMP_STATE, timeout, base_coin=base_coin)

    async def query_dcp_info(self, *, timeout: float | None = None) -> m.DcpInfos:
        """For which products orders are cancelled on disconnection; set it by `trade.set_dcp`.

        `GET /v5/account/query-dcp-info`.
        """
        return await self._call(QUERY_DCP_INFO, timeout)

    async def get_smp_group(self, *, timeout: float | None = None) -> m.SmpGroup:
        """The self match prevention group of the account. `GET /v5/account/smp-group`."""
        return await self._call(GET_SMP_GROUP, timeout)
