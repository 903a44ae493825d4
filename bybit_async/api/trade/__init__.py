"""Orders and executions."""

from __future__ import annotations

from bybit_async.api.trade.batches import Batches
from bybit_async.api.trade.closing import Closing
from bybit_async.api.trade.reads import Reads

__all__ = ["Trade"]


class Trade(Closing, Batches, Reads):
    """Place, amend, cancel and look up orders; list executions."""

    __slots__ = ()
