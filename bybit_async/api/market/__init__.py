"""Public market data."""

from __future__ import annotations

from bybit_async.api.market.contracts import Contracts
from bybit_async.api.market.instruments import Instruments
from bybit_async.api.market.klines import Klines
from bybit_async.api.market.prices import Prices

__all__ = ["Market"]


class Market(Klines, Prices, Contracts, Instruments):
    """Prices, books, trades, instruments and statistics; nothing here needs a key."""

    __slots__ = ()
