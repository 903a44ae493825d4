"""From bytes to values: 500 tickers, 1,000 klines and stream messages, in this process, in turns.

Tickers end as typed objects with exact decimals, beside plain `json.loads` and what float-minded clients do after it.
Klines end as a float64 array, along the way that `bybit.data` takes and along the usual ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import orjson
import pandas

from benchmarks.payloads import klines_body, stream_messages, tickers_body
from benchmarks.processes import Run, pin, timed
from benchmarks.tables import Answer, Column, Goal, ratio, tabulate
from bybit_async import Response, decode_rest
from bybit_async.data.rows import read_rows
from bybit_async.stream.router import route


class _FloatRows(msgspec.Struct, gc=False):
    rows: list[tuple[float, float, float, float, float, float, float]] = msgspec.field(name="list")


class _Floats(msgspec.Struct, gc=False):
    result: _FloatRows


_MS, _US = [Column("ms", "ms per answer", 3)], [Column("us", "µs per message", 2)]


def run(settings: Run) -> Answer:
    """Measure all three."""
    pin()
    tickers = _answers(settings, "500 tickers", _ticker_cases(tickers_body(500)))
    klines = _answers(settings, "1,000 klines to float64", _kline_cases(klines_body(1000)))
    answer = Answer([tickers, klines, _messages(settings)])
    measured = ratio(tickers, "bybit_async, typed, exact decimals", "json.loads alone", "ms")
    if measured is not None:
        answer.goals.append(Goal("500 tickers, against json.loads alone", measured, 1, at_most=True))
    return answer


def _answers(settings: Run, title: str, cases: dict[str, Callable[[], object]]) -> Any:
    samples = timed(settings, cases)
    in_ms = {name: [{"ms": sample["us"] / 1000} for sample in rounds] for name, rounds in samples.items()}
    return tabulate(title, _MS, in_ms, by="ms", descending=False)


def _ticker_cases(body: bytes) -> dict[str, Callable[[], object]]:
    def number(value: Any) -> Any:
        return float(value) if value and value[0] in "-0123456789" else value

    def floats() -> object:
        rows = json.loads(body)["result"]["list"]
        return [{key: number(value) for key, value in row.items()} for row in rows]

    params = {"category": "linear"}
    return {
        "bybit_async, typed, exact decimals": lambda: decode_rest("GET", "/v5/market/tickers", body, params),
        "json.loads alone": lambda: json.loads(body),
        "orjson.loads alone": lambda: orjson.loads(body),
        "json.loads, then float()": floats,
    }


def _kline_cases(body: bytes) -> dict[str, Callable[[], object]]:

    floats = msgspec.json.Decoder(_Floats, strict=False).decode
    cases: dict[str, Callable[[], object]] = {
        "msgspec float tuples, numpy": lambda: np.array(floats(body).result.rows),
        "json.loads, numpy astype": lambda: np.array(json.loads(body)["result"]["list"]).astype("f8"),
        "json.loads, pandas astype": lambda: pandas.DataFrame(json.loads(body)["result"]["list"]).astype("f8"),
    }
    columns = ("open", "high", "low", "close", "volume", "turnover")
    envelope = msgspec.json.Decoder(Response[msgspec.Raw]).decode

    def ours() -> object:
        table = read_rows(envelope(body).result, columns)
        return [table.numbers[name].floats() for name in columns]

    return {"bybit_async, data (exact, then float64)": ours, **cases}


def _messages(settings: Run) -> Any:
    frames = stream_messages()
    cases: dict[str, Callable[[], object]] = {}
    for family in ("orderbook", "publicTrade", "tickers"):
        mine = [frame for frame in frames if frame.startswith(b'{"topic":"' + family.encode())][:200]
        cases[f"{family}, bybit_async"] = _each(lambda frame: route("linear", frame), mine)
        cases[f"{family}, json.loads"] = _each(json.loads, mine)
    return tabulate("Stream messages, typed", _US, timed(settings, cases, per=200))


def _each(decode: Callable[[bytes], object], frames: list[bytes]) -> Callable[[], None]:
    frames = (frames * 200)[:200]

    def run() -> None:
        for frame in frames:
            decode(frame)

    return run
