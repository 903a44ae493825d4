"""What clients of other projects expect of the exchange, one test for each thing that stopped one of them."""

import itertools
from decimal import Decimal

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange

from .raw_client import RawClient
from .trading import LINEAR, START_MS, Desk, code_of

COIN = {"category": "linear", "coin": "USDT"}


@pytest.fixture
def desk():
    return Desk()


# -- executions and orders


@pytest.mark.parametrize(("category", "symbol", "coin"), [("linear", "BTCUSDT", "USDT"), ("inverse", "BTCUSD", "BTC")])
def test_the_execution_list_names_the_fee_currency_of_contracts(category, symbol, coin):
    desk, where = Desk(), {"category": category, "symbol": symbol}
    desk.trade(desk.a, desk.b, "10" if category == "inverse" else "0.1", "60000", where)
    [fill] = desk.engine.executions(desk.a, where)
    assert fill.to_wire()["feeCurrency"] == coin


async def test_the_execution_list_names_the_currency_of_funding(session):
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(manual=True, symbols=["BTCUSDT"], market=settings) as exchange:
        client = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        other = RawClient(exchange, session, exchange.new_account(usdt="100000"))
        price = str(round(exchange.engine.listing("linear", "BTCUSDT").mark_price))
        order = {**LINEAR, "orderType": "Limit", "qty": "0.1", "price": price}
        await client.done("/v5/order/create", **order, side="Buy")
        await other.done("/v5/order/create", **order, side="Sell")
        await exchange.advance("8h")
        fills = (await client.result("/v5/execution/list", category="linear"))["list"]
        assert {(fill["execType"], fill["feeCurrency"]) for fill in fills} == {("Trade", "USDT"), ("Funding", "USDT")}


async def test_spot_orders_have_the_key_of_the_last_price(client):
    spot = {"category": "spot", "symbol": "BTCUSDT"}
    placed = await client.done("/v5/order/create", **spot, side="Buy", orderType="Limit", qty="0.01", price="1000")
    for path in ("/v5/order/realtime", "/v5/order/history"):
        [order] = (await client.result(path, category="spot", orderId=placed["orderId"]))["list"]
        assert (order["lastPriceOnCreated"], Decimal(order["basePrice"]) > 0) == ("", True)
        await client.post("/v5/order/cancel", **spot, orderId=placed["orderId"])


# -- position mode


def test_a_position_mode_by_coin_may_be_set_again(desk):
    desk.engine.switch_mode(desk.a, COIN | {"mode": 0})
    desk.engine.switch_mode(desk.a, COIN | {"mode": 3})
    desk.engine.switch_mode(desk.a, COIN | {"mode": 3})
    assert code_of(desk.engine.switch_mode, desk.a, LINEAR | {"mode": 3}) == 110025


@pytest.mark.parametrize("held", ["position", "order"])
def test_a_position_mode_by_coin_leaves_contracts_in_use_alone(desk, held):
    if held == "position":
        desk.trade(desk.a, desk.b, "0.1", "60000")
    else:
        desk.limit(desk.a, "Buy", "0.1", "59000")
    desk.engine.switch_mode(desk.a, COIN | {"mode": 3})
    assert not desk.a.is_hedged(desk.engine.listing("linear", "BTCUSDT"))
    assert desk.a.is_hedged(desk.engine.listing("linear", "ETHUSDT"))
    assert code_of(desk.engine.switch_mode, desk.a, LINEAR | {"mode": 3}) == (110024 if held == "position" else 110028)


def test_a_contract_left_alone_follows_the_next_switch_by_coin(desk):
    order = desk.limit(desk.a, "Buy", "0.1", "59000")
    desk.engine.switch_mode(desk.a, COIN | {"mode": 3})
    desk.cancel(order)
    desk.engine.switch_mode(desk.a, COIN | {"mode": 3})
    assert desk.a.is_hedged(desk.engine.listing("linear", "BTCUSDT"))


# -- figures


async def test_recent_trades_reach_back_before_the_start(public):
    trades = (await public.result("/v5/market/recent-trade", **LINEAR, limit=1000))["list"]
    assert len(trades) == 1000
    times = [int(trade["time"]) for trade in trades]
    assert times == sorted(times, reverse=True)
    assert len({trade["execId"] for trade in trades}) == 1000
    sequences = [int(trade["seq"]) for trade in trades]
    assert sequences == sorted(sequences, reverse=True)
    assert sequences[-1] > 0
    again = (await public.result("/v5/market/recent-trade", **LINEAR, limit=1000))["list"]
    old = {trade["execId"]: trade for trade in again if int(trade["time"]) <= times[-900]}
    assert all(old.get(trade["execId"], trade) == trade for trade in trades), "the past does not change"


