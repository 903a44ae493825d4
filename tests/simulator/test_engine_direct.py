"""The engine by itself, as a backtest uses it: no socket, no event loop, parsed values."""

import subprocess
import sys
from decimal import Decimal

import pytest

from bybit_async.simulator.engine import Engine, ExchangeClock, MarketFeed, NewOrder, Refused
from bybit_async.simulator.engine.catalogue import default_catalogue

from .trading import START_MS

HOUR = 3_600_000
D = Decimal


class Scene:
    """One linear contract, one trader at ten times leverage, one feed."""

    def __init__(self, usdt="10000", **feed):
        self.clock = ExchangeClock(START_MS, manual=True)
        chosen = [i for i in default_catalogue(START_MS) if i.key == ("linear", "BTCUSDT")]
        self.engine = Engine(self.clock, chosen, seed=1)
        self.listing = self.engine.listing("linear", "BTCUSDT")
        self.account = self.engine.create_account(balances={"USDT": usdt})
        self.feed = MarketFeed(self.engine, self.listing, **feed)
        self.feed.jump(D(60000))

    def order(self, side, qty, price=None, **more):
        prices = {name: D(more.pop(name)) for name in ("trigger_price", "take_profit", "stop_loss") if name in more}
        wanted = None if price is None else D(price)
        return self.engine.place_order(self.account, NewOrder(self.listing, side, D(qty), wanted, **prices, **more))

    @property
    def position(self):
        return self.account.position(self.listing, 0)

    @property
    def usdt(self):
        return self.account.balances["USDT"]


@pytest.fixture
def scene():
    return Scene()


