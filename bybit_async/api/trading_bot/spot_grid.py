"""Grid bots on spot."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.trading_bot.base import Bots
from bybit_async.models import trading_bot as m
from bybit_async.transport.endpoint import post
from bybit_async.wire import Number, none_or_plain, plain

VALIDATE_SPOT_GRID_INPUT = post(
    "/v5/grid/validate-input", "trading_bot.validate_spot_grid_input", m.SpotGridCheck, write=False
)
CREATE_SPOT_GRID_BOT = post("/v5/grid/create-grid", "trading_bot.create_spot_grid_bot", m.SpotGridAck)
GET_SPOT_GRID_DETAIL = post(
    "/v5/grid/query-grid-detail", "trading_bot.get_spot_grid_detail", m.SpotGridDetail, write=False
)
CLOSE_SPOT_GRID_BOT = post("/v5/grid/close-grid", "trading_bot.close_spot_grid_bot", m.BotAck)


class SpotGrid(Bots):
    """The spot grid part of `TradingBot`."""

    __slots__ = ()

    async def validate_spot_grid_input(
        self,
        *,
        symbol: str,
        cell_number: int,
        min_price: Number,
        max_price: Number,
        invest_mode: Literal[0, 1, 2] | None = None,
        base_investment: Number | None = None,
        quote_investment: Number | None = None,
        stop_loss: Number | None = None,
        take_profit: Number | None = None,
        entry_price: Number | None = None,
        ts_percent: Number | None = None,
        enable_trailing: bool | None = None,
        limit_up_price: Number | None = None,
        timeout: float | None = None,
    ) -> m.SpotGridCheck:
        """Check the parameters of a grid and learn their allowed ranges. `POST /v5/grid/validate-input`."""
        return await self._call(
            VALIDATE_SPOT_GRID_INPUT, timeout, symbol=symbol, cell_number=cell_number,
            min_price=plain(min_price, "min_price"), max_price=plain(max_price, "max_price"),
            invest_mode=invest_mode, base_investment=none_or_plain(base_investment, "base_investment"),
            quote_investment=none_or_plain(quote_investment, "quote_investment"),
            stop_loss=none_or_plain(stop_loss, "stop_loss"), take_profit=none_or_plain(take_profit, "take_profit"),
            entry_price=none_or_plain(entry_price, "entry_price"),
            ts_percent=none_or_plain(ts_percent, "ts_percent"), enable_trailing=enable_trailing,
            limit_up_price=none_or_plain(limit_up_price, "limit_up_price"),
        )  # fmt: skip

    async def create_spot_grid_bot(
        self,
        *,
        symbol: str,
        max_price: Number,
        min_price: Number,
        cell_number: int,
        invest_mode: Literal[0, 1, 2] | None = None,
        base_investment: Number | None = None,
        quote_investment: Number | None = None,
        entry_price: Number | None = None,
        stop_loss_price: Number | None = None,
        take_profit_price: Number | None = None,
        ts_percent: Number | None = None,
        enable_trailing: bool | None = None,
        limit_up_price: Number | None = None,
        timeout: float | None = None,
    ) -> m.SpotGridAck:
        """Start a grid.

        `invest_mode` is 0 quote coin, 1 base coin, 2 both, with the investments to match; `ts_percent` is the trailing
        stop, 0 to 0.99. `POST /v5/grid/create-grid`.
        """
        return await self._call(
            CREATE_SPOT_GRID_BOT, timeout, symbol=symbol, max_price=plain(max_price, "max_price"),
            min_price=plain(min_price, "min_price"), cell_number=cell_number, invest_mode=invest_mode,
            base_investment=none_or_plain(base_investment, "base_investment"),
            quote_investment=none_or_plain(quote_investment, "quote_investment"),
            entry_price=none_or_plain(entry_price, "entry_price"),
            stop_loss_price=none_or_plain(stop_loss_price, "stop_loss_price"),
            take_profit_price=none_or_plain(take_profit_price, "take_profit_price"),
            ts_percent=none_or_plain(ts_percent, "ts_percent"), enable_trailing=enable_trailing,
            limit_up_price=none_or_plain(limit_up_price, "limit_up_price"),
        )  # fmt: skip

    async def get_spot_grid_detail(self, *, grid_id: str, timeout: float | None = None) -> m.SpotGridDetail:
        """A grid and how it is doing. `POST /v5/grid/query-grid-detail`."""
        return await self._call(GET_SPOT_GRID_DETAIL, timeout, grid_id=grid_id)

    async def close_spot_grid_bot(
        self, *, grid_id: str, close_mode: Literal["2", "3", "4"], timeout: float | None = None
    ) -> m.BotAck:
        """Stop a grid; `close_mode` is ``2`` to end in the base coin, ``3`` in the quote coin, ``4`` in both.

        `POST /v5/grid/close-grid`.
        """
        return await self._call(CLOSE_SPOT_GRID_BOT, timeout, grid_id=grid_id, close_mode=close_mode)
