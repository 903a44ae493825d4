"""A small web server with the files that a test puts there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web

Answer = bytes | int | Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class FileServer:
    """Answers with the content, the status or the response that stands at a path; a list is used up in turn."""

    def __init__(self) -> None:
        self.files: dict[str, Answer | list[Answer]] = {}
        self.asked: list[str] = []

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._answer))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request.path)
        answer = self.files.get(request.path, 404)
        if isinstance(answer, list):
            answer = answer.pop(0)
        if callable(answer):
            return await answer(request)
        return web.Response(status=answer) if isinstance(answer, int) else web.Response(body=answer)
