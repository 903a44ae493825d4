"""What the public streams push."""

from __future__ import annotations

import msgspec

from bybit_async.wire import Wire


class OrderBookData(Wire):
    """The levels of a snapshot, or the changed levels of a delta, as (price, size) strings; size ``"0"`` deletes.

    Attributes:
        update_id: counts up by one per message; 1 after a restart of Bybit's service.
        seq: the matching engine's cross sequence, comparable between depths; it grows, with holes.
    """

    symbol: str = msgspec.field(name="s")
    bids: list[tuple[str, str]] = msgspec.field(name="b", default_factory=list)
    asks: list[tuple[str, str]] = msgspec.field(name="a", default_factory=list)
    update_id: int = msgspec.field(name="u")
    seq: int | None = None
