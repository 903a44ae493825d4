"""Market data shared through Redis: a relay subscribes once, and any number of processes read what it publishes."""

from __future__ import annotations

from bybit_async.relay.relay import Relay

__all__ = ["Relay"]
