"""Rate limits and what happened to setting them."""

from __future__ import annotations

import msgspec

from bybit_async.models.part import Part
from bybit_async.wire import Rows, Wire


class ApiRate(Wire):
    """The rate limit of a set of users, in requests per second.

    Attributes:
        uids: comma-separated.
    """

    uids: str | None = None
    biz_type: str | None = None
    rate: int | None = None


class ApiRateCap(Wire):
    """The rate limit of one kind of product, in requests per second."""

    biz_type: str | None = None
    total_rate: int | None = None
    ins_cap: int | None = None
    uid_cap: int | None = None


class ApiRateResult(Wire):
    """What happened to one setting."""

    uids: str | None = None
    biz_type: str | None = None
    rate: int | None = None
    success: bool | None = None
    msg: str | None = None


class ApiRateResults(Rows[ApiRateResult]):
    """What happened to each setting."""

    rows: list[ApiRateResult] = msgspec.field(default_factory=list, name="result")


class ApiRateSetting(Part):
    """A rate limit for a set of users."""

    uids: str
    biz_type: str
    rate: int
