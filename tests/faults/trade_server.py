"""An order entry socket that answers only when the test says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self, overload

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bybit_async.api.trade import Trade
from bybit_async.environments import Environment
from bybit_async.models.trade import OrderAck
from bybit_async.stream.orders.entry import OrderEntry
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import HmacSigner


class Received:
    """A request, and the socket it came over."""

    def __init__(self, socket: ServerConnection, frame: dict[str, Any]) -> None:
        self.socket = socket
        self.frame = frame
        self.order: dict[str, Any] = frame["args"][0]

    async def answer(
        self,
        ret_code: int | None = 0,
        *,
        data: dict[str, Any] | None = None,
        req_id: str | None = "same",
        **more: Any,
    ) -> None:
        if data is None:
            data = {"orderId": "id-" + str(self.order.get("orderLinkId")), "orderLinkId": self.order.get("orderLinkId")}
        answer: dict[str, Any]
        answer = {"retCode": ret_code, "retMsg": "OK" if not ret_code else "no", "op": self.frame["op"], "data": data}
        answer |= {"retExtInfo": {}, "header": {"Timenow": "1711001595209"}, "connId": "c", **more}
        if req_id is not None:
            answer["reqId"] = self.frame["reqId"] if req_id == "same" else req_id
        await self.socket.send(json.dumps(answer))


class TradeServer:
    def __init__(self, *, auth_code: int = 0, auth_delay: float = 0.0) -> None:
        self.auth_code = auth_code
        self.auth_delay = auth_delay
        self.auths = 0
        self.authenticating = asyncio.Event()
        self.sockets: list[ServerConnection] = []
        self._received: asyncio.Queue[Received] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.environment = Environment(
            name="raw",
            rest_url=f"http://127.0.0.1:{port}",
            public_url=f"ws://127.0.0.1:{port}",
            private_url=f"ws://127.0.0.1:{port}",
            trade_url=f"ws://127.0.0.1:{port}",
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    @overload
    async def take(self) -> Received: ...

    @overload
    async def take(self, count: int) -> list[Received]: ...

    async def take(self, count: int | None = None) -> Received | list[Received]:
        """The next request, or the next `count` of them."""
        async with asyncio.timeout(5):
            if count is None:
                return await self._received.get()
            return [await self._received.get() for _ in range(count)]

    async def _serve(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        try:
            async for text in socket:
                frame = json.loads(text)
                if frame["op"] == "auth":
                    self.auths += 1
                    self.authenticating.set()
                    await asyncio.sleep(self.auth_delay)
                    answer = {"retCode": self.auth_code, "retMsg": "", "op": "auth", "connId": "c"}
                    await socket.send(json.dumps(answer))
                elif frame["op"] == "ping":
                    await socket.send(json.dumps({"retCode": 0, "retMsg": "OK", "op": "pong", "data": ["1"]}))
                else:
                    self._received.put_nowait(Received(socket, frame))
        except ConnectionClosed:
            pass


ORDER: dict[str, Any] = {
    "category": "linear",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "order_type": "Limit",
    "qty": "1",
    "price": "1",
}


@asynccontextmanager
async def opened(server: TradeServer, **options: Any) -> AsyncIterator[tuple[OrderEntry, Trade]]:
    options = dict[str, Any](clock=Clock(), timeout=5.0) | options
    entry = OrderEntry(server.environment, signer=HmacSigner("key", "secret"), **options)
    try:
        yield entry, Trade(entry)
    finally:
        await entry.aclose()


@asynccontextmanager
async def order_entry(**options: Any) -> AsyncIterator[tuple[TradeServer, OrderEntry, Trade]]:
    async with TradeServer() as server, opened(server, **options) as (entry, trade):
        yield server, entry, trade


def place(trade: Trade, link: str, **more: Any) -> asyncio.Task[OrderAck]:
    return asyncio.create_task(trade.place_order(**ORDER, order_link_id=link, **more))


async def outcome(task: asyncio.Task[Any]) -> Any:
    """The exception a call ends with; it must end soon."""
    async with asyncio.timeout(5):
        return (await asyncio.gather(task, return_exceptions=True))[0]


class Hours:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.clock = Clock(monotonic=lambda: self.now)
