"""Martingale bots on futures."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.trading_bot.base import Bots
from bybit_async.models import trading_bot as m
from bybit_async.transport.endpoint import post
from bybit_async.wire import Number, none_or_plain, plain

GET_FUTURES_MARTINGALE_LIMIT = post(
    "/v5/fmartingalebot/getlimit", "trading_bot.get_futures_martingale_limit", m.FuturesMartingaleCheck, write=False
)
CREATE_FUTURES_MARTINGALE_BOT = post(
    "/v5/fmartingalebot/create", "trading_bot.create_futures_martingale_bot", m.FuturesMartingaleAck
)
GET_FUTURES_MARTINGALE_DETAIL = post(
    "/v5/fmartingalebot/detail", "trading_bot.get_futures_martingale_detail", m.FuturesMartingaleDetail, write=False
)
CLOSE_FUTURES_MARTINGALE_BOT = post("/v5/fmartingalebot/close", "trading_bot.close_futures_martingale_bot", m.BotAck)


class FuturesMartingale(Bots):
    """The futures martingale part of `TradingBot`."""

    __slots__ = ()

    async def get_futures_martingale_limit(
        self,
        *,
        symbol: str,
        martingale_mode: Literal[1, 2],
        leverage: Number,
        price_float_percent: Number | None = None,
        add_position_percent: Number | None = None,
        add_position_num: int | None = None,
        init_margin: Number | None = None,
        round_tp_percent: Number | None = None,
        sl_percent: Number | None = None,
        entry_price: Number | None = None,
        need_to_slippage: bool | None = None,
        auto_cycle_toggle: Literal[1, 2] | None = None,
        timeout: float | None = None,
    ) -> m.FuturesMartingaleCheck:
        """Check the parameters of a bot and learn their allowed ranges. `POST /v5/fmartingalebot/getlimit`."""
        return await self._call(
            GET_FUTURES_MARTINGALE_LIMIT, timeout, symbol=symbol, martingale_mode=martingale_mode,
            leverage=plain(leverage, "leverage"),
            price_float_percent=none_or_plain(price_float_percent, "price_float_percent"),
            add_position_percent=none_or_plain(add_position_percent, "add_position_percent"),
            add_position_num=add_position_num, init_margin=none_or_plain(init_margin, "init_margin"),
            round_tp_percent=none_or_plain(round_tp_percent, "round_tp_percent"),
            sl_percent=none_or_plain(sl_percent, "sl_percent"),
            entry_price=none_or_plain(entry_price, "entry_price"), need_to_slippage=need_to_slippage,
            auto_cycle_toggle=auto_cycle_toggle,
        )  # fmt: skip

    async def create_futures_martingale_bot(
        self,
        *,
        symbol: str,
        martingale_mode: Literal[1, 2],
        leverage: Number,
        price_float_percent: Number,
        add_position_percent: Number,
        add_position_num: int,
        init_margin: Number,
        round_tp_percent: Number,
        auto_cycle_toggle: Literal[1, 2] | None = None,
        sl_percent: Number | None = None,
        entry_price: Number | None = None,
        timeout: float | None = None,
    ) -> m.FuturesMartingaleAck:
        """Start a bot.

        `martingale_mode` is 1 long, 2 short; `auto_cycle_toggle` 1 starts over after a round, 2 does not; the per cents
        are shares (``0.2`` is 20 %). `POST /v5/fmartingalebot/create`.
        """
        return await self._call(
            CREATE_FUTURES_MARTINGALE_BOT, timeout, symbol=symbol, martingale_mode=martingale_mode,
            leverage=plain(leverage, "leverage"),
            price_float_percent=plain(price_float_percent, "price_float_percent"),
            add_position_percent=plain(add_position_percent, "add_position_percent"),
            add_position_num=add_position_num, init_margin=plain(init_margin, "init_margin"),
            round_tp_percent=plain(round_tp_percent, "round_tp_percent"), auto_cycle_toggle=auto_cycle_toggle,
            sl_percent=none_or_plain(sl_percent, "sl_percent"),
            entry_price=none_or_plain(entry_price, "entry_price"),
        )  # fmt: skip

    async def get_futures_martingale_detail(
        self, *, bot_id: str, timeout: float | None = None
    ) -> m.FuturesMartingaleDetail:
        """A bot and how it is doing. `POST /v5/fmartingalebot/detail`."""
        return await self._call(GET_FUTURES_MARTINGALE_DETAIL, timeout, bot_id=bot_id)

    async def close_futures_martingale_bot(self, *, bot_id: str, timeout: float | None = None) -> m.BotAck:
        """Stop a bot. `POST /v5/fmartingalebot/close`."""
        return await self._call(CLOSE_FUTURES_MARTINGALE_BOT, timeout, bot_id=bot_id)