def test_a_scene_runs_without_aiohttp_or_an_event_loop():
    code = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("aiohttp", "numpy"):
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
from decimal import Decimal as D
from bybit_async.simulator.engine import Engine, ExchangeClock, MarketFeed, NewOrder
import asyncio
asyncio.get_event_loop = asyncio.get_running_loop = asyncio.new_event_loop = None
clock = ExchangeClock(1_750_000_000_000, manual=True)
engine = Engine(clock, seed=1)
listing = engine.listing("linear", "BTCUSDT")
account = engine.create_account(balances={"USDT": "10000"})
feed = MarketFeed(engine, listing)
feed.candle(D(60000), D(60500), D(59900), D(60400))
order = engine.place_order(account, NewOrder(listing, "Buy", D("0.1"), D(60000)))
engine.amend_order(order, price=D(59950))
feed.candle(D(60400), D(60500), D(59900), D(60000))
clock.advance(8 * 3_600_000)
engine.audit()
print(order.status, account.position(listing, 0).net, len(account.executions), account.balances["USDT"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    # 5,995 x 0.02 % for the maker's fee, 6,000 x 0.01 % of funding.
    assert done.stdout.split() == ["Filled", "0.100", "2", "9998.201000000000"], done.stderr


# -- orders in parsed values


def test_market_orders_fill_at_the_quotes_of_the_feed(scene):
    bought = scene.order("Buy", "0.1")
    assert (bought.status, bought.avg_price) == ("Filled", D("60000.1"))
    sold = scene.order("Sell", "0.1", reduce_only=True)
    assert (sold.avg_price, scene.position.net) == (D(60000), 0)
    assert scene.usdt == D(10000) - D("0.01") - (D("6000.01") + D(6000)) * D("0.00055")


@pytest.mark.parametrize(("spread", "bought", "sold"), [(1, "60000.1", "60000"), (4, "60000.3", "59999.9")])
def test_the_spread_of_the_feed_is_paid(spread, bought, sold):
    scene = Scene(spread=spread)
    assert scene.order("Buy", "0.1").avg_price == D(bought)
    assert scene.order("Sell", "0.1").avg_price == D(sold)


def test_the_depth_of_the_feed_bounds_a_fill():
    scene = Scene(depth=D("0.05"))
    order = scene.order("Buy", "0.1")
    assert (order.status, order.filled) == ("Cancelled", D("0.05"))
    scene.feed.jump(D(60000))
    assert scene.order("Buy", "0.05").status == "Filled", "the next moment has new quotes"


def test_parsed_orders_pass_the_same_checks_as_requests(scene):
    for qty, price, code in (("0.0005", "60000", 10001), ("0.1", "60000.05", 10001), ("100", "60000", 110007)):
        with pytest.raises(Refused) as refusal:
            scene.order("Buy", qty, price)
        assert refusal.value.code == code
    with pytest.raises(Refused) as refusal:
        scene.order("Sell", "0.1", reduce_only=True)
    assert refusal.value.code == 110017
    with pytest.raises(Refused) as refusal:
        scene.order("Buy", "0.1", position_idx=1)
    assert refusal.value.code == 10001


def test_orders_are_amended_and_cancelled(scene):
    order = scene.order("Buy", "0.1", "59000", link_id="mine")
    scene.engine.amend_order(order, qty=D("0.2"), price=D(59500))
    assert (order.qty, order.price, order.status) == (D("0.2"), D(59500), "New")
    with pytest.raises(Refused) as refusal:
        scene.engine.amend_order(order, price=D(59500))
    assert refusal.value.code == 10001
    scene.engine.cancel_order(order)
    assert order.status == "Cancelled"
    for act in (scene.engine.cancel_order, lambda o: scene.engine.amend_order(o, price=D(1))):
        with pytest.raises(Refused) as refusal:
            act(order)
        assert refusal.value.code == 110001
    assert list(scene.account.history) == [order]


# -- candles


def test_a_resting_order_fills_at_its_price_when_a_candle_touches_it(scene):
    order = scene.order("Buy", "0.1", "59500")
    scene.feed.candle(D(60000), D(60100), D("59500.1"), D(60000))
    assert order.status == "New"
    scene.feed.candle(D(60000), D(60100), D(59500), D(60000))
    assert (order.status, order.avg_price) == ("Filled", D(59500))
    assert scene.position.unrealised(scene.listing.fair_price) == 50


def test_a_touch_may_not_be_enough():
    scene = Scene(touch=False)
    order = scene.order("Buy", "0.1", "59500")
    scene.feed.candle(D(60000), D(60100), D(59500), D(60000))
    assert order.status == "New"
    scene.feed.candle(D(60000), D(60100), D("59499.9"), D(60000))
    assert (order.status, order.avg_price) == ("Filled", D(59500))


def test_a_stop_within_a_candle_fills_where_it_lies(scene):
    scene.order("Buy", "0.1", stop_loss="59000", take_profit="62000")
    scene.feed.candle(D(60000), D(60500), D(58000), D(58500))
    assert scene.position.net == 0
    assert scene.account.executions[-1].price == D(59000)


def test_a_gap_through_a_stop_fills_at_the_open(scene):
    scene.order("Buy", "0.1", stop_loss="59000")
    scene.feed.jump(D(57000))
    assert scene.account.executions[-1].price == D(57000)
    assert scene.position.net == 0


@pytest.mark.parametrize(("high_first", "price"), [(True, 61000), (False, 59000)])
def test_the_path_decides_between_stop_and_target(scene, high_first, price):
    scene.order("Buy", "0.1", stop_loss="59000", take_profit="61000")
    scene.feed.candle(D(60000), D(61500), D(58500), D(60000), high_first=high_first)
    assert scene.account.executions[-1].price == pytest.approx(D(price), abs=1)
    assert scene.position.net == 0


def test_a_conditional_order_of_a_rising_price(scene):
    order = scene.order("Buy", "0.1", trigger_price="60800")
    scene.feed.candle(D(60000), D(60700), D(59900), D(60600))
    assert order.status == "Untriggered"
    scene.feed.candle(D(60600), D(61000), D(60500), D(60900))
    assert (order.status, order.avg_price) == ("Filled", D("60800.1"))


def test_orders_that_fill_one_another_off_within_a_gap_find_a_book(scene):
    scene.order("Buy", "0.1", stop_loss="59600")
    scene.order("Buy", "0.1", "59500")
    scene.feed.jump(D(59000))
    assert [execution.price for execution in scene.account.executions][1:] == [D(59500), D(59000)]
    assert scene.position.net == 0, "the stop is for the whole position"


def test_what_is_watched(scene):
    assert scene.engine.watched_prices(scene.listing) == (set(), set(), False)
    scene.order("Buy", "0.1", "59500")
    scene.order("Buy", "0.1", trigger_price="60800")
    assert scene.engine.watched_prices(scene.listing) == ({D(60800)}, {D(59500)}, False)
    assert scene.engine.watched_prices(scene.listing, through=D("0.1")) == ({D(60800)}, {D("59499.9")}, False)


def test_skipping_what_touches_nothing_changes_nothing():
    slow, fast = Scene(), Scene()
    candles = [(60000 + i, 60020 + i, 59990 + i, 60010 + i) for i in range(0, 300, 10)]
    for scene in (slow, fast):
        scene.order("Buy", "0.1", stop_loss="59000")
    for candle in candles:
        slow.feed.candle(*map(D, candle))
        fast.feed.skip(D(candle[3]))
    for scene in (slow, fast):
        scene.clock.advance(8 * HOUR)
        scene.order("Sell", "0.05")
        scene.feed.candle(D(60300), D(60300), D(58000), D(58000))
        scene.engine.audit()
    assert slow.usdt == fast.usdt
    assert [e.price for e in slow.account.executions] == [e.price for e in fast.account.executions]


def test_a_candle_liquidates_where_the_price_reaches_it():
    scene = Scene(usdt="1000")
    scene.order("Buy", "0.15")
    liquidation = D(scene.engine.positions(scene.account, {"category": "linear", "symbol": "BTCUSDT"})[0]["liqPrice"])
    scene.feed.candle(D(60000), D(60000), liquidation + 1, liquidation + 10)
    assert scene.position.net == D("0.15")
    scene.feed.candle(liquidation + 10, liquidation + 10, D(40000), D(45000))
    assert scene.position.net == 0
    [sold] = [e for e in scene.account.executions if e.create_type == "CreateByLiq"]
    assert sold.price == pytest.approx(liquidation, abs=D("0.2"))
    # The maintenance margin is left, less a fee.
    assert scene.usdt == pytest.approx(D("0.15") * liquidation * (D("0.005") - D("0.00055")), rel=D("0.01"))
    scene.engine.audit()


def test_funding_is_paid_at_its_hour_on_the_mark_value(scene):
    scene.order("Buy", "0.1")
    scene.feed.jump(D(61000))
    scene.engine.set_funding_rate("linear", "BTCUSDT", "0.0003")
    before = scene.usdt
    scene.clock.advance(8 * HOUR)
    assert before - scene.usdt == D("0.1") * 61000 * D("0.0003")
    assert scene.account.executions[-1].time_ms % (8 * HOUR) == 0


# -- recorded books and trades


@pytest.fixture
def book(scene):
    scene.feed.book([(D(59990), D(2)), (D(59980), D(5))], [(D(60010), D(1)), (D(60020), D(5))])
    return scene


def test_a_market_order_walks_through_a_recorded_book(book):
    order = book.order("Buy", "1.5")
    assert order.avg_price == (D(60010) + D(60020) / 2) / D("1.5")


def test_an_order_queues_behind_what_was_recorded_before_it(book):
    order = book.order("Buy", "0.5", "59990")
    book.feed.trade("Sell", D(59990), D(1))
    assert (order.filled, book.listing.last_price) == (0, D(59990))
    book.feed.trade("Sell", D(59990), D("1.2"))
    assert order.filled == D("0.2")


def test_a_level_that_shrinks_or_grows_lets_nobody_pass(book):
    order = book.order("Buy", "0.5", "59990")
    book.feed.level("Buy", D(59990), D(4))
    book.feed.level("Buy", D(59990), D("0.5"))
    book.feed.trade("Sell", D(59990), D("0.6"))
    assert order.filled == D("0.1")
    book.feed.level("Buy", D(59990), D(0))
    assert book.listing.depth(1)[0] == [(D(59990), D("0.4"))]


def test_a_new_book_replaces_the_old_one(book):
    book.feed.book([(D(60020), D(3))], [(D(60030), D("2.0005"))])
    assert book.listing.depth(5) == ([(D(60020), D(3))], [(D(60030), D(2))])
    book.engine.audit()


def test_two_runs_are_the_same_to_the_last_byte():
    def run():
        scene = Scene()
        scene.order("Buy", "0.1", stop_loss="59000", take_profit="61000")
        scene.feed.candle(D(60000), D(61500), D(58500), D(60000))
        scene.clock.advance(24 * HOUR)
        return [execution.to_wire() for execution in scene.account.executions], scene.engine.wallet(scene.account)

    assert run() == run()


def test_an_exchange_without_its_packages_names_the_extra():
    code = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name == "aiohttp":
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Refuse())
from bybit_async import MissingExtra
import bybit_async.simulator
assert "SimulatedExchange" in dir(bybit_async.simulator)
try:
    bybit_async.simulator.SimulatedExchange
except MissingExtra as error:
    print(error.extra)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "simulator", done.stderr


def test_a_look_at_the_book_fills_nothing_that_the_price_has_not_passed():
    scene = Scene(touch=False)
    resting = scene.order("Sell", "1", "60010")
    scene.feed.jump(D(60010))
    # The feed quotes where somebody looks; its bid at the price must not meet what waits there.
    assert scene.listing.best_bid() < D(60010)
    assert scene.listing.best_ask() == D(60010)
    assert resting.status == "New"
    scene.feed.jump(D("60010.1"))
    assert resting.status == "Filled"


def test_a_funding_at_a_recorded_rate():
    scene = Scene()
    scene.order("Buy", "1")
    before = scene.usdt
    scene.engine.settle_funding("linear", "BTCUSDT", "0.0003")
    assert before - scene.usdt == D(60000) * D("0.0003")
    assert scene.engine.audit()
