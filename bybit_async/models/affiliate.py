"""Users and sub-affiliates with their volumes and commissions."""

from __future__ import annotations

from decimal import Decimal

from bybit_async.wire import Wire


class AffiliateUser(Wire):
    """A user brought by the affiliate; volumes are in USDT and a day old."""

    user_id: str | None = None
    register_time: str | None = None
    source: str | None = None
    remarks: str | None = None
    is_kyc: bool | None = None
    taker_vol_30_day: str | None = None
    maker_vol_30_day: str | None = None
    trade_vol_30_day: str | None = None
    deposit_amount_30_day: str | None = None
    taker_vol_365_day: str | None = None
    maker_vol_365_day: str | None = None
    trade_vol_365_day: str | None = None
    deposit_amount_365_day: str | None = None
    taker_vol: Decimal | None = None
    maker_vol: Decimal | None = None
    trade_vol: Decimal | None = None
    start_date: str | None = None
    end_date: str | None = None
    tradfi_trade_vol: Decimal | None = None
    tradfi_trade_vol_30_day: str | None = None
    tradfi_trade_vol_365_day: str | None = None
    commissions_vol: dict[str, Decimal] | None = None
    commissions_30_day: dict[str, Decimal] | None = None
    commissions_365_day: dict[str, Decimal] | None = None


class SubAffiliate(Wire):
    """A sub-affiliate."""

    sub_aff_id: str | None = None
    user_id: str | None = None
    name: str | None = None
    email: str | None = None
    commissions_vol: dict[str, Decimal] | None = None
    commissions_for_usdt: Decimal | None = None
    became_aff_time: str | None = None
    start_date: str | None = None
    end_date: str | None = None
