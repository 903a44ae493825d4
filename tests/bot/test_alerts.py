"""Alerts and logs: what is posted, how often, and that no secret is in either."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time

import pytest
from aiohttp import web

from bybit_async.bot import ConfigurationManager
from bybit_async.bot.alerts import Alerts, payload
from bybit_async.bot.configuration.sections import AlertSettings, WebhookSettings
from bybit_async.bot.logs import log_to


@pytest.fixture
async def service():
    """A webhook on loopback: what it was sent, and how it answers."""
    posts: list[dict] = []
    answers = {"status": 200, "hangs": False}
    released = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        posts.append(await request.json())
        if answers["hangs"]:
            await released.wait()
        return web.Response(status=int(answers["status"]))

    app = web.Application()
    app.router.add_post("/{tail:.*}", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", posts, answers
    released.set()
    await runner.cleanup()


def to(url: str, **options) -> AlertSettings:
    limits = {name: options.pop(name) for name in ("per_minute", "timeout") if name in options}
    return AlertSettings(webhooks=[WebhookSettings(url=url, **options)], **limits)


@pytest.mark.parametrize(
    ("shape", "field"),
    [("json", "text"), ("slack", "text"), ("discord", "content"), ("telegram", "text"), ("ntfy", "message")],
)
async def test_every_service_gets_its_shape(service, shape, field):
    url, posts, _ = service
    async with Alerts(to(url, shape=shape, chat_id="42")) as alerts:
        alerts.post("critical", "the house is on fire")
    assert "the house is on fire" in posts[0][field]
    assert alerts.posted == 1
    if shape == "telegram":
        assert posts[0]["chat_id"] == "42"


async def test_only_the_wanted_levels_and_a_few_a_minute(service):
    url, posts, _ = service
    async with Alerts(to(url, level="warning", per_minute=3)) as alerts:
        alerts.post("info", "quiet")
        for number in range(10):
            alerts.post("warning", f"{number}")
    assert [post["text"] for post in posts] == ["0", "1", "2"]
    assert alerts.dropped == 7


async def test_what_was_too_much_is_counted_in_the_next_one(service, monkeypatch):
    url, posts, _ = service
    now = [1000.0]
    monkeypatch.setattr("bybit_async.bot.alerts.time.monotonic", lambda: now[0])
    async with Alerts(to(url, per_minute=1)) as alerts:
        alerts.post("warning", "first")
        alerts.post("warning", "lost")
        now[0] += 61
        alerts.post("warning", "next")
    assert posts[-1]["text"] == "next (and 1 alerts before it that were too many)"


async def test_a_service_that_hangs_or_refuses_holds_nothing_up(service, caplog):
    url, _, answers = service
    answers["hangs"] = True
    alerts = Alerts(to(f"{url}/SECRETPATH", timeout=0.2))
    async with alerts:
        began = time.perf_counter()
        for _ in range(20):
            alerts.post("warning", "x")
        assert time.perf_counter() - began < 0.1
        await asyncio.sleep(0.3)
        answers.update(hangs=False, status=500)
        await asyncio.sleep(0.3)
    assert alerts.failed > 1
    assert "SECRETPATH" not in caplog.text


def test_long_texts_are_cut_to_what_a_service_takes():
    hook = WebhookSettings(url="http://x", shape="discord")
    assert len(payload(hook, "info", "x" * 10_000, "bot")["content"]) == 2000


def test_logs_are_json_lines_without_secrets():
    config = ConfigurationManager.from_dict(
        {
            "exchange": {"api_key": "CANARYKEY", "api_secret": "CANARYSECRET"},
            "alerts": {"webhooks": [{"url": "https://hooks.example/CANARYHOOK"}]},
            "journal": {"url": "postgresql+psycopg://me:CANARYPASS@host/db"},
        }
    )
    stream = io.StringIO()
    handler = log_to(stream, config.settings)
    logger = logging.getLogger("bybit_async.bot.test")
    try:
        logger.info("key %s at %s", "CANARYKEY", "https://hooks.example/CANARYHOOK")
        try:
            raise ValueError("CANARYSECRET CANARYPASS")
        except ValueError:
            logger.exception("failed")
    finally:
        logging.getLogger("bybit_async").removeHandler(handler)
        logging.getLogger("bybit_async").setLevel(logging.NOTSET)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["level"] == "info"
    assert first["text"] == "key *** at ***"
    assert "ValueError" in second["error"]
    assert "CANARY" not in stream.getvalue()
