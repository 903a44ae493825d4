"""Charts are looked at: the page's data and its look in a browser where there is one, the picture's pixels."""

from __future__ import annotations

import asyncio
import json
import re
import shutil

import numpy as np
import pytest

from bybit_async import InvalidParameter
from bybit_async.data.chart import write_chart

UP, DOWN = (8, 153, 129), (242, 54, 69)


@pytest.fixture
async def frame(bybit):
    return await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-20", "2024-01-27")


def pixels(path):
    from matplotlib.image import imread

    return (imread(path)[:, :, :3] * 255).round().astype(int)


def near(image, color):
    return (np.abs(image - np.array(color)).max(axis=2) <= 12).sum()


def test_the_picture_shows_candles_of_both_directions_volume_and_averages(frame, tmp_path):
    bare = pixels(write_chart(frame, tmp_path / "bare.png"))
    image = pixels(write_chart(frame, tmp_path / "chart.png", averages=[20, 50]))
    assert image.shape[:2] == (880, 1540)
    assert near(image, UP) > 3000
    assert near(image, DOWN) > 3000
    for color in ((41, 98, 255), (255, 152, 0)):
        assert near(image, color) > 200, "a moving average is not drawn"
        assert near(bare, color) == 0
    share = near(image, (255, 255, 255)) / image[:, :, 0].size
    assert 0.5 < share < 0.97, "the picture is empty, or covered"


def test_the_page_holds_every_candle_and_loads_nothing(frame, tmp_path):
    page = write_chart(frame, tmp_path / "chart.html", averages=[20]).read_text()
    assert "BTCUSDT 1h" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page), "the page loads something from elsewhere"
    traces = json.loads(re.search(r"Plotly\.newPlot\(\s*\"[^\"]+\",\s*(\[.*?\]),\s*\{\"", page, re.DOTALL)[1])
    candles, average, volume = traces
    assert candles["close"] == frame["close"].tolist()
    assert candles["x"][0] == "2024-01-20T00:00:00"
    assert volume["y"] == frame["volume"].tolist()
    assert average["y"][:19] == [None] * 19
    assert average["y"][19] == pytest.approx(frame["close"].iloc[:20].mean())


@pytest.mark.timeout(120)
async def test_the_page_looks_like_a_chart_in_a_browser(frame, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    page = write_chart(frame, tmp_path / "chart.html", averages=[20, 50])
    if browser is None:
        assert page.stat().st_size > 1_000_000, "the page does not bring its own code"
        return
    shot = tmp_path / "page.png"
    process = await asyncio.create_subprocess_exec(
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1400,800",
        f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=8000",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--screenshot={shot}", page.as_uri(),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(100):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    image = pixels(shot)
    assert near(image, UP) > 1500
    assert near(image, DOWN) > 1500
    assert near(image, (41, 98, 255)) > 150


def test_premiums_have_no_volume_and_are_drawn_all_the_same(frame, tmp_path):
    bare = frame[["open", "high", "low", "close"]]
    assert near(pixels(write_chart(bare, tmp_path / "chart.png", title="premium")), UP) > 1000
    assert len(json.dumps(write_chart(bare, tmp_path / "chart.html").read_text())) > 1_000_000


@pytest.mark.parametrize(("name", "averages"), [("chart.gif", []), ("chart", []), ("chart.png", [0])])
def test_what_cannot_be_drawn_is_refused_by_name(frame, tmp_path, name, averages):
    with pytest.raises(InvalidParameter, match="averages" if averages else "path"):
        write_chart(frame, tmp_path / name, averages=averages)
    for nothing in (frame.iloc[:0], frame.reset_index(drop=True)):
        with pytest.raises(InvalidParameter, match="frame"):
            write_chart(nothing, tmp_path / "chart.png")
    assert not list(tmp_path.glob("chart*"))


def test_endings_may_be_capitals(frame, tmp_path):
    assert write_chart(frame, tmp_path / "chart.PNG").read_bytes().startswith(b"\x89PNG")
    assert "<html>" in write_chart(frame, tmp_path / "chart.HTML").read_text()


def test_a_title_is_text_and_never_markup(frame, tmp_path):
    page = write_chart(frame, tmp_path / "x.html", title="<script>alert(1)</script>").read_text()
    assert "<script>alert" not in page
