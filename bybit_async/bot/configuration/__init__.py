"""The configuration of the bot: one file, typed, checked whole."""

from bybit_async.bot.configuration.manager import ConfigurationManager
from bybit_async.bot.configuration.sections import BotSettings

__all__ = ["BotSettings", "ConfigurationManager"]
