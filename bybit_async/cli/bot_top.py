"""`bybit-async bot top`: the monitor in a terminal, of a bot that runs elsewhere or in this process."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import httpx
import msgspec
from rich.console import Console, RenderableType
from rich.text import Text

from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.demonstration import demonstration
from bybit_async.bot.engine.places import state_directory
from bybit_async.bot.monitor import Monitor, Snapshot
from bybit_async.bot.monitor.access import TOKEN_FILE, address_of, read_token
from bybit_async.cli.bot_screen import screen
from bybit_async.cli.drawing import drawn

_EVERY = 1.0
_PATIENCE = 3.0

Read = Callable[[], Awaitable[Snapshot]]


class NoAnswer(Exception):
    """The monitor did not answer, or not with a snapshot."""


async def show(console: Console, opened: AbstractAsyncContextManager[Read], seconds: float | None) -> bool:
    """Show snapshots until it is interrupted, or for so long; False if the last one could not be read."""
    shown: RenderableType = Text("asking…", style="dim")
    good = False

    async def follow(read: Read) -> None:
        nonlocal shown, good
        while True:
            try:
                shown, good = screen(await read()), True
            except NoAnswer as error:
                # What was shown before is old: nothing of it is left.
                shown, good = Text(f"✖ {error}", style="bold red"), False
            await asyncio.sleep(_EVERY)

    async with opened as read, drawn(lambda: shown, console, per_second=2):
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await follow(read)
    return good


@asynccontextmanager
async def inside(manager: ConfigurationManager | None) -> AsyncIterator[Read]:
    """Run a bot in this process, and read it; without a configuration a demonstration."""
    from bybit_async.bot.runner import Bot

    with tempfile.TemporaryDirectory(prefix="bybit_async-bot-") as folder:
        config = demonstration(Path(folder)) if manager is None else manager
        async with Bot(config) as bot:
            monitor = bot.monitor or Monitor(bot.engine, bot.risk, config, bot.strategies)

            async def read() -> Snapshot:
                return monitor.snapshot()

            yield read


@asynccontextmanager
async def elsewhere(url: str, token: str, certificate: str = "") -> AsyncIterator[Read]:
    """Read the monitor at an address; one with a certificate of its own is trusted by that."""
    verify = ssl.create_default_context(cafile=certificate) if certificate else True
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=_PATIENCE, verify=verify) as http:

        async def read() -> Snapshot:
            try:
                answer = await http.get("/status")
            except httpx.HTTPError as error:
                raise NoAnswer(f"no answer from {url}: {error or type(error).__name__}") from error
            if answer.status_code != 200:
                raise NoAnswer(f"{url} answers {answer.status_code}: {answer.text[:200]}")
            try:
                return msgspec.json.decode(answer.content, type=Snapshot)
            except msgspec.MsgspecError as error:
                raise NoAnswer(f"{url} is not a monitor of this version: {error}") from error

        yield read


def place_of(manager: ConfigurationManager) -> tuple[str, Path, str]:
    """Return where a configuration's monitor is, where its token lies, and its certificate.

    Raises:
        ConfigurationInvalid: no monitor is configured, or its address is invalid.
    """
    settings = manager.settings.monitor
    address = address_of(settings)
    scheme = "https" if settings.certificate else "http"
    return f"{scheme}://{address.shown}", state_directory(manager.settings) / TOKEN_FILE, settings.certificate


__all__ = ["elsewhere", "inside", "place_of", "read_token", "show"]
