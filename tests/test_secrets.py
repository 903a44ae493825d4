"""A canary for a key: after a run of many calls and failures it must be found nowhere but on the wire."""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bybit_async.environments import Environment
from bybit_async.errors import ConnectionFailed, InvalidParameter, NotSent, RequestRejected
from bybit_async.models.trade import PlaceOrder
from bybit_async.session import AsyncBybit
from bybit_async.simulator import Rule, SimulatedExchange
from bybit_async.stream.orders.entry import OrderEntry
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.hooks import Hooks
from bybit_async.transport.signing import HmacSigner
from tests.secret_locals import PACKAGE

RESTING: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "20000",
}  # fmt: skip
CREATE = "/v5/order/create"


class Heard(logging.Handler):
    """Every record of every logger, as text and with its exceptions and arguments."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.args!r}")
        if record.exc_info and record.exc_info[1]:
            self.lines += _told(record.exc_info[1])


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, root = Heard(), logging.getLogger()
    names = ["bybit_async", "websockets", "websockets.client", "asyncio", "httpx", "httpcore"]
    levels = {name: logging.getLogger(name).level for name in names}
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


def _told(error: BaseException) -> list[str]:
    """All that a crash reporter would send: words, causes, and the locals of the library's frames."""
    told = []
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        told += [repr(found), str(found), repr(vars(found))]
        frames = traceback.TracebackException.from_exception(found, capture_locals=True)
        told += [str(frame.locals) for frame in frames.stack if Path(frame.filename).is_relative_to(PACKAGE)]
        try:
            told.append(repr(pickle.dumps(found)))
        except (TypeError, AttributeError):
            # What cannot be pickled cannot be sent either.
            told.append("")
        waiting += [found.__cause__, found.__context__]
    return told


async def _many_calls(exchange: SimulatedExchange, bybit: AsyncBybit) -> list[BaseException]:
    """Calls that succeed, and that fail in every way; returns the errors."""
    faults: list[dict[str, Any]] = [
        {}, {"action": "drop-before"}, {"action": "drop-after"}, {"action": "truncate"}, {"action": "malform"},
        {"action": "status", "status": 502}, {"action": "status", "status": 403}, {"action": "status", "status": 401},
        {"action": "code", "code": 10003}, {"action": "code", "code": 10004}, {"action": "code", "code": 10016},
        {"action": "code", "code": 110007}, {"action": "skew", "milliseconds": 10_000}, {"action": "half-open"},
    ]  # fmt: skip
    calls: list[Any] = [
        lambda: bybit.trade.place_order(**RESTING, timeout=0.3),
        lambda: bybit.trade.get_open_orders(category="linear", symbol="BTCUSDT", timeout=0.3).pages().__anext__(),
        lambda: bybit.account.get_wallet_balance(timeout=0.3),
        lambda: bybit.request("POST", CREATE, {"symbol": "BTCUSDT"}, timeout=0.3),
        lambda: bybit.trade.place_batch_order(category="linear", request=[PlaceOrder(**RESTING)], timeout=0.3),
    ]
    errors: list[BaseException] = []
    for fault in faults:
        exchange.faults.clear()
        if fault:
            exchange.faults.add(Rule(path="/v5/[oa]*", **fault), Rule(path="order.*", **fault))
        for call in calls:
            errors += [e for e in await asyncio.gather(call(), return_exceptions=True) if isinstance(e, BaseException)]
    exchange.faults.clear()
    return errors


def _needles(credentials: Any) -> list[str]:
    key, secret = credentials["api_key"], credentials["api_secret"]
    return [secret, secret[:12], secret[-12:], key]


