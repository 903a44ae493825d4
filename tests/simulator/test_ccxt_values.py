"""What ccxt makes of orders, fills, positions and balances is what the exchange's ledger holds, figure by figure."""

import asyncio

import pytest

from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.engine.margin import position_margin
from tests.simulator.ccxt_clients import SYMBOL, ccxt_async, ccxt_pro, redirect

INVERSE, USDC, SPOT = "BTC/USD:BTC", "BTC/USDC:USDC", "BTC/USDT"
STATUS = {
    "New": "open",
    "PartiallyFilled": "open",
    "Untriggered": "open",
    "Filled": "closed",
    "Cancelled": "canceled",
    "PartiallyFilledCanceled": "closed",
    "Deactivated": "canceled",
}
TIMES_IN_FORCE = {"GTC": "GTC", "IOC": "IOC", "FOK": "FOK", "PostOnly": "PO"}


@pytest.fixture
async def exchange():
    settings = MarketSettings(step=200)
    symbols = ["BTCUSDT", "BTCUSD", "BTCPERP"]
    async with SimulatedExchange(seed=7, symbols=symbols, market=settings, rate_limits=False) as exchange:
        yield exchange


def opened(exchange, kind):
    credentials = exchange.new_account(usdt="100000", coins={"BTC": "1", "USDC": "50000"})
    settings = {"apiKey": credentials["api_key"], "secret": credentials["api_secret"], "enableRateLimit": False}
    return redirect(kind.bybit(settings), exchange)


@pytest.fixture
async def rest(exchange):
    client = opened(exchange, ccxt_async)
    await client.load_markets()
    yield client
    await client.close()


@pytest.fixture
async def pro(exchange):
    client = opened(exchange, ccxt_pro)
    await client.load_markets()
    yield client
    await client.close()


def same(found, wanted):
    return found == wanted if wanted is None else found == pytest.approx(float(wanted), rel=1e-7)


def compare_order(exchange, shown):
    """Hold one order of ccxt against the order of the exchange."""
    order = next(order for order in exchange.orders if order.order_id == shown["id"])
    exact = {
        "clientOrderId": order.link_id or None,
        "timestamp": order.created_ms,
        "type": order.order_type.lower(),
        "timeInForce": TIMES_IN_FORCE[order.time_in_force],
        "postOnly": order.time_in_force == "PostOnly",
        "reduceOnly": order.reduce_only,
        "side": order.side.lower(),
        "status": STATUS[order.status],
    }
    assert {name: shown[name] for name in exact} == exact
    figures = {
        "filled": order.filled,
        "average": order.avg_price,
        "cost": order.filled_value,
        "triggerPrice": order.trigger_price,
    }
    if not order.by_value:
        figures["amount"] = order.qty
    if order.order_type == "Limit":
        figures["price"] = order.price
    if order.is_live:
        figures["remaining"] = order.leaves
    if order.trigger_price is None:
        plan = order.exit_plan
        figures |= {"takeProfitPrice": plan.take_profit, "stopLossPrice": plan.stop_loss}
    wrong = {name: (shown[name], wanted) for name, wanted in figures.items() if not same(shown[name], wanted)}
    assert not wrong, (order, wrong)
    for coin, fee in order.fees.items():
        assert shown["fee"]["currency"] == coin
        assert same(shown["fee"]["cost"], fee)


def compare_fills(account, shown):
    known = {execution.exec_id: execution for execution in account.executions}
    for trade in shown:
        execution = known[trade["id"]]
        exact = {
            "order": execution.order_id,
            "side": execution.side.lower(),
            "takerOrMaker": "maker" if execution.is_maker else "taker",
            "timestamp": execution.time_ms,
        }
        assert {name: trade[name] for name in exact} == exact
        figures = {"price": execution.price, "amount": execution.qty, "cost": execution.value}
        assert all(same(trade[name], wanted) for name, wanted in figures.items()), (trade, execution)
        fee = trade["fee"]
        assert fee["currency"] == execution.fee_coin
        assert same(fee["cost"], execution.fee)
        assert same(fee["rate"], execution.fee_rate)


async def settled(client, symbol, order):
    return await client.fetch_closed_order(order["id"], symbol)


