"""What the private streams push; times are in exchange milliseconds."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bybit_async.enums import Category, OrderStatus, PositionIdx, Side
from bybit_async.models.stream_message import Pushed
from bybit_async.wire import Wire


class OrderData(Pushed):
    """An order after a change.

    Attributes:
        price: 0 for market orders.
        avg_price: None until something is filled.
        cum_exec_qty: filled so far; `cum_exec_value` its value, `leaves_qty` what remains.
        cum_exec_fee: fee so far, inverse and option only; elsewhere read `cum_fee_detail`.
        cum_fee_detail: fee so far by coin.
        closed_pnl: what a closing order realised.
        is_leverage: ``"1"`` when a spot order may borrow.
        rpi_matched_qty: filled against retail price improvement orders.
    """

    category: Category | None = None
    symbol: str
    order_id: str
    order_link_id: str | None = None
    parent_order_link_id: str | None = None
    block_trade_id: str | None = None
    side: Side
    order_status: OrderStatus
    order_type: str | None = None
    time_in_force: str | None = None
    position_idx: PositionIdx | None = None
    price: Decimal | None = None
    qty: Decimal | None = None
    avg_price: Decimal | None = None
    leaves_qty: Decimal | None = None
    leaves_value: Decimal | None = None
    cum_exec_qty: Decimal | None = None
    cum_exec_value: Decimal | None = None
    cum_exec_fee: Decimal | None = None
    cum_fee_detail: dict[str, Decimal] | None = None
    fee_currency: str | None = None
    closed_pnl: Decimal | None = None
    is_leverage: str | None = None
    create_type: str | None = None
    cancel_type: str | None = None
    reject_reason: str | None = None
    stop_order_type: str | None = None
    oco_trigger_by: str | None = None
    order_iv: Decimal | None = None
    market_unit: str | None = None
    slippage_tolerance_type: str | None = None
    slippage_tolerance: Decimal | None = None
    trigger_price: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    tpsl_mode: str | None = None
    tp_limit_price: Decimal | None = None
    sl_limit_price: Decimal | None = None
    tp_trigger_by: str | None = None
    sl_trigger_by: str | None = None
    trigger_direction: int | None = None
    trigger_by: str | None = None
    last_price_on_created: Decimal | None = None
    broker_order_price: Decimal | None = None
    reduce_only: bool | None = None
    close_on_trigger: bool | None = None
    place_type: str | None = None
    smp_type: str | None = None
    smp_group: int | None = None
    smp_order_id: str | None = None
    rpi_taker_access: bool | None = None
    rpi_matched_qty: Decimal | None = None
    created_time: int | None = None
    updated_time: int | None = None


class ExtraFee(Wire):
    """A tax or fee on top of the trading fee."""

    fee_coin: str | None = None
    fee_type: str | None = None
    sub_fee_type: str | None = None
    fee_rate: Decimal | None = None
    fee: Decimal | None = None


class ExecutionData(Pushed):
    """A fill of an order of this account, or another booking that changed a position, such as funding.

    Attributes:
        exec_id: unique; the same execution can be pushed again after a reconnect.
        exec_fee: negative for rebates.
        exec_pnl: what a closing execution realised.
        closed_size: how much of a position it closed.
        trade_iv: implied volatility; like `mark_iv`, `index_price` and `underlying_price` options only.
        seq: cross sequence; several executions can share one.
    """

    category: Category | None = None
    symbol: str
    exec_id: str
    order_id: str | None = None
    order_link_id: str | None = None
    block_trade_id: str | None = None
    side: Side
    exec_price: Decimal
    exec_qty: Decimal
    exec_value: Decimal | None = None
    exec_fee: Decimal | None = None
    exec_pnl: Decimal | None = None
    exec_type: str | None = None
    exec_time: int
    fee_rate: Decimal | None = None
    fee_currency: str | None = None
    extra_fees: list[ExtraFee] = msgspec.field(default_factory=list)
    is_maker: bool | None = None
    is_leverage: str | None = None
    order_price: Decimal | None = None
    order_qty: Decimal | None = None
    leaves_qty: Decimal | None = None
    order_type: str | None = None
    stop_order_type: str | None = None
    create_type: str | None = None
    market_unit: str | None = None
    closed_size: Decimal | None = None
    trade_iv: Decimal | None = None
    mark_iv: Decimal | None = None
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    underlying_price: Decimal | None = None
    seq: int | None = None


class FastExecutionData(Pushed):
    """A fill, sent sooner and with fewer fields than an execution; trades only.

    Attributes:
        order_link_id: None for maker fills.
    """

    category: Category | None = None
    symbol: str
    exec_id: str
    order_id: str
    order_link_id: str | None = None
    side: Side
    exec_price: Decimal
    exec_qty: Decimal
    exec_time: int
    is_maker: bool | None = None
    seq: int | None = None


class PositionData(Pushed):
    """A position, pushed on every change of it or of an order around it, even where nothing differs.

    Attributes:
        side: None for an empty position.
        entry_price: average entry price.
        leverage: None in portfolio margin; `position_im` and `position_mm` likewise.
        liq_price: None when there is no liquidation price.
        cur_realised_pnl: of the holding so far; `cum_realised_pnl` of all time.
        seq: cross sequence; -1 when the position has never traded.
        mmr_sys_updated_time: when a lowered risk limit takes effect; `leverage_sys_updated_time` likewise.
    """

    category: Category | None = None
    symbol: str
    side: Side | None = None
    size: Decimal
    position_idx: PositionIdx = 0
    position_value: Decimal | None = None
    entry_price: Decimal | None = None
    session_avg_price: Decimal | None = None
    break_even_price: Decimal | None = None
    mark_price: Decimal | None = None
    liq_price: Decimal | None = None
    bust_price: Decimal | None = None
    leverage: Decimal | None = None
    risk_id: int | None = None
    risk_limit_value: Decimal | None = None
    auto_add_margin: int | None = None
    trade_mode: int | None = None
    position_im: Decimal | None = None
    position_mm: Decimal | None = None
    position_im_by_mp: Decimal | None = None
    position_mm_by_mp: Decimal | None = None
    position_balance: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing_stop: Decimal | None = None
    tpsl_mode: str | None = None
    unrealised_pnl: Decimal | None = None
    cur_realised_pnl: Decimal | None = None
    cum_realised_pnl: Decimal | None = None
    delta: Decimal | None = None
    gamma: Decimal | None = None
    vega: Decimal | None = None
    theta: Decimal | None = None
    position_status: str | None = None
    adl_rank_indicator: int | None = None
    is_reduce_only: bool | None = None
    seq: int | None = None
    created_time: int | None = None
    updated_time: int | None = None
    open_time: int | None = None
    mmr_sys_updated_time: int | None = None
    leverage_sys_updated_time: int | None = None


class WalletCoinData(Wire):
    """One coin of the wallet.

    Attributes:
        equity: wallet balance with unrealised results and liabilities.
        usd_value: 0 for coins that are no collateral.
        locked: held by open spot orders.
        total_order_im: margin held by orders; None in portfolio margin, like `total_position_im` and
            `total_position_mm`.
        collateral_switch: whether the account uses the coin as collateral; `margin_collateral` whether Bybit allows it.
        col_res: the platform's restriction of the coin as collateral, -1 when unknown.
    """

    coin: str
    equity: Decimal | None = None
    usd_value: Decimal | None = None
    wallet_balance: Decimal | None = None
    free: Decimal | None = None
    locked: Decimal | None = None
    spot_hedging_qty: Decimal | None = None
    spot_borrow: Decimal | None = None
    borrow_amount: Decimal | None = None
    accrued_interest: Decimal | None = None
    available_to_borrow: Decimal | None = None
    available_to_withdraw: Decimal | None = None
    total_order_im: Decimal | None = None
    total_position_im: Decimal | None = None
    total_position_mm: Decimal | None = None
    unrealised_pnl: Decimal | None = None
    cum_realised_pnl: Decimal | None = None
    bonus: Decimal | None = None
    collateral_switch: bool | None = None
    margin_collateral: bool | None = None
    col_res: int | None = None


class WalletData(Pushed):
    """The account's balances in USD, with the coins that changed; not pushed for unrealised results.

    Attributes:
        account_im_rate: initial margin rate as a fraction; `account_mm_rate` the maintenance margin rate.
        total_equity: of every coin; `total_available_balance` what new orders can use.
        coin: the coins that changed.
    """

    account_type: str | None = None
    account_im_rate: Decimal | None = None
    account_mm_rate: Decimal | None = None
    account_im_rate_by_mp: Decimal | None = None
    account_mm_rate_by_mp: Decimal | None = None
    account_ltv: Decimal | None = None
    total_equity: Decimal | None = None
    total_wallet_balance: Decimal | None = None
    total_margin_balance: Decimal | None = None
    total_available_balance: Decimal | None = None
    total_perp_upl: Decimal | None = None
    total_initial_margin: Decimal | None = None
    total_maintenance_margin: Decimal | None = None
    total_initial_margin_by_mp: Decimal | None = None
    total_maintenance_margin_by_mp: Decimal | None = None
    coin: list[WalletCoinData] = msgspec.field(default_factory=list)


class GreeksData(Pushed):
    """The summed greeks of all options on one base coin."""

    base_coin: str
    total_delta: Decimal | None = None
    total_gamma: Decimal | None = None
    total_vega: Decimal | None = None
    total_theta: Decimal | None = None


class StrategyData(Pushed):
    """A strategy order (TWAP, chase, iceberg, POV) after a change.

    Attributes:
        category: Bybit's account product, such as ``"UTA_USDT"``.
        duration: seconds, TWAP only; `interval` seconds between its orders.
        status: 2 running, 3 ended, 4 ended unfilled, 5 paused, 6 not triggered yet.
        terminate_type: 0 running, 1 stopped by the user, 2 completed, 3 out of balance.
        executed_end_time: 0 while it runs.
        chase_percent_e4: units of 0.01 percent.
    """

    strategy_id: str
    strategy_type: str | None = None
    category: str | None = None
    symbol: str | None = None
    size: Decimal | None = None
    side: Side | None = None
    duration: int | None = None
    status: int | None = None
    terminate_type: int | None = None
    terminate_remark: str | None = None
    executed_duration: int | None = None
    executed_size: Decimal | None = None
    executed_avg_price: Decimal | None = None
    executed_start_time: int | None = msgspec.field(default=None, name="executedStartTimeE3")
    executed_end_time: int | None = msgspec.field(default=None, name="executedEndTimeE3")
    created_time: int | None = msgspec.field(default=None, name="createdTimeE3")
    updated_time: int | None = msgspec.field(default=None, name="updatedTimeE3")
    is_random: bool | None = None
    reduce_only: bool | None = None
    limit_price: Decimal | None = None
    trigger_count: int | None = None
    trading_count: int | None = None
    chase_distance: Decimal | None = None
    chase_percent_e4: int | None = msgspec.field(default=None, name="ChasePercentE4")
    max_chase_price: Decimal | None = None
    chase_order_price: Decimal | None = None
    strategy_prefer: str | None = None
    interval: int | None = None
    leverage_type: int | None = None
    post_only: int | None = None
    trigger_price: Decimal | None = None
    is_triggered: bool | None = None
    strategy_tp: Decimal | None = None
    strategy_sl: Decimal | None = None
    order_type: str | None = None
    order_price_offset: Decimal | None = None
    position_value: Decimal | None = None
    filled_position_value: Decimal | None = None
