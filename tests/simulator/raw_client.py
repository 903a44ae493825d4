"""A client made of nothing but aiohttp and the documented rules: independent of the library's own client."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import aiohttp


class RawClient:
    """Signs by hand and speaks V5 to one exchange."""

    def __init__(self, exchange, session, credentials=None):
        self.exchange = exchange
        self.session = session
        self.key = (credentials or {}).get("api_key", "")
        self.secret = (credentials or {}).get("api_secret", "")
        self.window = "5000"

    def sign(self, text):
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def now(self):
        return self.exchange.clock.now_ms()

    def headers(self, payload, timestamp=None):
        stamp = str(self.now() if timestamp is None else timestamp)
        return {
            "X-BAPI-API-KEY": self.key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": self.window,
            "X-BAPI-SIGN": self.sign(stamp + self.key + self.window + payload),
        }

    async def get(self, path, **params):
        body, _ = await self.get_raw(path, **params)
        return body

    async def get_raw(self, path, **params):
        query = urlencode(params)
        url = f"{self.exchange.environment.rest_url}{path}" + (f"?{query}" if query else "")
        headers = self.headers(query) if self.key else {}
        async with self.session.get(aiohttp.client.URL(url, encoded=True), headers=headers) as response:
            return json.loads(await response.read()), response

    async def post(self, path, **values):
        body, _ = await self.post_raw(path, **values)
        return body

    async def post_raw(self, path, **values):
        text = json.dumps(values)
        url = self.exchange.environment.rest_url + path
        async with self.session.post(url, data=text, headers=self.headers(text)) as response:
            return json.loads(await response.read()), response

    async def result(self, path, **params):
        answer = await self.get(path, **params)
        assert answer["retCode"] == 0, answer
        return answer["result"]

    async def done(self, path, **values):
        answer = await self.post(path, **values)
        assert answer["retCode"] == 0, answer
        return answer["result"]

    @asynccontextmanager
    async def socket(self, channel, query=""):
        environment = self.exchange.environment
        urls = {"private": environment.private_url, "trade": environment.trade_url}
        url = urls.get(channel, f"{environment.public_url}/{channel}")
        async with self.session.ws_connect(url + query) as socket:
            yield RawSocket(self, socket)


class RawSocket:
    """One socket; frames are read in order."""

    def __init__(self, client, socket):
        self.client = client
        self.socket = socket

    async def send(self, **message):
        await self.socket.send_str(json.dumps(message))

    async def read(self, timeout=5.0):
        message = await self.socket.receive(timeout)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(message)
        return json.loads(message.data)

    async def ask(self, **message):
        await self.send(**message)
        return await self.read()

    async def until(self, wanted, timeout=5.0):
        """Read until a message satisfies `wanted`."""
        end = time.monotonic() + timeout
        while True:
            message = await self.read(max(end - time.monotonic(), 0.01))
            if wanted(message):
                return message

    async def topic(self, name, kind=None):
        return await self.until(lambda m: m.get("topic") == name and kind in (None, m.get("type")))

    async def subscribe(self, *topics):
        await self.send(op="subscribe", args=list(topics), req_id="s")
        answer = await self.until(lambda m: m.get("op") == "subscribe" or m.get("type") == "COMMAND_RESP")
        assert answer["success"], answer

    async def login(self):
        expires = self.client.now() + 10_000
        signature = self.client.sign(f"GET/realtime{expires}")
        answer = await self.ask(op="auth", args=[self.client.key, expires, signature])
        assert answer.get("success") or answer.get("retCode") == 0, answer
        return answer


async def eventually(condition, timeout=5.0):
    """Wait until `condition()` is true; fail when it never is."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "the condition never came true"
        await asyncio.sleep(0.005)
