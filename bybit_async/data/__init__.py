"""History and live helpers as pandas frames; `Data` is what a session offers as `bybit.data`.

Frames need no session: `resample`, `trades_to_klines` and `to_frame` work on what you have. Nothing here is imported,
pandas and pyarrow included, before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bybit_async.data.data import Data as Data
    from bybit_async.data.download import Progress as Progress
    from bybit_async.data.errors import StoreDamaged as StoreDamaged
    from bybit_async.data.errors import StoreError as StoreError
    from bybit_async.data.errors import StoreTooNew as StoreTooNew
    from bybit_async.data.errors import StoreUnwritable as StoreUnwritable
    from bybit_async.data.frames import to_frame as to_frame
    from bybit_async.data.resampling import resample as resample
    from bybit_async.data.resampling import trades_to_klines as trades_to_klines
    from bybit_async.data.store import Store as Store

_WHERE = {
    "Data": "data",
    "Progress": "download",
    "Store": "store",
    "StoreDamaged": "errors",
    "StoreError": "errors",
    "StoreTooNew": "errors",
    "StoreUnwritable": "errors",
    "resample": "resampling",
    "to_frame": "frames",
    "trades_to_klines": "resampling",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value
