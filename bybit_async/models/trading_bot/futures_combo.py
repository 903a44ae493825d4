"""Portfolio bots on futures."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bybit_async.models.trading_bot.base import BotPart, BotWire
from bybit_async.wire import Number


class ValueLimit(BotWire):
    """The minimum and maximum that are accepted."""

    max: Decimal | None = None
    min: Decimal | None = None


class FuturesComboCheck(BotWire):
    """Whether a portfolio would be accepted, and the range of each parameter."""

    status_code: int | None = None
    debug_msg: str | None = None
    check_code: str | None = None
    init_margin: ValueLimit | None = None
    leverage: ValueLimit | None = None
    adjust_position_percent: ValueLimit | None = None
    adjust_position_time_interval: ValueLimit | None = None
    sl_percent: ValueLimit | None = None
    tp_percent: ValueLimit | None = None
    trailing_stop_percent: ValueLimit | None = None


class ComboSymbol(BotPart):
    """A symbol of a portfolio.

    Attributes:
        target_position_percent: its share; all shares add up to 1.
        side: 1 long, 2 short.
    """

    symbol: str
    target_position_percent: Number
    side: int


class FuturesComboAck(BotWire):
    """A portfolio that was started.

    Attributes:
        status_code: 0 when accepted, 421 when the user is banned.
    """

    bot_id: str
    status_code: int | None = None
    ban_reason_text: str | None = None
    debug_msg: str | None = None


class ComboSymbolState(BotWire):
    """A symbol of a running portfolio."""

    symbol: str
    side: str
    base_token: str | None = None
    quote_token: str | None = None
    target_position_percent: Decimal | None = None
    symbol_id: int | None = None


class FuturesComboBot(BotWire):
    """A portfolio bot on futures; its times are seconds."""

    bot_id: str
    bot_mode: str | None = None
    bot_display_status: str | None = None
    bot_name: str | None = None
    leverage: Decimal | None = None
    total_margin: Decimal | None = None
    equity: Decimal | None = None
    total_pnl: Decimal | None = None
    total_pnl_per: Decimal | None = None
    roi: Decimal | None = None
    total_apr: Decimal | None = None
    realized_pnl: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    total_exec_fee: Decimal | None = None
    funding_fee: Decimal | None = None
    total_position_value: Decimal | None = None
    margin_balance: Decimal | None = None
    available_balance: Decimal | None = None
    imr: Decimal | None = None
    mmr: Decimal | None = None
    symbol_settings: list[ComboSymbolState] = msgspec.field(default_factory=list)
    adjust_position_mode: str | None = None
    adjust_position_percent: Decimal | None = None
    adjust_position_time_interval: int | None = None
    adjusted_position_num: int | None = None
    last_adjust_position_time: int | None = None
    sl_percent: Decimal | None = None
    tp_percent: Decimal | None = None
    trailing_stop_percent: Decimal | None = None
    stop_type: str | None = None
    close_code: str | None = None
    exit_equity: Decimal | None = None
    sl_exit_equity: Decimal | None = None
    tp_exit_equity: Decimal | None = None
    midway_transfer: Decimal | None = None
    settlement_assets: str | None = None
    follow_num: int | None = None
    used_reward_amount: Decimal | None = None
    used_reward_id: str | None = None
    total_bonus: Decimal | None = None
    run_time_duration: int | None = None
    create_time: int | None = None
    end_time: int | None = None
    last_modify_setting_time: int | None = None
    ws_token: str | None = None


class FuturesComboDetail(BotWire):
    """The answer that carries a portfolio."""

    status_code: int | None = None
    debug_msg: str | None = None
    detail: FuturesComboBot | None = None
