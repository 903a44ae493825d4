"""One client placing orders as fast as it can: ``python -m benchmarks.rest_clients CLIENT LOOP PORT SECONDS SCHEME``.

Each is used as its own documentation says. Only what has no signing of its own gets ours, and a typed decoder.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
import time
import warnings
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from benchmarks.processes import percentile, report, unverified

KEY, SECRET = "XXXXXXXXXXXXXXXXXX", "YYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY"
LINK_ID = "benchmark-order"
ORDER = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.1", "price": "15600",
    "timeInForce": "PostOnly", "orderLinkId": LINK_ID,
}  # fmt: skip
IN_FLIGHT = 50
Place = Callable[[], Awaitable[Any]]
clock = time.perf_counter


class _Ack(msgspec.Struct, gc=False):
    order_id: str = msgspec.field(name="orderId")
    order_link_id: str = msgspec.field(name="orderLinkId")


class _Envelope(msgspec.Struct, gc=False):
    code: int = msgspec.field(name="retCode")
    message: str = msgspec.field(name="retMsg")
    result: _Ack
    time: int


_encode, _decode = msgspec.json.encode, msgspec.json.Decoder(_Envelope).decode


def _signed() -> tuple[bytes, str, str]:
    body = _encode(ORDER)
    now = str(time.time_ns() // 1_000_000)
    return body, now, hmac.digest(SECRET.encode(), f"{now}{KEY}5000".encode() + body, "sha256").hex()


async def ours(url: str) -> Place:
    from bybit_async import AsyncBybit
    from bybit_async.environments import Environment
    from bybit_async.transport.limits import RateLimitSettings

    environment = Environment(name="benchmark", rest_url=url, public_url=url, private_url=url, trade_url=url)
    bybit = AsyncBybit(
        environment=environment, api_key=KEY, api_secret=SECRET, rate_limits=RateLimitSettings(host_requests=10**9),
        ssl_context=unverified(),
    )  # fmt: skip
    place = bybit.trade.place_order

    async def order() -> Any:
        return await place(
            category="linear", symbol="BTCUSDT", side="Buy", order_type="Limit", qty="0.1", price="15600",
            time_in_force="PostOnly", order_link_id=LINK_ID,
        )  # fmt: skip

    order.session = bybit  # type: ignore[attr-defined]
    return order


async def aiohttp_same_work(url: str) -> Place:
    import aiohttp
    from yarl import URL

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100, ssl=unverified()))
    target = URL(f"{url}/v5/order/create")

    async def order() -> Any:
        body, now, signature = _signed()
        headers = {
            "Content-Type": "application/json", "X-BAPI-API-KEY": KEY, "X-BAPI-SIGN": signature,
            "X-BAPI-TIMESTAMP": now, "X-BAPI-RECV-WINDOW": "5000",
        }  # fmt: skip
        async with session.post(target, data=body, headers=headers) as answer:
            return _decode(await answer.read())

    return order


async def typed_bybit(url: str) -> Place:
    import httpx
    from typed_bybit import Bybit
    from typed_bybit.trade.create_order import CreateLimitOrderRequest
    from typed_core.http import HttpClient

    http = HttpClient(limits=httpx.Limits(max_connections=100, max_keepalive_connections=100))
    if url.startswith("https"):
        http._client = httpx.AsyncClient(verify=unverified(), limits=http.limits)
    bybit = Bybit.new(api_key=KEY, api_secret=SECRET, base_url=url, http=http)

    request: CreateLimitOrderRequest = {
        "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.1",
        "price": "15600", "timeInForce": "PostOnly", "orderLinkId": LINK_ID,
    }  # fmt: skip

    async def order() -> Any:
        return await bybit.trade.create_order(request)

    return order


async def ccxt(url: str) -> Place:
    from ccxt import async_support

    exchange = async_support.bybit({"apiKey": KEY, "secret": SECRET, "enableRateLimit": False, "verify": False})
    exchange.urls["api"] = dict.fromkeys(("spot", "futures", "v2", "public", "private"), url)
    exchange.options.update(
        enableUnifiedMargin=False, enableUnifiedAccount=True, unifiedMarginStatus=6, loadAllOptions=False,
        fetchMarkets={"types": ["linear"]},
    )  # fmt: skip
    exchange.has["fetchCurrencies"] = False
    await exchange.load_markets()
    symbol = next(iter(exchange.markets))
    extra = {"timeInForce": "PostOnly", "orderLinkId": LINK_ID}

    async def order() -> Any:
        return await exchange.create_order(symbol, "limit", "buy", 0.1, 15600.0, dict(extra))

    return order


class _RawConnection(asyncio.Protocol):
    """No parser, no deadline, no limits: what a loop and a socket cost by themselves."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.answer: asyncio.Future[bytes] | None = None

    def data_received(self, data: bytes) -> None:
        answer, self.answer = self.answer, None
        if answer is not None:
            answer.set_result(data[data.find(b"\r\n\r\n") + 4 :])


