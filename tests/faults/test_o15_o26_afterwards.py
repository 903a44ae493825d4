"""O15 and O20 to O26 of the fault table: what happens to an order after it was placed."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from bybit_async.errors import InvalidParameter, OrderNotFound, OutcomeUnknown
from bybit_async.models.trade import PlaceOrder
from tests.faults.trading import (
    AMEND,
    CANCEL,
    CANCEL_ALL,
    CREATE,
    HISTORY,
    LINEAR,
    OPEN,
    RESTING,
    TAKING,
    TWO_SYMBOLS,
    Trading,
    trading,
)

ALL: dict[str, Any] = {"category": "linear", "settle_coin": "USDT"}


async def test_o15_the_stream_may_be_before_the_answer() -> None:
    async with trading() as t, t.bybit.live_account(categories=("linear",)) as account:
        t.fault(path=CREATE, action="delay-reply", milliseconds=1500)
        placing = asyncio.create_task(t.trade.place_order(**TAKING, order_link_id="mine"))
        filled = await account.wait_order(order_link_id="mine", timeout=5)
        assert not placing.done()
        assert filled.order_status == "Filled"
        ack = await placing
        assert ack.order_id == filled.order_id
        assert (await account.wait_order(order_link_id="mine", timeout=5)).order_id == ack.order_id


@pytest.mark.parametrize(
    ("ending", "status"), [("cancel", "Cancelled"), ("fill", "Filled"), ("never", None)], ids=lambda x: str(x)
)
async def test_o20_a_cancel_that_finds_nothing_says_how_the_order_ended(ending: str, status: str | None) -> None:
    async with trading() as t:
        if ending != "never":
            await t.trade.place_order(**(TAKING if ending == "fill" else RESTING), order_link_id="mine")
        if ending == "cancel":
            await t.trade.cancel_order(**LINEAR, order_link_id="mine")
        with pytest.raises(OrderNotFound) as caught:
            await t.trade.cancel_order(**LINEAR, order_link_id="mine")
        assert caught.value.order_status == status
        with pytest.raises(OrderNotFound) as caught:
            await t.trade.cancel_order(**LINEAR, order_link_id="mine", on_unknown="raise")
        assert caught.value.order_status is None


@pytest.mark.parametrize("code", [110001, 110008, 110010, 170213])
async def test_o20_a_cancel_refused_while_the_order_is_open_is_not_final(code: int) -> None:
    async with trading() as t:
        _hurry(t)
        await t.trade.place_order(**RESTING, order_link_id="mine")
        t.fault(path=CANCEL, action="code", code=code)
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.cancel_order(**LINEAR, order_link_id="mine")
        assert caught.value.reason == str(code)
        assert t.ledger("mine")[0].is_live


async def test_o20_a_lost_cancel_has_happened() -> None:
    async with trading() as t:
        placed = await t.trade.place_order(**RESTING)
        t.fault(path=CANCEL, action="drop-after")
        ack = await t.trade.cancel_order(**LINEAR, order_id=placed.order_id)
        assert ack.order_id == placed.order_id
        assert not t.ledger()[0].is_live


async def test_o17_a_lost_cancel_that_came_too_late_says_so() -> None:
    async with trading() as t:
        placed = await t.trade.place_order(**TAKING)
        t.fault(path=CANCEL, action="code", code=10016)
        with pytest.raises(OrderNotFound, match="Filled") as caught:
            await t.trade.cancel_order(**LINEAR, order_id=placed.order_id)
        assert (caught.value.ret_code, caught.value.order_status) == (110008, "Filled")


@pytest.mark.parametrize("fault", [{"action": "drop-after"}, {"action": "code", "code": 40004, "executed": True}])
async def test_o21_an_amendment_whose_answer_was_lost_has_happened(fault: dict[str, Any]) -> None:
    async with trading() as t:
        await t.trade.place_order(**RESTING, order_link_id="mine")
        t.fault(path=AMEND, **fault)
        ack = await t.trade.amend_order(**LINEAR, order_link_id="mine", price="21000", qty="0.02")
        assert ack.order_link_id == "mine"
        [real] = t.ledger()
        assert (real.price, real.qty) == (Decimal(21000), Decimal("0.02"))
        assert t.sent[AMEND] == 1


@pytest.mark.parametrize("code", [40004, 110079])
async def test_o21_an_amendment_that_did_not_happen_stays_unknown(code: int) -> None:
    async with trading() as t:
        _hurry(t)
        await t.trade.place_order(**RESTING, order_link_id="mine")
        t.fault(path=AMEND, action="code", code=code)
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.amend_order(**LINEAR, order_link_id="mine", price="21000")
        assert (caught.value.order_link_id, caught.value.reason) == ("mine", str(code))
        assert t.ledger()[0].price == 20000


async def test_o21_an_amendment_that_filled_the_order_has_happened() -> None:
    async with trading() as t:
        await t.trade.place_order(**RESTING, order_link_id="mine")
        touch = (await t.bybit.market.get_orderbook(**LINEAR)).asks[0].price
        price = (touch * Decimal("1.01")).quantize(Decimal(1))
        t.fault(path=AMEND, action="drop-after")
        await t.trade.amend_order(**LINEAR, order_link_id="mine", price=price)
        assert t.ledger()[0].status == "Filled"


async def test_o21_an_amendment_lost_on_its_way_to_a_filled_order_was_too_late() -> None:
    async with trading() as t:
        placed = await t.trade.place_order(**TAKING)
        t.fault(path=AMEND, action="drop-before")
        with pytest.raises(OrderNotFound, match="too late"):
            await t.trade.amend_order(**LINEAR, order_id=placed.order_id, price="21000")


async def _rest(t: Trading, count: int) -> None:
    eth = {**RESTING, "symbol": "ETHUSDT", "price": "1000", "qty": "0.1"}
    for number in range(count // 20):
        # Two symbols, for one may not have more than 500.
        batch = [PlaceOrder(**(eth if number % 2 else RESTING)) for _ in range(20)]
        assert (await t.trade.place_batch_order(category="linear", request=batch)).ok


async def test_o22_more_orders_than_are_cancelled_at_once_are_told() -> None:
    async with trading(exchange=TWO_SYMBOLS, timeout=30) as t:
        await _rest(t, 600)
        first = await t.trade.cancel_all_orders(**ALL)
        left = {order.order_id for order in t.ledger() if order.is_live}
        assert len(first) == 500
        assert first.remaining is not None
        assert {order.order_id for order in first.remaining} == left
        assert len(left) == 100
        second = await t.trade.cancel_all_orders(**ALL)
        assert (len(second), second.remaining) == (100, [])


async def test_o22_until_none_are_left() -> None:
    async with trading(exchange=TWO_SYMBOLS, timeout=30) as t:
        await _rest(t, 520)
        cancelled = await t.trade.cancel_all_orders(**ALL, until_none_left=True)
        assert len({order.order_id for order in cancelled}) == 520
        assert cancelled.remaining == []
        assert not [order for order in t.ledger() if order.is_live]
        assert t.sent[CANCEL_ALL] == 2


async def test_o22_a_lost_answer_is_looked_up() -> None:
    async with trading() as t:
        await _rest(t, 20)
        t.fault(path=CANCEL_ALL, action="drop-after", nth=1)
        assert (await t.trade.cancel_all_orders(**ALL)).success
        _hurry(t)
        await _rest(t, 20)
        t.fault(path=CANCEL_ALL, action="drop-before", nth=1)
        with pytest.raises(OutcomeUnknown):
            await t.trade.cancel_all_orders(**ALL)
        assert sum(order.is_live for order in t.ledger()) == 20


@pytest.mark.parametrize("link", ["a" * 37, "a.b", "", "a b", "ü", "a\n"])
async def test_o23_an_order_link_id_that_bybit_refuses_is_not_sent(link: str) -> None:
    async with trading() as t:
        with pytest.raises(InvalidParameter) as caught:
            await t.trade.place_order(**RESTING, order_link_id=link)
        assert caught.value.parameter == "order_link_id"
        assert t.sent[CREATE] == 0


async def test_o23_every_order_carries_an_id_options_too() -> None:
    async with trading() as t:
        option = PlaceOrder(
            category="option", symbol="BTC-27DEC30-100000-C", side="Buy", order_type="Limit", qty="1", price="5"
        )
        ids = {option.order_link_id, PlaceOrder(**RESTING).order_link_id, PlaceOrder(**RESTING).order_link_id}
        assert len(ids) == 3
        assert all(link and len(link) <= 36 for link in ids)
        ack = await t.trade.place_order(**RESTING)
        assert t.ledger()[0].link_id == ack.order_link_id


async def test_o24_after_a_restart_a_closed_order_is_found_in_history() -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="drop-after")
        t.fault(path=OPEN, action="restart", nth=1)
        ack = await t.trade.place_order(**TAKING)
        assert [order.order_id for order in t.ledger()] == [ack.order_id]
        assert t.sent[HISTORY] >= 1


async def test_o25_an_order_too_old_to_be_found_stays_unknown() -> None:
    async with trading() as t:
        _hurry(t)
        await t.trade.place_order(**RESTING, order_link_id="mine")
        await t.trade.cancel_order(**LINEAR, order_link_id="mine")
        await t.exchange.advance("25h")
        t.exchange.restart()
        t.fault(path=CANCEL, action="code", code=10016)
        with pytest.raises(OutcomeUnknown) as caught:
            await t.trade.cancel_order(**LINEAR, order_link_id="mine")
        assert (caught.value.reason, caught.value.order_link_id) == ("10016", "mine")


async def test_o26_orders_that_disconnection_protection_cancelled_say_so() -> None:
    async with trading() as t, t.bybit.live_account(categories=("linear",)) as account:
        guard = t.bybit.stream.dcp("future")
        async with guard:
            await t.trade.set_dcp(time_window=3, product="DERIVATIVES")
            await t.trade.place_order(**RESTING, order_link_id="mine")
            await account.wait_order(order_link_id="mine", status="New", timeout=5)
            events = account.events()
            t.exchange.refuse_connections()
            t.exchange.drop_connections("private")
            await _next(events, "lost")
            await t.exchange.advance("5s")
            t.exchange.refuse_connections(refuse=False)
            await _next(events, "synced")
            order = account.orders.find(order_link_id="mine")
            assert order is not None
            assert (order.order_status, order.cancel_type) == ("Cancelled", "CancelByDCP")
            events.close()


async def _next(events: Any, kind: str) -> None:
    async with asyncio.timeout(10):
        async for event in events:
            if event.kind == kind:
                return


def _hurry(t: Trading) -> None:
    t.bybit._inquiry._patience = 0.5
