"""Martingale bots on futures."""

from __future__ import annotations

from decimal import Decimal

from bybit_async.models.trading_bot.base import BotWire
from bybit_async.models.trading_bot.futures_combo import ValueLimit


class FuturesMartingaleCheck(BotWire):
    """Whether a bot would be accepted, and the range of each parameter."""

    status_code: int | None = None
    debug_msg: str | None = None
    check_code: str | None = None
    price_float_percent: ValueLimit | None = None
    add_position_percent: ValueLimit | None = None
    add_position_num: ValueLimit | None = None
    init_margin: ValueLimit | None = None
    round_tp_percent: ValueLimit | None = None
    sl_percent: ValueLimit | None = None
    entry_price: ValueLimit | None = None
    leverage: ValueLimit | None = None


class FuturesMartingaleAck(BotWire):
    """A bot that was started.

    Attributes:
        status_code: 0 when accepted, 421 when the user is banned.
    """

    bot_id: str
    status_code: int | None = None
    ban_reason_text: str | None = None
    debug_msg: str | None = None


class FuturesMartingaleBot(BotWire):
    """A martingale bot on futures; its times are seconds."""

    bot_id: str
    symbol: str
    base_token: str | None = None
    quote_token: str | None = None
    bot_display_status: str | None = None
    fmart_mode: str | None = None
    leverage: Decimal | None = None
    actual_leverage: Decimal | None = None
    single_round_target_profit_per: Decimal | None = None
    add_pos_num: int | None = None
    add_pos_per: Decimal | None = None
    price_float_per: Decimal | None = None
    entry_price: Decimal | None = None
    sl_per: Decimal | None = None
    total_margin: Decimal | None = None
    pnl: Decimal | None = None
    pnl_per: Decimal | None = None
    realized_pnl: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    net_funding_fee: Decimal | None = None
    total_apr: Decimal | None = None
    completed_rounds: int | None = None
    current_round: int | None = None
    current_added_pos_num: int | None = None
    pos_size: Decimal | None = None
    avg_pos_price: Decimal | None = None
    pos_balance: Decimal | None = None
    order_balance: Decimal | None = None
    available_balance: Decimal | None = None
    mark_price: Decimal | None = None
    current_price: Decimal | None = None
    estimated_liq_price: Decimal | None = None
    auto_cycle: str | None = None
    stop_type: str | None = None
    close_code: str | None = None
    close_price: Decimal | None = None
    tick_size: Decimal | None = None
    settlement_assets: str | None = None
    follow_num: int | None = None
    used_reward_amount: Decimal | None = None
    used_reward_id: str | None = None
    total_bonus: Decimal | None = None
    operation_time: int | None = None
    create_time: int | None = None
    modify_time: int | None = None
    end_time: int | None = None
    running_duration: int | None = None
    adl_rank_indicator: int | None = None


class FuturesMartingaleDetail(BotWire):
    """The answer that carries a bot."""

    status_code: int | None = None
    debug_msg: str | None = None
    fmart_detail: FuturesMartingaleBot | None = None
