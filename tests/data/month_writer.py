"""A process that stores every fourth day of a month; started by the test of writers in an object store."""

from __future__ import annotations

import os

import numpy as np

from bybit_async.data.columns import Numbers, Table
from bybit_async.data.coverage import Coverage
from bybit_async.data.intervals import grid
from bybit_async.data.series import Series
from bybit_async.data.store import Store

SERIES = Series("premium_klines", "linear", "BTCUSDT", "60", "mainnet")
DAY = 86_400_000
MARCH = 1_709_251_200_000


def fill_month(place, endpoint, first, together):
    """Store a day, beginning when the others begin theirs, until the month is over."""
    os.environ |= {
        "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    store = Store(place)
    for day in range(first, 31, 4):
        if day < 28:
            together.wait(40)
        span = (MARCH + day * DAY, MARCH + (day + 1) * DAY)
        times = grid("60", *span)
        column = Numbers(np.ones(len(times), dtype=np.int64), 0)
        store.merge(SERIES, Table(times, dict.fromkeys(("open", "high", "low", "close"), column)), Coverage([span]))
