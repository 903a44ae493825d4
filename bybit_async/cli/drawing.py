"""Live screens drawn by the event loop: what they show changes there, and never in the middle of a drawing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from rich.console import Console, RenderableType
from rich.live import Live


@asynccontextmanager
async def drawn(
    draw: Callable[[], RenderableType], console: Console, *, per_second: float, transient: bool = False
) -> AsyncIterator[None]:
    """Show what `draw` returns, again and again; `transient` takes it away in the end."""
    live = Live(get_renderable=draw, console=console, auto_refresh=False, transient=transient)

    async def refresh() -> None:
        while True:
            await asyncio.sleep(1 / per_second)
            live.refresh()

    with live:
        refreshing = asyncio.create_task(refresh(), name="bybit_async screen")
        try:
            yield
        finally:
            refreshing.cancel()
            await asyncio.wait({refreshing})
            if not refreshing.cancelled():
                refreshing.result()
