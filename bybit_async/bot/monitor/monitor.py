"""`Monitor`: takes a snapshot every second, and serves it to people and programs that have the token."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web

from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.engine import TradingEngine
from bybit_async.bot.engine.places import state_directory
from bybit_async.bot.errors import ConfigurationInvalid
from bybit_async.bot.logs import secrets_of
from bybit_async.bot.monitor.access import TOKEN_FILE, Gate, address_of, token_in
from bybit_async.bot.monitor.memory import Curve, LogTail
from bybit_async.bot.monitor.pages import Pages
from bybit_async.bot.monitor.panels import Snapshot
from bybit_async.bot.monitor.snapshot import take
from bybit_async.bot.risk import UnifiedRiskManager
from bybit_async.bot.strategies import StrategyManager

log: logging.Logger = logging.getLogger("bybit_async.bot.monitor")

_EVERY = 1.0
_LAST_WORDS = 1.0


class Monitor:
    """The monitor of one bot, at ``monitor.address``: ``async with Monitor(engine, risk, config) as monitor``.

    Everything but `/healthz` and the empty page needs the token, which is kept in a file of mode 600 in the state
    directory; the key of the account is never shown.

    Args:
        engine: running or stopped; it is not started here.
        risk: its risk manager.
        config: the configuration.
        strategies: its strategies; None where signals come from elsewhere.

    Raises:
        ConfigurationInvalid: from entering: the address cannot be used, or is not allowed.

    Attributes:
        token_is_new: whether the token was made just now and still has to be shown to its user.
    """

    def __init__(
        self,
        engine: TradingEngine,
        risk: UnifiedRiskManager,
        config: ConfigurationManager,
        strategies: StrategyManager | None = None,
    ) -> None:
        self._engine, self._risk, self._config, self._strategies = engine, risk, config, strategies
        secrets = secrets_of(config.settings)
        self._secrets = [json.dumps(secret, ensure_ascii=False)[1:-1].encode() for secret in secrets]
        self._curve, self._log = Curve(), LogTail(secrets)
        self.token_is_new: bool = False
        self._token = ""
        self._gate: Gate | None = None
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._pages: Pages | None = None

    # What it shows

    def snapshot(self) -> Snapshot:
        """Return the bot as it is at this moment."""
        return take(self._engine, self._risk, self._strategies, self._config.settings, curve=self._curve, log=self._log)

    def encode(self, snapshot: Snapshot) -> bytes:
        """Return a snapshot as JSON, with every secret of the configuration blotted out."""
        body = msgspec.json.encode(snapshot)
        for secret in self._secrets:
            body = body.replace(secret, b"***")
        return body

    @property
    def url(self) -> str:
        """Where it is served.

        Raises:
            RuntimeError: it is not.
        """
        if self._gate is None:
            raise RuntimeError("the monitor is not open: use it in `async with`")
        scheme = "https" if self._config.settings.monitor.certificate else "http"
        return f"{scheme}://{self._gate.address.shown}"

    @property
    def url_with_token(self) -> str:
        """The same with the token behind ``#``, which a browser keeps to itself."""
        return f"{self.url}/#token={self._token}"

    @property
    def token_path(self) -> Path:
        """The file that keeps the token."""
        return state_directory(self._config.settings) / TOKEN_FILE

    @property
    def viewers(self) -> int:
        """How many pages are being shown it."""
        return self._pages.viewers if self._pages is not None else 0

    # Its life

    async def __aenter__(self) -> Self:
        settings = self._config.settings.monitor
        address = address_of(settings)
        context = _tls(settings.certificate, settings.private_key) if settings.certificate else None
        self._token, self.token_is_new = token_in(state_directory(self._config.settings))
        gate = Gate(self._token, address, names=tuple(settings.hosts), tls=context is not None)
        self._pages = Pages(gate, self._engine, snapshot=self.snapshot, encode=self.encode)
        self._runner = web.AppRunner(
            self._pages.application(), access_log=None, handle_signals=False, shutdown_timeout=_LAST_WORDS
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, address.host, address.port, ssl_context=context)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigurationInvalid(
                [f"monitor.address: cannot listen on {address.shown}: {error.strerror}; choose another port"]
            ) from error
        gate.listening(self._runner.addresses[0][1])
        self._gate = gate
        logging.getLogger("bybit_async").addHandler(self._log)
        self._ticking = asyncio.create_task(self._tick(), name="bybit_async bot monitor")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger("bybit_async").removeHandler(self._log)
        if self._ticking is not None:
            self._ticking.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticking
        if self._pages is not None:
            await self._pages.aclose()
        if self._runner is not None:
            await self._runner.cleanup()
        self._gate = None

    async def _tick(self) -> None:
        assert self._pages is not None
        while True:
            try:
                # Without viewers, too: the curve of equity must be there when the first one comes.
                self._pages.show(self.snapshot())
            except Exception:
                log.exception("no snapshot could be taken, trying again")
            await asyncio.sleep(_EVERY)


def _tls(certificate: str, private_key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, private_key)
    except OSError as error:
        raise ConfigurationInvalid(
            [f"monitor.certificate: {certificate} and its private key cannot be used: {error.strerror or error}"]
        ) from error
    return context