@pytest.mark.parametrize("via", ["rest", "websocket"])
async def test_the_key_is_in_no_log_error_repr_or_pickle(heard: Heard, via: Any) -> None:
    events: list[Any] = []
    async with SimulatedExchange(seed=7, rate_limits=False, host_limit=None) as exchange:
        credentials = exchange.new_account(usdt="100000")
        hooks = Hooks(on_request=events.append, on_response=events.append, on_retry=events.append)
        settings = StreamSettings(backoff=0.01, proxy=None)
        async with AsyncBybit(
            environment=exchange.environment, hooks=hooks, orders_via=via, on_unknown="raise", attempts=2,
            stream_settings=settings, **credentials,
        ) as bybit:  # fmt: skip
            async with bybit.live_account(categories=("linear",)) as account:
                errors = await _many_calls(exchange, bybit)
                exchange.drop_connections()
                # Over a socket that was just dropped it may end as unknown.
                await asyncio.gather(bybit.trade.place_order(**RESTING), return_exceptions=True)
                await account.wait_synced(10)
            objects = [
                bybit,
                bybit._signer,
                bybit._rest,
                bybit.stream,
                bybit.trade,
                bybit.clock,
                bybit.environment,
            ]
            shown = [repr(item) for item in (*objects, *events)] + [str(vars(bybit))]
    assert len(errors) > 20
    text = "\n".join(shown)
    words = "\n".join(heard.lines)
    crashes = "\n".join(line for error in errors for line in _told(error))
    assert len(words) > 10_000
    for needle in _needles(credentials):
        assert needle not in text
        assert needle not in words
    # The key itself is sent with every request, so that it is among a request's locals; its secret never is.
    for needle in _needles(credentials)[:3]:
        assert needle not in crashes


async def test_a_refused_key_does_not_tell_itself(heard: Heard) -> None:
    async with SimulatedExchange(seed=7) as exchange:
        credentials = {"api_key": "CANARYKEYCANARYKEY", "api_secret": "CANARYSECRETCANARYSECRETCANARYSECRET"}
        async with AsyncBybit(environment=exchange.environment, **credentials) as bybit:
            with pytest.raises(RequestRejected) as caught:
                await bybit.verify_credentials()
            with pytest.raises(RequestRejected):
                await bybit.order_entry.connect(2)
    assert "CANARYSECRET" not in "\n".join([*_told(caught.value), *heard.lines])
    assert "CANARYKEY" not in "\n".join(heard.lines)


@pytest.mark.parametrize(
    "secret", ["CANARY SECRET", "CANARY\nSECRET", "-----BEGIN PRIVATE KEY-----\nCANARYSECRET", "CANARYü"]
)
def test_an_unusable_secret_is_not_quoted(secret: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        AsyncBybit(api_key="K", api_secret=secret)
    told = [repr(caught.value), str(caught.value), repr(caught.value.__cause__), repr(caught.value.__context__)]
    assert "CANARY" not in "\n".join(told)
    assert "CANARY" not in repr(pickle.dumps(caught.value))


def test_a_session_keeps_no_text_of_the_secret() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        secret = "".join(["CANARY", "-", "SECRET", "-", "0123456789"])
        bybit = AsyncBybit(api_key="K", api_secret=secret)
        held = [item for item in gc.get_referrers(secret) if isinstance(item, AsyncBybit | HmacSigner)]
    assert held == []
    assert not [value for value in vars(bybit).values() if value == secret]


def test_signers_refuse_to_be_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(HmacSigner("K", "S"))


@pytest.mark.parametrize("proxy", ["http://me:CANARY@127.0.0.1:1", "ftp://me:CANARY@127.0.0.1:1", "http://me:CANARY@/"])
async def test_a_proxys_password_is_never_told(heard: Heard, proxy: str) -> None:
    settings = StreamSettings(proxy=proxy, first_connect=0.05, backoff=0.01)
    far = "wss://far.invalid/v5"
    place = Environment(name="far", rest_url="https://far.invalid", public_url=far, private_url=far, trade_url=far)
    told = [repr(settings), str(settings), *map(str, settings.__rich_repr__())]
    async with AsyncBybit(environment=place, stream_settings=settings) as bybit:
        with pytest.raises(ConnectionFailed) as caught:
            await bybit.stream.trades("BTCUSDT", category="linear").ready(5)
        told += _told(caught.value)
    entry = OrderEntry(place, clock=Clock(), signer=HmacSigner("key", "secret"), settings=settings)
    with pytest.raises(NotSent) as unsent:
        await entry.connect(5)
    await entry.aclose()
    told += [*_told(unsent.value), *heard.lines]
    assert not [line for line in told if "CANARY" in line]
