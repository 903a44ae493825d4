"""How much time one answer covers, per endpoint, as data."""

from __future__ import annotations

import msgspec

_DAY = 86_400_000
_DAY_IN_SECONDS = 86_400
_SECOND = 1_000


class Window(msgspec.Struct, frozen=True):
    """The widest time span an endpoint answers at once.

    Attributes:
        span: the widest difference between the bounds, in the endpoint's own unit (most take milliseconds); of no
            meaning where there are `months`.
        start: the wire name of the lower bound.
        end: the wire name of the upper bound.
        unit: the step between two times on the wire, 1 for whole milliseconds or whole seconds.
        grain: what Bybit rounds the bounds down to; windows begin on a multiple of it, so that they cannot overlap.
        months: how many months the widest span is where the bounds are days written as text, ``2026-01-31``.
    """

    span: int
    start: str = "startTime"
    end: str = "endTime"
    unit: int = 1
    grain: int = 1
    months: int = 0


_WEEK = Window(7 * _DAY)
_MONTH = Window(30 * _DAY)
_WEEK_BY_SECOND = Window(7 * _DAY, grain=_SECOND)
# "Less than 30 days", and cut to whole seconds: one second less is the widest that is certain.
_UNDER_A_MONTH_BY_SECOND = Window(30 * _DAY - _SECOND, grain=_SECOND)

# Rows are sums over the window, which they name.
_QUARTER_OF_DAYS = Window(0, "startDate", "endDate", months=3)

_WINDOWS: dict[str, Window] = {
    "/v5/account/borrow-history": _MONTH,
    "/v5/account/contract-transaction-log": _WEEK,
    "/v5/account/transaction-log": _WEEK,
    "/v5/affiliate/affiliate-sub-list": _QUARTER_OF_DAYS,
    "/v5/asset/delivery-record": _MONTH,
    "/v5/asset/deposit/query-internal-record": _MONTH,
    "/v5/asset/deposit/query-record": _UNDER_A_MONTH_BY_SECOND,
    "/v5/asset/deposit/query-sub-member-record": _UNDER_A_MONTH_BY_SECOND,
    "/v5/asset/fundinghistory": Window(7 * _DAY_IN_SECONDS, "createTimeFrom", "createTimeTo"),
    "/v5/asset/settlement-record": _MONTH,
    "/v5/asset/transfer/query-inter-transfer-list": _WEEK_BY_SECOND,
    "/v5/asset/transfer/query-universal-transfer-list": _WEEK_BY_SECOND,
    "/v5/asset/withdraw/query-record": Window(30 * _DAY - 1),
    "/v5/broker/asset/query-sub-member-deposit-record": _UNDER_A_MONTH_BY_SECOND,
    "/v5/earn/apr-history": Window(182 * _DAY),
    "/v5/earn/hourly-yield": _WEEK,
    "/v5/earn/order": _WEEK,
    "/v5/earn/pwm/asset-manager/all-order": _WEEK,
    "/v5/earn/pwm/investment-plan/fund-nav": Window(180 * _DAY),
    "/v5/earn/rwa/nav-chart": Window(180 * _DAY_IN_SECONDS),
    "/v5/earn/yield": _WEEK,
    "/v5/execution/list": _WEEK,
    "/v5/market/historical-volatility": _MONTH,
    "/v5/order/history": _WEEK,
    "/v5/position/closed-pnl": _WEEK,
    "/v5/position/get-closed-positions": _WEEK,
    "/v5/position/move-history": _WEEK,
    "/v5/pre-upgrade/account/transaction-log": _WEEK,
    "/v5/pre-upgrade/execution/list": _WEEK,
    "/v5/pre-upgrade/order/history": _WEEK,
    "/v5/pre-upgrade/position/closed-pnl": _WEEK,
    "/v5/rfq/public-trades": _MONTH,
    "/v5/spot-margin-trade/interest-rate-history": _MONTH,
    "/v5/spread/execution/list": _WEEK,
    "/v5/spread/order/history": _WEEK,
}


def window_of(path: str) -> Window | None:
    """Return the window of an endpoint, or None when it answers any span."""
    return _WINDOWS.get(path)


def windowed_paths() -> tuple[str, ...]:
    """Return every path that answers only so much time at once."""
    return tuple(_WINDOWS)
