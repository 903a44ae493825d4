"""Balances, and the scenarios of portfolio margin."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Rows, Wire


class LiquidityRange(Wire):
    """The price range of a liquidity position."""

    price_upper: Decimal | None = None
    price_lower: Decimal | None = None
    equity_unit: str | None = None


class CoinEquity(Wire):
    """The equity in one coin."""

    coin: str
    equity: Decimal | None = None
    ext_map: LiquidityRange | None = None


class CategoryEquity(Wire):
    """The equity in one product of an account."""

    category: str | None = None
    equity: Decimal | None = None
    coin_detail: list[CoinEquity] = msgspec.field(default_factory=list)


class AccountEquity(Wire):
    """The equity of one account type."""

    account_type: str | None = None
    total_equity: Decimal | None = None
    valuation_currency: str | None = None
    snapshot_time: int | None = None
    coin_detail: list[CoinEquity] = msgspec.field(default_factory=list)
    categories: list[CategoryEquity] = msgspec.field(default_factory=list)


class AssetOverview(Rows[AccountEquity]):
    """Everything an account owns, valued in one currency."""

    total_equity: Decimal | None = None


class CoinGreeks(Wire):
    """Summed Greeks of the options on one base coin."""

    base_coin: str | None = None
    total_delta: Decimal | None = None
    total_gamma: Decimal | None = None
    total_vega: Decimal | None = None
    total_theta: Decimal | None = None


class PortfolioWallet(Wire):
    """The account figures of portfolio margin."""

    equity: Decimal | None = None
    cash_balance: Decimal | None = None
    margin_balance: Decimal | None = None
    available_balance: Decimal | None = None
    account_im: Decimal | None = None
    account_mm: Decimal | None = None
    account_mm_rate: Decimal | None = None
    account_im_rate: Decimal | None = None


class PnlPoint(Wire):
    """Profit and loss when the price moves by `price_scale` (``-0.1`` is ten per cent down)."""

    price_scale: Decimal | None = None
    pnls: list[Decimal] = msgspec.field(default_factory=list)


class PnlRanges(Wire):
    """The scenarios of one group of positions."""

    pnl_ranges: list[PnlPoint] = msgspec.field(default_factory=list)


class TotalPnlRanges(Wire):
    """Scenarios of all positions, by kind of contract."""

    all: PnlRanges | None = msgspec.field(default=None, name="ALL")
    perpetual: PnlRanges | None = msgspec.field(default=None, name="PERPETUAL")
    option: PnlRanges | None = msgspec.field(default=None, name="OPTION")


class PositionPnlRanges(Wire):
    """The scenarios of one position."""

    symbol_name: str | None = None
    position: Decimal | None = None
    pnl_ranges: list[PnlPoint] = msgspec.field(default_factory=list)
    session_avg_price: Decimal | None = None
    mark_price: Decimal | None = None
    order_size: Decimal | None = None
    contract_type: int | None = None
    settle_coin: str | None = None
    symbol_alias: str | None = None


class ExpiryPnlRanges(Wire):
    """The scenarios of the options of one expiry."""

    expiry_date_representation: str | None = None
    pnl_ranges: list[PnlPoint] = msgspec.field(default_factory=list)
    option_position_pnl_ranges: list[PositionPnlRanges] = msgspec.field(default_factory=list)


class Contingency(Wire):
    """Margin added on top of the worst scenario."""

    option_contingency: Decimal | None = None
    future_delta_contingency: Decimal | None = None
    option_vega_contingency: Decimal | None = None
    contingency_components: Decimal | None = None
    usdt_usdc_contingency: Decimal | None = None
    future_contingency: Decimal | None = None


class AssetMargin(Wire):
    """The margin of one base coin."""

    coin: str
    asset_im: Decimal | None = None
    asset_mm: Decimal | None = None


class SpotHedge(Wire):
    """The spot holding that hedges the positions."""

    hedge_spot_size: Decimal | None = None
    wallet_balance: Decimal | None = None
    usd_index_price: Decimal | None = None
    pnl_ranges: list[PnlPoint] = msgspec.field(default_factory=list)


class AssetPnlRange(Wire):
    """Profit and loss of one base coin's positions over the price scenarios."""

    base_coin: str | None = None
    total_pnl_ranges: TotalPnlRanges | None = None
    perp_position_pnl_ranges: list[PositionPnlRanges] = msgspec.field(default_factory=list)
    option_expiry_date_pnl_ranges: list[ExpiryPnlRanges] = msgspec.field(default_factory=list)
    contingency: Contingency | None = None
    asset: AssetMargin | None = None
    max_loss_price_move: Decimal | None = None
    max_loss_iv_shock: Decimal | None = None
    total_close_pz_fee: Decimal | None = None
    spot_hedge_info: SpotHedge | None = None
    max_loss_iv_shock_list: list[Decimal] = msgspec.field(default_factory=list)


