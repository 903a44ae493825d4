"""Positions: list them, and set what governs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.setting import Setting, SettingResource
from bybit_async.api.spelling import wires
from bybit_async.enums import PositionIdx, TpslMode, TriggerBy
from bybit_async.errors import InvalidParameter
from bybit_async.models import position as m
from bybit_async.models.building import Fields
from bybit_async.models.checks import any_of, known
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Time, none_or_milliseconds, none_or_plain, plain

_UTA_ONLY = "position.set_leverage and account.set_margin_mode"

GET_POSITIONS = get("/v5/position/list", "position.get_positions", m.PositionPage)
SET_LEVERAGE = post("/v5/position/set-leverage", "position.set_leverage", Nothing)
SWITCH_POSITION_MODE = post("/v5/position/switch-mode", "position.switch_position_mode", Nothing)
SET_TRADING_STOP = post("/v5/position/trading-stop", "position.set_trading_stop", Nothing)
SET_AUTO_ADD_MARGIN = post("/v5/position/set-auto-add-margin", "position.set_auto_add_margin", Nothing)
ADD_OR_REDUCE_MARGIN = post("/v5/position/add-margin", "position.add_or_reduce_margin", m.MarginChange)
GET_CLOSED_PNL = get("/v5/position/closed-pnl", "position.get_closed_pnl", m.ClosedPnlPage)
GET_CLOSED_OPTIONS_POSITIONS = get(
    "/v5/position/get-closed-positions", "position.get_closed_options_positions", m.ClosedOptionPositionPage
)
GET_SYMBOL_INFO = get("/v5/position/symbol-info", "position.get_symbol_info", m.SymbolLeverages)
MOVE_POSITION = post("/v5/position/move-positions", "position.move_position", m.MovedPositions)
GET_MOVE_POSITION_HISTORY = get("/v5/position/move-history", "position.get_move_position_history", m.PositionMovePage)
CONFIRM_NEW_RISK_LIMIT = post("/v5/position/confirm-pending-mmr", "position.confirm_new_risk_limit", Nothing)
SWITCH_MARGIN_MODE = post("/v5/position/switch-isolated", "position.switch_margin_mode", Nothing, deprecated=_UTA_ONLY)
SET_TP_SL_MODE = post(
    "/v5/position/set-tpsl-mode", "position.set_tp_sl_mode", m.TpslModeSetting,
    deprecated="the tpsl_mode of trade.place_order and position.set_trading_stop",
)  # fmt: skip
SET_RISK_LIMIT = post(
    "/v5/position/set-risk-limit", "position.set_risk_limit", m.RiskLimitSetting,
    deprecated="nothing: Bybit picks the risk tier by itself",
)  # fmt: skip

Contract = Literal["linear", "inverse"]


class Position(SettingResource):
    """List positions; set leverage, mode, margin and stops."""

    __slots__ = ()

    def get_positions(
        self,
        *,
        category: Literal["linear", "inverse", "option"],
        symbol: str | None = None,
        base_coin: str | None = None,
        settle_coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.PositionPage, m.Position]:
        """Positions, one row per symbol and side.

        With `symbol` the row comes even when flat. Linear needs `symbol` or `settle_coin`. `limit` is 1 to 200 (20
        when left out). `GET /v5/position/list`.
        """
        if known(category) == "linear":
            any_of({"symbol": symbol, "settle_coin": settle_coin}, "for linear")
        return self._pages(
            GET_POSITIONS, timeout, category=category, symbol=symbol, base_coin=base_coin, settle_coin=settle_coin,
            limit=limit, cursor=cursor,
        )  # fmt: skip

    async def set_leverage(
        self,
        *,
        category: Contract,
        symbol: str,
        buy_leverage: Number,
        sell_leverage: Number,
        timeout: float | None = None,
    ) -> Setting:
        """Set the leverage of a symbol, from 1 to the risk tier's maximum.

        The two may differ in hedge mode with isolated margin only. `POST /v5/position/set-leverage`.
        """
        return await self._set(
            SET_LEVERAGE, timeout, category=category, symbol=symbol,
            buy_leverage=plain(buy_leverage, "buy_leverage"), sell_leverage=plain(sell_leverage, "sell_leverage"),
        )  # fmt: skip

    async def switch_position_mode(
        self,
        *,
        mode: Literal[0, 3],
        category: Contract = "linear",
        symbol: str | None = None,
        coin: str | None = None,
        timeout: float | None = None,
    ) -> Setting:
        """Switch between one-way mode (0) and hedge mode (3) for a symbol, or for every symbol of a settle coin.

        `symbol` wins when both are given. `POST /v5/position/switch-mode`.
        """
        any_of({"symbol": symbol, "coin": coin})
        return await self._set(SWITCH_POSITION_MODE, timeout, category=category, symbol=symbol, coin=coin, mode=mode)

    async def set_trading_stop(
        self,
        *,
        category: Literal["linear", "inverse", "option"],
        symbol: str,
        tpsl_mode: TpslMode = "Full",
        position_idx: PositionIdx = 0,
        take_profit: Number | None = None,
        stop_loss: Number | None = None,
        trailing_stop: Number | None = None,
        active_price: Number | None = None,
        tp_trigger_by: TriggerBy | None = None,
        sl_trigger_by: TriggerBy | None = None,
        tp_size: Number | None = None,
        sl_size: Number | None = None,
        tp_limit_price: Number | None = None,
        sl_limit_price: Number | None = None,
        tp_order_type: Literal["Market", "Limit"] | None = None,
        sl_order_type: Literal["Market", "Limit"] | None = None,
        timeout: float | None = None,
    ) -> Setting:
        """Set or remove (0) a position's take profit, stop loss and trailing stop.

        `trailing_stop` is a price distance that starts to trail at `active_price`. ``Partial`` mode takes sizes, equal
        for both when both are given, and limit orders. `POST /v5/position/trading-stop`.
        """
        # Bybit answers "not modified" to a call that names no stop at all, which would look like a success.
        stops = {"take_profit": take_profit, "stop_loss": stop_loss, "trailing_stop": trailing_stop}
        any_of({**stops, "active_price": active_price})
        return await self._set(
            SET_TRADING_STOP, timeout, category=category, symbol=symbol, tpsl_mode=tpsl_mode,
            position_idx=position_idx, take_profit=none_or_plain(take_profit, "take_profit"),
            stop_loss=none_or_plain(stop_loss, "stop_loss"),
            trailing_stop=none_or_plain(trailing_stop, "trailing_stop"),
            active_price=none_or_plain(active_price, "active_price"), tp_trigger_by=tp_trigger_by,
            sl_trigger_by=sl_trigger_by, tp_size=none_or_plain(tp_size, "tp_size"),
            sl_size=none_or_plain(sl_size, "sl_size"), tp_limit_price=none_or_plain(tp_limit_price, "tp_limit_price"),
            sl_limit_price=none_or_plain(sl_limit_price, "sl_limit_price"), tp_order_type=tp_order_type,
            sl_order_type=sl_order_type,
        )  # fmt: skip

    async def set_auto_add_margin(
        self,
        *,
        symbol: str,
        auto_add_margin: Literal[0, 1],
        category: Literal["linear"] = "linear",
        position_idx: PositionIdx | None = None,
        timeout: float | None = None,
    ) -> Setting:
        """Have margin added by itself (1) or not (0) to an isolated position.

        Hedge mode needs `position_idx`. `POST /v5/position/set-auto-add-margin`.
        """
        return await self._set(
            SET_AUTO_ADD_MARGIN, timeout, category=category, symbol=symbol, auto_add_margin=auto_add_margin,
            position_idx=position_idx,
        )  # fmt: skip

    async def add_or_reduce_margin(
        self,
        *,
        category: Contract,
        symbol: str,
        margin: Number,
        position_idx: PositionIdx | None = None,
        timeout: float | None = None,
    ) -> m.MarginChange:
        """Add margin to an isolated position, or take it away with a negative `margin` (up to four decimals).

        `POST /v5/position/add-margin`.
        """
        return await self._call(
            ADD_OR_REDUCE_MARGIN, timeout, category=category, symbol=symbol, margin=plain(margin, "margin"),
            position_idx=position_idx,
        )  # fmt: skip

    def get_closed_pnl(
        self,
        *,
        category: Contract,
        symbol: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.ClosedPnlPage, m.ClosedPnl]:
        """Profits of closing orders in the last two years, newest first within each window of seven days.

        Without `start` and `end` the last seven days are listed. `limit` is 1 to 100 (50 when left out).
        `GET /v5/position/closed-pnl`.
        """
        return self._pages(
            GET_CLOSED_PNL, timeout, category=category, symbol=symbol,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_closed_options_positions(
        self,
        *,
        category: Literal["option"] = "option",
        symbol: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.ClosedOptionPositionPage, m.ClosedOptionPosition]:
        """Option positions that were closed in the last six months, newest first within each window of seven days.

        Without `start` and `end` the last day is listed. `limit` is 1 to 100 (50 when left out).
        `GET /v5/position/get-closed-positions`.
        """
        return self._pages(
            GET_CLOSED_OPTIONS_POSITIONS, timeout, category=category, symbol=symbol,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_symbol_info(
        self, *, category: Contract, symbol: str | None = None, timeout: float | None = None
    ) -> m.SymbolLeverages:
        """The leverage that is set for a symbol, or for all of them. `GET /v5/position/symbol-info`."""
        return await self._call(GET_SYMBOL_INFO, timeout, category=category, symbol=symbol)

    async def move_position(
        self,
        *,
        from_uid: str,
        to_uid: str,
        list: Sequence[m.PositionLeg | Fields],
        timeout: float | None = None,
    ) -> m.MovedPositions:
        """Move up to 25 positions from one account to another of the same master. `POST /v5/position/move-positions`.

        Both accounts are unified and in one-way mode; the outcome comes by `get_move_position_history`.
        """
        if not 1 <= len(list) <= 25:
            raise InvalidParameter("list", f"expected 1 to 25 legs, got {len(list)}")
        return await self._call(
            MOVE_POSITION, timeout, from_uid=from_uid, to_uid=to_uid, list=wires(m.PositionLeg, list, "list")
        )

    def get_move_position_history(
        self,
        *,
        category: Literal["linear", "inverse", "spot", "option"] | None = None,
        symbol: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        status: Literal["Processing", "Filled", "Rejected"] | None = None,
        block_trade_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.PositionMovePage, m.PositionMove]:
        """Positions that were moved, newest first within each window of seven days.

        `limit` is 1 to 200 (20 when left out). `GET /v5/position/move-history`.
        """
        return self._pages(
            GET_MOVE_POSITION_HISTORY, timeout, category=category, symbol=symbol,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            status=status, block_trade_id=block_trade_id, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def confirm_new_risk_limit(self, *, category: Contract, symbol: str, timeout: float | None = None) -> Setting:
        """Accept a lowered risk limit, so that a position marked reduce-only may grow again.

        `POST /v5/position/confirm-pending-mmr`.
        """
        return await self._set(CONFIRM_NEW_RISK_LIMIT, timeout, category=category, symbol=symbol)

    @deprecated("Unified accounts use position.set_leverage and account.set_margin_mode")
    async def switch_margin_mode(
        self,
        *,
        category: Contract,
        symbol: str,
        trade_mode: Literal[0, 1],
        buy_leverage: Number,
        sell_leverage: Number,
        timeout: float | None = None,
    ) -> Setting:
        """Switch a classic account's symbol between cross (0) and isolated (1) margin; both leverages must be equal.

        `POST /v5/position/switch-isolated`.
        """
        return await self._set(
            SWITCH_MARGIN_MODE, timeout, category=category, symbol=symbol, trade_mode=trade_mode,
            buy_leverage=plain(buy_leverage, "buy_leverage"), sell_leverage=plain(sell_leverage, "sell_leverage"),
        )  # fmt: skip

    @deprecated("Pass tpsl_mode to trade.place_order or position.set_trading_stop")
    async def set_tp_sl_mode(
        self, *, category: Contract, symbol: str, tp_sl_mode: TpslMode, timeout: float | None = None
    ) -> Setting:
        """Set whether take profit and stop loss hold for the whole position. `POST /v5/position/set-tpsl-mode`."""
        return await self._set(SET_TP_SL_MODE, timeout, category=category, symbol=symbol, tp_sl_mode=tp_sl_mode)

    @deprecated("Bybit picks the risk tier by itself")
    async def set_risk_limit(
        self,
        *,
        category: Contract,
        symbol: str,
        risk_id: int,
        position_idx: PositionIdx | None = None,
        timeout: float | None = None,
    ) -> m.RiskLimitSetting:
        """Set a symbol's risk tier. `POST /v5/position/set-risk-limit`."""
        return await self._call(
            SET_RISK_LIMIT, timeout, category=category, symbol=symbol, risk_id=risk_id,
            position_idx=position_idx,
        )  # fmt: skip
