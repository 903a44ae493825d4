"""Running pybit so that it cannot keep a test run from ending: its own waits have no bound.

pybit registers a topic, and a request for an order, after sending it. A message that comes sooner ends its connection
with a `KeyError`, and `subscribe` then waits for a connection for ever; in a worker of the event loop's executor, which
is joined without bound when the loop closes, that is a test run that never ends. So its messages are held back while it
is between the two.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from pybit import _websocket_stream, _websocket_trading

Result = TypeVar("Result")

_LONGEST = 30.0
_JOIN = 5.0


async def in_thread(work: Callable[[], Result]) -> Result:
    """Run blocking work in a daemon thread, which nothing ever joins, and wait for it for so long and no longer."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def settle(setter: Callable[[Any], None], value: Any) -> None:
        if not future.done():
            setter(value)

    def run() -> None:
        try:
            outcome: tuple[Callable[[Any], None], Any] = (future.set_result, work())
        except BaseException as error:  # noqa: BLE001 - it is handed to the test
            outcome = (future.set_exception, error)
        # Whoever comes back after the test has given up finds its loop closed.
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, daemon=True, name="pybit").start()
    return await asyncio.wait_for(future, _LONGEST)


def hold_messages_while_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pybit look at no message between sending a request and noting whom its answer is for."""
    sending = threading.RLock()

    def one_at_a_time(owner: Any, name: str) -> None:
        method = getattr(owner, name)

        def guarded(*args: Any, **options: Any) -> Any:
            with sending:
                return method(*args, **options)

        monkeypatch.setattr(owner, name, guarded)

    one_at_a_time(_websocket_stream._WebSocketManager, "_on_message")
    one_at_a_time(_websocket_stream._V5WebSocketManager, "subscribe")
    one_at_a_time(_websocket_trading._V5TradeWebSocketManager, "_send_order_operation")


@contextmanager
def closing(socket: Any) -> Iterator[Any]:
    """End a pybit socket for certain: no new connection, no timer, and its reading thread joined with a bound."""
    try:
        yield socket
    finally:
        # pybit's own exit() waits three seconds for a close frame that its reading thread has already taken.
        socket.handle_error = False
        socket.exited = True
        socket._stop_custom_ping_timer()
        socket.ws.close(timeout=0)
        socket.wst.join(_JOIN)
