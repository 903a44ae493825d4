"""Yield-bearing tokens: orders, holdings and yields."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from bybit_async.wire import Wire


class TokenProduct(Wire):
    """A yield-bearing token.

    Attributes:
        apr_e8: the yearly rate times 10^8.
        bonus_apr_e8: the same for the bonus.
    """

    product_id: str
    coin: str
    mint_fee_rate_e8: int | None = None
    redeem_fee_rate_e8: int | None = None
    min_investment: Decimal | None = None
    user_holding: Decimal | None = None
    left_quota: Decimal | None = None
    can_mint: bool | None = None
    savings_balance: Decimal | None = None
    apr_e8: int | None = None
    bonus_apr_e8: int | None = None
    bonus_max_amount: Decimal | None = None
    base_coin_precision: int | None = None
    token_precision: int | None = None


class TokenOrder(Wire):
    """An order.

    Attributes:
        created_time: seconds.
    """

    order_id: str
    order_link_id: str | None = None
    order_type: str | None = None
    from_coin: str | None = None
    to_coin: str | None = None
    from_amount: Decimal | None = None
    to_amount: Decimal | None = None
    service_fee: Decimal | None = None
    from_account: str | None = None
    to_account: str | None = None
    external_event_type: Literal["RPL_CLOSE", "COMMISSION", "DIVIDEND", "ROLLOVER", "RISK_ADJUSTMENT"] | None = None
    status: Literal["Success", "Processing", "Fail"] | None = None
    created_time: int | None = None


class TokenPosition(Wire):
    """What is held of a token.

    Attributes:
        apr_e8: the yearly rate times 10^8.
        bonus_apr_e8: the same for the bonus.
    """

    total_amount: Decimal | None = None
    total_yield: Decimal | None = None
    yesterday_yield: Decimal | None = None
    apr_e8: int | None = None
    bonus_apr_e8: int | None = None
    bonus_max_amount: Decimal | None = None
    has_quota: bool | None = None


class TokenDailyYield(Wire):
    """The yield of one day.

    Attributes:
        created_time: seconds.
    """

    yield_: Decimal | None = None
    bonus_yield: Decimal | None = None
    status: Literal["Success", "Processing"] | None = None
    created_time: int | None = None


class TokenHourlyYield(Wire):
    """The yield of one hour.

    Attributes:
        reward_type: 0 base, 1 bonus.
        hourly_date: seconds.
        created_time: seconds.
    """

    effective_amount: Decimal | None = None
    yield_: Decimal | None = None
    reward_type: Literal[0, 1] | None = None
    apr_e8: int | None = None
    hourly_date: int | None = None
    created_time: int | None = None


class TokenApr(Wire):
    """The rate of one day.

    Attributes:
        timestamp: seconds.
        apr_e8: the yearly rate times 10^8.
    """

    timestamp: int | None = None
    apr_e8: int | None = None
