"""Scripted scenarios: what they do to prices, books, orders and status, and that clients see it."""

import math
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from bybit_async.simulator import (
    Crash,
    Delisting,
    Halt,
    Maintenance,
    SimulatedExchange,
    Squeeze,
    ThinBook,
    TickSizeChange,
)
from bybit_async.simulator.market.shocks import Shock
from bybit_async.simulator.script.scene import Scene

from .raw_client import RawClient

START = 1_760_000_000_000
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
SCENES = [
    Crash(at="5s", jitter="2s", coin="BTC", drop=0.1, over="5s", bottom="1s", recovery="10s"),
    Squeeze(at="6s", symbol="ETHUSDT", over="5s"),
    ThinBook(at="2s", symbol="BTCUSDT", lasting="3s"),
    Halt(at="12s", symbol="BTCUSDT", lasting="2s"),
    TickSizeChange(at="16s", symbol="BTCUSDT", tick="0.5"),
    Maintenance(at="18s", notice="10s", lasting="2s"),
    Delisting(at="24s", symbol="ETHUSDT", notice="4s"),
]


@pytest.fixture
async def stage(session):
    """An exchange whose time moves by hand, and a client with money on it."""
    symbols = ["BTCUSDT", "BTCUSD", "ETHUSDT"]
    async with SimulatedExchange(seed=7, manual=True, start=START, symbols=symbols) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        yield exchange, client
        exchange.engine.audit()


def price(exchange, category="linear", symbol="BTCUSDT"):
    return float(exchange.engine.listing(category, symbol).mark_price or 0)


async def order(client, **changes):
    return await client.post(
        "/v5/order/create", **{**LINEAR, "side": "Buy", "orderType": "Market", "qty": "0.01", **changes}
    )


def test_a_shock_is_the_same_for_one_instant_as_for_many():
    shock = Shock(99, -0.3, start=10_000, peak=20_000, turn=25_000, end=40_000, rest=0.4)
    times = np.arange(5_000, 50_000, 37, dtype=np.int64)
    assert [shock.at(int(time)) for time in times] == shock.values(times).tolist()
    assert (shock.at(10_000), shock.at(20_000)) == (0.0, -0.3)
    assert math.isclose(shock.at(40_000), -0.12)


async def test_a_crash_takes_every_product_of_the_coin_down_and_half_way_back(stage):
    exchange, _ = stage
    before, other = price(exchange), price(exchange, symbol="ETHUSDT")
    exchange.script.add(Crash(coin="BTC", drop=0.3, over="10s", bottom="10s", recovers=0.5, recovery="20s"))
    await exchange.advance("15s")
    assert price(exchange) / before == pytest.approx(0.7, abs=0.01)
    assert price(exchange, "inverse", "BTCUSD") / before == pytest.approx(0.7, abs=0.01)
    spot = exchange.engine.listing("spot", "BTCUSDT")
    assert float(spot.last_price or 0) / before == pytest.approx(0.7, abs=0.01)
    assert price(exchange, symbol="ETHUSDT") / other == pytest.approx(1, abs=0.01)
    await exchange.advance("30s")
    assert price(exchange) / before == pytest.approx(math.sqrt(0.7), abs=0.01)


async def test_a_crash_shows_in_the_candles_even_when_the_clock_leaps_over_it(stage):
    exchange, client = stage
    before = price(exchange)
    exchange.script.add(Crash(at="2h", coin="BTC", drop=0.3, over="1m", bottom="30m", recovery="1h"))
    await exchange.advance("8h")
    rows = (await client.result("/v5/market/kline", **LINEAR, interval="60", limit=10))["list"]
    lowest = min(rows, key=lambda row: float(row[3]))
    assert float(lowest[3]) / before == pytest.approx(0.7, abs=0.02)
    hours = (int(lowest[0]) - START) / 3_600_000
    assert 1 <= hours <= 2.6


