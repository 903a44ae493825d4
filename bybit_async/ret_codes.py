"""What Bybit's return codes mean, as data: one table for each channel, since the same number can mean different things.

10003 is a bad key on REST, and too many sessions on the order entry socket.
"""

from __future__ import annotations

from collections.abc import Mapping

from bybit_async.errors import (
    AuthenticationError,
    ClockSkewed,
    DuplicateOrderLinkId,
    InsufficientBalance,
    NotModified,
    OrderNotFound,
    RateLimited,
    RegionBlocked,
    RequestRejected,
    ServiceBusy,
)


def _table(*groups: tuple[type[RequestRejected], tuple[int, ...]]) -> Mapping[int, type[RequestRejected]]:
    table: dict[int, type[RequestRejected]] = {}
    for cls, codes in groups:
        for code in codes:
            if code in table:
                raise AssertionError(f"retCode {code} is listed twice")
            table[code] = cls
    return table


_BALANCE = (
    110004, 110006, 110007, 110012, 110014, 110044, 110045, 110047, 110051, 110052, 110053, 170033, 170131,
)  # fmt: skip
_GONE = (110001, 110008, 110010, 170139, 170142, 170143, 170190, 170213)

REST_CODES = _table(
    (AuthenticationError, (10003, 10004, 10005, 10007, 10008, 10010, 10027, 10028, 33004, -2015, 100028)),
    (RegionBlocked, (10009, 10024, 110132)),
    (ClockSkewed, (10002, -1)),
    (RateLimited, (10006, 170005, 170222)),
    (ServiceBusy, (429, 10429)),
    (InsufficientBalance, _BALANCE),
    (OrderNotFound, _GONE),
    (DuplicateOrderLinkId, (10014, 110072, 170141)),
    (NotModified, (110025, 110026, 110027, 110043, 34040)),
)

ORDER_ENTRY_CODES = _table(
    (AuthenticationError, (10004, 10005, 10010, 10027, 33004, 20001)),
    (ClockSkewed, (10002, -1)),
    (RateLimited, (10006, 10403, 20003, 170005, 170222)),
    (ServiceBusy, (429, 10429, 10003, 10019)),
    (InsufficientBalance, _BALANCE),
    (OrderNotFound, _GONE),
    (DuplicateOrderLinkId, (10014, 110072, 170141)),
)

# The answer says nothing about whether the write happened: the timeout and the internal error of Bybit's own back end,
# the same on the spot side, and orders that were in flight elsewhere when the answer was made.
AMBIGUOUS_CODES = frozenset(
    {
        10000,
        10016,
        # A duplicate request id: ours are unique, so something on the way sent the request twice.
        20006,
        40004,
        110079,
        170001,
        170007,
        170032,
        170035,
        170146,
        170147,
        170212,
        170234,
        170310,
        500000,
        500001,
        131003,
        131201,
        180000,
        180018,
        790000,
        3400214,
        34022001,
        34022003,
    }
)

# An amendment that changes nothing: a general code for contracts, with a code of its own for spot and for exit prices.
UNCHANGED_AMENDMENT_CODES = frozenset({10001, 34040, 170312})


def rejection(
    ret_code: int,
    ret_msg: str,
    *,
    method: str = "",
    path: str = "",
    status: int | None = None,
    until: int | None = None,
    codes: Mapping[int, type[RequestRejected]] = REST_CODES,
) -> RequestRejected:
    """Build the exception that a refusal code means on its channel."""
    cls = codes.get(ret_code, RequestRejected)
    return cls(ret_code, ret_msg, method=method, path=path, status=status, until=until)
