"""Candles put into a store by hand."""

from __future__ import annotations

from decimal import Decimal

from bybit_async.data.columns import Table, numbers_of
from bybit_async.data.coverage import Coverage
from bybit_async.data.intervals import grid
from bybit_async.data.series import Series
from tests.data.ledger import ms

SERIES = Series("premium_klines", "linear", "BTCUSDT", "60", "mainnet")


def hours(start, end, price=1):
    times = grid("60", ms(start), ms(end))
    column = numbers_of([Decimal(price)] * len(times))
    return Table(times, dict.fromkeys(("open", "high", "low", "close"), column))


def put(store, start, end, price=1):
    store.merge(SERIES, hours(start, end, price), Coverage([(ms(start), ms(end))]))
