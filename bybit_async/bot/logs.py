"""Logs as JSON lines, with every secret of the configuration blotted out."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

from bybit_async.bot.configuration import BotSettings

_SHORTEST = 4


def secrets_of(settings: BotSettings) -> list[str]:
    """Return every value of the configuration that must not be shown."""
    found = [settings.exchange.api_key, settings.exchange.api_secret]
    found += [webhook.url for webhook in settings.alerts.webhooks]
    if "@" in settings.journal.url:
        found.append(settings.journal.url.rpartition("@")[0].rpartition(":")[2])
    return sorted((value for value in found if len(value) >= _SHORTEST), key=len, reverse=True)


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time``, ``level``, ``logger``, ``text``, and ``error`` where there was one.

    Args:
        secrets: values that are replaced by ``***`` wherever they appear.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": when, "level": record.levelname.lower(), "logger": record.name, "text": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        text = json.dumps(line, ensure_ascii=False, default=str)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def log_to(stream: TextIO, settings: BotSettings, level: int = logging.INFO) -> logging.Handler:
    """Have everything that the library logs written to a stream as JSON lines; remove the handler to end it."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(secrets_of(settings)))
    logger = logging.getLogger("bybit_async")
    logger.addHandler(handler)
    logger.setLevel(level)
    return handler
