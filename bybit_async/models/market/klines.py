"""Klines (candles) and the server's clock."""

from __future__ import annotations

from decimal import Decimal

from bybit_async.wire import Rows, Wire


class ServerTime(Wire):
    """Bybit's clock.

    Attributes:
        time_second: seconds since the epoch.
        time_nano: the same moment in nanoseconds.
    """

    time_second: int
    time_nano: int


class PriceKline(Wire, array_like=True):
    """A kline of a price that is not traded: mark, index or premium index.

    Attributes:
        start: when it opened, in milliseconds.
        close: the latest price while the kline is still open.
    """

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


class Kline(PriceKline, array_like=True):
    """A kline of trades.

    Attributes:
        volume: traded size, in the base coin (inverse: in the quote coin, USD).
        turnover: traded value, in the quote coin (inverse: in the base coin).
    """

    volume: Decimal
    turnover: Decimal


class Klines(Rows[Kline]):
    """Klines of one symbol, newest first."""

    symbol: str | None = None


class PriceKlines(Rows[PriceKline]):
    """Klines of one symbol's mark, index or premium index price, newest first."""

    symbol: str | None = None
