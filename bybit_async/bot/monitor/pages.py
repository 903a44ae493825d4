"""The addresses of the monitor: the page, its WebSocket, `/status`, `/metrics`, `/healthz` and the actions."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import WSCloseCode, web

from bybit_async.bot.engine import TradingEngine
from bybit_async.bot.errors import EngineRefused
from bybit_async.bot.monitor.access import Denial, Gate
from bybit_async.bot.monitor.metrics import exposition
from bybit_async.bot.monitor.panels import Snapshot

log: logging.Logger = logging.getLogger("bybit_async.bot.monitor")

CONFIRMATION = "STOP"
"""What has to be typed for an emergency stop."""

STATIC = Path(__file__).parent / "static"
FILES: dict[str, tuple[str, str]] = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/chart.js": ("chart.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
"""What is served without a token: files that hold nothing of the bot."""

_PROTOCOL = "bybit-async-monitor"
_MOST_VIEWERS = 64
_SENT_WITHIN = 5.0
_ANSWER_AFTER = 2.0
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Stop(msgspec.Struct, forbid_unknown_fields=True):
    """The body of an emergency stop: `confirm` must be `CONFIRMATION`."""

    confirm: str
    reason: str = ""


class Pages:
    """Answers requests, and shows each new snapshot to every viewer.

    Args:
        gate: says which requests may pass.
        engine: is paused, resumed and stopped.
        snapshot: takes one.
        encode: makes JSON of one.
    """

    def __init__(
        self,
        gate: Gate,
        engine: TradingEngine,
        *,
        snapshot: Callable[[], Snapshot],
        encode: Callable[[Snapshot], bytes],
    ) -> None:
        self._gate, self._engine = gate, engine
        self._snapshot, self._encode = snapshot, encode
        self._sockets: set[web.WebSocketResponse] = set()
        self._shown: asyncio.Future[str] | None = None
        self._latest: str = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._warned: float = float("-inf")

    def application(self) -> web.Application:
        """Return the application that serves it all."""
        made = web.Application(middlewares=[self._guarded()], client_max_size=4096)
        made.on_response_prepare.append(_protected)
        for path, (name, kind) in FILES.items():
            made.router.add_get(path, _file(name, kind))
        made.router.add_get("/healthz", self._healthz)
        made.router.add_get("/status", self._status)
        made.router.add_get("/metrics", self._metrics)
        made.router.add_get("/stream", self._stream)
        made.router.add_post("/pause", self._pause)
        made.router.add_post("/resume", self._resume)
        made.router.add_post("/emergency-stop", self._emergency_stop)
        return made

    def _guarded(self) -> Any:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            refused = self._gate.place(request.headers)
            if refused is None and request.path == "/stream":
                refused = self._gate.protocol(request.headers)
            elif refused is None and request.path not in (*FILES, "/healthz"):
                refused = self._gate.bearer(request.headers)
            if refused is not None:
                self._note(request, refused)
                return _answer({"error": refused.reason}, refused.status)
            return await handler(request)

        return guard

    def _note(self, request: web.Request, refused: Denial) -> None:
        now = time.monotonic()
        if now - self._warned > 60:
            # Not each of them: a client that tries tokens must not fill the log.
            self._warned = now
            log.warning("a request from %s was refused: %s", request.remote, refused.reason)

    # What is read

    async def _healthz(self, _: web.Request) -> web.StreamResponse:
        snapshot = self._snapshot()
        found = {"healthy": snapshot.healthy, "problems": [problem.text for problem in snapshot.problems]}
        return _answer(found, 200 if snapshot.healthy else 503)

    async def _status(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=self._encode(self._snapshot()), content_type="application/json")

    async def _metrics(self, _: web.Request) -> web.StreamResponse:
        body = exposition(self._snapshot())
        return web.Response(body=body, headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    # The live page

    @property
    def viewers(self) -> int:
        """How many pages are being shown it."""
        return len(self._sockets)

    def show(self, snapshot: Snapshot) -> None:
        """Send a snapshot to every viewer; one that is slow misses some, and delays no other."""
        if not self._sockets:
            self._latest = ""
            return
        # Encoded once, for however many.
        self._latest = self._encode(snapshot).decode()
        shown, self._shown = self._shown, None
        if shown is not None and not shown.done():
            shown.set_result(self._latest)

    async def _next(self) -> str:
        if self._shown is None:
            self._shown = asyncio.get_running_loop().create_future()
        return await asyncio.shield(self._shown)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if len(self._sockets) >= _MOST_VIEWERS:
            return _answer({"error": f"{_MOST_VIEWERS} pages are being shown it already"}, 503)
        socket = web.WebSocketResponse(protocols=(_PROTOCOL,), heartbeat=20.0, compress=False, max_msg_size=1024)
        try:
            await socket.prepare(request)
        except ConnectionError:
            # The page was left while it was asking; no one reads this answer.
            return web.Response(status=400)
        self._sockets.add(socket)
        sending = asyncio.create_task(self._send(socket), name="bybit_async bot monitor viewer")
        try:
            async for _ in socket:
                # A page has nothing to say here; actions are requests of their own.
                pass
        finally:
            self._sockets.discard(socket)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        return socket

    async def _send(self, socket: web.WebSocketResponse) -> None:
        text = self._latest or self._encode(self._snapshot()).decode()
        try:
            while True:
                async with asyncio.timeout(_SENT_WITHIN):
                    await socket.send_str(text)
                text = await self._next()
        except (TimeoutError, ConnectionError):
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)

    async def aclose(self) -> None:
        """End every page's connection, and wait for an action that is under way."""
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY) for socket in list(self._sockets)), return_exceptions=True
        )
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Actions

    async def _pause(self, request: web.Request) -> web.StreamResponse:
        return await self._act(request, self._engine.pause)

    async def _resume(self, request: web.Request) -> web.StreamResponse:
        return await self._act(request, self._engine.resume)

    async def _act(self, request: web.Request, action: Callable[[], Awaitable[None]]) -> web.StreamResponse:
        try:
            await action()
        except EngineRefused as error:
            return _answer({"error": str(error)}, 409)
        log.warning("%s, asked for at the monitor by %s", self._engine.state.value, request.remote)
        return _answer({"state": self._engine.state.value})

    async def _emergency_stop(self, request: web.Request) -> web.StreamResponse:
        try:
            asked = msgspec.json.decode(await request.read(), type=Stop)
        except msgspec.MsgspecError as error:
            return _answer({"error": f"the body must be an object with confirm and reason: {error}"}, 400)
        if asked.confirm != CONFIRMATION:
            return _answer({"error": f"confirm must be {CONFIRMATION}"}, 400)
        reason = f"monitor: {asked.reason[:200]}" if asked.reason else "asked for at the monitor"
        stopping = asyncio.create_task(self._engine.emergency_stop(reason), name="bybit_async bot emergency stop")
        # It goes on whether or not the page that asked for it is still there.
        self._tasks.add(stopping)
        stopping.add_done_callback(self._tasks.discard)
        await asyncio.wait({stopping}, timeout=_ANSWER_AFTER)
        return _answer({"state": self._engine.state.value, "done": stopping.done()})


def _file(name: str, kind: str) -> Handler:
    body = (STATIC / name).read_bytes()

    async def serve(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type=kind, charset="utf-8")

    return serve


def _answer(found: dict[str, Any], status: int = 200) -> web.Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return web.Response(
        body=msgspec.json.encode(found), status=status, content_type="application/json", headers=headers
    )


async def _protected(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
