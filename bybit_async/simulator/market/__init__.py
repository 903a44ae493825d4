"""The simulated market: price paths, candles, makers and the figures derived from them."""

from bybit_async.simulator.market.makers import MakerSettings
from bybit_async.simulator.market.market import Market, MarketSettings
from bybit_async.simulator.market.paths import Behaviour

__all__ = ["Behaviour", "MakerSettings", "Market", "MarketSettings"]
