"""Which series a request is for; whatever is wrong with it is refused here, by name."""

from __future__ import annotations

from typing import Literal, get_args

from bybit_async.data import source
from bybit_async.data.books import book_interval
from bybit_async.data.intervals import interval_of
from bybit_async.data.series import KindName, Series
from bybit_async.errors import InvalidParameter
from bybit_async.models.checks import known, one_of

Price = Literal["last", "mark", "index", "premium"]
Contract = Literal["linear", "inverse"]
Requested = Literal["klines", "funding_rates", "open_interest", "long_short_ratio", "trades", "orderbook_snapshots"]

KLINES_OF: dict[str, KindName] = {
    "last": "klines",
    "mark": "mark_klines",
    "index": "index_klines",
    "premium": "premium_klines",
}
_WITH_INTERVAL = ("klines", "open_interest", "long_short_ratio")


def requested_series(
    kind: Requested,
    symbol: str,
    identity: str,
    *,
    category: str,
    interval: str | int | None = None,
    price: Price = "last",
    every: str = "1m",
    depth: int = 10,
) -> Series:
    """Return the series that a user asks for.

    Raises:
        InvalidParameter: there is no such kind, interval or category, or the market does not have the kind.
    """
    one_of(kind, get_args(Requested), "kind")
    known(category)
    if kind in _WITH_INTERVAL:
        if interval is None:
            raise InvalidParameter("interval", f"{kind} need one, as 1m, 1h or 1d")
        spelled: str = interval_of(interval)
    elif interval is not None:
        raise InvalidParameter("interval", f"{kind} have none, got {interval!r}; leave it out, or pass None")
    else:
        spelled = book_interval(every, depth) if kind == "orderbook_snapshots" else "all"
    one_of(price, tuple(KLINES_OF), "price")
    name = KLINES_OF[price] if kind == "klines" else kind
    series = Series(name, category, symbol, spelled, identity)
    source.check(series)
    return series
