"""R1 to R7 of the fault table: rate limits, bans, and clocks."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from bybit_async.errors import (
    ClockSkewed,
    DeadlineExceeded,
    HostBanned,
    NotSent,
    RateLimited,
    RegionBlocked,
    ServiceBusy,
)
from bybit_async.session import AsyncBybit
from bybit_async.simulator.limits import AccountLimiter
from bybit_async.transport.carrier import Headers, RawAnswer
from bybit_async.transport.client import RestClient
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.limits import RateLimits, RateLimitSettings
from bybit_async.transport.signing import HmacSigner
from tests.faults.trading import CANCEL, CREATE, CREATE_BATCH, LINEAR, OPEN, RESTING, trading
from tests.steady import steady
from tests.transport.raw_server import OK, Request, http, now, raw_server
from tests.virtual_time import run_virtual

INFO = "/v5/account/info"


def _limit_headers(reset: str | None) -> bytes:
    lines = b"X-Bapi-Limit: 10\r\nX-Bapi-Limit-Status: 0\r\n"
    return lines if reset is None else lines + b"X-Bapi-Limit-Reset-Timestamp: " + reset.encode() + b"\r\n"


@pytest.mark.parametrize(
    ("reset", "least", "most"),
    [
        (lambda: str(now() + 300), 0.2, 0.9),
        (lambda: str(now() - 5000), 0.9, 1.8),
        (lambda: None, 0.9, 1.8),
        (lambda: "soon", 0.9, 1.8),
        (lambda: "9" * 30, 0.9, 1.8),
    ],
    ids=["ahead", "behind", "absent", "garbage", "absurd"],
)
async def test_r01_a_full_limit_is_waited_out(reset: Callable[[], str | None], least: float, most: float) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target.startswith(OPEN.encode()) and server.count(OPEN) == 1:
            refusal = json.dumps({"retCode": 10006, "retMsg": "Too many visits", "result": {}, "time": now()})
            writer.write(http(refusal.encode(), headers=_limit_headers(reset())))
        else:
            writer.write(http(OK % now()))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S") as bybit:
            await bybit.market.get_server_time()
            # A reset is a time of the exchange, which is known as well as the answer to that question was quick.
            doubt = bybit.clock.uncertainty / 1000
            async with steady() as clock:
                started, began = time.monotonic(), clock()
                await bybit.trade.get_open_orders(category="spot")
                assert time.monotonic() - started > least - doubt
                assert clock() - began < most
        assert server.count(OPEN) == 2


async def test_r01_an_order_that_was_refused_and_has_no_time_left_is_told_as_refused() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target == CREATE.encode():
            refusal = json.dumps({"retCode": 10006, "retMsg": "Too many visits", "result": {}, "time": now()})
            writer.write(http(refusal.encode(), headers=_limit_headers(str(now() + 5000))))
        else:
            writer.write(http(OK % now()))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S") as bybit:
            with pytest.raises(RateLimited) as caught:
                await bybit.trade.place_order(**RESTING, timeout=1)
            assert caught.value.until is not None
            assert isinstance(caught.value.__cause__, DeadlineExceeded)
        assert server.count(CREATE) == 1


async def test_r01_an_order_that_was_refused_and_finds_no_connection_is_told_as_refused() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target == CREATE.encode():
            server.close()
            refusal = json.dumps({"retCode": 10002, "retMsg": "timestamp", "result": {}, "time": now()})
            writer.write(http(refusal.encode(), headers=b"Connection: close\r\n"))
        else:
            writer.write(http(OK % now()))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S") as bybit:
            with pytest.raises(ClockSkewed) as caught:
                await bybit.trade.place_order(**RESTING, timeout=2)
            assert isinstance(caught.value.__cause__, NotSent)
        assert server.count(CREATE) == 1


async def test_r01_on_the_order_entry_socket() -> None:
    async with trading(orders_via="websocket", rate_limits=True) as t:
        await t.trade.place_order(**RESTING)
        t.fault(path="order.create", action="code", code=10006)
        with pytest.raises(RateLimited) as caught:
            await t.trade.place_order(**RESTING, timeout=0.5)
        assert isinstance(caught.value.__cause__, DeadlineExceeded)
        assert len(t.ledger()) == 1


def test_r01_the_count_in_the_headers_paces_before_anything_is_refused() -> None:
    async def run() -> None:
        exchange = Counting()
        transport, _ = _transport(exchange)
        await asyncio.gather(*(transport.call(PLACE, LINEAR) for _ in range(25)))
        assert len(exchange.times(CREATE)) == 25
        assert exchange.refused == 0
        await transport.aclose()

    run_virtual(run())


def test_r01_the_librarys_own_pace_keeps_batches_whole() -> None:
    async def run() -> None:
        exchange = Counting()
        transport, _ = _transport(exchange)
        batch = {"category": "linear", "request": [LINEAR] * 8}
        await asyncio.gather(*(transport.call(PLACE_MANY, batch) for _ in range(3)))
        assert len(exchange.times(CREATE_BATCH)) == 3
        assert exchange.refused == 0
        await transport.aclose()

    run_virtual(run())


async def test_r01_more_orders_than_are_allowed_at_once_are_all_placed_and_none_twice() -> None:
    async with trading(exchange={"rate_limits": True}, rate_limits=True) as t:
        acks = await asyncio.gather(*(t.trade.place_order(**RESTING) for _ in range(25)))
        assert sorted(order.order_id for order in t.ledger()) == sorted(ack.order_id for ack in acks)
        assert len(t.ledger()) == 25


async def test_r02_a_ban_stops_every_request_of_the_host_and_says_until_when() -> None:
    async with trading(exchange={"host_limit": 5}, attempts=1) as t:
        with pytest.raises(HostBanned) as caught:
            await _hammer(t.bybit)
        assert caught.value.until is not None
        assert 590_000 < caught.value.until - now() <= 601_000
        served = t.exchange.requests
        for call in (t.trade.place_order(**RESTING), t.trade.get_open_orders(**LINEAR)):
            with pytest.raises(HostBanned):
                await call
        assert t.exchange.requests == served
        assert t.ledger() == []


async def test_r02_the_order_entry_socket_is_stopped_too() -> None:
    async with trading(exchange={"host_limit": 5}, attempts=1, orders_via="websocket") as t:
        await t.trade.place_order(**RESTING)
        with pytest.raises(HostBanned):
            await _hammer(t.bybit)
        with pytest.raises(HostBanned):
            await t.trade.place_order(**RESTING)
        assert len(t.ledger()) == 1


async def _hammer(bybit: AsyncBybit) -> None:
    for _ in range(6):
        await bybit.market.get_server_time()


async def test_r02_a_ban_that_names_a_code_is_one_too() -> None:
    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(b'{"retCode":10006,"retMsg":"Access too frequent. Try again later."}', status=403))

    async with raw_server(answer) as server, AsyncBybit(environment=server.environment) as bybit:
        for _ in range(2):
            with pytest.raises(HostBanned):
                await bybit.market.get_server_time()
        assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"<html>Request blocked from your country</html>", b"", b'{"message":"Forbidden"}'])
async def test_r03_another_403_is_no_ban(body: bytes) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        blocked = request.target == INFO.encode()
        writer.write(http(body, status=403) if blocked else http(OK % now()))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S") as bybit:
            with pytest.raises(RegionBlocked) as caught:
                await bybit.request("GET", INFO)
            assert caught.value.until is None
            await bybit.market.get_server_time()


@pytest.mark.parametrize("fault", [{"action": "code", "code": 10429}, {"action": "status", "status": 429}])
async def test_r04_a_busy_exchange_is_asked_again_and_never_sent_an_order_twice(fault: dict[str, Any]) -> None:
    async with trading() as t:
        t.fault(path=OPEN, times=2, **fault)
        assert len(await t.trade.get_open_orders(**LINEAR)) == 0
        assert t.sent[OPEN] == 3
        t.fault(path=CREATE, times=1, **fault)
        with pytest.raises(ServiceBusy):
            await t.trade.place_order(**RESTING)
        assert t.sent[CREATE] == 1
        assert t.ledger() == []


@pytest.mark.parametrize("code", [10403, 20003, 10429])
async def test_r04_on_the_order_entry_socket(code: int) -> None:
    async with trading(orders_via="websocket", rate_limits=True) as t:
        t.fault(path="order.create", action="code", code=code, times=1)
        if code == 10429:
            with pytest.raises(ServiceBusy):
                await t.trade.place_order(**RESTING)
        else:
            # Refused for its rate, so that it provably was not taken: it waits and is sent again.
            await t.trade.place_order(**RESTING)
        assert len(t.ledger()) == (code != 10429)


@pytest.mark.parametrize("step", [-6.0, 1.5, 3600.0])
async def test_r05_a_step_of_either_clock_costs_one_refusal(step: float) -> None:
    async with trading() as t:
        await t.trade.get_open_orders(**LINEAR)
        local = t.bybit.clock.monotonic
        t.bybit.clock.monotonic = lambda: local() + step
        for _ in range(3):
            await t.trade.get_open_orders(**LINEAR)
        assert t.sent[OPEN] == 5
        assert t.sent["/v5/market/time"] == 2


async def test_r05_the_exchanges_clock_leaps_during_a_run() -> None:
    async with trading() as t:
        for _ in range(3):
            await t.trade.place_order(**RESTING)
            await t.exchange.advance("6s")
        assert len(t.ledger()) == 3
        assert t.sent[CREATE] == 5


async def test_r05_a_second_refusal_in_one_call_is_told() -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="skew", milliseconds=10_000)
        with pytest.raises(ClockSkewed):
            await t.trade.place_order(**RESTING)
        assert t.sent[CREATE] == 2


def test_r05_drift_never_reaches_the_recv_window() -> None:
    """An hour of a local clock that loses 100 ms in 1,000 s, a request a minute."""

    async def run() -> float:
        loop = asyncio.get_running_loop()
        worst = 0.0
        clock = Clock(lambda: loop.time() * 0.9999, lambda: 1_700_000_000 + loop.time())
        for _ in range(60):
            sent = clock.monotonic()
            await asyncio.sleep(0.05)
            server = 1_700_000_000_000 + loop.time() * 1000
            await asyncio.sleep(0.05)
            clock.learn(sent, clock.monotonic(), int(server))
            await asyncio.sleep(60)
            worst = max(worst, abs(clock.now_ms() - 1_700_000_000_000 - loop.time() * 1000))
        return worst

    assert run_virtual(run()) < 100


class Recording:
    """An exchange in virtual time that answers everything, and keeps when what arrived."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, str, int]] = []

    async def exchange(
        self, method: str, target: bytes, headers: Callable[[], Headers], content: bytes, *, deadline: float
    ) -> RawAnswer:
        at = asyncio.get_running_loop().time()
        stamp = int(dict(headers()).get(b"X-BAPI-TIMESTAMP", b"0"))
        self.sent.append((at, target.decode(), stamp))
        return RawAnswer(200, {}, b'{"retCode":0,"retMsg":"","result":{},"time":%d}' % _exchange_ms())

    def drop_idle(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""


class Counting(Recording):
    """One that refuses what the simulated exchange refuses, at the moment it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0
        self._limiter = AccountLimiter()

    async def exchange(
        self, method: str, target: bytes, headers: Callable[[], Headers], content: bytes, *, deadline: float
    ) -> RawAnswer:
        answer = await super().exchange(method, target, headers, content, deadline=deadline)
        cost = len(json.loads(content).get("request", [0])) if content else 1
        verdict = self._limiter.spend(1, target.decode(), "linear", _exchange_ms(), cost)
        if verdict is None:
            return answer
        figures = {
            b"x-bapi-limit": b"%d" % verdict.limit,
            b"x-bapi-limit-status": b"%d" % verdict.remaining,
            b"x-bapi-limit-reset-timestamp": b"%d" % verdict.reset,
        }
        if verdict.passed == cost:
            return RawAnswer(200, figures, answer.body)
        self.refused += 1
        return RawAnswer(200, figures, answer.body.replace(b'"retCode":0', b'"retCode":10006'))

    def times(self, path: str) -> list[float]:
        return [at for at, target, _ in self.sent if target == path]


def _exchange_ms() -> int:
    return 1_700_000_000_000 + int(asyncio.get_running_loop().time() * 1000)


def _transport(exchange: Recording, settings: RateLimitSettings | None = None) -> tuple[RestClient, RateLimits]:
    loop = asyncio.get_running_loop()
    clock = Clock(loop.time, lambda: 1_700_000_000 + loop.time())
    limits = RateLimits(clock, settings=settings)
    return RestClient(exchange, clock=clock, limits=limits, signer=HmacSigner("K", "S")), limits


PLACE = post(CREATE, "trade.place_order", dict)
PLACE_MANY = post(CREATE_BATCH, "trade.place_batch_order", dict, batch="request")
END = post(CANCEL, "trade.cancel_order", dict)
READ = get("/v5/not/documented", "x.y", dict)


def test_r06_what_waited_is_stamped_and_signed_when_it_is_sent() -> None:
    async def run() -> None:
        exchange = Recording()
        transport, limits = _transport(exchange)
        await transport.ensure_clock()
        limits.refused(PLACE, LINEAR, _exchange_ms() + 6000)
        await transport.call(PLACE, LINEAR)
        at, _, stamp = exchange.sent[-1]
        assert at > 5.9
        assert abs(stamp - 1_700_000_000_000 - at * 1000) < 50
        await transport.aclose()

    run_virtual(run())


def test_r07_two_hundred_creates_go_out_at_ten_a_second_and_the_rest_is_not_sent() -> None:
    async def run() -> None:
        exchange = Recording()
        transport, _ = _transport(exchange)
        calls = [transport.call(PLACE, LINEAR, timeout=10) for _ in range(200)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        late = [outcome for outcome in outcomes if isinstance(outcome, DeadlineExceeded)]
        times = [at for at, path, _ in exchange.sent if path == CREATE]
        assert len(late) == 200 - len(times)
        assert 90 <= len(times) <= 110
        assert outcomes[: len(times)] == [outcome for outcome in outcomes if outcome not in late], "fair: first in"
        for start in times:
            assert sum(start <= at < start + 1 for at in times) <= 10
        await transport.aclose()

    run_virtual(run())


def test_r07_a_cancel_overtakes_what_waits_for_the_host() -> None:
    async def run() -> None:
        exchange = Recording()
        transport, _ = _transport(exchange)
        reads = [asyncio.create_task(transport.call(READ, {}, timeout=60)) for _ in range(300)]
        await asyncio.sleep(0.001)
        await transport.call(END, LINEAR, timeout=60)
        order = [path for _, path, _ in exchange.sent]
        assert order.index(CANCEL) < 110
        await asyncio.gather(*reads)
        await transport.aclose()

    run_virtual(run())


def test_r07_closing_turns_everyone_away_at_once() -> None:
    async def run() -> None:
        exchange = Recording()
        transport, _ = _transport(exchange, RateLimitSettings(host_requests=6, host_seconds=60))
        reads = [asyncio.create_task(transport.call(READ, {}, timeout=60)) for _ in range(20)]
        creates = [asyncio.create_task(transport.call(PLACE, LINEAR, timeout=60)) for _ in range(20)]
        await asyncio.sleep(0.5)
        sent, closing = len(exchange.sent), asyncio.get_running_loop().time()
        await transport.aclose()
        outcomes = await asyncio.gather(*reads, *creates, return_exceptions=True)
        assert asyncio.get_running_loop().time() - closing < 0.1
        assert len(exchange.sent) == sent
        assert sum(not isinstance(outcome, Exception) for outcome in outcomes) < sent

    run_virtual(run())


def test_r07_no_refusal_for_its_rate_reaches_the_caller() -> None:
    async def run() -> None:
        exchange = Counting()
        transport, _ = _transport(exchange)
        calls = [transport.call(PLACE, LINEAR, timeout=2.5) for _ in range(200)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        assert {type(outcome) for outcome in failed} == {DeadlineExceeded}
        assert len(exchange.times(CREATE)) == 200 - len(failed)
        assert exchange.refused == 0
        assert 20 <= 200 - len(failed) <= 40
        await transport.aclose()

    run_virtual(run())


async def test_r07_what_finds_no_time_to_be_sent_is_not_placed_and_all_else_is() -> None:
    async with trading(exchange={"rate_limits": True}, rate_limits=True) as t:
        calls = [t.trade.place_order(**RESTING, timeout=2.5) for _ in range(200)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        placed = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
        # Where the machine is busy the exchange may count more closely than was sent: such an order was refused.
        failures = {type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)}
        assert DeadlineExceeded in failures
        assert failures <= {DeadlineExceeded, RateLimited}
        assert sorted(order.order_id for order in t.ledger()) == sorted(ack.order_id for ack in placed)
        assert 0 < len(placed) <= 40
