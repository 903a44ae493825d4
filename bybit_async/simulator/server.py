"""The doors of an exchange: one port that serves REST and every socket."""

from __future__ import annotations

import asyncio
import errno
import ssl
from typing import Any

from aiohttp import web

from bybit_async.environments import Environment
from bybit_async.errors import BybitError
from bybit_async.simulator.limits import HostLimiter
from bybit_async.simulator.rest.server import RestServer
from bybit_async.simulator.sockets.server import SocketServer
from bybit_async.simulator.venue import SimulatedVenue


class PortUnavailable(BybitError, OSError):
    """The port that the exchange was told to listen on is taken, or may not be used; `port` names it."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {reason}")
        self.port = port


class ExchangeServer:
    """Listens on one port. `latency` is in seconds."""

    def __init__(
        self,
        venue: SimulatedVenue,
        host: str,
        port: int,
        ssl_context: ssl.SSLContext | None,
        *,
        hosts: HostLimiter,
        connection_limit: int | None,
        latency: float,
    ) -> None:
        self._venue = venue
        self._host = host
        self._ssl_context = ssl_context
        self._runner: web.ServerRunner | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.port: Any = port
        self.rest: RestServer = RestServer(venue, hosts, latency)
        self.sockets: SocketServer = SocketServer(venue, connection_limit, latency)

    @property
    def listening(self) -> bool:
        """Whether the port is open."""
        return self._runner is not None

    async def open(self) -> None:
        """Listen; raises `PortUnavailable` when that is impossible."""
        runner = web.ServerRunner(web.Server(self._serve, access_log=None), shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self.port, ssl_context=self._ssl_context)
            await site.start()
        except OSError as error:
            await runner.cleanup()
            reason = "the port is taken" if error.errno == errno.EADDRINUSE else str(error.strerror or error)
            raise PortUnavailable(self._host, self.port, reason) from error
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def close(self) -> None:
        """End every connection and stop listening."""
        if self._runner is None:
            return
        await self.sockets.shut()
        runner, self._runner = self._runner, None
        await runner.cleanup()
        if self._serving:
            # What was in the middle of an answer is cancelled there, but not waited for.
            await asyncio.wait(self._serving)

    def environment(self, identity: str) -> Environment:
        """Return where clients find this exchange."""
        place, s = f"{self._host}:{self.port}", "s" if self._ssl_context else ""
        return Environment(
            name="simulated",
            rest_url=f"http{s}://{place}",
            public_url=f"ws{s}://{place}/v5/public",
            private_url=f"ws{s}://{place}/v5/private",
            trade_url=None if self._venue.demo else f"ws{s}://{place}/v5/trade",
            archive_url=f"http{s}://{place}",
            identity=identity,
        )

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.task not in self._serving:
            self._serving.add(request.task)
            request.task.add_done_callback(self._serving.discard)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            channel = self.sockets.channel(request.path)
            if channel is None or (self._venue.demo and channel == "trade"):
                return web.Response(status=404, text=f"not simulated: {request.path}")
            return await self.sockets.handle(request, channel)
        return await self.rest.handle(request)