async def raw_protocol(url: str) -> Place:
    scheme, _, address = url.partition("://")
    host, _, port = address.partition(":")
    loop = asyncio.get_running_loop()
    idle: list[_RawConnection] = []
    state = hmac.new(SECRET.encode(), digestmod=hashlib.sha256)
    context = unverified() if scheme == "https" else None

    async def order() -> Any:
        if idle:
            connection = idle.pop()
        else:
            _, connection = await loop.create_connection(_RawConnection, host, int(port), ssl=context)
        body, now = _encode(ORDER), b"%d" % (time.time_ns() // 1_000_000)
        signing = state.copy()
        signing.update(b"%b%b5000%b" % (now, KEY.encode(), body))
        connection.answer = answer = loop.create_future()
        connection.transport.write(
            b"POST /v5/order/create HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nX-BAPI-API-KEY: %b\r\n"
            b"X-BAPI-RECV-WINDOW: 5000\r\nX-BAPI-TIMESTAMP: %b\r\nX-BAPI-SIGN: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (address.encode(), KEY.encode(), now, signing.hexdigest().encode(), len(body), body)
        )
        found = _decode(await answer)
        idle.append(connection)
        return found

    return order


def pybit(url: str) -> Callable[[], Any]:
    from pybit.unified_trading import HTTP

    session = HTTP(api_key=KEY, api_secret=SECRET)
    session.endpoint = url
    session.client.verify = False
    warnings.simplefilter("ignore")
    return lambda: session.place_order(**ORDER)


ASYNC: dict[str, Callable[[str], Awaitable[Place]]] = {
    "bybit_async": ours, "aiohttp, same work": aiohttp_same_work, "typed-bybit": typed_bybit, "ccxt": ccxt,
    "raw protocol": raw_protocol,
}  # fmt: skip


def check(answer: Any) -> None:
    """A client that gets nothing must not look fast."""
    if "1321003749386327552" not in repr(answer):
        raise SystemExit(f"unexpected answer: {answer!r:.300}")


async def measure(make: Callable[[str], Awaitable[Place]], url: str, seconds: float) -> None:
    order = await make(url)
    check(await order())
    for _ in range(100):
        await order()
    alone: list[float] = []
    began, used = clock(), time.process_time()
    while (before := clock()) < began + seconds:
        await order()
        alone.append(clock() - before)
    sample = _sequential(alone, clock() - began, time.process_time() - used)

    async def worker(end: float) -> list[float]:
        mine = []
        while (before := clock()) < end:
            await order()
            mine.append(clock() - before)
        return mine

    end = clock() + seconds / 4
    await asyncio.gather(*(worker(end) for _ in range(IN_FLIGHT)))
    began, used = clock(), time.process_time()
    each = await asyncio.gather(*(worker(began + seconds) for _ in range(IN_FLIGHT)))
    many = [latency for mine in each for latency in mine]
    report({**sample, **_concurrent(many, clock() - began, time.process_time() - used)})


def measure_threads(order: Callable[[], Any], seconds: float) -> None:
    check(order())
    for _ in range(20):
        order()
    alone: list[float] = []
    began, used = clock(), time.process_time()
    while (before := clock()) < began + seconds:
        order()
        alone.append(clock() - before)
    sample = _sequential(alone, clock() - began, time.process_time() - used)

    def worker(end: float) -> list[float]:
        mine = []
        while (before := clock()) < end:
            order()
            mine.append(clock() - before)
        return mine

    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(worker, [clock() + seconds / 4] * IN_FLIGHT))
        began, used = clock(), time.process_time()
        many = [latency for mine in pool.map(worker, [began + seconds] * IN_FLIGHT) for latency in mine]
        report({**sample, **_concurrent(many, clock() - began, time.process_time() - used)})


def _sequential(latencies: list[float], seconds: float, cpu: float) -> dict[str, float]:
    return {
        "one": len(latencies) / seconds,
        "one_cpu": cpu / len(latencies) * 1e6,
        "p50": percentile(latencies, 0.5) * 1e6,
        "p99": percentile(latencies, 0.99) * 1e6,
        "p999": percentile(latencies, 0.999) * 1e6,
    }


def _concurrent(latencies: list[float], seconds: float, cpu: float) -> dict[str, float]:
    return {
        "many": len(latencies) / seconds,
        "many_cpu": cpu / len(latencies) * 1e6,
        "many_p99": percentile(latencies, 0.99) * 1e3,
    }


def main(name: str, loop: str, port: str, seconds: str, scheme: str) -> None:
    url = f"{scheme}://127.0.0.1:{port}"
    if loop == "threads":
        measure_threads(pybit(url), float(seconds))
    elif loop == "uvloop":
        import uvloop

        uvloop.run(measure(ASYNC[name], url, float(seconds)))
    else:
        asyncio.run(measure(ASYNC[name], url, float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
