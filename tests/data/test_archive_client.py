"""What stands where the archive should be: redirects, refusals, floods, trickles and files that swell."""

from __future__ import annotations

import asyncio
import gzip
import io
import zipfile

import httpx
import pytest
from aiohttp import web

from bybit_async import AnswerLost, AnswerUnreadable, NotSent
from bybit_async.data import archive_client
from bybit_async.data.archive import Archive
from bybit_async.data.archive_client import ArchiveLimits, redirected, unpacked
from bybit_async.data.series import Series

from .file_server import FileServer
from .ledger import ms

SERIES = Series("trades", "linear", "BTCUSDT", "all", "mainnet")
BOOKS = Series("orderbook_snapshots", "linear", "BTCUSDT", "60000ms-1", "mainnet")
DAY = (ms("2020-03-25"), ms("2020-03-26"))
PATH = "/trading/BTCUSDT/BTCUSDT2020-03-25.csv.gz"
BOOK_PATH = "/orderbook/linear/BTCUSDT/2020-03-25_BTCUSDT_ob200.data.zip"
ROWS = b"timestamp,side,size,price,trdMatchID\n1585180699.001,Buy,1,2,a\n"
PACKED = gzip.compress(ROWS)


@pytest.fixture
async def files():
    async with FileServer() as files:
        yield files


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(archive_client, "FIRST_WAIT", 0.0)


async def read(files, series=SERIES, **limits):
    archive = Archive(files.url, limits=ArchiveLimits(**limits))
    try:
        read = archive.trades if series is SERIES else archive.order_book
        return await read(series, DAY)
    finally:
        await archive.aclose()


@pytest.mark.parametrize(
    ("given", "location", "allowed"),
    [
        ("https://public.bybit.com/a", "https://elsewhere.example/a", True),
        ("https://public.bybit.com/a", "/b", True),
        ("https://public.bybit.com/a", "http://public.bybit.com/a", False),
        ("https://public.bybit.com/a", "http://127.0.0.1:80/a", False),
        ("https://public.bybit.com/a", "ftp://public.bybit.com/a", False),
        ("https://public.bybit.com/a", "file:///etc/passwd", False),
        ("http://127.0.0.1:1/a", "http://127.0.0.1:2/b", True),
        ("http://127.0.0.1:1/a", "http://localhost:2/b", True),
        ("http://127.0.0.1:1/a", "http://[::1]:2/b", True),
        ("http://127.0.0.1:1/a", "http://elsewhere.example/b", False),
        ("http://127.0.0.1:1/a", "http://127.0.0.1.elsewhere.example/b", False),
        ("http://127.0.0.1:1/a", "https://elsewhere.example/b", True),
    ],
)
def test_a_redirect_leads_to_an_encrypted_address_or_nowhere(given, location, allowed):
    url = httpx.URL(given)
    if allowed:
        assert redirected(url, url, location).scheme in ("https", url.scheme)
    else:
        with pytest.raises(AnswerUnreadable, match="not encrypted"):
            redirected(url, url, location)


def test_a_chain_of_redirects_does_not_lead_from_an_encrypted_address_to_an_open_one():
    given = httpx.URL("https://public.bybit.com/a")
    with pytest.raises(AnswerUnreadable, match="not encrypted"):
        redirected(given, httpx.URL("https://elsewhere.example/a"), "http://127.0.0.1/a")
    with pytest.raises(AnswerUnreadable, match="not an address"):
        redirected(given, given, "https://somewhere:port/")


async def test_redirects_on_this_machine_are_followed_for_who_gave_such_an_address(files):
    async def moved(_):
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    files.files |= {PATH: moved, "/elsewhere": PACKED}
    assert len(await read(files)) == 1


async def test_redirects_in_a_circle_end(files):
    async def moved(_):
        return web.Response(status=302, headers={"Location": PATH})

    files.files[PATH] = moved
    with pytest.raises(AnswerUnreadable, match="more than 3 redirects"):
        await read(files, redirects=3)
    assert len(files.asked) == 4


async def test_a_refusal_is_an_error_and_not_a_day_that_does_not_exist(files):
    files.files[PATH] = 403
    with pytest.raises(AnswerUnreadable, match="refuses this address") as refusal:
        await read(files)
    assert refusal.value.status == 403
    assert files.asked == [PATH], "a ban is not answered by asking again at once"


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_an_archive_that_keeps_failing_is_an_error_and_not_a_day_that_does_not_exist(files, status):
    files.files[PATH] = status
    with pytest.raises(AnswerUnreadable, match=f"HTTP {status}"):
        await read(files)
    assert files.asked == [PATH] * 4