async def test_a_crash_liquidates_and_triggers_as_prices_do(stage):
    exchange, client = stage
    await client.done("/v5/position/set-leverage", **LINEAR, buyLeverage="50", sellLeverage="50")
    qty = f"{Decimal('3000000') / Decimal(str(price(exchange))):.3f}"
    assert (await order(client, qty=qty))["retCode"] == 0
    exchange.script.add(Crash(coin="BTC", drop=0.2, over="5s"))
    async with client.socket("linear") as socket:
        await socket.subscribe("allLiquidation.BTCUSDT")
        await exchange.advance("6s")
        assert (await socket.topic("allLiquidation.BTCUSDT"))["data"][0]["S"] == "Buy"
    assert (await client.result("/v5/position/list", **LINEAR))["list"][0]["size"] == "0"


async def test_a_squeeze_lifts_the_contract_off_its_index_and_the_funding_rate_to_its_cap(stage):
    exchange, client = stage
    before = price(exchange)
    exchange.script.add(Squeeze(symbol="BTCUSDT", rise=0.4, premium=0.05, over="1m", top="12h"))
    await exchange.advance("2m")
    ticker = (await client.result("/v5/market/tickers", **LINEAR))["list"][0]
    assert float(ticker["markPrice"]) / before == pytest.approx(1.4, abs=0.02)
    assert float(ticker["markPrice"]) / float(ticker["indexPrice"]) == pytest.approx(1.05, abs=0.002)
    assert ticker["fundingRate"] == ticker["fundingCap"]
    inverse = exchange.engine.listing("inverse", "BTCUSD")
    assert float(inverse.mark_price) / float(inverse.index_price) == pytest.approx(1, abs=0.002)


async def test_a_thin_book_is_shallow_and_wide_and_then_full_again(stage):
    exchange, client = stage
    exchange.script.add(ThinBook(at="1s", symbol="BTCUSDT", depth=0.1, size=0.05, spread=0.004, lasting="10s"))
    full = await client.result("/v5/market/orderbook", **LINEAR, limit=200)
    await exchange.advance("5s")
    thin = await client.result("/v5/market/orderbook", **LINEAR, limit=200)
    assert len(thin["b"]) <= len(full["b"]) // 5
    gap = float(thin["a"][0][0]) / float(thin["b"][0][0]) - 1
    assert gap == pytest.approx(0.004, rel=0.1)
    assert sum(float(qty) for _, qty in thin["a"]) < sum(float(qty) for _, qty in full["a"]) / 20
    await exchange.advance("10s")
    assert len((await client.result("/v5/market/orderbook", **LINEAR, limit=200))["b"]) == len(full["b"])


async def test_in_a_halt_orders_are_refused_and_resting_ones_stay(stage):
    exchange, client = stage
    resting = {"orderType": "Limit", "price": f"{price(exchange) * 0.98:.1f}"}
    assert (await order(client, **resting))["retCode"] == 0
    exchange.script.add(Halt(symbol="BTCUSDT", lasting="1m"), Halt(at="30s", symbol="BTCUSDT", lasting="1m"))
    assert (await order(client))["retCode"] != 0
    assert (await order(client, category="spot", qty="100"))["retCode"] == 0
    book = await client.result("/v5/market/orderbook", **LINEAR)
    assert [level[0] for level in book["b"]] == [resting["price"]]
    assert not book["a"]
    await exchange.advance("65s")
    assert (await order(client))["retCode"] != 0, "the second halt still lasts"
    await exchange.advance("30s")
    assert (await order(client))["retCode"] == 0
    assert len((await client.result("/v5/order/realtime", **LINEAR))["list"]) == 1


async def test_a_delisting_is_announced_then_reduce_only_then_settled(stage):
    exchange, client = stage
    assert (await order(client))["retCode"] == 0
    exchange.script.add(Delisting(at="2h", symbol="BTCUSDT", notice="1h"))
    await exchange.advance("61m")
    assert (await order(client))["retCode"] == 110023
    assert (await order(client, side="Sell", qty="0.004", reduceOnly=True))["retCode"] == 0
    info = (await client.result("/v5/market/instruments-info", **LINEAR))["list"][0]
    assert info["deliveryTime"] == str(START + 7_200_000)
    news = await client.result("/v5/announcements/index", locale="en-US", type="delistings")
    assert "BTCUSDT" in news["list"][0]["title"]
    async with client.socket("linear") as socket:
        await socket.subscribe("orderbook.50.BTCUSDT")
        await socket.topic("orderbook.50.BTCUSDT", "snapshot")
        await exchange.advance("60m")
        last = await socket.until(lambda m: m.get("type") == "snapshot" and m["data"]["u"] == 1)
        assert (last["data"]["b"], last["data"]["a"]) == ([], [])
    closed = await client.result("/v5/market/instruments-info", category="linear", status="Closed")
    assert [entry["symbol"] for entry in closed["list"]] == ["BTCUSDT"]
    record = (await client.result("/v5/asset/delivery-record", **LINEAR))["list"][0]
    assert record["position"] == "0.006"
    spot = await client.result("/v5/market/tickers", category="spot", symbol="BTCUSDT")
    assert spot["list"][0]["bid1Price"], "the other products go on"


