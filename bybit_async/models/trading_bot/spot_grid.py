"""Grid bots on spot, and what all bots answer to a command."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.trading_bot.base import BotWire


class ValueRange(BotWire):
    """The minimum and maximum that are accepted."""

    from_: Decimal | None = msgspec.field(default=None, name="from")
    to: Decimal | None = None


class SpotGridCheck(BotWire):
    """Whether a grid would be accepted, and the range of each parameter.

    Attributes:
        status_code: 0 or 200 when the check ran.
    """

    status_code: int | None = None
    debug_msg: str | None = None
    check_code: str | None = None
    investment: ValueRange | None = None
    profit: ValueRange | None = None
    cell_number: ValueRange | None = None
    min_price: ValueRange | None = None
    max_price: ValueRange | None = None
    stop_loss: ValueRange | None = None
    take_profit: ValueRange | None = None
    entry_price: ValueRange | None = None
    base_investment: ValueRange | None = None
    cell_distance: Decimal | None = None
    ts_percent: ValueRange | None = None
    limit_up_price: ValueRange | None = None


class SpotGridAck(BotWire):
    """A grid that was started.

    Attributes:
        status_code: 200 when accepted, 421 when the user is banned.
    """

    grid_id: str
    status_code: int | None = None
    ban_reason_text: str | None = None
    debug_msg: str | None = None


class SpotGridBot(BotWire):
    """A grid bot on spot.

    Attributes:
        operation_time: milliseconds since it was created.
        end_time: 0 while it runs.
    """

    grid_id: str
    symbol: str
    base_token: str | None = None
    quote_token: str | None = None
    status: Literal["RAW", "REJECTED", "NEW", "INITIALIZING", "RUNNING", "CANCELLING", "COMPLETED"] | None = None
    max_price: Decimal | None = None
    min_price: Decimal | None = None
    cell_number: int | None = None
    total_investment: Decimal | None = None
    total_profit: Decimal | None = None
    grid_profit: Decimal | None = None
    grid_apr: Decimal | None = None
    total_apr: Decimal | None = None
    arbitrage_num: int | None = None
    arbitrage_num_24: int | None = None
    current_price: Decimal | None = None
    current_profit: Decimal | None = None
    current_per: Decimal | None = None
    equity: Decimal | None = None
    entry_price: Decimal | None = None
    stop_loss_price: Decimal | None = None
    take_profit_price: Decimal | None = None
    close_reason: str | None = None
    bot_close_code: str | None = None
    ts_percent: Decimal | None = None
    is_support_ts: bool | None = None
    enable_trailing: bool | None = None
    limit_up_price: Decimal | None = None
    ori_max_price: Decimal | None = None
    ori_min_price: Decimal | None = None
    ori_cell_number: int | None = None
    allow_follow: int | None = None
    follow_num: int | None = None
    operation_time: int | None = None
    create_time: int | None = None
    end_time: int | None = None
    used_reward_amount: Decimal | None = None
    settlement_assets: str | None = None
    account_type: str | None = None
    cum_withdrew_amount: Decimal | None = None
    spot_symbol_status: str | None = None
    used_reward_id: str | None = None
    taker_fee_rate: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    ts_exit_equity: Decimal | None = None


class SpotGridDetail(BotWire):
    """The answer that carries a grid."""

    status_code: int | None = None
    debug_msg: str | None = None
    detail: SpotGridBot | None = None


class BotAck(BotWire):
    """What happened to a command.

    Attributes:
        status_code: 0 or 200 when accepted.
    """

    status_code: int | None = None
    debug_msg: str | None = None
    bot_id: str | None = None
