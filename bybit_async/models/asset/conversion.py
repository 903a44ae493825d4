"""Conversions, their quotes and their history."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec

from bybit_async.wire import Page, Rows, Wire


class ConvertCoin(Wire):
    """A coin that can be converted and its limits per conversion.

    Attributes:
        u_balance: the balance in USDT.
    """

    coin: str
    full_name: str | None = None
    icon: str | None = None
    icon_night: str | None = None
    accuracy_length: int | None = None
    coin_type: str | None = None
    balance: Decimal | None = None
    u_balance: Decimal | None = None
    single_from_min_limit: Decimal | None = None
    single_from_max_limit: Decimal | None = None
    disable_from: bool | None = None
    disable_to: bool | None = None
    time_period: int | None = None
    single_to_min_limit: Decimal | None = None
    single_to_max_limit: Decimal | None = None
    daily_from_min_limit: Decimal | None = None
    daily_from_max_limit: Decimal | None = None
    daily_to_min_limit: Decimal | None = None
    daily_to_max_limit: Decimal | None = None


class ConvertCoins(Rows[ConvertCoin]):
    """Coins that can be converted."""

    rows: list[ConvertCoin] = msgspec.field(default_factory=list, name="coins")


class ConvertQuote(Wire):
    """A quote for converting one coin into another."""

    quote_tx_id: str | None = None
    exchange_rate: Decimal | None = None
    from_coin: str | None = None
    from_coin_type: str | None = None
    to_coin: str | None = None
    to_coin_type: str | None = None
    from_amount: Decimal | None = None
    to_amount: Decimal | None = None
    expired_time: int | None = None
    request_id: str | None = None
    ext_tax_and_fee: list[Any] = msgspec.field(default_factory=list)


class ConvertAck(Wire):
    """A conversion that was accepted."""

    quote_tx_id: str | None = None
    exchange_status: str | None = None


class ConversionExtra(Wire):
    """What a broker attached to a conversion."""

    param_type: str | None = None
    param_value: str | None = None


class Conversion(Wire):
    """A conversion of one coin into another."""

    account_type: str | None = None
    exchange_tx_id: str | None = None
    user_id: str | None = None
    from_coin: str | None = None
    from_coin_type: str | None = None
    from_amount: Decimal | None = None
    to_coin: str | None = None
    to_coin_type: str | None = None
    to_amount: Decimal | None = None
    exchange_status: str | None = None
    ext_info: ConversionExtra | None = None
    convert_rate: Decimal | None = None
    created_at: int | None = None


class ConvertStatus(Wire):
    """The state of one conversion."""

    result: Conversion | None = None


class CoinExchange(Wire):
    """A classic conversion.

    Attributes:
        created_time: seconds.
    """

    from_coin: str | None = None
    from_amount: Decimal | None = None
    to_coin: str | None = None
    to_amount: Decimal | None = None
    exchange_rate: Decimal | None = None
    created_time: int | None = None
    exchange_tx_id: str | None = None


class CoinExchangePage(Page[CoinExchange]):
    """A page of classic conversions."""

    rows: list[CoinExchange] = msgspec.field(default_factory=list, name="orderBody")


class ConvertFee(Wire):
    """The fee of a conversion."""

    fee_coin: str | None = None
    amount: Decimal | None = None
    fee_rate: Decimal | None = None


class ConvertTax(Wire):
    """The tax on a conversion."""

    total_amount: Decimal | None = None
    fee_coin: str | None = None
    tax_fee_items: list[Any] = msgspec.field(default_factory=list)


class SmallBalance(Wire):
    """A small balance.

    Attributes:
        support_convert: 1 convertible, 2 not.
    """

    from_coin: str | None = None
    support_convert: Literal[1, 2] | None = None
    available_balance: Decimal | None = None
    base_value: Decimal | None = None
    to_amount: Decimal | None = None
    exchange_rate: Decimal | None = None
    fee_info: ConvertFee | None = None
    tax_fee_info: ConvertTax | None = None
    to_coin: str | None = None


class SmallBalances(Rows[SmallBalance]):
    """Small balances and what they can become."""

    rows: list[SmallBalance] = msgspec.field(default_factory=list, name="smallAssetCoins")
    support_to_coins: list[str] = msgspec.field(default_factory=list)


class SmallBalanceQuoteCoin(Wire):
    """What one small balance would become.

    Attributes:
        support_convert: 1 convertible, 2 not.
    """

    from_coin: str | None = None
    support_convert: Literal[1, 2] | None = None
    available_balance: Decimal | None = None
    base_value: Decimal | None = None
    to_coin: str | None = None
    to_amount: Decimal | None = None
    exchange_rate: Decimal | None = None
    fee_info: ConvertFee | None = None
    tax_fee_info: ConvertTax | None = None


class SmallBalanceQuote(Wire):
    """A quote for a set of small balances."""

    quote_create_time: int | None = None
    quote_expire_time: int | None = None
    exchange_coins: list[SmallBalanceQuoteCoin] = msgspec.field(default_factory=list)
    total_fee_info: ConvertFee | None = None
    total_tax_fee_info: ConvertTax | None = None


class SmallBalanceQuoteAnswer(Wire):
    """A quote and its id."""

    quote_id: str | None = None
    result: SmallBalanceQuote | None = None


class SmallBalanceAck(Wire):
    """A conversion of small balances that was accepted."""

    quote_id: str
    exchange_tx_id: str | None = None
    submit_time: int | None = None
    status: Literal["init", "processing", "success", "failure", "partial_fulfillment"] | None = None
    msg: str | None = None


class SmallBalanceConversionPart(Wire):
    """One coin of a conversion."""

    from_coin: str | None = None
    from_amount: Decimal | None = None
    to_coin: str | None = None
    to_amount: Decimal | None = None
    fee_coin: str | None = None
    fee_amount: Decimal | None = None
    status: Literal["init", "processing", "success", "failure", "partial_fulfillment"] | None = None
    tax_fee_info: ConvertTax | None = None


class SmallBalanceConversion(Wire):
    """One conversion of several small balances."""

    account_type: Literal["eb_convert_uta", "eb_convert_funding"] | None = None
    exchange_tx_id: str | None = None
    to_coin: str | None = None
    to_amount: Decimal | None = None
    sub_records: list[SmallBalanceConversionPart] = msgspec.field(default_factory=list)
    status: Literal["init", "processing", "success", "failure", "partial_fulfillment"] | None = None
    created_at: int | None = None
    exchange_source: Literal["small_asset_uta", "small_asset_funding"] | None = None
    fee_coin: str | None = None
    total_fee_amount: Decimal | None = None
    total_tax_fee_info: ConvertTax | None = None


class SmallBalanceHistory(Rows[SmallBalanceConversion]):
    """A numbered page of small balance conversions.

    Attributes:
        cursor: the number of this page.
    """

    rows: list[SmallBalanceConversion] = msgspec.field(default_factory=list, name="records")
    cursor: int | None = None
    size: int | None = None
    last_page: int | None = None
    total_count: int | None = None
