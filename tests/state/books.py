"""Order book messages for tests: built by hand, or read from the recorded capture."""

import os
from pathlib import Path

import msgspec

from bybit_async.models.stream_public import OrderBookData


class Message(msgspec.Struct, frozen=True):
    data: OrderBookData
    type: str = "delta"
    ts: int | None = 1000
    cts: int | None = 999


def message(kind, u, bids=(), asks=(), *, seq=None, ts=1000, cts=999):
    data = OrderBookData(symbol="X", bids=list(bids), asks=list(asks), update_id=u, seq=u * 10 if seq is None else seq)
    return Message(data=data, type=kind, ts=ts, cts=cts)


def snapshot(u, bids=(("100", "1"),), asks=(("101", "1"),), **more):
    return message("snapshot", u, bids, asks, **more)


def delta(u, bids=(), asks=(), **more):
    return message("delta", u, bids, asks, **more)


def capture():
    """The recorded frames, or None where the reference folder is not there."""
    folder = Path(os.environ.get("BYBIT_REFERENCE", Path(__file__).parents[3] / "shared")) / "replay"
    files = sorted(folder.glob("orderbook-500-*.ndjson"))
    if not files:
        return None
    return [msgspec.json.decode(line, type=Message) for line in files[0].read_bytes().splitlines()]


def rows(levels):
    return [(level.price, level.size) for level in levels]
