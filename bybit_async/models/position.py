"""Positions, what closed of them, and moving them between accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from bybit_async.enums import Category, ExecType, OrderType, PositionIdx, PositionStatus, Side, TpslMode
from bybit_async.errors import InvalidParameter
from bybit_async.models.checks import check_symbol
from bybit_async.models.part import Part
from bybit_async.wire import Number, Page, Rows, Wire


class _PositionFigures(Wire):
    symbol: str
    position_idx: PositionIdx
    size: Decimal
    category: str | None = None
    avg_price: Decimal | None = None
    position_value: Decimal | None = None
    leverage: Decimal | None = None
    mark_price: Decimal | None = None
    liq_price: Decimal | None = None
    bust_price: Decimal | None = None
    risk_id: int | None = None
    risk_limit_value: Decimal | None = None
    auto_add_margin: bool | None = None
    position_status: PositionStatus | None = None
    position_im: Decimal | None = None
    position_mm: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing_stop: Decimal | None = None
    unrealised_pnl: Decimal | None = None
    cum_realised_pnl: Decimal | None = None
    created_time: int | None = None
    updated_time: int | None = None


class Position(_PositionFigures):
    """A position; times in milliseconds.

    Attributes:
        side: ``Buy`` is long, ``Sell`` is short, None is flat.
        size: never negative; in the base coin, inverse in USD.
        avg_price: the average entry price.
        liq_price: None when the position cannot be liquidated by itself.
        leverage: None in portfolio margin mode.
        break_even_price: what the position must be closed at for no loss, fees included.
        position_im: initial margin; None in portfolio margin mode.
        position_mm: maintenance margin; None in portfolio margin mode.
        trailing_stop: the distance from the market price.
        cur_realised_pnl: of the position as it is held now.
        cum_realised_pnl: of all time.
        adl_rank_indicator: place in the auto-deleveraging queue, 1 to 5; 0 when flat.
        seq: cross sequence; grows with each change of the position.
        is_reduce_only: whether Bybit only lets it shrink, because its risk limit is being lowered.
        bust_price, position_balance, trade_mode, tpsl_mode: no longer meaningful.
    """

    side: Side | None = None
    break_even_price: Decimal | None = None
    session_avg_price: Decimal | None = None
    position_im_by_mp: Decimal | None = None
    position_mm_by_mp: Decimal | None = None
    cur_realised_pnl: Decimal | None = None
    delta: Decimal | None = None
    gamma: Decimal | None = None
    vega: Decimal | None = None
    theta: Decimal | None = None
    adl_rank_indicator: int | None = None
    open_time: int | None = None
    seq: int | None = None
    is_reduce_only: bool | None = None
    mmr_sys_updated_time: int | None = None
    mmr_sys_update_time: int | None = None
    leverage_sys_updated_time: int | None = None
    tpsl_mode: TpslMode | None = None
    position_balance: Decimal | None = None
    trade_mode: int | None = None


class PositionPage(Page[Position]):
    """One page of positions."""


class MarginChange(_PositionFigures):
    """A position after margin was added or taken; times in milliseconds."""


class SymbolLeverage(Wire):
    """The leverage that is set for a symbol.

    Attributes:
        side: carries no meaning.
        position_idx: 0 one-way, 1 and 2 the sides of hedge mode.
    """

    symbol: str
    leverage: Decimal | None = None
    side: Side | None = None
    position_idx: PositionIdx | None = None


class SymbolLeverages(Rows[SymbolLeverage]):
    """The leverage of one or all symbols."""


class ClosedPnl(Wire):
    """The profit of one closing order; times in milliseconds.

    Attributes:
        side: of the closing order, so ``Sell`` closed a long position.
        qty: of the order.
        closed_size: how much of the position it closed.
        cum_entry_value: value at entry of what was closed.
        cum_exit_value: value at exit of what was closed.
        closed_pnl: fees included.
        fill_count: executions of the order.
    """

    symbol: str
    order_id: str
    side: Side
    closed_pnl: Decimal
    qty: Decimal | None = None
    order_price: Decimal | None = None
    order_type: OrderType | None = None
    exec_type: ExecType | Literal["SessionSettlePnL"] | None = None
    closed_size: Decimal | None = None
    cum_entry_value: Decimal | None = None
    avg_entry_price: Decimal | None = None
    cum_exit_value: Decimal | None = None
    avg_exit_price: Decimal | None = None
    fill_count: int | None = None
    leverage: Decimal | None = None
    open_fee: Decimal | None = None
    close_fee: Decimal | None = None
    created_time: int | None = None
    updated_time: int | None = None


class ClosedPnlPage(Page[ClosedPnl]):
    """One page of closed profits, newest first."""


class ClosedOptionPosition(Wire):
    """An option position that was closed or delivered; times in milliseconds."""

    symbol: str
    side: Side
    qty: Decimal
    total_pnl: Decimal | None = None
    total_open_fee: Decimal | None = None
    total_close_fee: Decimal | None = None
    delivery_fee: Decimal | None = None
    avg_entry_price: Decimal | None = None
    avg_exit_price: Decimal | None = None
    delivery_price: Decimal | None = None
    open_time: int | None = None
    close_time: int | None = None


class ClosedOptionPositionPage(Page[ClosedOptionPosition]):
    """One page of closed option positions, newest first."""


class PositionLeg(Part, omit_defaults=True):
    """One position to move to another account.

    Attributes:
        price: within 5 % of the mark price for contracts, within the price limits for spot and options.
        side: the side that the giving account trades: ``Sell`` hands a long position over.
        qty: at most the position.

    Raises:
        InvalidParameter: a number, the category, the side or the symbol is invalid.
    """

    category: Category
    symbol: str
    price: Number
    side: Side
    qty: Number

    def __post_init__(self) -> None:
        super().__post_init__()
        check_symbol(self.symbol)
        if str(self.qty).startswith("-"):
            raise InvalidParameter("qty", f"expected more than 0, got {self.qty}")


class MovedPositions(Wire):
    """Whether the move was taken on; its outcome is in the move history.

    Attributes:
        reject_party: who refused it; None when it was not refused at once.
    """

    block_trade_id: str | None = None
    status: Literal["Processing", "Rejected"] | None = None
    reject_party: Literal["Taker", "Maker", "bybit"] | None = None


class PositionMove(Wire):
    """One leg of a moved position; times in milliseconds.

    Attributes:
        side: the giving account's side.
        exec_fee: in the base coin.
        result_code: 0 when it succeeded.
        reject_party: who refused it.
    """

    block_trade_id: str
    symbol: str
    category: str | None = None
    order_id: str | None = None
    user_id: int | None = None
    side: Side | None = None
    price: Decimal | None = None
    qty: Decimal | None = None
    exec_fee: Decimal | None = None
    exec_id: str | None = None
    status: Literal["Processing", "Filled", "Rejected"] | None = None
    result_code: int | None = None
    result_message: str | None = None
    reject_party: Literal["Taker", "Maker", "bybit"] | None = None
    created_at: int | None = None
    updated_at: int | None = None


class PositionMovePage(Page[PositionMove]):
    """One page of moved positions, newest first."""


class RiskLimitSetting(Wire):
    """The risk tier that is set now."""

    category: str | None = None
    risk_id: int | None = None
    risk_limit_value: Decimal | None = None


class TpslModeSetting(Wire):
    """The take profit and stop loss mode that is set now."""

    tp_sl_mode: TpslMode | None = None