class PortfolioMargin(Wire):
    """The account's portfolio margin and the scenarios behind it."""

    wallet: PortfolioWallet | None = None
    asset_pnl_range: list[AssetPnlRange] = msgspec.field(default_factory=list)


class AccountAssets(Wire):
    """Total assets of one account type of a member."""

    type: str | None = None
    origb: Decimal | None = None
    quoteb: Decimal | None = None
    stat: int | None = None


class MemberAssets(Wire):
    """Total assets of one member.

    Attributes:
        type: kind of sub account, None for the master.
    """

    uid: int | None = None
    is_m: bool | None = None
    type: int | None = None
    stat: int | None = None
    origb: Decimal | None = None
    quoteb: Decimal | None = None
    items: list[AccountAssets] = msgspec.field(default_factory=list)


class MembersAssets(Rows[MemberAssets]):
    """Total assets of a master account and its members.

    Attributes:
        stat: 0 when every part answered.
    """

    total: Decimal | None = None
    quote_total: Decimal | None = None
    stat: int | None = None


class TransferableBalance(Wire):
    """A balance and what of it may be moved.

    Attributes:
        transfer_safe_amount: asked for by `with_transfer_safe_amount`, else None.
        ltv_transfer_safe_amount: asked for by `with_ltv_transfer_safe_amount`, else None.
    """

    coin: str
    wallet_balance: Decimal | None = None
    transfer_balance: Decimal | None = None
    bonus: Decimal | None = None
    transfer_safe_amount: Decimal | None = None
    ltv_transfer_safe_amount: Decimal | None = None


class CoinBalanceOf(Wire):
    """One coin's balance in an account."""

    account_type: str | None = None
    biz_type: int | None = None
    account_id: str | None = None
    member_id: str | None = None
    balance: TransferableBalance | None = None


class AssetCoinBalance(Wire):
    """The balance of one coin."""

    coin: str
    wallet_balance: Decimal | None = None
    transfer_balance: Decimal | None = None
    bonus: Decimal | None = None


class CoinBalances(Rows[AssetCoinBalance]):
    """The balances of one account type."""

    rows: list[AssetCoinBalance] = msgspec.field(default_factory=list, name="balance")
    account_type: str | None = None
    member_id: str | None = None


class ClassicAsset(Wire):
    """One coin of the classic spot account."""

    coin: str
    frozen: Decimal | None = None
    free: Decimal | None = None
    withdraw: Decimal | None = None


class ClassicSpotAssets(Wire):
    """The assets of the classic spot account."""

    status: Literal["ACCOUNT_STATUS_NORMAL", "ACCOUNT_STATUS_UNSPECIFIED"] | None = None
    assets: list[ClassicAsset] = msgspec.field(default_factory=list)


class ClassicAssets(Wire):
    """The assets of a classic account."""

    spot: ClassicSpotAssets | None = None


class WithdrawableAmount(Wire):
    """What may be withdrawn from one account type."""

    coin: str | None = None
    withdrawable_amount: Decimal | None = None
    available_balance: Decimal | None = None


class WithdrawableByAccount(Wire):
    """What may be withdrawn, per account type; None where the coin has no balance there."""

    spot: WithdrawableAmount | None = msgspec.field(default=None, name="SPOT")
    fund: WithdrawableAmount | None = msgspec.field(default=None, name="FUND")
    uta: WithdrawableAmount | None = msgspec.field(default=None, name="UTA")
    earn: WithdrawableAmount | None = msgspec.field(default=None, name="EARN")


class WithdrawableAmounts(Wire):
    """What may be withdrawn of one coin."""

    limit_amount_usd: Decimal | None = None
    withdrawable_amount: WithdrawableByAccount | None = None
