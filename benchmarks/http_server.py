"""An HTTP/1.1 keep-alive server of canned answers: ``python -m benchmarks.http_server PORT [CERT KEY]``.

It is far faster than any client. Its rate limit headers promise a million requests, so that clients that pace
themselves are measured, and not their pace.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
import time

from benchmarks.payloads import ORDER_RESULT, TIME, envelope, instruments_body, tickers_body

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n"
    b"Connection: keep-alive\r\nServer: Openresty\r\nDate: Fri, 23 Oct 2026 10:00:00 GMT\r\nRet_Code: 0\r\n"
    b"Traceid: 0a1b2c3d4e5f60718293a4b5c6d7e8f9\r\nTimenow: 1760352369814\r\nX-Bapi-Limit: 1000000\r\n"
    b"X-Bapi-Limit-Status: 999999\r\nX-Bapi-Limit-Reset-Timestamp: 1760352369814\r\nCache-Control: no-cache\r\n"
    b"X-Cache: Miss from cloudfront\r\n\r\n"
)


def _answer(body: bytes) -> tuple[bytes, bytes]:
    head, _, tail = (_HEAD % len(body) + body).rpartition(b"%d" % TIME)
    return head, tail


_TICKERS, _ORDER = _answer(tickers_body(1)), _answer(envelope(ORDER_RESULT))
_CLOCK = _answer(envelope({"timeSecond": "1760352369", "timeNano": "1760352369814000000"}))
_INSTRUMENTS, _EMPTY = (
    _answer(instruments_body()),
    _answer(envelope({"category": "x", "list": [], "nextPageCursor": ""})),
)


class _Protocol(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        while buffer:
            head = buffer.find(b"\r\n\r\n")
            if head < 0:
                break
            end = head + 4
            if buffer.startswith(b"POST"):
                lines = buffer[:head].lower()
                at = lines.find(b"content-length:") + 15
                stop = lines.find(b"\r\n", at)
                end += int(lines[at : stop if stop > 0 else None])
                if len(buffer) < end:
                    break
            before, after = _choose(buffer[:200])
            self.transport.write(b"%b%d%b" % (before, time.time_ns() // 1_000_000, after))
            buffer = buffer[end:]
        self.buffer = buffer


def _choose(start: bytes) -> tuple[bytes, bytes]:
    if start.startswith(b"POST"):
        return _ORDER
    if start.startswith(b"GET /v5/market/tickers"):
        return _TICKERS
    if start.startswith(b"GET /v5/market/time"):
        return _CLOCK
    return _INSTRUMENTS if b"instruments-info" in start and b"category=linear" in start else _EMPTY


async def _serve(port: int, files: list[str]) -> None:
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Protocol, "127.0.0.1", port, ssl=context, backlog=1024)
    await server.serve_forever()


def _main(port: int, files: list[str]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(_serve(port, files))
    else:
        uvloop.run(_serve(port, files))


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
