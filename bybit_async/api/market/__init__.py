"""Public market data."""

from __future__ import annotations

from bybit_async.api.market.contracts import ContractQueries
from bybit_async.api.market.instruments import InstrumentQueries
from bybit_async.api.market.klines import KlineQueries
from bybit_async.api.market.prices import PriceQueries

__all__ = ["Market"]


class Market(KlineQueries, PriceQueries, ContractQueries, InstrumentQueries):
    """Prices, books, trades, instruments and statistics; nothing here needs a key."""

    __slots__ = ()
