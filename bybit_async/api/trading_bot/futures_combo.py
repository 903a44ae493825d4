"""Portfolio bots on futures that rebalance by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bybit_async.api.spelling import wires
from bybit_async.api.trading_bot.base import Bots
from bybit_async.models import trading_bot as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import post
from bybit_async.wire import Number, none_or_plain, plain

GET_FUTURES_COMBO_LIMIT = post(
    "/v5/fcombobot/getlimit", "trading_bot.get_futures_combo_limit", m.FuturesComboCheck, write=False
)
CREATE_FUTURES_COMBO_BOT = post("/v5/fcombobot/create", "trading_bot.create_futures_combo_bot", m.FuturesComboAck)
GET_FUTURES_COMBO_DETAIL = post(
    "/v5/fcombobot/detail", "trading_bot.get_futures_combo_detail", m.FuturesComboDetail, write=False
)
CLOSE_FUTURES_COMBO_BOT = post("/v5/fcombobot/close", "trading_bot.close_futures_combo_bot", m.BotAck)


class FuturesCombo(Bots):
    """The futures combo part of `TradingBot`."""

    __slots__ = ()

    async def get_futures_combo_limit(
        self,
        *,
        leverage: Number,
        init_margin: Number,
        adjust_position_mode: Literal[1, 2, 3, 4, 5, 6],
        symbol_settings: Sequence[m.ComboSymbol | Fields],
        adjust_position_percent: Number | None = None,
        adjust_position_time_interval: int | None = None,
        sl_percent: Number | None = None,
        tp_percent: Number | None = None,
        trailing_stop_percent: Number | None = None,
        need_to_slippage: bool | None = None,
        timeout: float | None = None,
    ) -> m.FuturesComboCheck:
        """Check the parameters of a portfolio and learn their allowed ranges. `POST /v5/fcombobot/getlimit`."""
        return await self._call(
            GET_FUTURES_COMBO_LIMIT, timeout, leverage=plain(leverage, "leverage"),
            init_margin=plain(init_margin, "init_margin"), adjust_position_mode=adjust_position_mode,
            symbol_settings=wires(m.ComboSymbol, symbol_settings, "symbol_settings"),
            adjust_position_percent=none_or_plain(adjust_position_percent, "adjust_position_percent"),
            adjust_position_time_interval=adjust_position_time_interval,
            sl_percent=none_or_plain(sl_percent, "sl_percent"), tp_percent=none_or_plain(tp_percent, "tp_percent"),
            trailing_stop_percent=none_or_plain(trailing_stop_percent, "trailing_stop_percent"),
            need_to_slippage=need_to_slippage,
        )  # fmt: skip

    async def create_futures_combo_bot(
        self,
        *,
        leverage: Number,
        init_margin: Number,
        adjust_position_mode: Literal[1, 2, 3, 4, 5, 6],
        symbol_settings: Sequence[m.ComboSymbol | Fields],
        adjust_position_percent: Number | None = None,
        adjust_position_time_interval: int | None = None,
        sl_percent: Number | None = None,
        tp_percent: Number | None = None,
        trailing_stop_percent: Number | None = None,
        timeout: float | None = None,
    ) -> m.FuturesComboAck:
        """Start a portfolio.

        `adjust_position_mode` is 1 by time, 2 by drift, 3 by either, 4 by hand; the interval is seconds, the per cents
        are shares (``0.2`` is 20 %). `POST /v5/fcombobot/create`.
        """
        return await self._call(
            CREATE_FUTURES_COMBO_BOT, timeout, leverage=plain(leverage, "leverage"),
            init_margin=plain(init_margin, "init_margin"), adjust_position_mode=adjust_position_mode,
            symbol_settings=wires(m.ComboSymbol, symbol_settings, "symbol_settings"),
            adjust_position_percent=none_or_plain(adjust_position_percent, "adjust_position_percent"),
            adjust_position_time_interval=adjust_position_time_interval,
            sl_percent=none_or_plain(sl_percent, "sl_percent"), tp_percent=none_or_plain(tp_percent, "tp_percent"),
            trailing_stop_percent=none_or_plain(trailing_stop_percent, "trailing_stop_percent"),
        )  # fmt: skip

    async def get_futures_combo_detail(self, *, bot_id: str, timeout: float | None = None) -> m.FuturesComboDetail:
        """A portfolio and how it is doing. `POST /v5/fcombobot/detail`."""
        return await self._call(GET_FUTURES_COMBO_DETAIL, timeout, bot_id=bot_id)

    async def close_futures_combo_bot(self, *, bot_id: str, timeout: float | None = None) -> m.BotAck:
        """Stop a portfolio. `POST /v5/fcombobot/close`."""
        return await self._call(CLOSE_FUTURES_COMBO_BOT, timeout, bot_id=bot_id)
