"""Asynchronous context managers, entered and left by a thread."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any


class Hold:
    """Enters a context manager in a task and leaves it in the same one, as task groups and timeouts in it need."""

    def __init__(self, manager: AbstractAsyncContextManager[Any]) -> None:
        self._manager = manager
        self._task: asyncio.Task[None] | None = None
        self._leave: asyncio.Event | None = None
        self._error: BaseException | None = None
        self._value: Any = None

    async def enter(self) -> Any:
        """Enter, and return what the context manager gives."""
        self._leave = asyncio.Event()
        entered = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._stay(entered, self._leave), name="bybit_async holding")
        try:
            await asyncio.wait({self._task, entered}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._task.cancel()
            await asyncio.wait({self._task})
            raise
        if not entered.done():
            await self._task
        return self._value

    async def leave(self, error: BaseException | None) -> bool:
        """Leave; True when the context manager swallowed the error."""
        if self._task is None or self._leave is None:
            return False
        self._error = error
        self._leave.set()
        try:
            await self._task
        except BaseException as raised:
            if raised is error:
                return False
            raise
        return error is not None

    async def _stay(self, entered: asyncio.Future[None], leave: asyncio.Event) -> None:
        async with self._manager as value:
            self._value = value
            entered.set_result(None)
            await leave.wait()
            if self._error is not None:
                raise self._error
