"""Closed klines of a session, over a lost connection."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from bybit_async.errors import NotSent
from bybit_async.models.market.klines import Kline
from bybit_async.models.stream_message import StreamMessage
from bybit_async.models.stream_public import KlineData
from bybit_async.session import AsyncBybit
from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.stream.item_transforms import ClosedKlines
from tests.virtual_time import run_virtual

MINUTE = 60_000


async def test_klines_that_closed_while_the_session_was_cut_off_are_fetched_by_itself() -> None:
    async with (
        SimulatedExchange(seed=7, symbols=["BTCUSDT"], manual=True, market=MarketSettings(step=1_000)) as exchange,
        AsyncBybit(environment=exchange.environment) as bybit,
        bybit.stream.events() as events,
        bybit.stream.klines("BTCUSDT", category="linear", interval="1", closed=True) as klines,
    ):
        await exchange.advance("2m")
        async with asyncio.timeout(20):
            starts = [(await anext(klines)).start]
            exchange.refuse_connections()
            exchange.drop_connections()
            async for event in events:
                if event.kind == "lost":
                    break
            await exchange.advance("3m")
            exchange.refuse_connections(refuse=False)
            async for event in events:
                if event.kind == "recovered":
                    break
            await exchange.advance("1m")
            starts += [(await anext(klines)).start for _ in range(4)]
    assert sorted(starts) == [starts[0] + MINUTE * step for step in range(5)]


ONE = Decimal(1)


def closing(number: int) -> StreamMessage[Any]:
    """The message that closes a kline, by its minute."""
    data = KlineData(
        start=number * MINUTE, end=(number + 1) * MINUTE - 1, interval="1", open=ONE, high=ONE, low=ONE, close=ONE,
        volume=ONE, turnover=ONE, confirm=True, symbol="BTCUSDT",
    )  # fmt: skip
    return StreamMessage(topic="kline.1.BTCUSDT", data=[data], type="snapshot", ts=1)


@pytest.mark.parametrize(
    ("answers", "asked_at", "filled"),
    [([None, [], [2]], [0, 0.5, 1.5], [2]), ([None] * 10, [0, 0.5, 1.5, 3.5, 7.5] * 2, [])],
    ids=["late", "never"],
)
def test_missed_klines_are_asked_for_ever_less_often_and_given_up_until_the_next_message(
    answers: list[Any], asked_at: list[float], filled: list[int]
) -> None:
    asked: list[float] = []
    got: list[Any] = []

    async def fetch(category: str, symbol: str, interval: str, first: int, last: int) -> list[Kline]:
        assert (category, symbol, interval, first, last) == ("linear", "BTCUSDT", "1", 2 * MINUTE, 2 * MINUTE)
        answer = answers[len(asked)]
        asked.append(asyncio.get_running_loop().time() % 1000)
        if answer is None:
            raise NotSent("no network")
        return [
            Kline(start=number * MINUTE, open=ONE, high=ONE, low=ONE, close=ONE, volume=ONE, turnover=ONE)
            for number in answer
        ]

    async def main() -> None:
        klines = ClosedKlines("linear", "1", fetch)
        klines.bind(got.append)
        for number in (1, 3):
            assert [item.start // MINUTE for item in klines.expand(closing(number))] == [number]
        await asyncio.sleep(1000)
        assert [item.start // MINUTE for item in klines.expand(closing(4))] == [4]
        await asyncio.sleep(1000)
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())
    assert asked == pytest.approx(asked_at, abs=0.01)
    assert [(item.start // MINUTE, item.symbol) for item in got] == [(number, "BTCUSDT") for number in filled]
