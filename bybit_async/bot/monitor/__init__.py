"""The monitor: what a bot knows, on a page, in JSON, for Prometheus, and as one word for health checks."""

from bybit_async.bot.monitor.metrics import METRICS
from bybit_async.bot.monitor.monitor import Monitor
from bybit_async.bot.monitor.panels import Problem, Snapshot

__all__ = ["METRICS", "Monitor", "Problem", "Snapshot"]
