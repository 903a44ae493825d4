"""Grid bots on futures."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.trading_bot.base import Bots
from bybit_async.models import trading_bot as m
from bybit_async.transport.endpoint import post
from bybit_async.wire import Number, none_or_plain, plain

VALIDATE_FUTURES_GRID_INPUT = post(
    "/v5/fgridbot/validate", "trading_bot.validate_futures_grid_input", m.FuturesGridCheck, write=False
)
CREATE_FUTURES_GRID_BOT = post("/v5/fgridbot/create", "trading_bot.create_futures_grid_bot", m.FuturesGridAck)
GET_FUTURES_GRID_DETAIL = post(
    "/v5/fgridbot/detail", "trading_bot.get_futures_grid_detail", m.FuturesGridDetail, write=False
)
CLOSE_FUTURES_GRID_BOT = post("/v5/fgridbot/close", "trading_bot.close_futures_grid_bot", m.BotAck)


class FuturesGrid(Bots):
    """The futures grid part of `TradingBot`."""

    __slots__ = ()

    async def validate_futures_grid_input(
        self,
        *,
        symbol: str,
        cell_number: int,
        min_price: Number,
        max_price: Number,
        leverage: Number,
        grid_type: Literal[1, 2],
        grid_mode: Literal[1, 2, 3],
        stop_loss_price: Number | None = None,
        take_profit_price: Number | None = None,
        tp_sl_type: Literal[1, 2, 3, 4] | None = None,
        entry_price: Number | None = None,
        stop_loss_per: Number | None = None,
        take_profit_per: Number | None = None,
        trailing_stop_per: Number | None = None,
        init_margin: Number | None = None,
        move_up_price: Number | None = None,
        move_down_price: Number | None = None,
        timeout: float | None = None,
    ) -> m.FuturesGridCheck:
        """Check the parameters of a grid and learn their allowed ranges.

        `grid_mode` is 1 neutral, 2 long, 3 short; `grid_type` 1 arithmetic, 2 geometric. `POST /v5/fgridbot/validate`.
        """
        return await self._call(
            VALIDATE_FUTURES_GRID_INPUT, timeout, symbol=symbol, cell_number=cell_number,
            min_price=plain(min_price, "min_price"), max_price=plain(max_price, "max_price"),
            leverage=plain(leverage, "leverage"), grid_type=grid_type, grid_mode=grid_mode,
            stop_loss_price=none_or_plain(stop_loss_price, "stop_loss_price"),
            take_profit_price=none_or_plain(take_profit_price, "take_profit_price"), tp_sl_type=tp_sl_type,
            entry_price=none_or_plain(entry_price, "entry_price"),
            stop_loss_per=none_or_plain(stop_loss_per, "stop_loss_per"),
            take_profit_per=none_or_plain(take_profit_per, "take_profit_per"),
            trailing_stop_per=none_or_plain(trailing_stop_per, "trailing_stop_per"),
            init_margin=none_or_plain(init_margin, "init_margin"),
            move_up_price=none_or_plain(move_up_price, "move_up_price"),
            move_down_price=none_or_plain(move_down_price, "move_down_price"),
        )  # fmt: skip

    async def create_futures_grid_bot(
        self,
        *,
        symbol: str,
        grid_mode: Literal[1, 2, 3],
        min_price: Number,
        max_price: Number,
        cell_number: int,
        leverage: Number,
        grid_type: Literal[1, 2],
        total_investment: Number,
        take_profit_per: Number | None = None,
        stop_loss_per: Number | None = None,
        take_profit_price: Number | None = None,
        stop_loss_price: Number | None = None,
        tp_sl_type: Literal[1, 2, 3, 4] | None = None,
        entry_price: Number | None = None,
        trailing_stop_per: Number | None = None,
        move_up_price: Number | None = None,
        move_down_price: Number | None = None,
        timeout: float | None = None,
    ) -> m.FuturesGridAck:
        """Start a grid.

        `grid_mode` is 1 neutral, 2 long, 3 short; `grid_type` 1 arithmetic, 2 geometric; `tp_sl_type` 1 both by per
        cent, 2 both by price, 3 profit by price and loss by per cent, 4 the other way round.
        `POST /v5/fgridbot/create`.
        """
        return await self._call(
            CREATE_FUTURES_GRID_BOT, timeout, symbol=symbol, grid_mode=grid_mode,
            min_price=plain(min_price, "min_price"), max_price=plain(max_price, "max_price"),
            cell_number=cell_number, leverage=plain(leverage, "leverage"), grid_type=grid_type,
            total_investment=plain(total_investment, "total_investment"),
            take_profit_per=none_or_plain(take_profit_per, "take_profit_per"),
            stop_loss_per=none_or_plain(stop_loss_per, "stop_loss_per"),
            take_profit_price=none_or_plain(take_profit_price, "take_profit_price"),
            stop_loss_price=none_or_plain(stop_loss_price, "stop_loss_price"), tp_sl_type=tp_sl_type,
            entry_price=none_or_plain(entry_price, "entry_price"),
            trailing_stop_per=none_or_plain(trailing_stop_per, "trailing_stop_per"),
            move_up_price=none_or_plain(move_up_price, "move_up_price"),
            move_down_price=none_or_plain(move_down_price, "move_down_price"),
        )  # fmt: skip

    async def get_futures_grid_detail(self, *, bot_id: str, timeout: float | None = None) -> m.FuturesGridDetail:
        """A grid and how it is doing. `POST /v5/fgridbot/detail`."""
        return await self._call(GET_FUTURES_GRID_DETAIL, timeout, bot_id=bot_id)

    async def close_futures_grid_bot(self, *, bot_id: str, timeout: float | None = None) -> m.BotAck:
        """Stop a grid. `POST /v5/fgridbot/close`."""
        return await self._call(CLOSE_FUTURES_GRID_BOT, timeout, bot_id=bot_id)
