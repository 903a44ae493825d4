"""One REST call, against a server of raw bytes."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import json
import pickle
import time

import httpx
import pytest

from bybit_async.errors import (
    AnswerLost,
    AnswerUnreadable,
    AuthenticationError,
    ClockSkewed,
    HostBanned,
    InsufficientBalance,
    InvalidParameter,
    MissingCredentials,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    RegionBlocked,
    RequestRejected,
    SessionClosed,
)
from bybit_async.session import AsyncBybit
from bybit_async.transport.signing import HmacSigner, RsaSigner
from tests.transport.raw_server import KEY, OK, SECRET, Request, always_ok, http, now, ok, raw_server


def refuse(code: int, message: str = "no") -> bytes:
    return http(
        json.dumps({"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": now()}).encode()
    )


async def test_a_get_is_signed_over_exactly_the_query_it_sends() -> None:
    async with raw_server(always_ok) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET) as bybit:
            await bybit.request("GET", "/v5/order/history", {"category": "linear", "symbol": "A B&C=ü", "limit": 5})
        request = server.requests[-1]
        path, _, query = request.target.partition(b"?")
        assert path == b"/v5/order/history"
        assert query == b"category=linear&symbol=A%20B%26C%3D%C3%BC&limit=5"
        payload = f"{request.headers['x-bapi-timestamp']}{KEY}5000".encode() + query
        assert request.headers["x-bapi-sign"] == hmac.new(SECRET.encode(), payload, hashlib.sha256).hexdigest()
        assert request.headers["x-bapi-api-key"] == KEY


async def test_a_post_is_signed_over_exactly_the_body_it_sends() -> None:
    async with raw_server(always_ok) as server:
        async with AsyncBybit(
            environment=server.environment, api_key=KEY, api_secret=SECRET, recv_window=7000, referer="broker"
        ) as bybit:
            await bybit.request("POST", "/v5/order/pre-check", {"symbol": "BTCUSDT", "qty": "0.1", "reduceOnly": True})
        request = server.requests[-1]
        assert json.loads(request.body) == {"symbol": "BTCUSDT", "qty": "0.1", "reduceOnly": True}
        payload = f"{request.headers['x-bapi-timestamp']}{KEY}7000".encode() + request.body
        assert request.headers["x-bapi-sign"] == hmac.new(SECRET.encode(), payload, hashlib.sha256).hexdigest()
        assert request.headers["content-type"] == "application/json"
        assert request.headers["referer"] == "broker"


def test_a_signer_and_a_key_are_one_too_many() -> None:
    for more in ({"api_key": KEY}, {"api_secret": SECRET}):
        with pytest.raises(InvalidParameter, match="either a signer or api_key and api_secret"):
            AsyncBybit(signer=HmacSigner(KEY, SECRET), **more)
    assert "with a key" in repr(AsyncBybit(signer=HmacSigner(KEY, SECRET)))


async def test_rsa_signatures_verify_with_the_public_key() -> None:
    import base64

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(RsaSigner(KEY, pem))
    async with raw_server(always_ok) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=pem) as bybit:
            await bybit.request("GET", "/v5/account/info")
        request = server.requests[-1]
        payload = f"{request.headers['x-bapi-timestamp']}{KEY}5000".encode()
        private.public_key().verify(
            base64.b64decode(request.headers["x-bapi-sign"]), payload, padding.PKCS1v15(), hashes.SHA256()
        )


async def test_a_percent_encoded_cursor_is_sent_and_signed_as_it_came() -> None:
    async with raw_server(always_ok) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET) as bybit:
            await bybit.request("GET", "/v5/order/history", {"cursor": "132766%3A2%2C132766%3A2"})
        assert server.requests[-1].target.endswith(b"?cursor=132766%3A2%2C132766%3A2")


async def test_the_timestamp_follows_the_exchanges_clock_not_ours() -> None:
    ahead = 3_600_000

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(OK % (now() + ahead)))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET) as bybit:
            await bybit.request("GET", "/v5/account/info")
        assert [r.target for r in server.requests] == [b"/v5/market/time", b"/v5/account/info"]
        assert abs(int(server.requests[-1].headers["x-bapi-timestamp"]) - now() - ahead) < 1000


async def test_concurrent_first_calls_measure_the_clock_once() -> None:
    async with raw_server(always_ok) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET) as bybit:
            await asyncio.gather(*(bybit.request("GET", "/v5/account/info") for _ in range(20)))
        assert server.count("/v5/market/time") == 1
        assert server.count("/v5/account/info") == 20


async def test_connections_are_kept_and_reused() -> None:
    async with raw_server(always_ok) as server:
        async with AsyncBybit(environment=server.environment) as bybit:
            for _ in range(5):
                await bybit.request("GET", "/v5/market/time", signed=False)
        assert server.connections == 1


async def test_chunked_and_gzipped_answers_are_read() -> None:
    body = gzip.compress(OK % 5)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(0, len(body), 7):
            part = body[at : at + 7]
            writer.write(b"%x\r\n%b\r\n" % (len(part), part))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment) as bybit:
        response = await bybit.request("GET", "/v5/market/time", signed=False)
    assert response.time == 5


async def test_a_decompression_bomb_is_refused() -> None:
    bomb = gzip.compress(b"0" * 200_000_000, 9)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(bomb, headers=b"Content-Encoding: gzip\r\n"))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment) as bybit:
        with pytest.raises(AnswerUnreadable, match="larger"):
            await bybit.request("GET", "/v5/market/time", signed=False)


async def test_a_redirect_is_not_followed() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(b"", status=302, headers=b"Location: http://127.0.0.1:1/\r\n"))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment) as bybit:
            with pytest.raises(AnswerUnreadable) as caught:
                await bybit.request("GET", "/v5/market/time", signed=False)
        assert caught.value.status == 302
        assert len(server.requests) == 1


async def test_a_read_is_repeated_when_its_connection_breaks() -> None:
    broken = 2

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal broken
        if broken:
            broken -= 1
            writer.transport.abort()
        else:
            writer.write(ok())

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment) as bybit:
            response = await bybit.request("GET", "/v5/market/time", signed=False)
        assert response.ret_code == 0
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    "reply",
    [
        None,
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        http(b"<html>Bad gateway</html>", status=502),
        http(b"", status=503),
        http(b'{"retCode":0,"retMs'),
        refuse(10000, "Server Timeout"),
        refuse(10016),
    ],
)
async def test_a_lost_or_ambiguous_answer_to_a_write_is_unknown_and_sent_once(reply: bytes | None) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET":
            writer.write(ok())
        elif reply is None:
            writer.transport.abort()
        else:
            writer.write(reply)
            writer.close()

    async with raw_server(answer) as server:
        async with AsyncBybit(
            environment=server.environment, api_key=KEY, api_secret=SECRET, on_unknown="raise"
        ) as bybit:
            with pytest.raises(OutcomeUnknown) as caught:
                await bybit.request("POST", "/v5/order/create", {"orderLinkId": "mine"})
        assert server.count("/v5/order/create") == 1
    assert caught.value.order_link_id == "mine"


async def test_a_write_that_gets_no_answer_in_time_is_unknown() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET":
            writer.write(ok())

    async with raw_server(answer) as server:
        async with AsyncBybit(
            environment=server.environment, api_key=KEY, api_secret=SECRET, on_unknown="raise"
        ) as bybit:
            await bybit.request("GET", "/v5/account/info")
            with pytest.raises(OutcomeUnknown):
                await bybit.request("POST", "/v5/order/create", {"orderLinkId": "mine"}, timeout=0.5)


async def test_a_refused_connection_is_not_sent() -> None:
    async with raw_server(always_ok) as server:
        environment = server.environment
    async with AsyncBybit(environment=environment, api_key=KEY, api_secret=SECRET, attempts=2) as bybit:
        with pytest.raises(NotSent):
            await bybit.request("POST", "/v5/order/create", {"orderLinkId": "mine"})


async def test_too_many_visits_waits_for_the_reset_and_goes_on() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST" and server.count("/v5/order/create") == 1:
            reset = b"X-Bapi-Limit: 10\r\nX-Bapi-Limit-Status: 0\r\nX-Bapi-Limit-Reset-Timestamp: %d\r\n" % (
                now() + 200
            )
            body = json.dumps({"retCode": 10006, "retMsg": "Too many visits", "result": {}, "time": now()}).encode()
            writer.write(http(body, headers=reset))
        elif request.method == "POST":
            writer.write(http(b'{"retCode":0,"result":{"orderId":"1","orderLinkId":"mine"},"time":%d}' % now()))
        else:
            accepted = {"retCode": 0, "retMsg": "OK", "result": {"orderId": "1", "orderLinkId": "mine"}, "time": now()}
            writer.write(http(json.dumps(accepted).encode()))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET) as bybit:
            await bybit.request("GET", "/v5/account/info")
            doubt = bybit.clock.uncertainty / 1000
            started = time.monotonic()
            await bybit.request("POST", "/v5/order/create", {"orderLinkId": "mine"})
        assert server.count("/v5/order/create") == 2
        assert time.monotonic() - started >= 0.15 - doubt


async def test_a_skewed_clock_is_measured_again_once() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(refuse(10002) if request.target == b"/v5/account/info" else ok())

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET) as bybit:
            with pytest.raises(ClockSkewed):
                await bybit.request("GET", "/v5/account/info")
        assert server.count("/v5/account/info") == 2
        assert server.count("/v5/market/time") == 2


async def test_a_banned_host_is_left_alone() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(b"access too frequent", status=403))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment) as bybit:
            with pytest.raises(HostBanned) as caught:
                await bybit.request("GET", "/v5/market/time", signed=False)
            with pytest.raises(HostBanned):
                await bybit.request("GET", "/v5/market/tickers", signed=False)
        assert len(server.requests) == 1
    assert caught.value.until is not None
    assert 590_000 < caught.value.until - now() <= 600_000


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (http(b"<html>not from here</html>", status=403), RegionBlocked),
        (http(b"", status=401), AuthenticationError),
        (http(b"", status=404), RequestRejected),
        (refuse(10003), AuthenticationError),
        (refuse(33004), AuthenticationError),
        (refuse(110007), InsufficientBalance),
        (refuse(10009), RegionBlocked),
        (refuse(999999), RequestRejected),
        (http(b"[1,2]"), AnswerUnreadable),
        (http(b'{"result":{}}'), AnswerUnreadable),
        (http(b"\xff\xfe"), AnswerUnreadable),
        (b"SMTP ready\r\n\r\n", AnswerUnreadable),
    ],
)
async def test_each_refusal_has_its_class_and_is_not_repeated(reply: bytes, error: type[Exception]) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment) as bybit:
            with pytest.raises(error) as caught:
                await bybit.request("GET", "/v5/market/time", signed=False)
        assert type(caught.value) is error
        assert len(server.requests) == 1


async def test_closing_ends_calls_in_flight() -> None:
    arrived = asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        arrived.set()

    async with raw_server(answer) as server:
        bybit = AsyncBybit(environment=server.environment, attempts=1)
        call = asyncio.create_task(bybit.request("GET", "/v5/market/time", signed=False))
        await arrived.wait()
        await bybit.aclose()
        with pytest.raises(AnswerLost):
            await call
        with pytest.raises(SessionClosed):
            await bybit.request("GET", "/v5/market/time", signed=False)


async def test_closing_during_a_write_leaves_its_outcome_unknown() -> None:
    arrived = asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "GET":
            writer.write(ok())
        else:
            arrived.set()

    async with raw_server(answer) as server:
        bybit = AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET)
        order = {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "mine"}
        call = asyncio.create_task(bybit.request("POST", "/v5/order/create", order))
        await arrived.wait()
        await bybit.aclose()
        with pytest.raises(OutcomeUnknown):
            await call


async def test_a_refused_question_is_not_taken_for_the_orders_refusal() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.method == "POST":
            writer.transport.abort()
        else:
            writer.write(ok() if request.target == b"/v5/market/time" else refuse(10005))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key=KEY, api_secret=SECRET, recv_window=1) as bybit:
            order = {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "mine"}
            with pytest.raises(OutcomeUnknown) as caught:
                await bybit.request("POST", "/v5/order/create", order)
    assert caught.value.order_link_id == "mine"


async def test_a_cancelled_call_leaves_no_answer_to_the_next() -> None:
    held: list[asyncio.StreamWriter] = []
    arrived = asyncio.Event()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if not held:
            held.append(writer)
            arrived.set()
        else:
            writer.write(http(OK % 7))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment) as bybit:
        first = asyncio.create_task(bybit.request("GET", "/v5/market/time", signed=False))
        await arrived.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        held[0].write(http(OK % 1))
        assert (await bybit.request("GET", "/v5/market/time", signed=False)).time == 7


async def test_any_httpx_transport_plugs_in() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.headers["host"] == "127.0.0.1:9"
        return httpx.Response(200, content=OK % 42)

    async with raw_server(always_ok) as server:
        environment = type(server.environment)(
            name="mock", rest_url="http://127.0.0.1:9", public_url="ws://x", private_url="ws://x"
        )
    async with AsyncBybit(environment=environment, transport=httpx.MockTransport(handle)) as bybit:
        assert (await bybit.request("GET", "/v5/market/time", signed=False)).time == 42


async def test_httpx_errors_keep_sent_and_not_sent_apart() -> None:
    async with raw_server(always_ok) as server:
        environment = server.environment

    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    def lost(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, content=OK % now())
        raise httpx.ReadTimeout("no", request=request)

    for handler, error in ((refused, NotSent), (lost, OutcomeUnknown)):
        async with AsyncBybit(
            environment=environment,
            api_key=KEY,
            api_secret=SECRET,
            transport=httpx.MockTransport(handler),
            attempts=1,
            on_unknown="raise",
        ) as bybit:
            with pytest.raises(error):
                await bybit.request("POST", "/v5/order/create", {"orderLinkId": "mine"})


async def test_the_lean_transport_serves_an_httpx_client() -> None:
    from bybit_async.transport.http1 import HttpPool

    async with raw_server(always_ok) as server:
        base = server.environment.rest_url
        async with httpx.AsyncClient(transport=HttpPool(base), base_url=base) as client:
            response = await client.get("/v5/market/time")
    assert response.status_code == 200
    assert response.json()["retCode"] == 0


async def test_what_can_be_refused_here_is_not_sent() -> None:
    async with raw_server(always_ok) as server:
        async with AsyncBybit(environment=server.environment) as bybit:
            with pytest.raises(MissingCredentials):
                await bybit.request("GET", "/v5/account/info")
            with pytest.raises(InvalidParameter, match="path"):
                await bybit.request("GET", "/v5/x HTTP/1.1\r\nEvil: 1", signed=False)
            with pytest.raises(InvalidParameter, match="method"):
                await bybit.request("PUT", "/v5/x", signed=False)  # type: ignore[arg-type]
            with pytest.raises(InvalidParameter, match="timeout"):
                await bybit.request("GET", "/v5/x", signed=False, timeout=0)
        assert server.requests == []


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        ({"api_key": "K"}, "api_secret"),
        ({"api_secret": "S"}, "api_key"),
        ({"api_key": "K\r\nX", "api_secret": "S"}, "api_key"),
        ({"region": "moon"}, "region"),
        ({"testnet": True, "demo": True}, "demo"),
        ({"recv_window": 0}, "recv_window"),
        ({"timeout": -1}, "timeout"),
        ({"referer": "a\r\nb"}, "referer"),
        ({"on_unknown": "guess"}, "on_unknown"),
        ({"api_key": "K", "api_secret": "-----BEGIN PRIVATE KEY-----\nnonsense"}, "api_secret"),
    ],
)
def test_unusable_arguments_name_themselves(arguments: dict[str, object], parameter: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        AsyncBybit(**arguments)  # type: ignore[arg-type]
    assert caught.value.parameter == parameter


async def test_hooks_see_requests_answers_and_repetitions_and_cannot_break_a_call() -> None:
    from bybit_async.transport.hooks import Hooks

    seen: list[object] = []
    lost = 1

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal lost
        if lost:
            lost -= 1
            writer.transport.abort()
        else:
            writer.write(ok())

    def explode(event: object) -> None:
        seen.append(event)
        raise RuntimeError("a bad hook")

    async with raw_server(answer) as server:
        hooks = Hooks(on_request=seen.append, on_response=explode, on_retry=seen.append)
        async with AsyncBybit(environment=server.environment, hooks=hooks) as bybit:
            await bybit.request("GET", "/v5/market/time", signed=False)
    names = [type(event).__name__ for event in seen]
    assert names == ["RequestEvent", "ResponseEvent", "RetryEvent", "RequestEvent", "ResponseEvent"]


async def test_rate_limited_after_all_attempts_says_until_when() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(b'{"retCode":10006,"retMsg":"x","result":{}}'))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, attempts=1) as bybit:
            with pytest.raises(RateLimited):
                await bybit.request("GET", "/v5/market/time", signed=False)
        assert len(server.requests) == 1
