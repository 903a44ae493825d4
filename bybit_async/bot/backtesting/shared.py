"""Data that travel once: written to files that every worker maps into its memory, or left where everyone can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bybit_async.bot.backtesting.history import CandleData
from bybit_async.bot.strategies.base import CANDLE_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

_INDEX = "index.json"


def put(folder: Path, data: Mapping[str, CandleData | pd.DataFrame]) -> str:
    """Write candles and fundings of all symbols into a folder; return its address."""
    for number, (symbol, given) in enumerate(data.items()):
        held = given if isinstance(given, CandleData) else CandleData(given)
        if held.start is not None:
            raise ValueError(
                f"data: the start of {symbol} would be lost on the way to workers; cut the candles instead"
            )
        frame = held.candles
        np.save(folder / f"{number}.times.npy", frame.index.as_unit("ms").asi8)  # type: ignore[attr-defined]
        columns = [name for name in CANDLE_COLUMNS if name in frame]
        np.save(folder / f"{number}.candles.npy", np.stack([frame[name].to_numpy(np.float64) for name in columns]))
        if held.funding is not None:
            moments = held.funding.index.as_unit("ms").asi8  # type: ignore[attr-defined]
            np.save(folder / f"{number}.funding.npy", np.stack([moments, held.funding["funding_rate"].to_numpy()]))
    (folder / _INDEX).write_text(json.dumps(list(data)))
    return str(folder)


@lru_cache(maxsize=2)
def get(address: str, symbol: str) -> dict[str, CandleData]:
    """Return what `put` wrote, mapped; or the candles of a Parquet file, as of `symbol`. Read once in each process.

    Raises:
        FileNotFoundError: this machine has no such file.
    """
    import pandas as pd

    folder = Path(address)
    if not (folder / _INDEX).exists():
        if "://" not in address and not folder.exists():
            raise FileNotFoundError(
                f"{address}: there is no such file here; give workers elsewhere an address that they can read"
            )
        return {symbol: CandleData(pd.read_parquet(address))}
    found = {}
    for number, name in enumerate(json.loads((folder / _INDEX).read_text())):
        times = np.load(folder / f"{number}.times.npy")
        rows = np.load(folder / f"{number}.candles.npy", mmap_mode="r")
        index = pd.DatetimeIndex(times.view("datetime64[ms]"), tz="UTC", name="time")
        candles = pd.DataFrame(dict(zip(CANDLE_COLUMNS, rows, strict=False)), index=index, copy=False)
        found[name] = CandleData(candles, _funding(folder / f"{number}.funding.npy"))
    return found


def _funding(path: Path) -> pd.DataFrame | None:
    import pandas as pd

    if not path.exists():
        return None
    moments, rates = np.load(path)
    index = pd.DatetimeIndex(moments.astype(np.int64).view("datetime64[ms]"), tz="UTC", name="time")
    return pd.DataFrame({"funding_rate": rates}, index=index)


def cut(data: Mapping[str, CandleData], start: int, end: int) -> dict[str, CandleData]:
    """Return the candles from one place to another, with all fundings."""
    return {symbol: CandleData(held.candles.iloc[start:end], held.funding, held.start) for symbol, held in data.items()}
