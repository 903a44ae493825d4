"""O8 and O12 to O14 of the fault table: many orders at once, and batches."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from bybit_async.errors import OutcomeUnknown
from bybit_async.models.trade import AmendOrder, CancelOrder, PlaceOrder
from tests.faults.trading import (
    CREATE,
    CREATE_BATCH,
    HISTORY,
    LINEAR,
    OPEN,
    RESTING,
    TAKING,
    TWO_SYMBOLS,
    Trading,
    trading,
)

ETH = {**RESTING, "symbol": "ETHUSDT", "price": "1000", "qty": "0.1"}


async def test_o08_fifty_unknown_creates_are_found_in_one_pass_of_the_lists() -> None:
    async with trading(orders_via="websocket") as t:
        await t.bybit.order_entry.connect()
        t.fault(path="order.create", action="drop-after")
        calls = [t.trade.place_order(**RESTING, order_link_id=f"link-{n}", timeout=2.0) for n in range(50)]
        acks = await asyncio.gather(*calls)
        assert {ack.order_link_id for ack in acks} == {f"link-{n}" for n in range(50)}
        assert {order.order_id for order in t.ledger()} == {ack.order_id for ack in acks}
        assert t.sent[OPEN] + t.sent[HISTORY] <= 4


async def test_o08_a_socket_that_drops_under_fifty_creates_loses_and_doubles_none() -> None:
    async with trading(exchange=TWO_SYMBOLS, orders_via="websocket") as t:
        t.fault(path="order.create", action="delay-reply", milliseconds=5000)
        calls = [
            asyncio.create_task(t.trade.place_order(**(RESTING if n % 2 else ETH), order_link_id=f"link-{n}"))
            for n in range(50)
        ]
        await _until(lambda: len(t.ledger()) == 50)
        t.exchange.drop_connections("trade")
        acks = await asyncio.gather(*calls)
        assert {order.order_id for order in t.ledger()} == {ack.order_id for ack in acks}
        assert t.sent[OPEN] + t.sent[HISTORY] <= 12


async def test_o08_filled_and_cancelled_ones_are_found_among_the_closed() -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="drop-after")
        touch = (await t.bybit.market.get_orderbook(**LINEAR)).asks[0].price
        crossing = {**RESTING, "price": round(touch * Decimal("1.01")), "time_in_force": "PostOnly"}
        orders = [TAKING, crossing, RESTING, {**RESTING, "category": "spot"}] * 3
        acks = await asyncio.gather(*(t.trade.place_order(**order) for order in orders))
        assert {order.order_id for order in t.ledger()} == {ack.order_id for ack in acks}
        assert len(acks) == 12


async def test_o08_those_that_never_arrived_stay_unknown_one_by_one(soon_given_up: None) -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="drop-after", every=2)
        t.fault(path=CREATE, action="drop-before")
        calls = [t.trade.place_order(**RESTING, order_link_id=f"link-{n}") for n in range(10)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        live = {order.link_id for order in t.ledger()}
        assert len(live) == 5
        for number, outcome in enumerate(outcomes):
            assert isinstance(outcome, OutcomeUnknown) == (f"link-{number}" not in live)


async def test_o12_each_order_of_a_batch_has_its_own_outcome_in_order() -> None:
    async with trading() as t:
        poor = PlaceOrder(**RESTING | {"qty": "100000"}, order_link_id="b")
        orders = [PlaceOrder(**RESTING, order_link_id="a"), poor, PlaceOrder(**RESTING, order_link_id="c")]
        result = await t.trade.place_batch_order(category="linear", request=orders)
        assert [(item.order_link_id, item.ok, item.unknown) for item in result] == [
            ("a", True, False), ("b", False, False), ("c", True, False),
        ]  # fmt: skip
        assert result[1].code
        assert {order.link_id for order in t.ledger() if order.is_live} == {"a", "c"}


async def test_o13_only_what_the_limit_refused_is_sent_again() -> None:
    async with trading(exchange={"rate_limits": True}) as t:
        orders = [PlaceOrder(**RESTING, order_link_id=f"link-{n}") for n in range(15)]
        result = await t.trade.place_batch_order(category="linear", request=orders)
        refused = [order for order, item in zip(orders, result, strict=True) if item.code == 10006]
        assert [item.ok for item in result] == [True] * 10 + [False] * 5
        await asyncio.sleep(1.1)
        again = await t.trade.place_batch_order(category="linear", request=refused)
        assert again.ok
        assert sorted(order.link_id for order in t.ledger()) == sorted(order.order_link_id or "" for order in orders)


async def test_o13_every_order_of_a_batch_is_placed_or_told_as_refused_for_its_rate() -> None:
    async with trading(exchange={"rate_limits": True}, rate_limits=True) as t:
        batches = [[PlaceOrder(**RESTING) for _ in range(8)] for _ in range(3)]
        results = await asyncio.gather(
            *(t.trade.place_batch_order(category="linear", request=batch) for batch in batches)
        )
        # None is refused where the machine keeps pace, see R1.
        items = [item for result in results for item in result]
        assert {item.code for item in items} <= {0, 10006}
        assert sorted(order.order_id for order in t.ledger()) == sorted(
            item.order_id or "" for item in items if item.ok
        )
        assert len(t.ledger()) >= 10


def _batch_answer(*links: str, ext: Any) -> str:
    rows = [{"category": "linear", "symbol": "BTCUSDT", "orderId": "", "orderLinkId": link} for link in links]
    return json.dumps({"retCode": 0, "retMsg": "OK", "result": {"list": rows}, "retExtInfo": ext, "time": 1})


@pytest.mark.parametrize(
    ("ext", "told"), [("", 0), ({}, 0), (None, 0), ({"list": [{"code": 0}]}, 1), ({"list": [{"code": 10016}] * 3}, 0)]
)
async def test_o14_what_a_batch_does_not_tell_is_unknown(ext: Any, told: int) -> None:
    async with trading() as t:
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in "abc"]
        t.fault(path=CREATE_BATCH, action="malform", body=_batch_answer("a", "b", "c", ext=ext))
        result = await t.trade.place_batch_order(category="linear", request=orders, on_unknown="raise")
        assert [item.unknown for item in result] == [False] * told + [True] * (3 - told)
        assert [item.order_link_id for item in result] == ["a", "b", "c"]


@pytest.mark.parametrize("ext", ["", {"list": [{"code": 0}]}])
@pytest.mark.parametrize("links", ["abc", "a", ""])
async def test_o14_what_a_batch_does_not_tell_is_looked_up(ext: Any, links: str) -> None:
    async with trading() as t:
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in "abc"]
        t.fault(path=CREATE_BATCH, action="malform", body=_batch_answer(*links, ext=ext))
        result = await t.trade.place_batch_order(category="linear", request=orders)
        assert result.ok
        known = {order.link_id: order.order_id for order in t.ledger()}
        assert all(item.order_id == known[item.order_link_id or ""] for item in result if item.order_id)
        assert sum(item.order_id is not None for item in result) >= 2


async def test_o14_a_lost_batch_is_looked_up_order_by_order() -> None:
    async with trading() as t:
        t.fault(path=CREATE_BATCH, action="drop-after")
        poor = PlaceOrder(**RESTING | {"qty": "100000"}, order_link_id="poor")
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in "ab"]
        result = await _hurried(t).place_batch_order(category="linear", request=[orders[0], poor, orders[1]])
        assert [(item.ok, item.unknown) for item in result] == [(True, False), (False, True), (True, False)]


@pytest.mark.parametrize("via", ["rest", "websocket"])
@pytest.mark.parametrize("on_unknown", ["resolve", "raise"])
async def test_o06_a_batch_repeated_after_a_refusal_that_was_none(via: Any, on_unknown: Any) -> None:
    async with trading(orders_via=via, on_unknown=on_unknown) as t:
        for path in (CREATE_BATCH, "order.create-batch"):
            t.fault(path=path, action="code", code=10006, executed=True, times=1)
        orders = [PlaceOrder(**RESTING, order_link_id=link) for link in "ab"]
        result = await t.trade.place_batch_order(category="linear", request=orders)
        assert len(t.ledger()) == 2
        assert all(item.ok if on_unknown == "resolve" else item.unknown for item in result)


@pytest.mark.parametrize("operation", ["amend", "cancel"])
async def test_o14_a_lost_batch_of_changes_is_looked_up(operation: str) -> None:
    async with trading() as t:
        for link in "ab":
            await t.trade.place_order(**RESTING, order_link_id=link)
        t.fault(path=f"/v5/order/{operation}-batch", action="drop-after")
        if operation == "amend":
            amends = [AmendOrder(**LINEAR, order_link_id=link, price="21000") for link in "ab"]
            result = await t.trade.amend_batch_order(category="linear", request=amends)
            assert {order.price for order in t.ledger()} == {21000}
        else:
            cancels = [CancelOrder(**LINEAR, order_link_id=link) for link in "ab"]
            result = await t.trade.cancel_batch_order(category="linear", request=cancels)
            assert not [order for order in t.ledger() if order.is_live]
        assert result.ok


def _hurried(t: Trading) -> Any:
    t.bybit._inquiry._patience = 0.5
    return t.trade


async def _until(reached: Any) -> None:
    async with asyncio.timeout(5):
        while not reached():  # noqa: ASYNC110 - it waits for the exchange's ledger, which knows no events
            await asyncio.sleep(0.01)
