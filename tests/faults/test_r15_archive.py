"""R15: what stands where the archive should be is not believed, and costs neither memory nor time without bound."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from bybit_async import TransportError
from bybit_async.data import archive_client
from bybit_async.data.archive import Archive
from bybit_async.data.archive_client import ArchiveLimits
from bybit_async.data.series import Series
from tests.data.file_server import FileServer
from tests.data.ledger import ms

SERIES = Series("trades", "linear", "BTCUSDT", "all", "mainnet")
DAY = (ms("2020-03-25"), ms("2020-03-26"))
PATH = "/trading/BTCUSDT/BTCUSDT2020-03-25.csv.gz"
FORGED = gzip.compress(b"timestamp,side,size,price,trdMatchID\n1585180699.001,Buy,1,2,a\n")
LIMITS = ArchiveLimits(size=1 << 20, unpacked=1 << 20, slack=1 << 16, ratio=20, seconds=1.0, grace=0.3, slowest=1 << 20)


async def _elsewhere_in_the_open(_: Any) -> web.Response:
    return web.Response(status=302, headers={"Location": "http://archive.example/forged.csv.gz"})


async def _trickle(request: Any) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for byte in FORGED:
        await answer.write(bytes([byte]))
        await asyncio.sleep(0.05)
    return answer


HOSTILE: dict[str, int | bytes | Callable[[Any], Awaitable[Any]]] = {
    "redirects in the open": _elsewhere_in_the_open,
    "refuses (403)": 403,
    "is broken (502)": 502,
    "swells": gzip.compress(bytes(64 << 20)),
    "is too large": bytes(2 << 20),
    "never ends": _trickle,
    "is cut": FORGED[:-5],
}


async def test_r15_no_row_is_taken_from_a_hostile_archive(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setattr(archive_client, "FIRST_WAIT", 0.0)
    refused = 0
    async with FileServer() as files:
        for what, content in HOSTILE.items():
            files.files[PATH] = content
            archive = Archive(files.url, limits=LIMITS)
            try:
                with pytest.raises(TransportError):
                    pytest.fail(f"{what}: {await archive.trades(SERIES, DAY)}")
                refused += 1
            finally:
                await archive.aclose()
        files.files[PATH] = FORGED
        archive = Archive(files.url, limits=LIMITS)
        try:
            rows = await archive.trades(SERIES, DAY)
            assert rows is not None, "what is well formed is read"
            assert len(rows) == 1
        finally:
            await archive.aclose()
    record_property("figures", f"{len(HOSTILE)} ways to answer: {refused} refused, 0 rows taken")
