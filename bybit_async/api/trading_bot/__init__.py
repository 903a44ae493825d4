"""Bots that trade by themselves at Bybit."""

from __future__ import annotations

from bybit_async.api.trading_bot.dca import Dca
from bybit_async.api.trading_bot.futures_combo import FuturesCombo
from bybit_async.api.trading_bot.futures_grid import FuturesGrid
from bybit_async.api.trading_bot.futures_martingale import FuturesMartingale
from bybit_async.api.trading_bot.spot_grid import SpotGrid

__all__ = ["TradingBot"]


class TradingBot(SpotGrid, FuturesGrid, FuturesCombo, FuturesMartingale, Dca):
    """Bots that trade by themselves at Bybit."""

    __slots__ = ()
