"""Thirty mistakes of a newcomer: each message names the argument, what is allowed, or the cure."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import pytest

from bybit_async import (
    AsyncBybit,
    AuthenticationError,
    Bybit,
    BybitError,
    CalledFromTheLoop,
    InvalidParameter,
    MissingCredentials,
    RateLimitSettings,
    RequestRejected,
    SessionClosed,
    SubscriptionRefused,
)
from bybit_async.simulator import Rule, SimulatedExchange

ORDER: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "60000",
}  # fmt: skip


class World(NamedTuple):
    """What a mistake is made with."""

    bybit: AsyncBybit
    exchange: SimulatedExchange


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
        async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as bybit:
            yield World(bybit, exchange)


def order(**changes: Any) -> Callable[[World], Any]:
    return lambda world: world.bybit.trade.place_order(**{**ORDER, **changes})


def session(**arguments: Any) -> Callable[[World], Any]:
    return lambda _: AsyncBybit(**arguments)


async def signed_without_a_key(world: World) -> None:
    async with AsyncBybit(environment=world.exchange.environment) as bybit:
        await bybit.account.get_wallet_balance(account_type="UNIFIED")


async def private_stream_without_a_key(world: World) -> None:
    async with AsyncBybit(environment=world.exchange.environment) as bybit, bybit.stream.orders():
        pass


async def another_key(world: World) -> None:
    async with AsyncBybit(environment=world.exchange.environment, api_key="k" * 18, api_secret="s" * 36) as bybit:
        await bybit.verify_credentials()


async def after_closing(world: World) -> None:
    await world.bybit.aclose()
    await world.bybit.market.get_tickers(category="linear")


async def unknown_topic(world: World) -> None:
    async with world.bybit.stream.trades("NOSUCH", category="linear"):
        pass


async def answers_like_a_dict(world: World) -> None:
    tickers: Any = await world.bybit.market.get_tickers(category="linear", symbol="BTCUSDT")
    tickers["list"]


async def blocking_in_the_loop(world: World) -> None:
    with Bybit(environment=world.exchange.environment) as bybit:
        bybit.market.get_tickers(category="linear")


MISTAKES: list[tuple[str, Callable[[World], Any], type[Exception], list[str]]] = [
    ("a typo in an argument", order(pirce="60000"), TypeError, ["pirce"]),
    ("an argument in camel case", order(orderType="Limit"), TypeError, ["orderType"]),
    ("no category", lambda w: w.bybit.market.get_tickers(), TypeError, ["category"]),
    ("side in lower case", order(side="buy"), InvalidParameter, ["side", "'Sell'", "mean 'Buy'"]),
    ("a wrong category", order(category="futures"), InvalidParameter, ["category", "'linear'", "'futures'"]),
    ("a symbol as ccxt spells it", order(symbol="BTC/USDT"), InvalidParameter, ["symbol", "mean 'BTCUSDT'"]),
    ("a limit order without a price", order(price=None), InvalidParameter, ["price", "needs"]),
    ("a float too fine", order(qty=0.1 + 0.2), RequestRejected, ["qty", "step 0.001", "0.300 or 0.301"]),
    ("a price off the tick", order(price="60000.123"), RequestRejected, ["price", "0.1", "60000.1 or 60000.2"]),
    ("a quantity of nothing", order(qty=0), InvalidParameter, ["qty", "more than 0"]),
    ("a quantity that is text", order(qty="all"), InvalidParameter, ["qty", "a number", "'all'"]),
    ("not a number", order(qty=float("nan")), InvalidParameter, ["qty", "finite"]),
    ("time in force misspelled", order(time_in_force="gtc"), InvalidParameter, ["time_in_force", "mean 'GTC'"]),
    ("a long order link id", order(order_link_id="x" * 40), InvalidParameter, ["order_link_id", "1 to 36"]),
    ("a hedge index in one-way mode", order(position_idx=1), RequestRejected, ["position_idx", "one-way", "leave"]),
    (
        "cancelling nothing",
        lambda w: w.bybit.trade.cancel_order(category="linear", symbol="BTCUSDT"),
        InvalidParameter,
        ["order_id or order_link_id"],
    ),
    (
        "positions of what",
        lambda w: w.bybit.position.get_positions(category="linear"),
        InvalidParameter,
        ["symbol or settle_coin"],
    ),
    (
        "an interval that does not exist",
        lambda w: w.bybit.market.get_kline(category="linear", symbol="BTCUSDT", interval="7m"),
        InvalidParameter,
        ["interval", "'60'", "'7m'"],
    ),
    (
        "a time in words",
        lambda w: w.bybit.market.get_kline(category="linear", symbol="BTCUSDT", interval="60", start="yesterday"),
        InvalidParameter,
        ["start", "ISO 8601", "'yesterday'"],
    ),
    (
        "an end before its start",
        lambda w: w.bybit.data.fetch_klines("BTCUSDT", "1h", "2026-02-01", "2026-01-01"),
        InvalidParameter,
        ["start", "before end"],
    ),
    (
        "a depth that is not offered",
        lambda w: w.bybit.stream.order_book("BTCUSDT", category="linear", depth=20),
        InvalidParameter,
        ["depth", "50, 200, 1000"],
    ),
    (
        "a policy that does not exist",
        lambda w: w.bybit.stream.trades("BTCUSDT", category="linear", policy="lates"),
        InvalidParameter,
        ["policy", "'drop_oldest'", "mean 'latest'"],
    ),
    ("a topic of an unknown symbol", unknown_topic, SubscriptionRefused, ["publicTrade.NOSUCH"]),
    ("an answer used as a dict", answers_like_a_dict, TypeError, ["list", ".rows", "to_dict(wire=True)"]),
    ("a closed session", after_closing, SessionClosed, ["closed", "async with AsyncBybit"]),
    ("a signed call without a key", signed_without_a_key, MissingCredentials, ["api_secret", "from_env()"]),
    ("a private stream without a key", private_stream_without_a_key, MissingCredentials, ["api_secret", "from_env()"]),
    ("a key of another environment", another_key, AuthenticationError, ["10003", "key"]),
    ("half a pair of keys", session(api_key="k"), MissingCredentials, ["api_secret", "go together"]),
    (
        "testnet and demo at once",
        session(testnet=True, demo=True),
        InvalidParameter,
        ["testnet and demo", "choose one"],
    ),
    ("an environment misspelled", session(environment="test"), InvalidParameter, ["environment", "mean 'testnet'"]),
    ("limits switched off in words", session(rate_limits="off"), InvalidParameter, ["rate_limits", "False"]),
    (
        "a budget in a folder that is not there",
        lambda _: RateLimitSettings(shared="/no/such/folder/budget"),
        InvalidParameter,
        ["shared", "folder that exists"],
    ),
    ("a blocking call in the exchange's loop", blocking_in_the_loop, CalledFromTheLoop, ["to_thread", "AsyncBybit"]),
    (
        "a batch with a typo",
        lambda w: w.bybit.trade.place_batch_order(category="linear", request=[{**ORDER, "prise": "1"}]),
        InvalidParameter,
        ["request[0].prise", "mean 'price'"],
    ),
    ("symbols as one text", lambda _: SimulatedExchange(symbols="BTCUSDT"), ValueError, ["symbols=['BTCUSDT']"]),
    (
        "a fault that does not exist",
        lambda w: w.exchange.faults.add(Rule(path="/v5/*", action="rest")),  # type: ignore[arg-type]
        ValueError,
        ["action", "'status'", "mean 'reset'"],
    ),
    ("a duration in words", lambda w: w.exchange.advance("tomorrow"), ValueError, ["'8h'", "'tomorrow'"]),
]


async def made_by(mistake: Callable[[World], Any], world: World) -> None:
    made = mistake(world)
    if inspect.isawaitable(made):
        await asyncio.wait_for(made, 20)


@pytest.mark.parametrize(
    ("mistake", "error", "words"), [pytest.param(*row[1:], id=row[0].replace(" ", "-")) for row in MISTAKES]
)
async def test_a_mistake_is_answered_with_its_cure(
    mistake: Callable[[World], Any], error: type[Exception], words: list[str], world: World
) -> None:
    with pytest.raises(error) as caught:
        await made_by(mistake, world)
    missing = [word for word in words if word not in str(caught.value)]
    assert not missing, str(caught.value)


def test_there_are_thirty_of_them() -> None:
    assert len({name for name, *_ in MISTAKES}) >= 30
    assert sum(issubclass(error, BybitError) for *_, error, _ in MISTAKES) >= 25


async def test_a_forgotten_await_is_reported(world: World) -> None:
    with pytest.warns(RuntimeWarning, match="never awaited"):
        world.bybit.get_server_time()


async def test_what_is_too_short_to_be_a_typo_is_not_guessed_at(world: World) -> None:
    with pytest.raises(InvalidParameter) as caught:
        await world.bybit.market.get_kline(category="linear", symbol="BTCUSDT", interval="7m")
    assert "did you mean" not in str(caught.value)