@pytest.mark.parametrize(("symbol", "amount"), [(SYMBOL, 0.1), (INVERSE, 100), (USDC, 0.05)])
async def test_contracts(rest, exchange, symbol, amount):
    account = exchange.account(rest.apiKey)
    market = rest.market(symbol)
    listing = exchange.engine.listing("linear" if market["linear"] else "inverse", market["id"])
    instrument = listing.instrument
    assert same(market["precision"]["price"], instrument.tick)
    assert same(market["precision"]["amount"], instrument.lot)
    assert same(market["limits"]["amount"]["max"], instrument.max_limit_qty)
    assert same(market["limits"]["leverage"]["max"], instrument.max_leverage)
    price = (await rest.fetch_ticker(symbol))["last"]
    near = {part: float(rest.price_to_precision(symbol, price * part)) for part in (0.9, 0.95, 0.97, 1.1)}
    await rest.set_leverage(7, symbol)
    assert (await rest.fetch_leverage(symbol))["longLeverage"] == 7
    exits = {"takeProfit": {"triggerPrice": near[1.1]}, "stopLoss": {"triggerPrice": near[0.9]}}
    terms = {"timeInForce": "PO", "clientOrderId": "mine", **exits}
    order = await rest.create_order(symbol, "limit", "buy", amount, near[0.97], terms)
    compare_order(exchange, await rest.fetch_open_order(order["id"], symbol))
    await rest.edit_order(order["id"], symbol, "limit", "buy", amount * 2, near[0.95])
    shown = await rest.fetch_open_order(order["id"], symbol)
    assert shown["amount"] == amount * 2
    compare_order(exchange, shown)
    bought = await rest.create_order(symbol, "market", "buy", amount)
    compare_order(exchange, await settled(rest, symbol, bought))
    compare_fills(account, await rest.fetch_order_trades(bought["id"], symbol))
    await rest.create_stop_loss_order(symbol, "market", "sell", amount, None, near[0.9])
    await rest.create_take_profit_order(symbol, "limit", "sell", amount, near[1.1], near[1.1])
    await rest.create_trigger_order(symbol, "market", "sell", amount, None, near[0.95], {"triggerDirection": "below"})
    live = await rest.fetch_open_orders(symbol)
    assert {entry["id"] for entry in live} == set(account.orders)
    for entry in live:
        compare_order(exchange, entry)
    position, (found,) = account.position(listing, 0), await rest.fetch_positions([symbol])
    initial, maintenance = position_margin(position)
    assert (found["side"], found["hedged"], found["timestamp"]) == ("long", False, position.opened_ms)
    assert same(found["contracts"], position.size)
    assert found["entryPrice"] == pytest.approx(float(position.avg_price), rel=1e-7)
    assert (found["leverage"], found["lastUpdateTimestamp"]) == (7, position.updated_ms)
    # The mark price moves on between the question and the answer.
    assert found["initialMargin"] == pytest.approx(float(initial), rel=1e-3)
    assert found["maintenanceMargin"] == pytest.approx(float(maintenance), rel=5e-3)
    assert found["realizedPnl"] == pytest.approx(float(position.cur_realised), abs=1e-8)
    liquidation = exchange.engine.position_wire(position)["liqPrice"]
    assert found["liquidationPrice"] == (pytest.approx(float(liquidation), rel=0.05) if liquidation else None)
    await rest.cancel_all_orders(symbol)
    assert not account.orders
    await rest.create_order(symbol, "market", "sell", amount, None, {"reduceOnly": True})
    for entry in await rest.fetch_canceled_and_closed_orders(symbol):
        compare_order(exchange, entry)
    compare_fills(account, await rest.fetch_my_trades(symbol))
    (closed,) = await rest.fetch_positions_history([symbol])
    record = next(iter(account.closed.values()))
    assert (closed["side"], closed["contracts"]) == ("long", amount)
    assert same(closed["realizedPnl"], record.pnl)


async def test_spot_and_balances(rest, exchange):
    account = exchange.account(rest.apiKey)
    price = (await rest.fetch_ticker(SPOT))["last"]
    near = {part: float(rest.price_to_precision(SPOT, price * part)) for part in (0.9, 0.97, 1.1)}
    for placing in (
        rest.create_market_buy_order_with_cost(SPOT, 500),
        rest.create_market_sell_order_with_cost(SPOT, 300),
        rest.create_order(SPOT, "market", "buy", 0.01),
    ):
        compare_order(exchange, await settled(rest, SPOT, await placing))
    await rest.create_order(SPOT, "limit", "sell", 0.01, near[1.1])
    await rest.create_stop_order(SPOT, "market", "sell", 0.01, None, near[0.9])
    exits = {"takeProfit": {"triggerPrice": near[1.1]}, "stopLoss": {"triggerPrice": near[0.9]}}
    await rest.create_order(SPOT, "limit", "buy", 0.01, near[0.97], exits)
    for entry in await rest.fetch_open_orders(SPOT):
        compare_order(exchange, entry)
    compare_fills(account, await rest.fetch_my_trades(SPOT))
    balance = await rest.fetch_balance()
    for coin, total in account.balances.items():
        locked = account.locked.get(coin, 0)
        assert balance[coin]["total"] == pytest.approx(float(total), rel=1e-15)
        assert balance[coin]["free"] == pytest.approx(float(total - locked), rel=1e-15)
        assert balance[coin]["used"] == pytest.approx(float(locked), abs=1e-15)
    known = {(entry.time_ms, entry.currency): [] for entry in account.log}
    for entry in account.log:
        known[entry.time_ms, entry.currency].append((float(abs(entry.change)), float(entry.balance)))
    for entry in await rest.fetch_ledger():
        assert (entry["amount"], entry["after"]) in known[entry["timestamp"], entry["currency"]]


@pytest.mark.parametrize(("symbol", "amount"), [(SPOT, 0.001), (INVERSE, 10), (USDC, 0.01)])
async def test_streams(pro, exchange, symbol, amount):
    """Spot orders and contracts share their names: what ccxt takes for the one must not be the other."""
    watching = asyncio.gather(pro.watch_orders(symbol), pro.watch_my_trades(symbol))
    for _ in range(50):
        await pro.create_order(symbol, "market", "buy", amount)
        done, _ = await asyncio.wait([watching], timeout=0.2)
        if done:
            break
    orders, trades = await asyncio.wait_for(watching, 10)
    assert orders[-1]["symbol"] == trades[-1]["symbol"] == symbol
    compare_order(exchange, orders[-1])
    compare_fills(exchange.account(pro.apiKey), trades)
    # Of linear contracts ccxt asks only for those that are settled in USDT.
    if symbol == INVERSE:
        (position,) = await pro.watch_positions([symbol])
        assert (position["symbol"], position["side"]) == (symbol, "long")
