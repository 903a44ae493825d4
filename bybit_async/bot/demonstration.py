"""A configuration for trying the bot without one of your own, on an exchange in the same process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bybit_async.bot.configuration import ConfigurationManager


def demonstration(folder: Path) -> ConfigurationManager:
    """Return a configuration that trades two symbols of a simulated exchange, and keeps its files in `folder`."""
    values: dict[str, Any] = {
        "exchange": {"address": "simulated"},
        "trading": {"symbols": ["BTCUSDT", "ETHUSDT"], "interval": "1", "max_position_size": 0.02},
        "risk": {"max_consecutive_losses": 1000},
        "strategies": {
            "trend": {"type": "crossover", "parameters": {"fast_period": 3, "slow_period": 8}},
            "book": {"type": "imbalance", "parameters": {"threshold": 0.25}},
        },
        "journal": {"url": f"sqlite:///{folder}/journal.sqlite3"},
        # It trades often on purpose, so that there is something to see.
        "engine": {"state_directory": str(folder), "max_signals_per_minute": 1000},
    }
    return ConfigurationManager.from_dict(values)
