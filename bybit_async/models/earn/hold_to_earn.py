"""Airdrops for holding a coin."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Page, Rows, Wire


class HoldToEarnYield(Wire):
    """The yield in one coin."""

    coin_name: str | None = None
    apy: str | None = None


class HoldToEarnProduct(Wire):
    """A coin that earns by being held; yields are percentages such as ``3.5%``."""

    coin_name: str | None = None
    yields: list[HoldToEarnYield] = msgspec.field(default_factory=list)
    status: Literal["NotStarted", "Online", "Ended"] | None = None
    apy: str | None = None
    announcement_url: str | None = None


class HoldToEarnProducts(Rows[HoldToEarnProduct]):
    """Coins that earn by being held."""

    rows: list[HoldToEarnProduct] = msgspec.field(default_factory=list, name="products")


class HoldToEarnDailyYield(Wire):
    """The yield of one day.

    Attributes:
        created_at: seconds.
    """

    coin_name: str | None = None
    yield_coin_name: str | None = None
    effective_amount: Decimal | None = None
    pnl: Decimal | None = None
    apy: str | None = None
    created_at: int | None = None


class HoldToEarnYieldPage(Page[HoldToEarnDailyYield]):
    """A page of daily yields."""

    rows: list[HoldToEarnDailyYield] = msgspec.field(default_factory=list, name="airdropDailyPnls")
    next_page_cursor: str | None = msgspec.field(default=None, name="nextCursor")
