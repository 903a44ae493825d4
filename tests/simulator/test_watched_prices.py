"""Between two watched prices nothing happens: candles that reach none may be skipped."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.simulator.engine import Engine, ExchangeClock, Instrument, MarketFeed, Refused
from bybit_async.simulator.engine.catalogue import risk_tiers
from bybit_async.simulator.engine.instruments import RiskTier

from .trading import START_MS

D = Decimal
ONE = D(1)
TIERS = risk_tiers(D(2000), D(50))


class Scene:
    """One contract at around 1000, one trader, one feed."""

    def __init__(self, *, tick: Decimal = ONE, tiers: tuple[RiskTier, ...] = TIERS, usdt: str = "1000", **feed: Any):
        self.clock = ExchangeClock(START_MS, manual=True)
        contract = Instrument(
            category="linear", symbol="BTCUSDT", base="BTC", quote="USDT", settle="USDT", tick=tick, lot=D("0.01"),
            min_qty=D("0.01"), max_limit_qty=D(1000), max_market_qty=D(1000), min_price=tick, max_price=D(100_000),
            max_leverage=D(50), risk_tiers=tiers,
        )  # fmt: skip
        self.engine = Engine(self.clock, [contract], seed=1)
        self.listing = self.engine.listing("linear", "BTCUSDT")
        self.account = self.engine.create_account(balances={"USDT": usdt})
        self.feed = MarketFeed(self.engine, self.listing, **feed)
        self.through = D(0) if feed.get("touch", True) else tick
        self.feed.jump(D(1000))
        self.request("set_leverage", buyLeverage="20", sellLeverage="20")

    def request(self, what: str, **fields: str) -> Any:
        return getattr(self.engine, what)(self.account, {"category": "linear", "symbol": "BTCUSDT", **fields})

    def order(self, side: str, qty: str, **fields: str) -> Any:
        kind = "Limit" if "price" in fields else "Market"
        return self.request("place", side=side, qty=qty, orderType=kind, **fields)

    @property
    def position(self) -> Any:
        return self.account.position(self.listing, 0)

    def can_be_skipped(self, candle: tuple[Decimal, ...]) -> bool:
        watched = self.engine.watched_prices(self.listing, through=self.through)
        high, low = max(candle), min(candle)
        reached = any(price <= high for price in watched.rising) or any(price >= low for price in watched.falling)
        return not watched.always and not reached

    def executed(self) -> list[tuple[object, ...]]:
        found = self.account.executions
        return [(each.time_ms, each.side, each.price, each.qty, each.stop_order_type) for each in found]


AWAY = st.integers(-40, 40)
ACTIONS = st.one_of(
    st.tuples(st.just("market"), st.sampled_from(["Buy", "Sell"]), st.integers(1, 12), AWAY, AWAY),
    st.tuples(st.just("limit"), st.sampled_from(["Buy", "Sell"]), st.integers(1, 12), AWAY, AWAY),
    st.tuples(st.just("conditional"), st.sampled_from(["Buy", "Sell"]), st.integers(1, 12), AWAY, AWAY),
    st.tuples(st.just("stop"), st.sampled_from(["Buy", "Sell"]), st.integers(1, 30), AWAY, AWAY),
    st.tuples(st.just("trailing"), st.sampled_from(["Buy", "Sell"]), st.integers(1, 30), AWAY, AWAY),
)
BY = ("LastPrice", "MarkPrice", "IndexPrice")
CANDLES = st.tuples(st.integers(-12, 12), st.integers(0, 15), st.integers(0, 15), st.integers(-12, 12), st.booleans())


def act(scene: Scene, action: tuple[str, str, int, int, int]) -> None:
    """Do something at the present price; what the exchange refuses is none of this."""
    kind, side, size, near, far = action
    price = scene.listing.mark_price
    assert price is not None
    first, second, by = str(price + near), str(price + far), BY[(near + far) % 3]
    try:
        if kind == "market":
            scene.order(side, str(size), stopLoss=first, slTriggerBy=by, takeProfit=second, tpTriggerBy=BY[far % 3])
        elif kind == "limit":
            scene.order(side, str(size), price=first, stopLoss=second, slTriggerBy=by)
        elif kind == "conditional":
            rises = "1" if near > 0 else "2"
            scene.order(side, str(size), triggerPrice=first, triggerDirection=rises, triggerBy=by)
        elif kind == "stop":
            scene.request("set_trading_stop", positionIdx="0", stopLoss=first, slTriggerBy=by, tpslMode="Full")
        else:
            scene.request("set_trading_stop", positionIdx="0", trailingStop=str(size), activePrice=second)
    except Refused:
        pass


@settings(phases=settings.default.phases)
@given(
    st.lists(st.tuples(CANDLES, st.none() | ACTIONS), min_size=5, max_size=40),
    st.integers(1, 10),
    st.sampled_from([None, D(3), D(20)]),
    st.booleans(),
    st.booleans(),
)
def test_skipping_what_reaches_nothing_watched_changes_nothing(
    steps: list[Any], spread: int, depth: Decimal | None, touch: bool, isolated: bool
) -> None:
    slow, fast = (Scene(spread=spread, depth=depth, touch=touch) for _ in range(2))
    for scene in (slow, fast):
        if isolated:
            scene.engine.set_margin_mode(scene.account, "ISOLATED_MARGIN")
    close = D(1000)
    for (gap, up, down, away, high_first), action in steps:
        before, opened = close, max(close + gap, D(50))
        close = max(opened + away, D(50))
        candle = (opened, max(opened, close) + up, max(min(opened, close) - down, D(1)), close)
        for scene in (slow, fast):
            scene.clock.advance(60_000)
            if scene is fast and scene.can_be_skipped((before, *candle)):
                scene.feed.skip(close)
            else:
                scene.feed.candle(*candle, high_first=high_first)
            if action is not None:
                act(scene, action)
        assert fast.executed() == slow.executed()
    assert fast.account.balances == slow.account.balances
    assert fast.position.net == slow.position.net
    assert [order.status for order in fast.account.history] == [order.status for order in slow.account.history]


def test_a_stop_across_the_spread_goes_off_with_the_next_move() -> None:
    scene = Scene(spread=3)
    # Bought at 1002, where the last trade is now: above the stop, though the price is 1000.
    scene.order("Buy", "1")
    scene.request("set_trading_stop", positionIdx="0", stopLoss="1001", tpslMode="Full")
    assert (scene.listing.last_price, scene.position.net) == (D(1002), 1)
    assert not scene.can_be_skipped((D(1000), D(1000), D(999), D(999)))
    assert scene.can_be_skipped((D(1003), D(1009), D(1002), D(1002)))
    scene.feed.jump(D(1000))
    assert scene.position.net == 0


def test_everything_matters_while_the_insurance_fund_sells_what_it_took_over() -> None:
    scene = Scene(depth=D(3), usdt="2000")
    for _ in range(3):
        scene.order("Buy", "3")
        scene.feed.jump(D(1001) if scene.listing.mark_price == D(1000) else D(1000))
    scene.feed.jump(D(700))
    assert scene.position.net == 0
    # In a book of 3 not all of the 9 could be sold.
    assert scene.engine.watched_prices(scene.listing).always
    for price in (D(701), D(702), D(703)):
        scene.feed.jump(price)
    assert scene.engine.watched_prices(scene.listing) == (set(), set(), False)


def test_the_stop_of_a_limit_order_goes_off_on_the_way_on_which_it_fills() -> None:
    scene = Scene(touch=False)
    scene.order("Buy", "1", price="990", stopLoss="985")
    scene.feed.walk(D(970))
    assert [(side, price) for _, side, price, _, _ in scene.executed()] == [("Buy", D(990)), ("Sell", D(985))]


@pytest.mark.parametrize("side", ["Buy", "Sell"])
@pytest.mark.parametrize("tick", [D(1), D("0.5"), D("0.05")], ids=str)
@pytest.mark.parametrize("deductions", [True, False])
def test_a_position_ends_at_the_first_tick_of_its_tier_that_it_cannot_bear(
    side: str, tick: Decimal, deductions: bool
) -> None:
    tiers = TIERS if deductions else tuple(RiskTier(t.id, t.limit, t.maintenance_rate, t.initial_rate, t.max_leverage)
                                           for t in TIERS)  # fmt: skip
    scene = Scene(tick=tick, tiers=tiers, usdt="2000")
    scene.order(side, "7.5")
    position, account = scene.position, scene.account
    sign = 1 if side == "Buy" else -1

    def solvent(price: Decimal) -> bool:
        value = price * position.size
        tier = scene.listing.instrument.tier_for(value)
        left = account.balances["USDT"] + position.unrealised(price)
        return left > value * tier.maintenance_rate - tier.deduction

    price = D(1000)
    while solvent(price):
        price -= tick * sign
    watched = scene.engine.watched_prices(scene.listing)
    assert watched[side == "Buy"] == {price, price + tick * sign}
    scene.feed.walk(price + tick * sign)
    assert position.net == sign * D("7.5")
    scene.feed.walk(price - 200 * sign)
    assert scene.account.executions[1].price == price + (0 if side == "Buy" else tick)
