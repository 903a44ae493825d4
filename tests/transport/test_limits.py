"""Buckets in virtual time: never more than Bybit counts, fair, and never later than a deadline."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.errors import DeadlineExceeded, HostBanned, InvalidParameter
from bybit_async.transport.bucket import Bucket
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.host_limit import Host, RollingWindow
from bybit_async.transport.limits import RateLimits, RateLimitSettings
from bybit_async.wire import Limit
from tests.virtual_time import run_virtual

FAR = 1e9


def about(seconds: float) -> Any:
    return pytest.approx(seconds, abs=0.01)


CREATE = post("/v5/order/create", "trade.place_order", dict)
CANCEL = post("/v5/order/cancel", "trade.cancel_order", dict)
BATCH = post("/v5/order/create-batch", "trade.place_batch_order", dict, batch="request")
NEW = get("/v5/not/documented", "x.y", dict)


async def send_all(bucket: Bucket, arrivals: list[tuple[float, int]]) -> list[tuple[float, int]]:
    loop = asyncio.get_running_loop()
    sent: list[tuple[float, int]] = []

    async def one(at: float, units: int) -> None:
        await asyncio.sleep(at - loop.time())
        await bucket.turn(units, urgent=False, deadline=FAR)
        sent.append((loop.time(), min(units, bucket.window.size)))

    await asyncio.gather(*(one(at, units) for at, units in arrivals))
    return sent


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 20),
    arrivals=st.lists(st.tuples(st.floats(0, 5), st.integers(1, 10)), min_size=1, max_size=60),
)
def test_no_rolling_window_ever_holds_more_than_its_size(size: int, arrivals: list[tuple[float, int]]) -> None:
    sent = run_virtual(send_all(Bucket(RollingWindow(size, 1.0)), arrivals))
    assert len(sent) == len(arrivals)
    for start, _ in sent:
        assert sum(units for at, units in sent if start <= at < start + 1.0) <= size


def test_a_full_window_passes_at_once_and_then_as_it_empties() -> None:
    sent = run_virtual(send_all(Bucket(RollingWindow(10, 1.0)), [(0.0, 1)] * 25))
    assert [at for at, _ in sent[:10]] == [about(0)] * 10
    assert sent[10][0] == about(1.05)
    assert sent[24][0] == about(2.10)


def test_waiting_callers_go_in_order_and_urgent_ones_first() -> None:
    async def run() -> list[str]:
        bucket, order = Bucket(RollingWindow(1, 1.0)), []

        async def one(name: str, *, urgent: bool) -> None:
            await bucket.turn(1, urgent=urgent, deadline=FAR)
            order.append(name)

        names = ["first", "a", "b", "cancel", "c"]
        await asyncio.gather(*(one(name, urgent=name == "cancel") for name in names))
        return order

    assert run_virtual(run()) == ["first", "cancel", "a", "b", "c"]


def test_a_turn_that_would_come_too_late_is_refused_and_takes_nothing() -> None:
    async def run() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        bucket = Bucket(RollingWindow(1, 1.0))
        await bucket.turn(1, urgent=False, deadline=FAR)
        with pytest.raises(DeadlineExceeded):
            await bucket.turn(1, urgent=False, deadline=0.5)
        refused_at = loop.time()
        await bucket.turn(1, urgent=False, deadline=FAR)
        return refused_at, loop.time()

    refused_at, next_at = run_virtual(run())
    assert refused_at == about(0.5)
    assert next_at == about(1.05)


def test_a_cancelled_waiter_gives_its_turn_away() -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        bucket = Bucket(RollingWindow(1, 1.0))
        await bucket.turn(1, urgent=False, deadline=FAR)
        gone = asyncio.create_task(bucket.turn(1, urgent=False, deadline=FAR))
        stays = asyncio.create_task(bucket.turn(1, urgent=False, deadline=FAR))
        await asyncio.sleep(0.1)
        gone.cancel()
        await stays
        return loop.time()

    assert run_virtual(run()) == about(1.05)


def test_two_sessions_of_one_key_share_its_limit_and_those_of_two_keys_do_not() -> None:
    async def run(*accounts: str) -> list[float]:
        loop, host = asyncio.get_running_loop(), Host("https://example")
        clock = Clock(loop.time, lambda: 1_700_000_000 + loop.time())
        sessions = [RateLimits(clock, host=host, account=account) for account in accounts]
        sent = []

        async def one(session: RateLimits) -> None:
            await session.slot(CREATE, {"category": "linear"}, FAR)
            sent.append(loop.time())

        await asyncio.gather(*(one(session) for session in sessions for _ in range(10)))
        return sent

    size = CREATE.limits["linear"][0]
    assert size == 10
    assert sum(at < 1.0 for at in run_virtual(run("key", "key"))) == size
    assert sum(at < 1.0 for at in run_virtual(run("key", "other"))) == 2 * size


def limits() -> RateLimits:
    loop = asyncio.get_running_loop()
    return RateLimits(Clock(loop.time, lambda: 1_700_000_000 + loop.time()))


def test_categories_have_buckets_of_their_own_and_cost_counts_items() -> None:
    async def run() -> list[float]:
        loop, all_limits, times = asyncio.get_running_loop(), limits(), []
        for category in ("linear", "spot", "inverse"):
            for _ in range(10):
                await all_limits.slot(CREATE, {"category": category}, FAR)
        times.append(loop.time())
        await all_limits.slot(BATCH, {"category": "linear", "request": [{}] * 8}, FAR)
        times.append(loop.time())
        await all_limits.slot(BATCH, {"category": "linear", "request": [{}] * 8}, FAR)
        times.append(loop.time())
        return times

    first, second, third = run_virtual(run())
    assert (first, second) == (about(0), about(0))
    assert third == about(1.05)


def test_headers_correct_size_and_reset() -> None:
    async def run() -> list[float]:
        loop, all_limits, times = asyncio.get_running_loop(), limits(), []
        params = {"category": "linear"}
        all_limits.learn(CREATE, params, Limit(total=2, remaining=1, reset=None))
        for _ in range(3):
            await all_limits.slot(CREATE, params, FAR)
        times.append(loop.time())
        now = 1_700_000_000_000 + int(loop.time() * 1000)
        all_limits.learn(CREATE, params, Limit(total=2, remaining=0, reset=now + 5000))
        await all_limits.slot(CREATE, params, FAR)
        times.append(loop.time())
        all_limits.learn(NEW, {}, Limit(total=1))
        await all_limits.slot(NEW, {}, FAR)
        await all_limits.slot(NEW, {}, FAR)
        times.append(loop.time())
        return times

    paced, reset, adopted = run_virtual(run())
    assert paced == about(1.05)
    assert reset == about(paced + 5)
    assert adopted == about(reset + 1.05)


def test_headers_that_leave_something_out_change_nothing_else() -> None:
    async def run() -> tuple[float, float, float]:
        loop, all_limits = asyncio.get_running_loop(), limits()
        params = {"category": "linear"}
        reset = 1_700_000_000_000 + 5_000
        # An endpoint of which no size is known has no window to close.
        all_limits.learn(NEW, {}, Limit(remaining=0, reset=reset))
        await all_limits.slot(NEW, {}, FAR)
        unknown = loop.time()
        for total in (2, 0):
            all_limits.learn(CREATE, params, Limit(total=total, remaining=2))
        for _ in range(3):
            await all_limits.slot(CREATE, params, FAR)
        still_two = loop.time()
        all_limits.learn(CREATE, params, Limit(remaining=0, reset=reset))
        await all_limits.slot(CREATE, params, FAR)
        return unknown, still_two, loop.time()

    assert run_virtual(run()) == (about(0), about(1.05), about(5))


def test_a_deadline_before_the_reset_is_refused_at_once() -> None:
    async def run() -> float:
        loop, all_limits = asyncio.get_running_loop(), limits()
        all_limits.refused(CREATE, {"category": "linear"}, 1_700_000_000_000 + 9_000)
        with pytest.raises(DeadlineExceeded):
            await all_limits.slot(CREATE, {"category": "linear"}, loop.time() + 3)
        return loop.time()

    assert run_virtual(run()) == about(0)


def test_a_ban_that_comes_as_the_one_before_it_ends_is_kept() -> None:
    host = Host("https://banned")
    first, second = (HostBanned(403, "x", until=until) for until in (1, 2))

    def over() -> bool:
        # Another thread's session is banned again meanwhile.
        host.shut = second, lambda: False
        return True

    host.close_until(first, over)
    assert host.ban is None
    assert host.ban is second


@pytest.mark.parametrize("until", [None, 0, -5_000, 10**15])
def test_a_reset_that_is_absent_past_or_absurd_costs_one_window(until: int | None) -> None:
    async def run() -> float:
        when = None if until is None else 1_700_000_000_000 + until
        all_limits = limits()
        all_limits.refused(CREATE, {"category": "linear"}, when)
        await all_limits.slot(CREATE, {"category": "linear"}, FAR)
        return asyncio.get_running_loop().time()

    assert run_virtual(run()) in (about(1.0), about(60.0))


def test_the_host_never_gets_more_than_600_requests_in_5_seconds() -> None:
    async def run() -> list[float]:
        loop, all_limits, times = asyncio.get_running_loop(), limits(), []

        async def one() -> None:
            await all_limits.slot(NEW, {}, FAR)
            times.append(loop.time())

        await asyncio.gather(*(one() for _ in range(1500)))
        return times

    times = run_virtual(run())
    for start in times[::50]:
        assert sum(start <= at < start + 5 for at in times) <= 600


def test_a_ban_stops_everything_until_it_ends() -> None:
    async def run() -> None:
        all_limits = limits()
        all_limits.ban(HostBanned(403, "x", until=1_700_000_000_000 + 600_000))
        for endpoint in (CREATE, CANCEL, NEW):
            with pytest.raises(HostBanned):
                await all_limits.slot(endpoint, {}, FAR)
        assert all_limits.banned_until == 1_700_000_000_000 + 600_000
        await asyncio.sleep(601)
        assert all_limits.banned_until is None
        await all_limits.slot(CREATE, {}, FAR)

    run_virtual(run())


def test_without_limits_only_the_ban_is_kept() -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        free = RateLimits(Clock(loop.time, loop.time), enabled=False)
        for _ in range(1000):
            await free.slot(CREATE, {"category": "linear"}, FAR)
        free.ban(HostBanned(403, "x", until=10**6))
        with pytest.raises(HostBanned):
            await free.slot(CREATE, {}, FAR)
        return loop.time()

    assert run_virtual(run()) == about(0)


def test_the_hosts_budget_is_the_sessions_choice() -> None:
    async def burst(settings: RateLimitSettings) -> tuple[float, float]:
        limits = RateLimits(Clock(), settings=settings)
        loop = asyncio.get_running_loop()
        times = []
        for _ in range(40):
            await limits.slot(NEW, {}, FAR)
            times.append(loop.time())
        return times[9], times[39]

    # 60 in 10 s: ten at once, then five a second.
    at_once, last = run_virtual(burst(RateLimitSettings(host_requests=60, host_seconds=10)))
    assert at_once == about(0)
    assert last == pytest.approx(30 / 5 * 1.05, abs=0.3)
    assert run_virtual(burst(RateLimitSettings(host_requests=1_000_000)))[1] == about(0)


@pytest.mark.parametrize("wrong", [{"host_requests": 5}, {"host_seconds": 0}])
def test_a_budget_of_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter) as caught:
        RateLimitSettings(**wrong)
    assert caught.value.parameter in wrong
