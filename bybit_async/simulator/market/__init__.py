"""The simulated market: price paths, candles, makers and the figures derived from them."""

from bybit_async.simulator.market.makers import MakerSettings
from bybit_async.simulator.market.market import MarketSettings, SimulatedMarket
from bybit_async.simulator.market.paths import Behaviour

__all__ = ["Behaviour", "MakerSettings", "MarketSettings", "SimulatedMarket"]
