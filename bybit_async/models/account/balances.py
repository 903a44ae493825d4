"""What the account holds, may move, and did."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Page, Rows, Wire


class CoinBalance(Wire):
    """One coin of an account.

    Attributes:
        equity: wallet balance, minus what is borrowed, plus unrealised profit and option value.
        usd_value: the equity in USD.
        locked: held by open spot orders.
        borrow_amount: owed, spot and derivatives together.
        spot_borrow: owed by spot margin trading and by borrowing.
        total_order_im: initial margin of open orders; None in portfolio margin mode.
        total_position_im: initial margin of positions; None in portfolio margin mode.
        total_position_mm: maintenance margin of positions; None in portfolio margin mode.
        margin_collateral: whether Bybit takes the coin as collateral.
        collateral_switch: whether the user lends it as collateral.
        col_res: restriction of the coin as collateral: -1 unknown, 0 none, above 0 restricted.
        free, available_to_withdraw, available_to_borrow: no longer filled; see `get_transferable_amount` and
            `get_collateral_info`.
    """

    coin: str
    equity: Decimal | None = None
    usd_value: Decimal | None = None
    wallet_balance: Decimal | None = None
    locked: Decimal | None = None
    spot_hedging_qty: Decimal | None = None
    borrow_amount: Decimal | None = None
    spot_borrow: Decimal | None = None
    accrued_interest: Decimal | None = None
    total_order_im: Decimal | None = None
    total_position_im: Decimal | None = None
    total_position_mm: Decimal | None = None
    unrealised_pnl: Decimal | None = None
    cum_realised_pnl: Decimal | None = None
    bonus: Decimal | None = None
    margin_collateral: bool | None = None
    collateral_switch: bool | None = None
    col_res: int | None = None
    free: Decimal | None = None
    available_to_withdraw: Decimal | None = None
    available_to_borrow: Decimal | None = None


class Wallet(Wire):
    """A unified account's balance; totals are in USD, rates are fractions.

    Attributes:
        account_im_rate: initial margin over margin balance; None in isolated margin mode.
        account_mm_rate: maintenance margin over margin balance; liquidation starts at 1. None in isolated margin mode.
        total_margin_balance: wallet balance plus unrealised profit of contracts.
        total_available_balance: what new orders may use; None in isolated margin mode.
        account_ltv: no longer meaningful.
    """

    account_type: str
    total_equity: Decimal | None = None
    total_wallet_balance: Decimal | None = None
    total_margin_balance: Decimal | None = None
    total_available_balance: Decimal | None = None
    total_perp_upl: Decimal | None = None
    total_initial_margin: Decimal | None = None
    total_maintenance_margin: Decimal | None = None
    account_im_rate: Decimal | None = None
    account_mm_rate: Decimal | None = None
    account_im_rate_by_mp: Decimal | None = None
    account_mm_rate_by_mp: Decimal | None = None
    total_initial_margin_by_mp: Decimal | None = None
    total_maintenance_margin_by_mp: Decimal | None = None
    account_ltv: Decimal | None = None
    coin: list[CoinBalance] = msgspec.field(default_factory=list)

    def balance(self, coin: str) -> CoinBalance | None:
        """Return one coin's balance, or None when the account has none of it."""
        return next((row for row in self.coin if row.coin == coin), None)


class Wallets(Rows[Wallet]):
    """The balance of the account; one row."""


class TransferableAmount(Wire):
    """What may be moved out of the unified account, per coin.

    Attributes:
        available_withdrawal: of the first coin that was asked for.
        available_withdrawal_map: of every coin that was asked for.
    """

    available_withdrawal: Decimal | None = None
    available_withdrawal_map: dict[str, Decimal | None] = msgspec.field(default_factory=dict)


class ContractTransaction(Wire):
    """One change of a classic derivatives account's balance; the time is in milliseconds.

    Attributes:
        size: the position after the trade; shorts are negative.
        funding: positive was paid, negative was received.
        fee: positive was paid, negative was received.
        cash_flow: realised profit, or a transfer.
        change: what the balance changed by.
        cash_balance: the balance afterwards.
        fee_rate: of the trade, or the funding rate of a settlement.
    """

    id: str
    symbol: str | None = None
    category: str | None = None
    side: Literal["Buy", "Sell", "None"] | None = None
    transaction_time: int | None = None
    type: str | None = None
    qty: Decimal | None = None
    size: Decimal | None = None
    currency: str | None = None
    trade_price: Decimal | None = None
    funding: Decimal | None = None
    fee: Decimal | None = None
    cash_flow: Decimal | None = None
    change: Decimal | None = None
    cash_balance: Decimal | None = None
    fee_rate: Decimal | None = None
    bonus_change: Decimal | None = None
    trade_id: str | None = None
    order_id: str | None = None
    order_link_id: str | None = None


class Transaction(ContractTransaction):
    """One change of a unified account's balance.

    As `ContractTransaction`, except that here positive funding was received and negative was paid.

    Attributes:
        qty: signed for spot: what the currency changed by.
        trans_sub_type: ``movePosition`` for moved positions.
    """

    trans_sub_type: str | None = None
    extra_fees: str | None = None


class TransactionPage(Page[Transaction]):
    """One page of balance changes, newest first."""


class ContractTransactionPage(Page[ContractTransaction]):
    """One page of balance changes of a classic derivatives account, newest first."""


class FeeRate(Wire):
    """Fee rates as fractions; options have a base coin, everything else a symbol."""

    symbol: str | None = None
    base_coin: str | None = None
    taker_fee_rate: Decimal | None = None
    maker_fee_rate: Decimal | None = None


class FeeRates(Rows[FeeRate]):
    """Fee rates of the account."""


class OptionAsset(Wire):
    """Profit and margin of a coin's options; the time is in milliseconds.

    Attributes:
        total_delta: of option positions only.
        asset_im: initial margin, open orders included.
        asset_mm: maintenance margin, open orders included.
    """

    coin: str
    total_delta: Decimal | None = None
    total_rpl: Decimal | None = None
    total_upl: Decimal | None = None
    asset_im: Decimal | None = None
    asset_mm: Decimal | None = None
    send_time: int | None = None


class OptionAssets(Rows[OptionAsset]):
    """Profit and margin of options, per coin."""

    rows: list[OptionAsset] = msgspec.field(default_factory=list, name="result")


class DailyTrading(Wire):
    """The executed value of one day."""

    day: str | None = None
    sum_buy_exec_value: Decimal | None = None
    sum_sell_exec_value: Decimal | None = None
    sum_exec_value: Decimal | None = None


class TradeAnalysis(Wire):
    """My trading of one symbol, summed up.

    Attributes:
        symbol_rnl: realised profit.
        net_exec_qty: bought minus sold.
    """

    symbol_rnl: Decimal | None = None
    net_exec_qty: Decimal | None = None
    sum_exec_value: Decimal | None = None
    sum_exec_qty: Decimal | None = None
    avg_buy_exec_price: Decimal | None = None
    sum_buy_exec_value: Decimal | None = None
    sum_buy_exec_qty: Decimal | None = None
    sum_buy_exec_fee: Decimal | None = None
    sum_buy_order_qty: Decimal | None = None
    avg_sell_exec_price: Decimal | None = None
    sum_sell_exec_value: Decimal | None = None
    sum_sell_exec_qty: Decimal | None = None
    sum_sell_exec_fee: Decimal | None = None
    sum_sell_order_qty: Decimal | None = None
    max_margin_version: int | None = None
    base_coin: str | None = None
    settle_coin: str | None = None
    sum_price_list: list[DailyTrading] = msgspec.field(default_factory=list)
