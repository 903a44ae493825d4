"""Coarser candles from finer ones, and candles from trades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bybit_async.data.intervals import KNOWN, interval_of, length_of
from bybit_async.errors import InvalidParameter

if TYPE_CHECKING:
    import pandas

_RULES = {"D": "1D", "W": "W-MON", "M": "MS"}
_HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum", "turnover": "sum"}


def resample(frame: pandas.DataFrame, interval: str | int) -> pandas.DataFrame:
    """Return candles of a longer interval, opened when Bybit's open: weeks on Monday, months on the first, UTC.

    Columns that are no candle's (a funding rate, an indicator) keep their last value. A candle that was only partly
    given comes out partly summed; intervals without any row do not come out.

    Raises:
        InvalidParameter: the frame has no time index, or the interval is invalid, or not made of whole candles of the
            frame's own interval: shorter, or one that some of them lie across, as a month lies across weeks.
    """
    own = frame.attrs.get("interval")
    if own in KNOWN and not _nests(own, interval_of(interval)):
        raise InvalidParameter(
            "interval", f"the frame's own candles are longer than {interval!r}, or lie across its bounds"
        )
    return _grouped(frame, interval, {name: _HOW.get(str(name), "last") for name in frame.columns})


def _nests(fine: str, coarse: str) -> bool:
    if fine == coarse:
        return True
    length, target = length_of(fine), length_of(coarse)
    if length is None or (target is None and fine == "W"):
        return False
    # Every interval up to a day divides one, and months are made of days.
    return target is None or target % length == 0


def trades_to_klines(trades: pandas.DataFrame, interval: str | int) -> pandas.DataFrame:
    """Return candles made of trades (``price`` and ``size``), like those of `Data.fetch_klines`.

    A candle opens at its own first trade; one without a trade repeats the close before it, with no volume. For inverse
    contracts, whose sizes are in USD, ``turnover`` is in the base coin.
    """
    if not {"price", "size"} <= set(trades.columns):
        raise InvalidParameter("trades", "expected the columns price and size")
    price, size = trades["price"], trades["size"]
    value = size / price if trades.attrs.get("category") == "inverse" else size * price
    parts = trades.assign(open=price, high=price, low=price, close=price, volume=size, turnover=value)
    klines = _grouped(parts[list(_HOW)], interval, dict(_HOW), keep_empty=True)
    klines["close"] = klines["close"].ffill()
    for name in ("open", "high", "low"):
        klines[name] = klines[name].fillna(klines["close"])
    return klines.fillna({"volume": 0.0, "turnover": 0.0})


def _grouped(
    frame: pandas.DataFrame, interval: str | int, how: dict[Any, str], *, keep_empty: bool = False
) -> pandas.DataFrame:
    import pandas as pd

    if not isinstance(frame.index, pd.DatetimeIndex):
        raise InvalidParameter("frame", "expected a frame with a time index, as every fetch_ method returns")
    spelled = interval_of(interval)
    rule = _RULES.get(spelled) or f"{spelled}min"
    grouped: Any = frame.resample(rule, label="left", closed="left")
    result: pandas.DataFrame = grouped.agg(how)
    if not keep_empty:
        result = result[grouped.size() > 0]
    result.index = result.index.as_unit("ms")  # type: ignore[attr-defined]
    result.attrs = {**frame.attrs, "interval": spelled}
    return result
