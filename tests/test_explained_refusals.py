"""A refusal by Bybit over a tick, a lot or the position mode says which argument, which step, and what fits."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bybit_async import AsyncBybit, RequestRejected
from bybit_async.simulator import Rule, SimulatedExchange

ORDER: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "30000",
}  # fmt: skip
INSTRUMENTS = "/v5/market/instruments-info"


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], manual=True) as running:
        yield running


@pytest.fixture
async def bybit(exchange: SimulatedExchange) -> AsyncIterator[AsyncBybit]:
    async with AsyncBybit(environment=exchange.environment, **exchange.new_account(usdt="10000")) as session:
        yield session


async def refused(bybit: AsyncBybit, **change: Any) -> RequestRejected:
    with pytest.raises(RequestRejected) as caught:
        await bybit.trade.place_order(**{**ORDER, **change})
    return caught.value


@pytest.mark.parametrize(
    ("change", "parameter", "words"),
    [
        ({"price": "30000.05"}, "price", "not a multiple of the tick size 0.1; nearest: 30000.0 or 30000.1"),
        ({"qty": "0.0105"}, "qty", "not a multiple of the step 0.001; nearest: 0.010 or 0.011"),
        ({"qty": "0.0001"}, "qty", "not a multiple of the step 0.001; nearest: 0.001"),
        ({"qty": "0.001", "price": "1000"}, "qty", "worth 1"),
        ({"category": "spot", "price": "30000.005"}, "price", "not a multiple of the tick size"),
        ({"category": "spot", "qty": "0.0000001"}, "qty", "nearest"),
        ({"position_idx": 1}, "position_idx", "one-way mode: leave position_idx out"),
    ],
)
async def test_the_argument_the_step_and_what_fits_are_named(
    bybit: AsyncBybit, change: dict[str, Any], parameter: str, words: str
) -> None:
    error = await refused(bybit, **change)
    assert (error.parameter, words in str(error)) == (parameter, True), str(error)
    assert error.ret_msg in str(error)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.parameter, str(copy)) == (parameter, str(error))


async def test_hedge_mode_asks_for_a_position_idx(bybit: AsyncBybit) -> None:
    await bybit.position.switch_position_mode(category="linear", symbol="BTCUSDT", mode=3)
    error = await refused(bybit)
    assert error.parameter == "position_idx"
    assert "hedge mode: pass position_idx=1 (long side) or 2 (short side)" in str(error)


async def test_a_change_is_explained_too(bybit: AsyncBybit) -> None:
    ack = await bybit.trade.place_order(**ORDER)
    with pytest.raises(RequestRejected) as caught:
        await bybit.trade.amend_order(category="linear", symbol="BTCUSDT", order_id=ack.order_id, price="29000.01")
    assert caught.value.parameter == "price"


async def test_other_refusals_ask_for_nothing(bybit: AsyncBybit, exchange: SimulatedExchange) -> None:
    error = await refused(bybit, qty="10")
    assert error.parameter is None
    assert exchange.requests == 2, "the clock and the order, and nothing else"


async def test_many_refusals_ask_once(bybit: AsyncBybit, exchange: SimulatedExchange) -> None:
    before = exchange.requests
    for _ in range(5):
        assert (await refused(bybit, qty="0.0105")).parameter == "qty"
    assert exchange.requests - before == 5 + 2, "five orders, the clock, and the instrument once"


async def test_a_refusal_is_told_although_it_cannot_be_explained(
    bybit: AsyncBybit, exchange: SimulatedExchange
) -> None:
    exchange.faults.add(Rule(path=INSTRUMENTS, action="code", code=10016))
    exchange.faults.add(Rule(path="/v5/position/list", action="code", code=10016))
    error = await refused(bybit, qty="0.0105")
    assert (error.ret_code, error.parameter) == (10001, None)
