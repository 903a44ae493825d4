"""The doors of an exchange: one port, or one name within this process, that serves REST and every socket."""

from __future__ import annotations

import asyncio
import errno
import ssl

from aiohttp import web

from bybit_async import in_process
from bybit_async.environments import Environment
from bybit_async.errors import BybitError, InvalidParameter
from bybit_async.simulator.limits import HostLimiter
from bybit_async.simulator.rest.server import RestServer
from bybit_async.simulator.sockets.server import SocketServer
from bybit_async.simulator.venue import SimulatedVenue


class PortUnavailable(BybitError, OSError):
    """The port to listen on is taken, or may not be used; `port` names it."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {reason}")
        self.port = port


class ExchangeServer:
    """Listens on one port; with no `host`, on none, and is reached within this process. `latency` is in seconds."""

    def __init__(
        self,
        venue: SimulatedVenue,
        host: str | None,
        port: int,
        ssl_context: ssl.SSLContext | None,
        *,
        hosts: HostLimiter,
        connection_limit: int | None,
        latency: float,
    ) -> None:
        self._venue = venue
        self._is_in_process = host is None
        self._host = in_process.new_host() if host is None else host
        self._ssl_context = ssl_context
        self._runner: web.ServerRunner | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._port = port
        self.rest: RestServer = RestServer(venue, hosts, latency)
        self.sockets: SocketServer = SocketServer(venue, connection_limit, latency)

    @property
    def listening(self) -> bool:
        """Whether it can be reached."""
        return self._runner is not None

    @property
    def port(self) -> int:
        """The port.

        Raises:
            InvalidParameter: the exchange listens on no port.
        """
        if self._is_in_process:
            raise InvalidParameter("network", "an exchange without a network has no port; clients take `environment`")
        return self._port

    async def open(self) -> None:
        """Listen; raises `PortUnavailable` when that is impossible."""
        server = web.Server(self._serve, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await runner.setup()
        if self._is_in_process:
            in_process.listen(self._host, server)
        else:
            await self._listen(runner)
        self._runner = runner

    async def _listen(self, runner: web.ServerRunner) -> None:
        try:
            site = web.TCPSite(runner, self._host, self._port, ssl_context=self._ssl_context)
            await site.start()
        except OSError as error:
            await runner.cleanup()
            reason = "the port is taken" if error.errno == errno.EADDRINUSE else str(error.strerror or error)
            raise PortUnavailable(self._host, self._port, reason) from error
        self._port = runner.addresses[0][1]

    async def close(self) -> None:
        """End every connection and stop listening."""
        if self._runner is None:
            return
        in_process.unlisten(self._host)
        await self.sockets.shut()
        runner, self._runner = self._runner, None
        await runner.cleanup()
        if self._serving:
            # What was in the middle of an answer is cancelled there, but not waited for.
            await asyncio.wait(self._serving)

    def environment(self, identity: str) -> Environment:
        """Return where clients find this exchange."""
        place = self._host if self._is_in_process else f"{self._host}:{self._port}"
        s = "s" if self._ssl_context else ""
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
