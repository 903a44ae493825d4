"""Grid bots on futures."""

from __future__ import annotations

from decimal import Decimal

from bybit_async.models.trading_bot.base import BotWire
from bybit_async.models.trading_bot.spot_grid import ValueRange


class FuturesGridCheck(BotWire):
    """Whether a grid would be accepted, and the range of each parameter."""

    status_code: int | None = None
    debug_msg: str | None = None
    check_code: str | None = None
    investment: ValueRange | None = None
    profit: ValueRange | None = None
    cell_number: ValueRange | None = None
    min_price: ValueRange | None = None
    max_price: ValueRange | None = None
    leverage: ValueRange | None = None
    stop_loss: ValueRange | None = None
    take_profit: ValueRange | None = None
    take_profit_price: ValueRange | None = None
    stop_loss_price: ValueRange | None = None
    entry_price: ValueRange | None = None
    trailing_stop_per: ValueRange | None = None
    long_liq_price: Decimal | None = None
    short_liq_price: Decimal | None = None
    move_up_price: ValueRange | None = None
    move_down_price: ValueRange | None = None
    cell_gtv0_per: Decimal | None = None


class FuturesGridAck(BotWire):
    """A grid that was started.

    Attributes:
        status_code: 0 or 200 when accepted, 421 when the user is banned.
    """

    bot_id: str
    status_code: int | None = None
    check_code: str | None = None
    ban_reason_text: str | None = None
    debug_msg: str | None = None


class FuturesGridBot(BotWire):
    """A grid bot on futures.

    Attributes:
        operation_time: milliseconds since it was created.
        end_time: 0 while it runs.
    """

    bot_id: str
    symbol: str
    base_token: str | None = None
    quote_token: str | None = None
    status: str | None = None
    grid_mode: str | None = None
    grid_type: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    cell_number: int | None = None
    leverage: Decimal | None = None
    real_leverage: Decimal | None = None
    total_investment: Decimal | None = None
    total_value: Decimal | None = None
    current_position: Decimal | None = None
    pnl: Decimal | None = None
    pnl_per: Decimal | None = None
    grid_profit: Decimal | None = None
    grid_apr: Decimal | None = None
    total_apr: Decimal | None = None
    realised_pnl: Decimal | None = None
    unrealised_pnl: Decimal | None = None
    funding_fee: Decimal | None = None
    position_balance: Decimal | None = None
    available_balance: Decimal | None = None
    total_order_balance: Decimal | None = None
    equity: Decimal | None = None
    last_price: Decimal | None = None
    mark_price: Decimal | None = None
    liquidation_price: Decimal | None = None
    stop_loss_per: Decimal | None = None
    take_profit_per: Decimal | None = None
    stop_loss_price: Decimal | None = None
    take_profit_price: Decimal | None = None
    tp_sl_type: str | None = None
    entry_price: Decimal | None = None
    real_close_price: Decimal | None = None
    min_price_precision: Decimal | None = None
    tick_size: Decimal | None = None
    trailing_stop_per: Decimal | None = None
    trailing_stop_exit_equity: Decimal | None = None
    close_reason: str | None = None
    bot_close_code: str | None = None
    futures_pos_side: str | None = None
    arbitrage_num: int | None = None
    arbitrage_num_24: int | None = None
    min_profit: Decimal | None = None
    max_profit: Decimal | None = None
    move_up_price: Decimal | None = None
    move_down_price: Decimal | None = None
    curr_min_price: Decimal | None = None
    curr_max_price: Decimal | None = None
    i_m_rate: Decimal | None = None
    m_m_rate: Decimal | None = None
    account_type: str | None = None
    allow_follow: int | None = None
    follow_num: int | None = None
    copy_trade_is_master: bool | None = None
    copy_trade_follower_num: int | None = None
    used_reward_amount: Decimal | None = None
    used_reward_id: str | None = None
    init_bonus: Decimal | None = None
    used_bonus_amount: Decimal | None = None
    settlement_assets: str | None = None
    cum_withdrew_amount: Decimal | None = None
    current_profit: Decimal | None = None
    current_per: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    operation_time: int | None = None
    create_time: int | None = None
    modify_time: int | None = None
    end_time: int | None = None
    adl_rank_indicator: int | None = None


class FuturesGridDetail(BotWire):
    """The answer that carries a grid."""

    status_code: int | None = None
    debug_msg: str | None = None
    detail: FuturesGridBot | None = None
