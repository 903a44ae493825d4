"""Alerts to people: JSON posted to webhooks, a few a minute, never in the way of trading."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import Any

import httpx

from bybit_async.bot.configuration.sections import AlertSettings, WebhookSettings

log: logging.Logger = logging.getLogger("bybit_async.bot.alerts")

LEVELS = ("info", "warning", "critical")
_MOST_WAITING = 1000
_LAST_WORDS = 3.0


def payload(webhook: WebhookSettings, level: str, text: str, name: str) -> dict[str, Any]:
    """Return the body that a service understands: Slack's, Discord's, Telegram's, ntfy's, or plain fields."""
    line = f"[{level}] {name}: {text}"
    if webhook.shape == "slack":
        return {"text": line}
    if webhook.shape == "discord":
        return {"content": line[:2000], "allowed_mentions": {"parse": []}}
    if webhook.shape == "telegram":
        return {"chat_id": webhook.chat_id, "text": line[:4096], "disable_web_page_preview": True}
    if webhook.shape == "ntfy":
        priority = {"info": 3, "warning": 4, "critical": 5}[level]
        return {"topic": webhook.chat_id or name, "title": f"{name}: {level}", "message": text, "priority": priority}
    return {"level": level, "bot": name, "text": text, "time_ms": time.time_ns() // 1_000_000}


class Alerts:
    """Posts alerts in the background: ``async with Alerts(settings) as alerts: alerts.post("warning", "…")``.

    Args:
        settings: where to, and how many a minute.
        name: what the bot calls itself.

    Attributes:
        posted: alerts that a service took.
        dropped: alerts that were over the limit of a minute, or too many to keep.
        failed: posts that a service did not take.
    """

    def __init__(self, settings: AlertSettings, *, name: str = "bybit_async bot") -> None:
        self._settings = settings
        self._name = name
        self._waiting: asyncio.Queue[tuple[WebhookSettings, str, str]] = asyncio.Queue(_MOST_WAITING)
        self._sent: deque[float] = deque()
        self._over: int = 0
        self._task: asyncio.Task[None] | None = None
        self.posted: int = 0
        self.dropped: int = 0
        self.failed: int = 0

    async def __aenter__(self) -> Alerts:
        if self._settings.webhooks:
            self._task = asyncio.create_task(self._run(), name="bybit_async bot alerts")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is None:
            return
        # What led to the end is worth telling, but a service that does not answer must not hold it up.
        try:
            async with asyncio.timeout(_LAST_WORDS):
                await self._waiting.join()
        except TimeoutError:
            log.warning("%d alerts were not posted", self._waiting.qsize())
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    def post(self, level: str, text: str) -> None:
        """Have an alert posted to every webhook that wants its level; returns at once."""
        wanted = [hook for hook in self._settings.webhooks if LEVELS.index(level) >= LEVELS.index(hook.level)]
        if not wanted:
            return
        if not self._allowed():
            self.dropped += 1
            self._over += 1
            return
        if self._over:
            text, self._over = f"{text} (and {self._over} alerts before it that were too many)", 0
        for webhook in wanted:
            try:
                self._waiting.put_nowait((webhook, level, text))
            except asyncio.QueueFull:
                self.dropped += 1

    def _allowed(self) -> bool:
        now = time.monotonic()
        while self._sent and self._sent[0] < now - 60:
            self._sent.popleft()
        if len(self._sent) >= self._settings.per_minute:
            return False
        self._sent.append(now)
        return True

    async def _run(self) -> None:
        async with httpx.AsyncClient(timeout=self._settings.timeout) as client:
            while True:
                webhook, level, text = await self._waiting.get()
                try:
                    answer = await client.post(webhook.url, json=payload(webhook, level, text, self._name))
                    answer.raise_for_status()
                    self.posted += 1
                except httpx.HTTPStatusError as error:
                    self._fail(webhook, f"HTTP {error.response.status_code}")
                except (httpx.HTTPError, httpx.InvalidURL) as error:
                    self._fail(webhook, type(error).__name__)
                finally:
                    self._waiting.task_done()

    def _fail(self, webhook: WebhookSettings, reason: str) -> None:
        # The address is a secret, and the words of the error may repeat it.
        self.failed += 1
        log.warning("an alert could not be posted (%s webhook): %s", webhook.shape, reason)
