"""What reads from a relay."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from bybit_async.simulator import SimulatedExchange
from bybit_async.stream.relayed.messages import Keys
from bybit_async.stream.relayed.relay_socket import RelaySocket
from bybit_async.stream.relayed.seal import Seal
from tests.servers.relaying import eventually

BOOK = "orderbook.50.BTCUSDT"


class Consumer:
    def __init__(self, exchange: SimulatedExchange, seal: Seal | None = None, channel: str = "linear") -> None:
        self.frames: list[dict[str, Any]] = []
        self.news = asyncio.Event()
        self.ended = ""
        self.socket = RelaySocket(Keys(exchange.environment, seal), channel)
        self.socket.on_text, self.socket.on_lost = self._take, self._end

    def _take(self, frame: bytes, received: int) -> None:
        self.frames.append(msgspec.json.decode(frame))
        self.news.set()

    def _end(self) -> None:
        self.ended = self.socket.complaint
        self.news.set()

    async def until(self, holds: Any) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self.news.clear()
                await self.news.wait()

    def of(self, topic: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame.get("topic") == topic]

    async def ask(self, op: str, *topics: str) -> None:
        await self.socket.send_text(msgspec.json.encode({"op": op, "req_id": "1", "args": list(topics)}))


async def fresh(book: Any) -> None:
    await eventually(lambda: not book.stale, 20)


async def agrees(book: Any, direct: Any) -> None:
    """Wait until two books have seen the same update, and compare them whole."""
    async with asyncio.timeout(15):
        while True:
            if not book.stale and not direct.stale and book.update_id == direct.update_id:
                assert book.bids() == direct.bids()
                assert book.asks() == direct.asks()
                return
            await asyncio.sleep(0)
