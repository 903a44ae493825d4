"""History and live helpers as pandas frames; `Data` is what a session offers as `bybit.data`.

Most of it needs no session: `save` and `load` keep candles of your own, `read_candles` and `read_funding_rates` read
the store as arrays, `resample`, `trades_to_klines` and `to_frame` work on what you have. Nothing here is imported,
pandas and pyarrow included, before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bybit_async.data.arrays import CandleArrays as CandleArrays
    from bybit_async.data.arrays import FundingArrays as FundingArrays
    from bybit_async.data.arrays import read_candles as read_candles
    from bybit_async.data.arrays import read_funding_rates as read_funding_rates
    from bybit_async.data.coverage import Coverage as Coverage
    from bybit_async.data.data import Data as Data
    from bybit_async.data.download import Progress as Progress
    from bybit_async.data.errors import StoreDamaged as StoreDamaged
    from bybit_async.data.errors import StoreError as StoreError
    from bybit_async.data.errors import StoreIncomplete as StoreIncomplete
    from bybit_async.data.errors import StoreMissing as StoreMissing
    from bybit_async.data.errors import StoreTooNew as StoreTooNew
    from bybit_async.data.errors import StoreTooOld as StoreTooOld
    from bybit_async.data.errors import StoreUnwritable as StoreUnwritable
    from bybit_async.data.frames import to_frame as to_frame
    from bybit_async.data.resampling import resample as resample
    from bybit_async.data.resampling import trades_to_klines as trades_to_klines
    from bybit_async.data.saved import load as load
    from bybit_async.data.saved import save as save
    from bybit_async.data.store import Store as Store
    from bybit_async.data.upkeep import Report as Report

_WHERE = {
    "CandleArrays": "arrays",
    "Coverage": "coverage",
    "Data": "data",
    "FundingArrays": "arrays",
    "Progress": "download",
    "Report": "upkeep",
    "Store": "store",
    "StoreDamaged": "errors",
    "StoreError": "errors",
    "StoreIncomplete": "errors",
    "StoreMissing": "errors",
    "StoreTooNew": "errors",
    "StoreTooOld": "errors",
    "StoreUnwritable": "errors",
    "load": "saved",
    "read_candles": "arrays",
    "read_funding_rates": "arrays",
    "resample": "resampling",
    "save": "saved",
    "to_frame": "frames",
    "trades_to_klines": "resampling",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
