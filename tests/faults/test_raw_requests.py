"""Orders by `bybit.request`: the same promises, with the plain objects that were asked for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bybit_async.errors import NotSent, OrderNotFound, RegionBlocked
from bybit_async.models.trade import OrderAck
from bybit_async.stream.settings import StreamSettings
from bybit_async.wire import Response
from tests.faults.trading import AMEND, CANCEL, CANCEL_ALL, CREATE, CREATE_BATCH, LINEAR, RESTING, trading

ITEM = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "20000"}
ORDER = {"category": "linear", **ITEM}
TIME = "/v5/market/time"


async def test_o02_a_lost_raw_create_is_answered_in_the_type_that_was_asked_for() -> None:
    async with trading() as t:
        t.fault(path=CREATE, action="drop-after", times=2)
        plain = await t.bybit.request("POST", CREATE, ORDER)
        typed = await t.bybit.request("POST", CREATE, ORDER, result=OrderAck)
        assert [plain.result["orderId"], typed.result.order_id] == [order.order_id for order in t.ledger()]


@pytest.mark.parametrize(("path", "change"), [(AMEND, {"price": "21000"}), (CANCEL, {})])
async def test_o21_a_lost_raw_change_is_answered_in_plain_objects(path: str, change: dict[str, str]) -> None:
    async with trading() as t:
        placed = await t.trade.place_order(**RESTING, order_link_id="mine")
        t.fault(path=path, action="drop-after")
        answer = await t.bybit.request("POST", path, {**LINEAR, "orderLinkId": "mine", **change})
        assert answer.result["orderId"] == placed.order_id


async def test_o22_a_lost_raw_cancel_all_is_answered_in_plain_objects() -> None:
    async with trading() as t:
        await t.trade.place_order(**RESTING)
        t.fault(path=CANCEL_ALL, action="drop-after")
        answer = await t.bybit.request("POST", CANCEL_ALL, LINEAR)
        assert answer.result["list"] == []
        assert not t.ledger()[0].is_live


async def test_o14_a_lost_raw_batch_is_answered_in_plain_objects() -> None:
    async with trading() as t:
        t.fault(path=CREATE_BATCH, action="drop-after")
        answer = await t.bybit.request("POST", CREATE_BATCH, {"category": "linear", "request": [ITEM, ITEM]})
        assert [row["orderId"] for row in answer.result["list"]] == [order.order_id for order in t.ledger()]
        assert [code["code"] for code in answer.ret_ext_info["list"]] == [0, 0]


@pytest.mark.parametrize("code", [0, 10016])
async def test_o14_a_raw_batch_whose_codes_are_missing_is_answered_as_it_was_sent(code: int) -> None:
    lists: dict[str, Any] = {"result": {"list": [{"orderId": "1"}]}, "retExtInfo": {"list": [{"code": code}]}}
    body = json.dumps({"retCode": 0, "retMsg": "OK", **lists})
    async with trading() as t:
        t.fault(path=CREATE_BATCH, action="malform", body=body)
        answer = await t.bybit.request("POST", CREATE_BATCH, {"category": "linear", "request": [ITEM, ITEM]})
        assert {"result": answer.result, "retExtInfo": answer.ret_ext_info} == lists


async def test_o13_a_raw_batch_costs_its_items_of_the_rate_limit() -> None:
    async with trading(exchange={"rate_limits": True}, rate_limits=True) as t:
        body = {"category": "linear", "request": [ITEM] * 8}
        answers: list[Response[Any]] = await asyncio.gather(
            *(t.bybit.request("POST", CREATE_BATCH, body) for _ in range(2))
        )
        assert {code["code"] for answer in answers for code in answer.ret_ext_info["list"]} == {0}
        assert len(t.ledger()) == 16


@pytest.mark.parametrize("via", ["rest", "websocket"])
@pytest.mark.parametrize("code", [10016, 10429])
async def test_o01_a_refused_question_for_the_time_is_not_the_outcome_of_an_order(via: Any, code: int) -> None:
    async with trading(attempts=1, orders_via=via) as t:
        t.fault(path=TIME, action="code", code=code)
        with pytest.raises(NotSent, match="time is unknown"):
            await t.trade.place_order(**RESTING)
        assert t.sent[TIME] <= 2
        assert t.ledger() == []


async def test_r03_a_blocked_region_is_told_when_it_is_met_by_the_question_for_the_time() -> None:
    async with trading(attempts=1) as t:
        t.fault(path=TIME, action="status", status=403)
        with pytest.raises(RegionBlocked):
            await t.trade.place_order(**RESTING)


@pytest.mark.parametrize("told", [0, 1_700_000_000, 10**15])
async def test_r05_an_answer_without_a_time_that_can_be_true_does_not_move_the_clock(told: int) -> None:
    async with trading() as t:
        await t.bybit.market.get_server_time()
        before = t.bybit.clock.now_ms()
        body = json.dumps({"retCode": 0, "retMsg": "OK", "result": {"list": []}, "retExtInfo": {}, "time": told})
        t.fault(path="/v5/market/tickers", action="malform", body=body, times=1)
        await t.bybit.market.get_tickers(category="linear")
        assert 0 <= t.bybit.clock.now_ms() - before < 5_000
        await t.trade.place_order(**RESTING)
        assert t.sent[CREATE] == 1


async def test_r13_what_the_status_stream_tells_reaches_order_entry() -> None:
    settings = StreamSettings(backoff=0.01, maintenance_backoff=60.0, proxy=None)
    async with trading(orders_via="websocket", stream_settings=settings) as t:
        async with t.bybit.stream.system_status() as news:
            t.exchange.system_status.append(
                {
                    "id": "m1", "title": "upgrade", "state": "ongoing", "begin": "1700000000000", "end": "",
                    "href": "", "serviceTypes": [1], "product": [1], "uidSuffix": [], "maintainType": 1, "env": 1,
                }
            )  # fmt: skip
            async with asyncio.timeout(5):
                await anext(news)
            t.exchange.refuse_connections()
            with pytest.raises(NotSent, match="connection: "):
                await t.bybit.order_entry.place_order(**RESTING)
            t.exchange.refuse_connections(refuse=False)
            await asyncio.sleep(0.1)
            with pytest.raises(NotSent, match="a moment ago"):
                await t.bybit.order_entry.place_order(**RESTING)
            # By REST it goes all the same.
            await t.trade.place_order(**RESTING)
        assert len(t.ledger()) == 1


async def test_o20_a_raw_cancel_that_finds_nothing_says_how_the_order_ended() -> None:
    async with trading() as t:
        await t.trade.place_order(**RESTING, order_link_id="mine")
        await t.trade.cancel_order(**LINEAR, order_link_id="mine")
        with pytest.raises(OrderNotFound) as caught:
            await t.bybit.request("POST", CANCEL, {**LINEAR, "orderLinkId": "mine"})
        assert caught.value.order_status == "Cancelled"