@pytest.mark.parametrize("status", [400, 410])
async def test_other_answers_are_errors_at_once(files, status):
    files.files[PATH] = status
    with pytest.raises(AnswerUnreadable, match=f"HTTP {status}"):
        await read(files)
    assert files.asked == [PATH]


async def test_nobody_there_is_told_as_such():
    archive = Archive("http://127.0.0.1:1")
    with pytest.raises(NotSent, match=r"127\.0\.0\.1:1"):
        await archive.trades(SERIES, DAY)
    await archive.aclose()


async def test_an_answer_that_breaks_off_is_asked_for_again_and_told(files):
    async def half(request):
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        request.transport.abort()
        return response

    files.files[PATH] = half
    with pytest.raises(AnswerLost, match="BTCUSDT2020-03-25"):
        await read(files)
    assert files.asked == [PATH] * 4
    files.files[PATH] = [half, PACKED]
    assert len(await read(files)) == 1


def trickle(done):
    async def answer(request):
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x")
                await asyncio.sleep(0.01)
        finally:
            done.append(request.path)

    return answer


async def test_a_byte_now_and_then_does_not_last_for_ever(files):
    done = []
    files.files[PATH] = trickle(done)
    with pytest.raises(AnswerLost, match="slower than"):
        await read(files, grace=0.05)
    assert len(files.asked) == 4


async def test_a_file_has_its_time_whatever_its_speed(files):
    done = []
    files.files[PATH] = trickle(done)
    with pytest.raises(AnswerLost, match=r"did not come within 0\.5 s"):
        await read(files, seconds=0.5)
    assert len(files.asked) == 1


async def test_a_flood_ends_at_the_size_of_the_largest_file(files):
    sent = []

    async def flood(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)
            sent.append(65_536)

    files.files[PATH] = flood
    with pytest.raises(AnswerUnreadable, match="larger than 1,000,000 bytes"):
        await read(files, size=1_000_000)
    assert len(files.asked) == 1
    assert sum(sent) < 64 << 20


def bomb(size, layers=1):
    head, row = ROWS.split(b"\n")[:2]
    content = head + b"\n" + (row + b"\n") * (size // len(row))
    for _ in range(layers):
        content = gzip.compress(content)
    return content


@pytest.mark.parametrize("layers", [1, 2, 3])
async def test_a_few_bytes_that_unpack_to_many_are_refused_before_they_do(files, layers):
    files.files[PATH] = bomb(8 << 20, layers)
    with pytest.raises(AnswerUnreadable, match=f"{PATH}.*unpacks to more than"):
        await read(files, slack=1 << 16)


async def test_an_order_book_that_swells_is_refused(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name in "abcd":
            file.writestr(name, b"\n" * (1 << 16))
    files.files[BOOK_PATH] = packed.getvalue()
    with pytest.raises(AnswerUnreadable, match=f"{BOOK_PATH}.*unpacks to more than"):
        await read(files, BOOKS, slack=100_000, ratio=1)


async def test_what_httpx_would_unpack_by_itself_is_bounded_as_well(files):
    async def encoded(request):
        assert request.headers["Accept-Encoding"] == "identity"
        return web.Response(body=bomb(8 << 20), headers={"Content-Encoding": "gzip"})

    files.files[PATH] = encoded
    with pytest.raises(AnswerUnreadable, match="unpacks to more than"):
        await read(files, slack=1 << 16)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"PK"], ids=["nothing", "a header", "two letters"])
async def test_a_recording_that_is_damaged_is_unreadable(files, content):
    files.files[BOOK_PATH] = content
    with pytest.raises(AnswerUnreadable, match=BOOK_PATH):
        await read(files, BOOKS)


async def test_a_zip_without_a_file_is_unreadable(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.mkdir("folder")
    files.files[BOOK_PATH] = packed.getvalue()
    with pytest.raises(AnswerUnreadable, match="holds no file"):
        await read(files, BOOKS)


def test_a_member_that_is_damaged_is_unreadable():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", bytes(range(256)) * 100)
    content = bytearray(packed.getvalue())
    content[40] ^= 255
    with pytest.raises(AnswerUnreadable, match="damaged"):
        b"".join(stream.read() for stream in unpacked(io.BytesIO(bytes(content)), ArchiveLimits()))