@pytest.mark.parametrize(("tick", "factor"), [("0.5", 5), ("0.01", 1)])
async def test_a_new_tick_size_resets_books_and_keeps_candles(stage, tick, factor):
    exchange, client = stage
    assert (await order(client, orderType="Limit", price=f"{price(exchange) * 0.98:.1f}"))["retCode"] == 0
    await exchange.advance("2m")
    before = (await client.result("/v5/market/kline", **LINEAR, interval="1", limit=3))["list"][1:]
    async with client.socket("linear") as socket:
        await socket.subscribe("orderbook.50.BTCUSDT", "orderbook.1.BTCUSDT")
        await exchange.advance("100ms")
        exchange.script.add(TickSizeChange(symbol="BTCUSDT", tick=tick))
        await exchange.advance("50ms")
        resets = {}
        while len(resets) < 2:
            reset = await socket.until(lambda m: m.get("topic", "").startswith("orderbook") and m["data"]["u"] == 1)
            assert reset["type"] == "snapshot"
            assert all(Decimal(level[0]) % Decimal(tick) == 0 for level in reset["data"]["b"] + reset["data"]["a"])
            resets[reset["topic"]] = reset
        await exchange.advance("500ms")
        delta = await socket.topic("orderbook.50.BTCUSDT", "delta")
        assert 1 < delta["data"]["u"] < 50
    assert exchange.orders[-1].cancel_type == "CancelByAdmin"
    info = (await client.result("/v5/market/instruments-info", **LINEAR))["list"][0]
    assert info["priceFilter"]["tickSize"] == tick
    after = (await client.result("/v5/market/kline", **LINEAR, interval="1", limit=3))["list"][1:]
    for old, new in zip(before, after, strict=True):
        assert old[0] == new[0]
        assert all(abs(Decimal(a) - Decimal(b)) <= Decimal(tick) / 2 for a, b in zip(old[1:5], new[1:5], strict=True))
        assert float(new[6]) == pytest.approx(float(old[6]), rel=1e-6)
    assert (await order(client))["retCode"] == 0
    off_grid = f"{int(price(exchange))}.3" if factor > 1 else f"{int(price(exchange))}.003"
    assert (await order(client, orderType="Limit", price=off_grid))["retCode"] != 0


async def test_maintenance_is_told_ahead_and_its_services_are_down(stage):
    exchange, client = stage
    exchange.script.add(
        Maintenance(at="10m", notice="5m", lasting="4m", services=("trading", "http trading"), products=("linear",))
    )
    states = []
    async with client.socket("misc/status") as socket:
        await socket.subscribe("system.status")
        await exchange.advance("6m")
        states.append(await socket.topic("system.status"))
        await exchange.advance("5m")
        states.append(await socket.topic("system.status"))
        listed = await client.result("/v5/system/status", state="ongoing")
        assert listed["list"] == states[-1]["data"]
        assert (await order(client))["retCode"] == 10016
        assert exchange.engine.listing("linear", "BTCUSDT").status == "Halted"
        assert exchange.engine.listing("spot", "BTCUSDT").status == "Trading"
        await exchange.advance("2m")
        with pytest.raises(ConnectionError):
            await socket.until(lambda m: False)
    async with client.socket("misc/status") as socket:
        await socket.subscribe("system.status")
        await exchange.advance("2m")
        states.append(await socket.topic("system.status"))
    assert [message["data"][0]["state"] for message in states] == ["scheduled", "ongoing", "completed"]
    assert len({message["data"][0]["id"] for message in states}) == 1
    assert states[0]["data"][0]["begin"] == str(START + 600_000)
    assert (await order(client))["retCode"] == 0


