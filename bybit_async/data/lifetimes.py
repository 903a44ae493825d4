"""When an instrument began and ended to trade, so that nothing is asked for outside of its life."""

from __future__ import annotations

from typing import Any

from bybit_async.api.market import Market
from bybit_async.api.market.klines import GET_KLINE
from bybit_async.api.resource import Caller
from bybit_async.data.records import Lifetime
from bybit_async.enums import Category, InstrumentStatus
from bybit_async.errors import InvalidParameter, RequestRejected

# Without a status Bybit lists only those that trade.
_STATUSES: tuple[InstrumentStatus | None, ...] = (None, "Closed", "PreLaunch", "Delivering")
_BAD_PARAMETER = 10001
"""How Bybit answers when it is asked for a symbol that it does not have."""


async def find_lifetime(caller: Caller, market: Market, category: Category, symbol: str) -> Lifetime:
    """Ask Bybit for the life of an instrument.

    Raises:
        InvalidParameter: the category does not have the symbol, and never had.
    """
    for status in _STATUSES:
        if status is not None and category in ("spot", "option"):
            continue
        try:
            page: Any = await market.get_instruments_info(category=category, symbol=symbol, status=status)
        except RequestRejected as refusal:
            if refusal.ret_code != _BAD_PARAMETER:
                raise
            continue
        found = next((row for row in page if row.symbol == symbol), None)
        if found is not None:
            launched = getattr(found, "launch_time", None)
            if not launched:
                launched = await _first_month(caller, category, symbol)
            return Lifetime(launched, getattr(found, "delivery_time", None) or None)
    raise InvalidParameter("symbol", f"{category} has no instrument {symbol!r}")


async def _first_month(caller: Caller, category: Category, symbol: str) -> int | None:
    """Return when the oldest monthly candle of a pair opened; Bybit has no listing date for spot."""
    if category != "spot":
        return None
    endpoint = GET_KLINE.with_result(dict)
    params = {"category": category, "symbol": symbol, "interval": "M", "limit": 1000}
    answer = await caller.call(endpoint, params)
    rows = answer.result.get("list") or []
    return min((int(row[0]) for row in rows), default=None)
