"""The drift meter: a recorded run against a backtest of the same strategies on the candles of that time."""

from bybit_async.bot.comparing.compare import compare
from bybit_async.bot.comparing.comparison import Comparison, Difference, FilledOrder, SlippageSummary

__all__ = ["Comparison", "Difference", "FilledOrder", "SlippageSummary", "compare"]
