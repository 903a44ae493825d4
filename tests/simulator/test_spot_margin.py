"""Spot margin: orders that borrow, what that costs, and what happens when the collateral is gone."""

from decimal import Decimal

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.custody.liabilities import owed, repay
from bybit_async.simulator.engine.wires import order_wire

from .raw_client import RawClient
from .trading import SPOT, Desk, code_of

D = Decimal
HOUR = 3_600_000


@pytest.fixture
def desk():
    """Account a has 10,000 USDT and may borrow three times that; b sells and buys 10 BTC at 60,000."""
    desk = Desk(usdt="10000", btc="0")
    desk.engine.deposit(desk.b, "USDT", "10000000")
    desk.engine.deposit(desk.b, "BTC", "100")
    desk.engine.borrowing.switch(desk.a, on=True)
    return desk


def bought(desk):
    """Let account a buy 0.5 BTC, 20,000 USDT of it borrowed; 0.0005 BTC are the fee."""
    desk.limit(desk.b, "Sell", "0.5", "60000", SPOT)
    return desk.market(desk.a, "Buy", "0.5", SPOT, marketUnit="baseCoin", isLeverage=1)


def test_nobody_borrows_unasked(desk):
    desk.limit(desk.b, "Sell", "1", "60000", SPOT)
    assert code_of(desk.market, desk.b, "Buy", "1", SPOT, isLeverage=1) == 170036
    assert code_of(desk.market, desk.a, "Buy", "0.5", SPOT, marketUnit="baseCoin") == 170131


def test_what_is_missing_is_borrowed(desk):
    assert desk.engine.borrowing.most(desk.a, "USDT") == 30_000
    assert desk.engine.borrowing.most(desk.a, "BTC") == D("0.5")
    order = bought(desk)
    assert (order.status, order_wire(order)["isLeverage"]) == ("Filled", "1")
    assert (desk.balance(desk.a), desk.balance(desk.a, "BTC")) == (-20_000, D("0.4995"))
    now = desk.engine.standing(desk.a)
    assert (now.margin_balance, now.figures.position_mm) == (9_970, 800)
    # 9,970 less a third of the debt, three times.
    assert desk.engine.borrowing.most(desk.a, "USDT") == pytest.approx(9_910, abs=D("1e-6"))
    assert owed(desk.a) == {"USDT": 20_000}
    desk.engine.audit()


def test_a_coin_can_be_sold_short(desk):
    desk.limit(desk.b, "Buy", "1", "60000", SPOT)
    order = desk.market(desk.a, "Sell", "0.5", SPOT, isLeverage=1)
    assert (order.filled, desk.balance(desk.a, "BTC")) == (D("0.5"), D("-0.5"))
    assert desk.balance(desk.a) == 10_000 + 30_000 * D("0.999")
    assert code_of(desk.market, desk.a, "Sell", "0.5", SPOT, isLeverage=1) == 170131
    desk.engine.audit()


def test_the_value_of_an_order_may_be_borrowed(desk):
    desk.limit(desk.b, "Sell", "1", "60000", SPOT)
    order = desk.market(desk.a, "Buy", "40000", SPOT, marketUnit="quoteCoin", isLeverage=1)
    assert order.filled_value == pytest.approx(40_000, abs=D("0.1"))
    assert desk.balance(desk.a) == pytest.approx(-30_000, abs=D("0.1"))


def test_resting_orders_leave_room_for_each_other(desk):
    order = {"isLeverage": 1}
    first = desk.limit(desk.a, "Buy", "0.5", "58000", SPOT, **order)
    assert code_of(desk.limit, desk.a, "Buy", "0.2", "58000", SPOT, **order) == 170131
    desk.limit(desk.a, "Buy", "0.18", "58000", SPOT, **order)
    assert desk.a.locked == {}
    desk.limit(desk.b, "Sell", "0.5", "58000", SPOT)
    assert (first.status, desk.balance(desk.a)) == ("Filled", -19_000)
    desk.engine.audit()


def test_interest_is_charged_every_hour(desk):
    bought(desk)
    desk.clock.advance(2 * HOUR)
    first, second = desk.a.borrowed
    assert (first.cost, second.cost) == (D("0.2"), D("20000.2") * D("0.00001"))
    assert [first.time_ms % HOUR, second.time_ms - first.time_ms] == [0, HOUR]
    assert desk.balance(desk.a) == -20_000 - first.cost - second.cost
    assert [entry.type for entry in desk.a.log][-2:] == ["INTEREST"] * 2
    desk.engine.audit()


