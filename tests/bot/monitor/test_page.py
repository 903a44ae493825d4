"""The page in a real browser: Chromium, where it is installed."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.bot.monitor.monitoring import Monitored, monitored
from tests.bot.trading import until
from tests.servers.browser import Browser, chromium

pytestmark = [
    pytest.mark.skipif(chromium() is None, reason="chromium is not installed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

GOOD = "document.body?.dataset.health === 'good'"
TEXT = "document.getElementById({!r}).innerText"


@asynccontextmanager
async def shown(bot: Monitored, url: str | None = None) -> AsyncIterator[Browser]:
    async with Browser() as page:
        await page.look(1280, 900)
        await page.goto(url or bot.monitor.url_with_token)
        yield page


def only_ours(page: Browser, bot: Monitored) -> bool:
    ours = bot.monitor.url.removeprefix("http://")
    return {url.split("/")[2] for url in page.requests} == {ours}


async def test_every_panel_is_filled_and_every_button_acts(tmp_path, caplog):
    caplog.set_level(logging.INFO, "bybit_async")
    async with monitored(tmp_path) as bot:
        await bot.trade("BUY", "0.02")
        await bot.trade("BUY", "0.01", off="0.995", metadata={"order_type": "limit"})
        await until(lambda: bot.monitor.snapshot().positions.rows)
        async with shown(bot) as page:
            await page.until(GOOD)
            await page.until("document.querySelector('#curve .line') !== null")
            expected = {
                "state": "running", "trust": "synced", "data": "BTCUSDT", "equity": "USDT", "losses": "drawdown",
                "exposure": "0.0 %", "positions": "long", "orders": "entry", "trades": "bps", "breakers": "stale data",
                "strategies": "by hand", "latencies": "decision", "log": "filled", "calls": "failed: 0",
            }  # fmt: skip
            for name, words in expected.items():
                assert words in await page.run(TEXT.format(name)), name
            assert await page.run("location.hash + location.search") == ""
            # A second snapshot comes by the stream, without anything being asked for again.
            uptime = await page.run(TEXT.format("state"))
            await page.until(f"{TEXT.format('state')} !== {json.dumps(uptime)}")
            assert only_ours(page, bot)

            await page.run("document.getElementById('pause').click()")
            await page.until("document.getElementById('engine').innerText === 'paused'")
            assert bot.engine.state.value == "paused"
            await page.run("document.getElementById('resume').click()")
            await page.until("document.getElementById('engine').innerText === 'running'")

            await page.run("document.getElementById('stop').click()")
            assert "This is PAPER" in await page.run(TEXT.format("confirm"))
            for typed in ("stop", "STOP "):
                await page.run(_type("typed", typed))
                assert await page.run("document.getElementById('really').disabled")
            await page.run(_type("reason", "smoke"))
            await page.run(_type("typed", "STOP"))
            await page.run("document.getElementById('really').click()")
            await page.until("document.body.dataset.health === 'bad'")
            await page.until("document.getElementById('panel-state').hasAttribute('data-red')")
            assert "emergency stopped" in await page.run(TEXT.format("problems"))
            await until(lambda: not [o for o in bot.monitor.snapshot().orders.open if not o.reduce_only])
            assert page.complaints == []


def _type(name: str, text: str) -> str:
    return (
        f"(() => {{ const input = document.getElementById({name!r}); input.value = {text!r}; "
        "input.dispatchEvent(new Event('input')); })()"
    )


async def test_a_wrong_token_is_refused_and_the_right_one_lets_in(tmp_path):
    async with monitored(tmp_path, start=False) as bot, shown(bot, f"{bot.monitor.url}/#token={'x' * 43}") as page:
        await page.until("document.getElementById('signin')?.open")
        assert "refused" in await page.run(TEXT.format("signin"))
        assert await page.run("document.getElementById('state').children.length") == 0
        assert await page.run("sessionStorage.length") == 0
        await page.run(f"document.getElementById('token').value = {bot.token!r}")
        await page.run("document.getElementById('signin').querySelector('button').click()")
        await page.until("document.body.dataset.health === 'bad'")
        assert "the engine is stopped" in await page.run(TEXT.format("problems"))
        assert only_ours(page, bot)


async def test_a_dead_engine_turns_the_page_red_within_three_seconds(tmp_path):
    async with monitored(tmp_path) as bot, shown(bot) as page:
        await page.until(GOOD)
        # The page keeps the time itself: this machine may be slow to ask it.
        watching = page.run(
            "new Promise(done => { const began = performance.now(); new MutationObserver(() => {"
            " if (document.body.dataset.health !== 'good') done(performance.now() - began); })"
            ".observe(document.body, {attributes: true}); })"
        )
        waiting = asyncio.create_task(watching)
        await page.run("1")
        # As when the loop hangs: nothing is closed, and nothing is said any more.
        ticking = bot.monitor._ticking
        assert ticking is not None
        ticking.cancel()
        assert await asyncio.wait_for(waiting, 10) < 3000
        assert await page.run("document.body.dataset.health") == "dead"
        assert "No news" in await page.run(TEXT.format("health"))
        assert await page.run("document.getElementById('pause').disabled")


async def test_the_page_finds_its_way_back_after_a_restart(tmp_path):
    async with monitored(tmp_path, start=False) as bot, shown(bot) as page:
        await page.until("document.body?.dataset.health === 'bad'")
        address = bot.monitor.url.removeprefix("http://")
        await bot.monitor.__aexit__(None, None, None)
        await page.until("document.body.dataset.health === 'dead'")
        async with monitored(tmp_path, start=False, monitor={"address": address}):
            await page.until("document.body.dataset.health === 'bad'")


async def test_it_reads_on_a_phone_by_keyboard_and_aloud(tmp_path):
    async with monitored(tmp_path) as bot, shown(bot) as page:
        await page.until(GOOD)
        await page.look(390, 844, phone=True)
        assert await page.run("document.documentElement.scrollWidth <= window.innerWidth")
        # Every button is reached by Tab, and has a name.
        names = await page.run(
            "[...document.querySelectorAll('button:not(:disabled), summary, [tabindex=\"0\"]')]"
            ".filter(each => each.checkVisibility() && each.tabIndex < 0).length"
        )
        assert names == 0
        tree = (await page.call("Accessibility.getFullAXTree"))["nodes"]
        named: dict[str, set[str]] = {}
        for node in tree:
            name = node.get("name", {}).get("value", "")
            named.setdefault(node.get("role", {}).get("value", ""), set()).add(name)
        assert {"Pause", "Emergency stop…"} <= named["button"]
        assert {"State", "Trust", "Equity", "Positions"} <= named["region"] | named["heading"]
        assert "" not in named["button"] | named["region"] | named["image"]
        assert "status" in named
        await page.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        assert await page.run("document.activeElement.className") == "skip"


@pytest.mark.parametrize("dark", [False, True])
async def test_words_stand_out_in_light_and_dark(tmp_path, dark):
    """Contrast of every colour of text against its ground is at least 4.5, as WCAG asks for."""
    async with monitored(tmp_path, start=False) as bot, shown(bot) as page:
        await page.look(1280, 900, dark=dark)
        await page.until("document.body?.dataset.health === 'bad'")
        pairs = [("ink", "card"), ("soft", "card"), ("good", "card"), ("warn", "card"), ("bad", "card"),
                 ("bad", "badground"), ("soft", "ground"), ("onbadge", "good"), ("onbadge", "bad"),
                 ("onbadge", "accent"), ("onbadge", "warn"), ("onbadge", "soft")]  # fmt: skip
        for text, ground in pairs:
            found = await page.run(
                f"['{text}', '{ground}'].map(name => getComputedStyle(document.documentElement)"
                ".getPropertyValue('--' + name).trim())"
            )
            assert _contrast(*found) >= 4.5, (text, ground, found)


def _contrast(one: str, other: str) -> float:
    light, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
