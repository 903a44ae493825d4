"""Products, quotes, orders and positions of structured products."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.part import Part
from bybit_async.wire import Number, Rows, Wire


class AdvanceProduct(Wire):
    """What structured products of every category have.

    Attributes:
        duration: a word such as ``8h`` or ``3d``.
    """

    product_id: str
    category: str | None = None
    settlement_time: int | None = None
    duration: str | None = None
    subscribe_start_at: int | None = None
    subscribe_end_at: int | None = None
    expect_receive_at: int | None = None


class DiscountBuyProduct(AdvanceProduct):
    """A discount buy product."""

    coin: str
    underlying_asset: str | None = None
    is_vip_product: bool | None = None
    min_purchase_amount: Decimal | None = None
    remaining_amount: Decimal | None = None
    order_precision_digital: int | None = None


class DoubleWinProduct(AdvanceProduct):
    """A double win product."""

    invest_coin: str | None = None
    underlying_asset: str | None = None
    min_purchase_amount: Decimal | None = None
    order_precision_digital: int | None = None
    is_rfq_product: bool | None = None
    lower_price_buffer: Decimal | None = None
    upper_price_buffer: Decimal | None = None
    min_deviation_ratio: Decimal | None = None
    max_deviation_ratio: Decimal | None = None
    price_tick_size: Decimal | None = None


class DualAssetsProduct(AdvanceProduct):
    """A dual assets product."""

    base_coin: str | None = None
    quote_coin: str | None = None
    status: Literal["Available", "NotAvailable"] | None = None
    is_vip_product: bool | None = None
    apply_start_at: int | None = None
    min_purchase_quote_amount: Decimal | None = None
    min_purchase_base_amount: Decimal | None = None
    remaining_amount_quote: Decimal | None = None
    remaining_amount_base: Decimal | None = None
    order_precision_digital_quote: int | None = None
    order_precision_digital_base: int | None = None


class SmartLeverageProduct(AdvanceProduct):
    """A smart leverage product."""

    invest_coin: str | None = None
    underlying_asset: str | None = None
    direction: Literal["Long", "Short"] | None = None
    leverage: Decimal | None = None
    min_purchase_amount: Decimal | None = None
    remaining_amount: Decimal | None = None
    order_precision_digital: int | None = None


class DiscountBuyQuote(Wire):
    """A quote for a discount buy.

    Attributes:
        knockout_coupon_e8: the yearly yield times 10^8.
        expired_at: 0 when it does not expire.
    """

    product_id: str
    current_price: Decimal | None = None
    purchase_price: Decimal | None = None
    knockout_price: Decimal | None = None
    knockout_coupon_e8: int | None = None
    max_investment_amount: Decimal | None = None
    inst_uid: str | None = None
    expired_at: int | None = None
    category: str | None = None


class DiscountBuyQuotes(Rows[DiscountBuyQuote]):
    """Quotes for discount buys."""

    rows: list[DiscountBuyQuote] = msgspec.field(default_factory=list, name="offers")


class DoubleWinQuote(Wire):
    """The quote for a double win product; its fields are None without a quote."""

    product_id: str
    category: str | None = None
    leverage: Decimal | None = None
    expire_time: int | None = None
    max_investment_amount: Decimal | None = None
    current_price: Decimal | None = None


class DualAssetsQuote(Wire):
    """A quote for one target price.

    Attributes:
        apy_e8: the yearly yield times 10^8.
    """

    select_price: Decimal | None = None
    apy_e8: int | None = None
    max_investment_amount: Decimal | None = None
    expired_at: int | None = None


class DualAssetsQuoteBoard(Wire):
    """The quotes of one dual assets product."""

    product_id: str
    current_price: Decimal | None = None
    buy_low_price: list[DualAssetsQuote] = msgspec.field(default_factory=list)
    sell_high_price: list[DualAssetsQuote] = msgspec.field(default_factory=list)


class DualAssetsQuotes(Rows[DualAssetsQuoteBoard]):
    """Quotes for dual assets."""


class SmartLeverageQuote(Wire):
    """The quote for a smart leverage product; its fields are None without a quote."""

    product_id: str
    category: str | None = None
    breakeven_price: Decimal | None = None
    current_price: Decimal | None = None
    expire_at: int | None = None
    max_investment_amount: Decimal | None = None


class DoubleWinLeverage(Wire):
    """The leverage offered for a price range."""

    product_id: str
    initial_price: Decimal | None = None
    lower_price: Decimal | None = None
    upper_price: Decimal | None = None
    leverage: Decimal | None = None
    expire_time: int | None = None
    max_investment_amount: Decimal | None = None


class DiscountBuyExtra(Part):
    """What a discount buy adds, as quoted.

    Attributes:
        knockout_coupon_e8: the yearly yield times 10^8.
    """

    initial_price: Number
    purchase_price: Number
    knockout_price: Number
    knockout_coupon_e8: Number
    settle_type: Literal["Base", "Quote"]
    inst_uid: str


class DoubleWinStakeExtra(Part):
    """What a double win subscription adds. The price bounds belong to products with a price range of your own."""

    leverage: Number
    initial_price: Number
    lower_price: Number | None = None
    upper_price: Number | None = None


class AdvanceRedeemExtra(Part):
    """What an early redemption adds."""

    position_id: str
    est_redeem_amount: Number
    is_slippage_protected: bool | None = None


class DualAssetsExtra(Part):
    """What a dual assets order adds.

    Attributes:
        apy_e8: the yearly yield times 10^8; the order fails when less is confirmed.
    """

    order_direction: Literal["BuyLow", "SellHigh"]
    select_price: Number
    apy_e8: int


class SmartLeverageStakeExtra(Part):
    """What a smart leverage subscription adds."""

    initial_price: Number
    breakeven_price: Number


class AdvanceOrder(Wire):
    """What orders for structured products of every category have.

    Attributes:
        duration: a word such as ``8h`` or ``3d``.
    """

    order_id: str
    product_id: str
    order_link_id: str | None = None
    category: str | None = None
    order_type: Literal["Stake", "Redeem"] | None = None
    amount: Decimal | None = None
    status: Literal["Pending", "Success", "Settled", "Fail"] | None = None
    created_time: int | None = None
    duration: str | None = None
    settlement_time: int | None = None
    account_type: Literal["FUND", "UNIFIED"] | None = None
    to_account_type: str | None = None
    settlement_price: Decimal | None = None
    refund_status: str | None = None


class DiscountBuyOrder(AdvanceOrder):
    """A discount buy order."""

    coin: str
    underlying_asset: str | None = None
    purchase_price: Decimal | None = None
    knockout_price: Decimal | None = None
    knockout_coupon_e8: int | None = None
    settle_type: Literal["Base", "Quote"] | None = None
    settlement_coin: str | None = None
    settlement_amount: Decimal | None = None
    is_vip: bool | None = None


class DoubleWinOrder(AdvanceOrder):
    """A double win order."""

    invest_coin: str | None = None
    underlying_asset: str | None = None
    leverage: Decimal | None = None
    initial_price: Decimal | None = None
    lower_price: Decimal | None = None
    upper_price: Decimal | None = None
    updated_time: int | None = None
    pnl: Decimal | None = None


class DualAssetsOrder(AdvanceOrder):
    """A dual assets order."""

    coin: str
    base_coin: str | None = None
    quote_coin: str | None = None
    updated_time: int | None = None
    direction: Literal["BuyLow", "SellHigh"] | None = None
    target_price: Decimal | None = None
    estimate_apy_e8: int | None = None
    select_apy_e8: int | None = None
    is_vip: bool | None = None
    settlement_coin: str | None = None
    settlement_amount: Decimal | None = None
    order_mode: Literal["Normal", "RFQ"] | None = None
    trial_bonus_amount: Decimal | None = None
    trial_bonus_pnl: Decimal | None = None


class SmartLeverageOrder(AdvanceOrder):
    """A smart leverage order."""

    invest_coin: str | None = None
    underlying_asset: str | None = None
    direction: Literal["Long", "Short"] | None = None
    leverage: Decimal | None = None
    breakeven_price: Decimal | None = None
    initial_price: Decimal | None = None
    pnl: Decimal | None = None


class AdvancePosition(Wire):
    """What positions in structured products of every category have.

    Attributes:
        duration: a word such as ``8h`` or ``3d``.
    """

    position_id: str
    product_id: str
    order_id: str
    category: str | None = None
    amount: Decimal | None = None
    status: Literal["Active", "Settling", "Redeeming", "Settled"] | None = None
    duration: str | None = None
    settlement_time: int | None = None
    account_type: Literal["FUND", "UNIFIED"] | None = None


class DiscountBuyPosition(AdvancePosition):
    """A discount buy position."""

    coin: str
    underlying_asset: str | None = None
    purchase_price: Decimal | None = None
    knockout_price: Decimal | None = None
    knockout_coupon_e8: int | None = None
    to_account_type: str | None = None
    settle_type: Literal["Base", "Quote"] | None = None
    expect_receive_at: int | None = None


class DoubleWinPosition(AdvancePosition):
    """A double win position."""

    invest_coin: str | None = None
    underlying_asset: str | None = None
    leverage: Decimal | None = None
    initial_price: Decimal | None = None
    lower_price: Decimal | None = None
    upper_price: Decimal | None = None
    created_time: int | None = None
    redeemable: bool | None = None


class DualAssetsPosition(AdvancePosition):
    """A dual assets position."""

    base_coin: str | None = None
    quote_coin: str | None = None
    invest_coin: str | None = None
    apy_e8: int | None = None
    direction: Literal["BuyLow", "SellHigh"] | None = None
    target_price: Decimal | None = None
    expect_return_coin: str | None = None
    expect_return_amount: Decimal | None = None
    to_account_type: Literal["FUND", "Fund"] | None = None
    yield_start_at: int | None = None
    yield_end_at: int | None = None


class SmartLeveragePosition(AdvancePosition):
    """A smart leverage position."""

    invest_coin: str | None = None
    underlying_asset: str | None = None
    direction: Literal["Long", "Short"] | None = None
    leverage: Decimal | None = None
    breakeven_price: Decimal | None = None
    initial_price: Decimal | None = None
    created_time: int | None = None
    redeemable: bool | None = None
    order_link_id: str | None = None


class RedeemEstimate(Wire):
    """What redeeming one position would pay."""

    position_id: str
    success: bool | None = None
    est_redeem_amount: Decimal | None = None
    est_redeem_time: int | None = None
    slippage_rate: Decimal | None = None