def test_a_debt_that_is_paid_back_costs_nothing_more(desk):
    bought(desk)
    assert repay(desk.engine, desk.a, ["USDT"], D(1000)) == {"USDT": D(1000)}
    assert owed(desk.a) == {"USDT": 19_000}
    desk.engine.deposit(desk.a, "USDT", "19000")
    desk.clock.advance(3 * HOUR)
    assert list(desk.a.borrowed) == []
    desk.engine.borrowing.switch(desk.a, on=False)
    assert desk.a.spot_leverage is None


def test_collateral_is_sold_when_it_no_longer_carries_the_debt(desk):
    bought(desk)
    waiting = desk.limit(desk.a, "Buy", "0.01", "58000", SPOT, isLeverage=1)
    # 20,000 borrowed need 800; 0.4995 BTC are worth 20,800 at 41,641.6.
    desk.prices("41642", SPOT)
    desk.prices("41642")
    assert owed(desk.a) == {"USDT": 20_000}
    for where in ({"category": "inverse", "symbol": "BTCUSD"}, SPOT):
        desk.prices("41641", where)
    desk.prices("41641")
    assert (owed(desk.a), waiting.cancel_type) == ({}, "CancelAllBeforeLiq")
    assert desk.balance(desk.a, "BTC") == pytest.approx(D("0.4995") - D(20_000) / 41641, abs=D("1e-9"))
    desk.engine.audit()


def test_switching_and_leverage(desk):
    borrowing = desk.engine.borrowing
    for leverage, code in ((D("1.5"), 176034), (D(11), 176034)):
        assert code_of(borrowing.set_leverage, desk.a, leverage) == code
    assert code_of(borrowing.set_leverage, desk.b, D(5)) == 176038
    borrowing.set_leverage(desk.a, D(5))
    assert borrowing.most(desk.a, "USDT") == 50_000
    order = desk.limit(desk.a, "Buy", "0.01", "58000", SPOT, isLeverage=1)
    assert code_of(borrowing.switch, desk.a, on=False) == 176040
    desk.cancel(order)
    assert code_of(desk.engine.set_margin_mode, desk.a, "ISOLATED_MARGIN") == 110073
    bought(desk)
    assert code_of(borrowing.switch, desk.a, on=False) == 176138
    assert code_of(borrowing.set_leverage, desk.a, D(2)) == 182107
    desk.engine.set_margin_mode(desk.b, "ISOLATED_MARGIN")
    assert code_of(borrowing.switch, desk.b, on=True) == 182021


async def test_over_the_wire(session):
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(manual=True, symbols=["BTCUSDT"], market=settings) as exchange:
        client, maker = (RawClient(exchange, session, exchange.new_account(usdt="10000")) for _ in range(2))
        price = str(round(exchange.engine.listing("spot", "BTCUSDT").index_price))
        await client.done("/v5/spot-margin-trade/switch-mode", spotMarginMode="1")
        await client.done("/v5/spot-margin-trade/set-leverage", leverage="4")
        most = await client.result("/v5/spot-margin-trade/max-borrowable", currency="USDT")
        assert D(most["maxLoan"]) == 40_000
        quota = await client.result("/v5/order/spot-borrow-check", **SPOT, side="Buy")
        assert (quota["spotMaxTradeAmount"], quota["maxTradeAmount"]) == ("10000", "50000")
        sell = {**SPOT, "side": "Sell", "orderType": "Limit", "price": price, "qty": "0.2", "isLeverage": 1}
        assert (await maker.post("/v5/order/create", **sell))["retCode"] == 170036
        await maker.done("/v5/spot-margin-trade/switch-mode", spotMarginMode="1")
        await maker.done("/v5/order/create", **sell)
        placed = await client.done("/v5/order/create", **{**sell, "side": "Buy"})
        [order] = (await client.result("/v5/order/history", category="spot", orderId=placed["orderId"]))["list"]
        assert (order["isLeverage"], order["orderStatus"]) == ("1", "Filled")
        debt = D(price) * D("0.2") - 10_000
        liability = await client.result("/v5/spot-margin-trade/liability", currency="USDT")
        assert (D(liability["spotTotalBorrow"]), liability["derivativesBorrow"]) == (max(debt, D(0)), "0")
        await exchange.advance("1h")
        [record] = (await maker.result("/v5/account/borrow-history", currency="BTC"))["list"]
        assert (record["borrowAmount"], record["borrowCost"]) == ("0.2", "0.000002")
        state = await maker.result("/v5/spot-margin-trade/state")
        assert (state["spotMarginMode"], state["spotLeverage"]) == ("1", "3")
        assert D(state["effectiveLeverage"]) > 0
        assert (await client.post("/v5/account/borrow", coin="USDT", amount="5"))["retCode"] == 34022053
        exchange.engine.audit()
