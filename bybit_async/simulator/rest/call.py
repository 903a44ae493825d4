"""One call as an endpoint sees it: who calls, when, with which parameters, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.keys import IssuedKey
from bybit_async.simulator.limits import LimitVerdict
from bybit_async.simulator.venue import SimulatedVenue

CATEGORIES = ("linear", "inverse", "spot", "option")


class Parameters:
    """The parameters of a call, read by name; every reading method refuses with 10001 what it cannot accept."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values: Mapping[str, Any] = values

    def text(self, name: str) -> str:
        """Return a parameter as text, or the empty string when it is absent."""
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refusals.parameter(f"{name} must be a string")
        return str(value)

    def required(self, name: str) -> str:
        """Return a parameter that must be given and not be empty."""
        value = self.text(name)
        if not value:
            raise refusals.parameter(f"{name} is required")
        return value

    def choice(self, name: str, options: Iterable[str], default: str | None = None) -> str:
        """Return a parameter that must be one of `options`; required when there is no default."""
        value = self.text(name)
        if not value and default is not None:
            return default
        if value not in options:
            raise refusals.parameter(f"{name} invalid")
        return value

    def category(self, *allowed: str, default: str | None = None) -> str:
        """Return the category, one of `allowed` (every category when none is named)."""
        value = self.text("category") or default or ""
        if value not in (allowed or CATEGORIES):
            raise Refused(10001, "Illegal category")
        return value

    def integer(self, name: str, default: int | None = None, low: int | None = None, high: int | None = None) -> int:
        """Return a whole number within bounds; required when there is no default."""
        value = self.optional_integer(name)
        if value is None:
            if default is None:
                raise refusals.parameter(f"{name} is required")
            return default
        if (low is not None and value < low) or (high is not None and value > high):
            raise refusals.parameter(f"{name} out of range")
        return value

    def optional_integer(self, name: str) -> int | None:
        """Return a whole number, or None when the parameter is absent."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise refusals.parameter(f"{name} must be an integer") from None

    def decimal(self, name: str) -> Decimal | None:
        """Return a number, or None when the parameter is absent."""
        value = self.text(name)
        if not value:
            return None
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise refusals.parameter(f"{name} invalid") from None
        if not number.is_finite():
            raise refusals.parameter(f"{name} invalid")
        return number

    def limit(self, default: int, high: int) -> int:
        """Return the page size: `default` when absent, at most `high`."""
        return min(self.integer("limit", default, low=1), high)

    def window(self, now: int, days: int) -> tuple[int, int]:
        """Return start and end times of a query: `days` long at most and by default, ending now by default."""
        span = days * 86_400_000
        start, end = self.optional_integer("startTime"), self.optional_integer("endTime")
        if start is None:
            end = now if end is None else end
            return end - span, end
        if end is None:
            return start, start + span
        if end < start:
            raise refusals.parameter("startTime is after endTime")
        if end - start > span:
            raise Refused(10001, f"The time range between startTime and endTime cannot exceed {days} days")
        return start, end


class RestCall(NamedTuple):
    """One call of an endpoint. `key` and `account` are None on public endpoints only."""

    venue: SimulatedVenue
    params: Parameters
    now: int
    key: IssuedKey | None
    caller: Account | None

    @property
    def account(self) -> Account:
        """The account that signed the call."""
        if self.caller is None:
            raise Refused(10003, "API key is invalid.")
        return self.caller

    def windowed(self, days: int) -> dict[str, Any]:
        """Return the parameters with the documented time window in place of a missing or open one."""
        start, end = self.params.window(self.now, days)
        return {**self.params.values, "startTime": start, "endTime": end}

    def listing(self, category: str, name: str = "symbol") -> Listing:
        """Return the instrument that a parameter names; refused when it is not listed."""
        symbol = self.params.required(name)
        return self.venue.engine.listing(category, symbol)


class TooManyVisits(Refused):
    """10006: the account has called too often; carries the figures for the headers."""

    def __init__(self, verdict: LimitVerdict) -> None:
        super().__init__(10006, "Too many visits. Exceeded the API Rate Limit.")
        self.verdict = verdict


class RestAnswer(NamedTuple):
    """An answer that is more than a result."""

    result: Any
    ext_info: Any = None
    message: str = "OK"
    code: int = 0
    verdict: LimitVerdict | None = None
    beside: Mapping[str, Any] = {}
    """What is sent beside the result when the result does not say it."""


Preparation = Callable[[RestCall], Iterator[None]]
"""Does in small steps what an endpoint would otherwise keep every other client waiting for."""

Endpoint = Callable[[RestCall], Any]
"""Takes a call, returns the result (a dict of JSON values) or an `RestAnswer`, or raises `Refused`."""


class Route(msgspec.Struct, frozen=True):
    """One simulated endpoint; `permission` names what a key must be allowed to do (empty: just a valid key)."""

    method: str
    path: str
    endpoint: Endpoint
    signed: bool = True
    permission: str = ""
    prepare: Preparation | None = None
