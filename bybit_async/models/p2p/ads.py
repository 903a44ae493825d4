"""Advertisements and the rules of their pairs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec

from bybit_async.models.p2p.users import PaymentDetails
from bybit_async.models.part import Part
from bybit_async.wire import Number, Rows, Wire


class AdCurrency(Wire):
    """A fiat currency."""

    id: str | None = None
    exchange_id: str | None = None
    org_id: str | None = None
    currency_id: str | None = None
    scale: int | None = None


class AdToken(Wire):
    """A token."""

    id: str | None = None
    exchange_id: str | None = None
    org_id: str | None = None
    token_id: str | None = None
    scale: int | None = None
    sequence: int | None = None


class AdPeriods(Wire):
    """AdPeriods."""

    payment_periods: list[int] = msgspec.field(default_factory=list)


class AdSymbol(Wire):
    """The rules of a pair of token and currency."""

    id: str | None = None
    exchange_id: str | None = None
    org_id: str | None = None
    token_id: str | None = None
    currency_id: str | None = None
    status: int | None = None
    lower_limit_alarm: int | None = None
    upper_limit_alarm: int | None = None
    item_down_range: Decimal | None = None
    item_up_range: Decimal | None = None
    currency_min_quote: Decimal | None = None
    currency_max_quote: Decimal | None = None
    currency_lower_max_quote: Decimal | None = None
    token_min_quote: Decimal | None = None
    token_max_quote: Decimal | None = None
    kyc_currency_limit: Decimal | None = None
    item_side_limit: int | None = None
    buy_fee_rate: Decimal | None = None
    sell_fee_rate: Decimal | None = None
    order_auto_cancel_minute: int | None = None
    order_finish_minute: int | None = None
    trade_side: int | None = None
    currency: AdCurrency | None = None
    token: AdToken | None = None
    buy_ad: AdPeriods | None = None
    sell_ad: AdPeriods | None = None


class TradingPreference(Wire):
    """What an advertiser asks of the other side."""

    has_un_post_ad: bool | None = None
    is_kyc: bool | None = None
    is_email: bool | None = None
    is_mobile: bool | None = None
    has_register_time: bool | None = None
    register_time_threshold: int | None = None
    order_finish_number_day30: int | None = None
    complete_rate_day30: Decimal | None = None
    national_limit: str | None = None
    has_order_finish_number_day30: bool | None = None
    has_complete_rate_day30: bool | None = None
    has_national_limit: bool | None = None


class AdPaymentConfig(Wire):
    """The form of a payment method."""

    payment_type: int | None = None
    payment_name: str | None = None
    payment_dialect: str | None = None
    payment_template_item: list[Any] = msgspec.field(default_factory=list)


class AdPaymentTerm(PaymentDetails):
    """A way to pay that an advertisement accepts."""

    payment_config: AdPaymentConfig | None = None
    real_name_verified: bool | None = None


class Ad(Wire):
    """An advertisement.

    Attributes:
        status: 10 online, 20 offline, 30 completed.
    """

    id: str
    token_id: str
    user_id: str | None = None
    nick_name: str | None = None
    currency_id: str | None = None
    side: int | None = None
    price: Decimal | None = None
    last_quantity: Decimal | None = None
    min_amount: Decimal | None = None
    max_amount: Decimal | None = None
    payments: list[str] = msgspec.field(default_factory=list)
    recent_order_num: int | None = None
    recent_execute_rate: Decimal | None = None
    is_online: bool | None = None
    last_logout_time: int | None = None
    auth_tag: list[str] = msgspec.field(default_factory=list)
    payment_period: int | None = None
    account_id: str | None = None
    token_name: str | None = None
    price_type: int | None = None
    premium: Decimal | None = None
    quantity: Decimal | None = None
    frozen_quantity: Decimal | None = None
    executed_quantity: Decimal | None = None
    remark: str | None = None
    status: int | None = None
    create_date: int | None = None
    order_num: int | None = None
    finish_num: int | None = None
    fee: Decimal | None = None
    blocked: str | None = None
    maker_contact: bool | None = None
    symbol_info: AdSymbol | None = None
    trading_preference_set: TradingPreference | None = None
    version: int | None = None
    auth_status: int | None = None
    recommend: bool | None = None
    recommend_tag: str | None = None
    user_type: str | None = None
    item_type: str | None = None
    hidden_reason: str | None = None
    update_date: int | None = None
    fee_rate: Decimal | None = None
    payment_terms: list[AdPaymentTerm] = msgspec.field(default_factory=list)


class OnlineAds(Rows[Ad]):
    """A numbered page of advertisements."""

    rows: list[Ad] = msgspec.field(default_factory=list, name="items")
    count: int | None = None


class MyAds(Rows[Ad]):
    """A numbered page of advertisements."""

    rows: list[Ad] = msgspec.field(default_factory=list, name="items")
    count: int | None = None
    hidden_flag: bool | None = None


class AdAck(Wire):
    """An advertisement that was accepted, perhaps after a security check."""

    item_id: str | None = None
    security_risk_token: str | None = None
    risk_token_type: str | None = None
    risk_version: str | None = None
    need_security_risk: bool | None = None


class AdPreferences(Part):
    """What to ask of the other side. Flags are ``0`` or ``1``."""

    has_un_post_ad: Literal["0", "1"] | None = None
    is_kyc: Literal["0", "1"] | None = None
    is_email: Literal["0", "1"] | None = None
    is_mobile: Literal["0", "1"] | None = None
    has_register_time: Literal["0", "1"] | None = None
    register_time_threshold: Number | None = None
    order_finish_number_day30: Number | None = None
    complete_rate_day30: Number | None = None
    national_limit: Number | None = None
    has_order_finish_number_day30: Literal["0", "1"] | None = None
    has_complete_rate_day30: Literal["0", "1"] | None = None
    has_national_limit: Number | None = None