@pytest.mark.parametrize(("category", "symbol"), [("linear", "BTCUSDT"), ("inverse", "BTCUSD"), ("spot", "BTCUSDT")])
async def test_recent_trades_are_those_of_the_candles(session, category, symbol):
    where = {"category": category, "symbol": symbol}
    async with SimulatedExchange(manual=True, start=START_MS, symbols=[symbol]) as exchange:
        public, minute = RawClient(exchange, session), START_MS // 60_000 - 1
        trades = (await public.result("/v5/market/recent-trade", **where, limit=1000))["list"]
        within = [trade for trade in trades if int(trade["time"]) // 60_000 == minute]
        [row] = (await public.result("/v5/market/kline", **where, interval="1", start=minute * 60_000, limit=1))["list"]
    prices = [Decimal(trade["price"]) for trade in reversed(within)]
    assert [prices[0], max(prices), min(prices), prices[-1]] == [Decimal(row[i]) for i in (1, 2, 3, 4)]
    assert sum(Decimal(trade["size"]) for trade in within) == Decimal(row[5])


@pytest.mark.parametrize(("category", "there"), [("linear", False), ("inverse", False), ("spot", True)])
async def test_only_spot_and_option_fee_rates_name_their_category(client, category, there):
    assert ("category" in await client.result("/v5/account/fee-rate", category=category)) is there


async def test_inverse_contracts_have_a_least_value(public):
    for category in ("linear", "inverse"):
        listed = (await public.result("/v5/market/instruments-info", category=category))["list"]
        assert all(Decimal(one["lotSizeFilter"]["minNotionalValue"]) > 0 for one in listed)


async def test_the_settings_of_an_account_name_its_self_match_prevention(client):
    assert (await client.result("/v5/account/user-setting-config"))["smpType"] == "None"


async def test_turnovers_differ_as_those_of_real_symbols(public):
    tickers = (await public.result("/v5/market/tickers", category="linear"))["list"]
    turnover = {ticker["symbol"]: Decimal(ticker["turnover24h"]) for ticker in tickers}
    assert turnover["BTCUSDT"] > turnover["ETHUSDT"] * Decimal("1.2") > turnover["XRPUSDT"] * 2


# -- what is listed


def test_twenty_linear_contracts_are_listed_by_default():
    exchange = SimulatedExchange()
    symbols = [symbol for category, symbol in exchange.engine.listings if category == "linear"]
    assert len(symbols) == len(set(symbols)) >= 20
    assert {"BTCUSDT", "ETHUSDT", "SUIUSDT", "1000PEPEUSDT"} <= set(symbols)


@pytest.mark.parametrize(
    ("asked", "category"),
    [
        ("WIFUSDT", "linear"), ("WIFUSDT", "spot"), ("1000BONKUSDT", "linear"), ("BONKUSDT", "spot"),
        ("SOLPERP", "linear"), ("SOLUSDC", "spot"), ("XRPUSD", "inverse"), ("SHIB1000USDT", "linear"),
    ],
)  # fmt: skip
async def test_any_real_symbol_gets_an_instrument(session, asked, category):
    async with SimulatedExchange(symbols=[asked], manual=True) as exchange:
        instrument = exchange.engine.listing(category, asked).instrument
        public = RawClient(exchange, session)
        [wire] = (await public.result("/v5/market/tickers", category=category, symbol=asked))["list"]
        bid, ask = Decimal(wire["bid1Price"]), Decimal(wire["ask1Price"])
        assert instrument.ticks_of(bid) >= 1_000, "a tick is a small part of the price"
        assert bid < ask < bid * Decimal("1.01")
        assert instrument.min_qty * ask < 100, "the least order is affordable"


def test_an_option_can_be_named():
    exchange = SimulatedExchange(symbols=["BTC-25DEC26-90000-C-USDT"], start=1_790_000_000_000)
    assert exchange.engine.listing("option", "BTC-25DEC26-90000-C-USDT").instrument.option.strike == 90000
    with pytest.raises(ValueError, match="expired"):
        SimulatedExchange(symbols=["BTC-25DEC20-90000-C-USDT"], start=1_790_000_000_000)


@pytest.mark.parametrize(
    ("asked", "near"), [("NOPEUSDT", ""), ("BTCUSTD", "BTCUSDT"), ("btcusdt", "BTCUSDT"), ("BTC/USDT", "BTCUSDT")]
)
def test_an_unknown_symbol_is_refused_with_the_nearest_names(asked, near):
    with pytest.raises(ValueError, match=f"symbols: .*{asked}.*{near}.*instruments="):
        SimulatedExchange(symbols=["ETHUSDT", asked])


def test_no_symbols_at_all_are_refused():
    with pytest.raises(ValueError, match="symbols"):
        SimulatedExchange(symbols=[])
    with pytest.raises(ValueError, match="symbols: a string"):
        SimulatedExchange(symbols="BTCUSDT")


def test_made_instruments_follow_from_their_symbol_alone():
    first, second = (SimulatedExchange(symbols=["WIFUSDT"], seed=seed) for seed in (1, 2))
    pairs = itertools.product(first.engine.listings.items(), second.engine.listings.items())
    assert [a.instrument == b.instrument for (key, a), (other, b) in pairs if key == other] == [True, True]
