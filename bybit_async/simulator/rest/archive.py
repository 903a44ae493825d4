"""The public archive: past days as files, laid out as at public.bybit.com.

    /trading/BTCUSDT/BTCUSDT2024-01-31.csv.gz                      trades of contracts
    /spot/BTCUSDT/BTCUSDT_2024-01-31.csv.gz                        trades of spot pairs
    /spot_index/BTCUSD/BTCUSD2024-01-31_index_price.csv.gz         index candles of one minute
    /orderbook/linear/BTCUSDT/2024-01-31_BTCUSDT_ob200.data.zip    recorded order books

A day appears once it is over. No one traded before the exchange was started, so the trades of a minute are made from
its candle, in a way that candles made of them are those that REST answers.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import orjson
from aiohttp import web

from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.market.paths import DAY, MINUTE
from bybit_async.simulator.market.quotation import Quotation
from bybit_async.simulator.venue import SimulatedVenue

_DATE = r"(?P<date>\d{4}-\d\d-\d\d)"
_SYMBOL = r"(?P<symbol>[^/]+)"
_MINUTES = DAY // MINUTE
_PARTS = 4
_BOOK_LEVELS = 10
_BOOK_STEP = 10_000

Maker = Callable[[Quotation, int], bytes]


def serve(venue: SimulatedVenue, method: str, path: str, now: int) -> web.Response | None:
    """Return a file of the archive; 404 for one that it has not; None when the path is not the archive's."""
    for pattern, categories, make in _LAYOUT:
        match = pattern.fullmatch(path)
        if match is None or method != "GET":
            continue
        places = match.groupdict()
        content = None
        for category in (places["category"],) if "category" in places else categories:
            quotation = venue.market.quotations.get((category, places["symbol"]))
            start = _start_of(places["date"])
            if quotation is not None and start is not None and _recorded(quotation, start, now):
                content = make(quotation, start)
        if content is None:
            return web.Response(
                status=404, text="<Error><Code>NoSuchKey</Code></Error>", content_type="application/xml"
            )
        return web.Response(body=content, content_type="application/octet-stream")
    return None


def _recorded(quotation: Quotation, start: int, now: int) -> bool:
    launch = quotation.instrument.launch_ms
    return quotation.instrument.category != "option" and launch < start + DAY <= now


def _start_of(date: str) -> int | None:
    try:
        return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        return None


def _minutes(quotation: Quotation, start: int) -> Iterator[tuple[int, list[int]]]:
    first = max(start, quotation.instrument.launch_ms) // MINUTE
    rows = quotation.last.minutes(first, start // MINUTE + _MINUTES)
    for minute, row in enumerate(rows.tolist(), first):
        yield minute * MINUTE, row


def _trades(quotation: Quotation, start: int) -> Iterator[tuple[int, str, str, str]]:
    """Yield (time, side, size, price) of a day: for each minute its open, its extremes and its close."""
    for minute, (opened, high, low, closed, lots, _) in _minutes(quotation, start):
        extremes = (low, high) if closed >= opened else (high, low)
        prices = (opened, *extremes, closed)
        sizes = [lots // _PARTS] * (_PARTS - 1) + [lots - lots // _PARTS * (_PARTS - 1)]
        before = opened
        for part, (ticks, size) in enumerate(zip(prices, sizes, strict=True)):
            if size:
                side = "Buy" if ticks >= before else "Sell"
                time = minute + part * (MINUTE - 1) // (_PARTS - 1)
                yield time, side, plain(quotation.volume(size)), quotation.spell(ticks)
            before = ticks


def _contract_trades(quotation: Quotation, start: int) -> bytes:
    symbol = quotation.instrument.symbol
    lines = ["timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional,RPI"]
    for number, (time, side, size, price) in enumerate(_trades(quotation, start)):
        seconds = f"{time // 1000}.{time % 1000:03d}0"
        identity = f"{start // DAY:08x}-0000-5000-8000-{number:012x}"
        lines.append(f"{seconds},{symbol},{side},{size},{price},ZeroPlusTick,{identity},0.0,{size},0.0,0")
    return _packed(lines)


def _spot_trades(quotation: Quotation, start: int) -> bytes:
    lines = ["id,timestamp,price,volume,side,rpi"]
    for number, (time, side, size, price) in enumerate(_trades(quotation, start), 1):
        lines.append(f"{number},{time},{price},{size},{side.lower()},0")
    return _packed(lines)


def _index(quotation: Quotation, start: int) -> bytes:
    lines = ["start_at,symbol,period,open,high,low,close"]
    rows = quotation.index.minutes(start // MINUTE, start // MINUTE + _MINUTES).tolist()
    for minute, row in enumerate(rows):
        cells = ",".join(quotation.spell(ticks) for ticks in row[:4])
        lines.append(f"{start // 1000 + 60 * minute},{quotation.instrument.symbol},1,{cells}")
    return _packed(lines)


def _book(quotation: Quotation, start: int) -> bytes:
    """Make a day's recording: the book around each minute's price, moved by deltas every ten seconds."""
    symbol, lines = quotation.instrument.symbol, []
    shown: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for count, (minute, row) in enumerate(_minutes(quotation, start)):
        for step in range(MINUTE // _BOOK_STEP):
            middle = row[0] + (row[3] - row[0]) * step * _BOOK_STEP // MINUTE
            book = _ladder(quotation, middle, -1), _ladder(quotation, middle, 1)
            fresh = not shown[0] or (count % 60 == 0 and step == 0)
            sides = [_changes({} if fresh else before, after) for before, after in zip(shown, book, strict=True)]
            shown = book
            update = count * (MINUTE // _BOOK_STEP) + step + 1
            time = minute + step * _BOOK_STEP
            data = {"s": symbol, "b": sides[0], "a": sides[1], "u": update, "seq": update}
            kind = "snapshot" if fresh else "delta"
            lines.append(
                orjson.dumps({"topic": f"orderbook.200.{symbol}", "type": kind, "ts": time, "data": data, "cts": time})
            )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr(f"{datetime.fromtimestamp(start / 1000, UTC):%Y-%m-%d}_{symbol}_ob200.data", b"\n".join(lines))
    return packed.getvalue()


def _ladder(quotation: Quotation, middle: int, way: int) -> dict[str, str]:
    levels = ((max(middle + way * (level + 1), 1), level + 1) for level in range(_BOOK_LEVELS))
    return {quotation.spell(ticks): plain(quotation.volume(10 * lots)) for ticks, lots in levels}


def _changes(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str]]:
    gone = [(price, "0") for price in before if price not in after]
    return gone + [(price, size) for price, size in after.items() if before.get(price) != size]


def _packed(lines: list[str]) -> bytes:
    return gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=1, mtime=0)


_CONTRACTS = ("linear", "inverse")
_LAYOUT: tuple[tuple[re.Pattern[str], tuple[str, ...], Maker], ...] = (
    (re.compile(rf"/trading/{_SYMBOL}/(?P=symbol){_DATE}\.csv\.gz"), _CONTRACTS, _contract_trades),
    (re.compile(rf"/spot/{_SYMBOL}/(?P=symbol)_{_DATE}\.csv\.gz"), ("spot",), _spot_trades),
    (re.compile(rf"/spot_index/{_SYMBOL}/(?P=symbol){_DATE}_index_price\.csv\.gz"), _CONTRACTS, _index),
    (
        re.compile(rf"/orderbook/(?P<category>[a-z]+)/{_SYMBOL}/{_DATE}_(?P=symbol)_ob200\.data\.zip"),
        (),
        _book,
    ),
)
