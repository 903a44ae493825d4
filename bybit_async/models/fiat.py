"""Fiat balances, reference prices, quotes and conversions."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Wire


class FiatBalance(Wire):
    """The balance in one fiat currency."""

    currency: str
    total_balance: Decimal | None = None
    balance: Decimal | None = None
    frozen_balance: Decimal | None = None


class FiatCoin(Wire):
    """A currency and its limits per conversion."""

    coin: str
    full_name: str | None = None
    icon: str | None = None
    icon_night: str | None = None
    precision: int | None = None
    disable: bool | None = None
    single_from_min_limit: Decimal | None = None
    single_from_max_limit: Decimal | None = None


class FiatCoins(Wire):
    """Fiat currencies and the crypto they convert to."""

    fiats: list[FiatCoin] = msgspec.field(default_factory=list)
    cryptos: list[FiatCoin] = msgspec.field(default_factory=list)


class FiatPaymentPrice(Wire):
    """The price with one payment method, in fiat per crypto."""

    unit_price: Decimal | None = None
    payment_method: str | None = None


class FiatReferencePrice(Wire):
    """Reference prices of one pair.

    Attributes:
        timestamp: seconds.
    """

    symbol: str
    fiat: str | None = None
    crypto: str | None = None
    timestamp: int | None = None
    buys: list[FiatPaymentPrice] = msgspec.field(default_factory=list)
    sells: list[FiatPaymentPrice] = msgspec.field(default_factory=list)


class FiatQuote(Wire):
    """A quote."""

    quote_tx_id: str | None = None
    exchange_rate: Decimal | None = None
    from_coin: str | None = None
    from_coin_type: Literal["fiat", "crypto"] | None = None
    to_coin: str | None = None
    to_coin_type: Literal["fiat", "crypto"] | None = None
    from_amount: Decimal | None = None
    to_amount: Decimal | None = None
    expired_time: int | None = None
    quote_tax_id: str | None = None
    expire_time: int | None = None


class FiatTradeAck(Wire):
    """A conversion that was accepted."""

    trade_no: str
    merchant_request_id: str | None = None


class FiatTrade(Wire):
    """A conversion."""

    trade_no: str
    status: str | None = None
    quote_tx_id: str | None = None
    exchange_rate: Decimal | None = None
    from_coin: str | None = None
    from_coin_type: Literal["fiat", "crypto"] | None = None
    to_coin: str | None = None
    to_coin_type: Literal["fiat", "crypto"] | None = None
    from_amount: Decimal | None = None
    to_amount: Decimal | None = None
    created_at: int | None = None
    sub_user_id: str | None = None
    quote_tax_id: str | None = None
