"""Downloading: windows fetched concurrently, kept in order, and handed on in batches of bounded size."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import msgspec

from bybit_async.data.columns import Table, join
from bybit_async.data.coverage import Coverage, Span
from bybit_async.data.series import Series


class Progress(msgspec.Struct, frozen=True):
    """How far a download is.

    Attributes:
        symbol: what is downloaded.
        kind: which kind of it.
        done: windows (or archive files) that are finished.
        total: how many there are.
        rows: rows received so far.
    """

    symbol: str
    kind: str
    done: int
    total: int
    rows: int


OnProgress = Callable[[Progress], object]
Fetch = Callable[[Span], Awaitable[tuple[Table, Coverage]]]
"""Fetches one window: its final rows, and the range they are complete for."""
Sink = Callable[[Table, Coverage], Awaitable[None]]
"""Keeps a batch; rows outside of its coverage are not final yet."""

AT_ONCE = 12
"""Windows in flight: enough to be limited by Bybit's rate and not by the way there and back."""
BATCH = 45
"""Windows that are kept in memory before they go to the sink: a month of minutes is written once. A crash loses no more
than two batches and what is in flight."""


async def download(
    series: Series,
    windows: Sequence[Span],
    fetch: Fetch,
    sink: Sink,
    progress: OnProgress | None = None,
    *,
    at_once: int = AT_ONCE,
) -> None:
    """Fetch windows and pass them on in order, a file of the store at a time.

    While one batch is being kept the next ones are fetched already. Whatever ends it early (an error, a cancellation),
    what was received in order before goes to the sink first.
    """
    held: list[tuple[Table, Coverage]] = []
    unit: Span | None = None
    done = rows = 0
    results = _in_order(windows, fetch, at_once)
    keeper = _Keeper(sink)
    try:
        async for window, table, coverage in results:
            if held and (len(held) >= BATCH or series.unit_of(window[0]) != unit):
                await keeper.keep(held)
                held = []
            unit = series.unit_of(window[0])
            held.append((table, coverage))
            done += 1
            rows += len(table)
            if progress is not None:
                progress(Progress(series.symbol, series.kind, done, len(windows), rows))
    finally:
        await results.aclose()
        await keeper.finish(held)


class _Keeper:
    """Hands batches to a sink, one after the other, in the background; holds no more than one."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._running: asyncio.Task[None] | None = None

    async def keep(self, batch: list[tuple[Table, Coverage]]) -> None:
        """Begin to keep a batch once the one before is kept; raises what went wrong with that one."""
        await self._wait()
        self._running = asyncio.create_task(self._pass_on(batch), name="bybit_async keep")

    async def finish(self, batch: list[tuple[Table, Coverage]]) -> None:
        """Keep the last batch, and return when everything is kept."""
        await self._wait()
        await self._pass_on(batch)

    async def _wait(self) -> None:
        if self._running is not None:
            # What cancels the download must not take a batch with it that is complete.
            await asyncio.shield(self._running)
            self._running = None

    async def _pass_on(self, batch: list[tuple[Table, Coverage]]) -> None:
        coverage = Coverage(span for _, part in batch for span in part)
        tables = [table for table, _ in batch if len(table)]
        if coverage or tables:
            await self._sink(join(tables or [batch[0][0]]), coverage)


async def _in_order(
    windows: Sequence[Span], fetch: Fetch, at_once: int
) -> AsyncGenerator[tuple[Span, Table, Coverage]]:
    waiting = deque(windows)
    running: deque[tuple[Span, asyncio.Task[tuple[Table, Coverage]]]] = deque()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                window = waiting.popleft()
                running.append((window, asyncio.create_task(_as_coroutine(fetch, window), name="bybit_async window")))
            window, task = running[0]
            table, coverage = await task
            running.popleft()
            yield window, table, coverage
    finally:
        for _, task in running:
            task.cancel()
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)


async def _as_coroutine(fetch: Fetch, window: Span) -> tuple[Table, Coverage]:
    return await fetch(window)
