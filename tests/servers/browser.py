"""A headless Chromium, steered over its DevTools protocol; for tests of pages, and what is measured of them."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-port=0",
)  # fmt: skip
_STARTS_WITHIN = 30.0
_ENDS_WITHIN = 5.0


def chromium() -> str | None:
    """Return the program; None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """One page of a browser of its own: ``async with Browser() as page``.

    Attributes:
        requests: the address of everything that the page asked for, WebSockets included.
        complaints: what it wrote to its console as an error, and exceptions.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._folder = tempfile.mkdtemp(prefix="chromium-")
        self._process: asyncio.subprocess.Process | None = None
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def __aenter__(self) -> Self:
        program = chromium()
        if program is None:
            raise FileNotFoundError("chromium is not installed")
        try:
            self._process = await asyncio.create_subprocess_exec(
                program, *_FLAGS, f"--user-data-dir={self._folder}", "about:blank",
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            async with asyncio.timeout(_STARTS_WITHIN):
                address = await self._address()
            self._socket = await connect(address, max_size=None, proxy=None, ping_interval=None)
            self._reading = asyncio.create_task(self._read(self._socket))
            for domain in ("Page", "Runtime", "Network", "Log"):
                await self.call(f"{domain}.enable")
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _address(self) -> str:
        file = Path(self._folder) / "DevToolsActivePort"
        async with httpx.AsyncClient(trust_env=False) as http:
            while True:
                with suppress(OSError, IndexError, httpx.TransportError):
                    port = int(file.read_text().splitlines()[0])
                    targets = (await http.get(f"http://127.0.0.1:{port}/json/list")).json()
                    return next(str(each["webSocketDebuggerUrl"]) for each in targets if each["type"] == "page")
                await asyncio.sleep(0.05)

    async def _end(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        if self._process is not None:
            # Its whole family, which is in a session of its own.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), _ENDS_WITHIN)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                await self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            message = json.loads(text)
            if (answer := self._answers.pop(message.get("id", 0), None)) is not None:
                answer.set_result(message)
            else:
                self._note(message.get("method", ""), message.get("params", {}))

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(params["url"])
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"])

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol.

        Raises:
            RuntimeError: it was refused.
        """
        assert self._socket is not None
        number = next(self._ids)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(_STARTS_WITHIN):
            message = await answer
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        result: dict[str, Any] = message["result"]
        return result

    async def goto(self, url: str) -> None:
        """Go to an address."""
        await self.call("Page.navigate", url=url)

    async def run(self, script: str) -> Any:
        """Return what an expression is worth in the page; a promise is awaited."""
        found = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"].get("exception", {}).get("description", "it failed"))
        return found["result"].get("value")

    async def until(self, script: str, within: float = 15.0) -> Any:
        """Wait until an expression is worth something, and return that.

        Raises:
            TimeoutError: it was not within so many seconds; it says what the page shows instead.
        """
        try:
            async with asyncio.timeout(within):
                # A page has no event for a condition of ours.
                while not (found := await self.run(script)):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                return found
        except TimeoutError:
            text = await self.run("document.body?.innerText")
            raise TimeoutError(f"{script} did not come true; complaints: {self.complaints}; page: {text}") from None

    async def look(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        """Show the page at a size, in light or dark colours."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )
        colours = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[colours])

    async def picture(self) -> bytes:
        """Return what can be seen now, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])