async def test_notice_that_comes_too_late_is_given_at_once(stage):
    exchange, client = stage
    await exchange.advance("1h")
    exchange.script.add(Delisting(at="1h 10m", symbol="BTCUSDT", notice="1d"))
    news = await client.result("/v5/announcements/index", locale="en-US")
    assert news["list"][0]["publishTime"] == START + 3_600_000
    assert (await order(client))["retCode"] == 110023


async def test_a_script_prints_what_is_planned_and_what_has_happened(stage):
    exchange, _ = stage
    exchange.script.add(Halt(at="1s", symbol="BTCUSDT", lasting="1s"))
    await exchange.advance("5s")
    assert str(exchange.script).splitlines() == [
        "1 scenes, 2 happenings",
        "  Halt(at='1s', jitter=0, symbol='BTCUSDT', category='linear', lasting='1s')",
        "      1000 ms  BTCUSDT is halted",
        "      2000 ms  BTCUSDT trades again",
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Halt(at="soon", symbol="BTCUSDT"), "expected a duration"),
        (lambda: Crash(coin="BTC", drop=1.5), "cannot drop"),
        (lambda: TickSizeChange(symbol="BTCUSDT", tick="none"), "not a tick size"),
        (lambda: ThinBook(symbol="BTCUSDT", depth=2), "fractions"),
    ],
)
def test_a_scene_that_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "scene", [Halt(symbol="NONE"), Crash(coin="NONE"), Squeeze(symbol="BTCUSDT", category="spot")], ids=str
)
async def test_a_scene_about_nothing_listed_is_refused(stage, scene):
    with pytest.raises(ValueError, match=r"list|contract"):
        stage[0].script.add(scene)
    assert not stage[0].script.scenes


async def test_scripts_come_from_files_and_from_the_constructor(stage, tmp_path):
    exchange, _ = stage
    exchange.script.add(*SCENES)
    exchange.script.save(tmp_path / "script.json")
    other = SimulatedExchange(seed=7, manual=True, start=START, symbols=["BTCUSDT", "BTCUSD", "ETHUSDT"])
    other.script.load(tmp_path / "script.json")
    assert other.script.scenes == SCENES
    given = SimulatedExchange(seed=7, manual=True, start=START, symbols=["BTCUSDT", "ETHUSDT"], script=SCENES)
    assert given.script.scenes == SCENES
    (tmp_path / "wrong.json").write_text('[{"scene": "crash", "coin": "BTC", "drop": 7}]')
    with pytest.raises(msgspec.ValidationError, match="cannot drop"):
        other.script.load(tmp_path / "wrong.json")


def test_every_scene_has_its_own_tag():
    tags = {scene.__struct_config__.tag for scene in Scene.__subclasses__()}
    assert tags == {"crash", "squeeze", "thin book", "halt", "delisting", "tick size change", "maintenance"}


async def recorded(session, seed):
    """Play the script to a trading client and return every byte that it was sent."""
    said = []
    symbols = ["BTCUSDT", "ETHUSDT"]
    async with SimulatedExchange(seed=seed, manual=True, start=START, symbols=symbols, script=SCENES) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        for _ in range(3):
            # The maintenance in the middle resets every socket.
            async with client.socket("linear") as socket:
                await socket.subscribe("orderbook.50.BTCUSDT", "publicTrade.BTCUSDT", "tickers.ETHUSDT")
                for number in range(5):
                    said.append(await order(client))
                    await exchange.advance("2s")
                    if socket.socket.closed or exchange.clock.now_ms() == START + 20_000:
                        break
                    await socket.send(op="ping", req_id=str(number))
                    await socket.until(lambda message: said.append(message) or message.get("ret_msg") == "pong")
        said.append(await client.get("/v5/system/status"))
        said.append(str(exchange.script))
        exchange.engine.audit()
    return [{**entry, "conn_id": ""} if "conn_id" in entry else entry for entry in said]


async def test_the_same_seed_and_script_are_the_same_bytes_twice(session):
    first, second = await recorded(session, 5), await recorded(session, 5)
    assert len(first) > 100
    assert first == second
    assert first != await recorded(session, 6)
