"""Indicators: each as a function of whole arrays, and as an object that takes one value at a time.

Both forms give the same bits, and neither sees the future: what an indicator says at a candle depends on that candle
and earlier ones. While there are too few values the answer is NaN, never a shorter average. Windowed ones (`sma`,
`stddev`, `zscore`, `bollinger`, `donchian`, `vwap`) depend on their window alone, whatever came before it; `ema`,
`rsi`, `atr` and `macd` remember everything, with a weight that falls by ``(1 - 1 / period)`` or faster for each value.

Functions of TA-Lib take and give the same arrays and may be used in their place.
"""

from bybit_async.bot.indicators.stepwise import Atr, Donchian, Ema, Macd, Rsi, Sma, StdDev, Vwap, ZScore
from bybit_async.bot.indicators.whole import (
    Bands,
    Floats,
    MacdLines,
    atr,
    bollinger,
    donchian,
    ema,
    macd,
    rsi,
    sma,
    stddev,
    vwap,
    zscore,
)

__all__ = [
    "Atr", "Bands", "Donchian", "Ema", "Floats", "Macd", "MacdLines", "Rsi", "Sma", "StdDev", "Vwap", "ZScore", "atr",
    "bollinger", "donchian", "ema", "macd", "rsi", "sma", "stddev", "vwap", "zscore",
]  # fmt: skip
