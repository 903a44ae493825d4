"""The exchange inside the bot's own process, for the address ``simulated``."""

from __future__ import annotations

from bybit_async.bot.configuration import BotSettings
from bybit_async.bot.errors import ConfigurationInvalid
from bybit_async.simulator import SimulatedExchange


def embedded_exchange(settings: BotSettings) -> SimulatedExchange:
    """Return an exchange that lists what the configuration trades; enter it to start it."""
    exchange = settings.exchange
    symbols = {*settings.trading.symbols, *(name for item in settings.strategies.values() for name in item.symbols)}
    made = SimulatedExchange(seed=exchange.simulated_seed, symbols=symbols)
    if not made.engine.listings:
        named = ", ".join(sorted(symbols))
        raise ConfigurationInvalid([f"trading.symbols: the simulated exchange lists none of {named}"])
    return made
