"""Every documented field of a simulated endpoint is there, with the documented kind of value."""

import json
from functools import cache
from pathlib import Path

import pytest

from bybit_async.simulator.rest.server import ROUTES

REFERENCE = Path(__file__).parents[3] / "shared" / "v5" / "rest.json"
# Sent for one category only, under another spelling, or (risk-limit) as text although a number is documented.
ABSENT = {
    "/v5/announcements/index": {"startDataTimestamp", "endDataTimestamp", "publishTime"},
    "/v5/market/recent-trade": {"mP", "iP", "mIv", "iv"},
    "/v5/market/risk-limit": {"maintenanceMargin", "initialMargin"},
    "/v5/order/realtime": {"basePrice"},
    "/v5/order/history": {"basePrice", "createType", "lastPriceOnCreated"},
    "/v5/account/fee-rate": {"baseCoin"},
}
KINDS = {
    "string": str,
    "integer": int,
    "int": int,
    "long": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "list": list,
    "object": dict,
    "json": dict,
}


@cache
def reference():
    if not REFERENCE.exists():
        pytest.skip("the reference data is not here")
    return json.loads(REFERENCE.read_text())


def documented(path, part=0):
    """Return the documented response fields of a path; `part` chooses among several tables."""
    for entry in reference():
        if entry["path"] == path and "tradfi" not in entry["doc"] and "p2p" not in entry["doc"]:
            tables, seen = [[]], set()
            for field in entry["response"]:
                depth = field.get("depth", 0)
                if depth == 0 and field["name"] in seen:
                    tables.append([])
                    seen = set()
                if depth == 0:
                    seen.add(field["name"])
                tables[-1].append(field)
            return tables[part]
    raise AssertionError(f"{path} is not documented")


def check(path, fields, result):
    """Walk the documented fields along one result."""
    stack = [(0, result)]
    for field in fields:
        depth, name, kind = field.get("depth", 0), field["name"], field.get("type", "")
        while stack and stack[-1][0] > depth:
            stack.pop()
        if "[" in name or not stack or stack[-1][0] != depth or name in ABSENT.get(path, ()):
            continue
        holder = stack[-1][1]
        assert name in holder, f"{path}: {name} is missing from {sorted(holder)}"
        value = holder[name]
        expected = KINDS.get(kind.split("<")[0])
        if expected is not None and value is not None:
            right = isinstance(value, expected) and (expected is bool or not isinstance(value, bool))
            assert right, f"{path}: {name} is {value!r}, not {kind}"
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            stack.append((depth + 1, inner))


LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
SPOT = {"category": "spot", "symbol": "BTCUSDT"}
PUBLIC = [
    ("/v5/market/time", {}, 0),
    ("/v5/market/kline", {**LINEAR, "interval": "5"}, 0),
    ("/v5/market/mark-price-kline", {**LINEAR, "interval": "5"}, 0),
    ("/v5/market/index-price-kline", {**LINEAR, "interval": "5"}, 0),
    ("/v5/market/premium-index-price-kline", {**LINEAR, "interval": "5"}, 0),
    ("/v5/market/instruments-info", {"category": "linear"}, 0),
    ("/v5/market/instruments-info", {"category": "inverse"}, 0),
    ("/v5/market/instruments-info", {"category": "spot"}, 2),
    ("/v5/market/orderbook", LINEAR, 0),
    ("/v5/market/full_orderbook", LINEAR, 0),
    ("/v5/market/tickers", LINEAR, 0),
    ("/v5/market/tickers", {"category": "inverse", "symbol": "BTCUSD"}, 0),
    ("/v5/market/tickers", SPOT, 2),
    ("/v5/market/funding/history", LINEAR, 0),
    ("/v5/market/recent-trade", LINEAR, 0),
    ("/v5/market/open-interest", {**LINEAR, "intervalTime": "1h"}, 0),
    ("/v5/market/account-ratio", {**LINEAR, "period": "1h"}, 0),
    ("/v5/market/risk-limit", LINEAR, 0),
    ("/v5/market/insurance", {}, 0),
    ("/v5/market/price-limit", LINEAR, 0),
    ("/v5/market/delivery-price", {"category": "linear"}, 0),
    ("/v5/market/index-price-components", {"indexName": "BTCUSDT"}, 0),
]
SIGNED = [
    ("/v5/order/realtime", LINEAR, 0),
    ("/v5/order/history", LINEAR, 0),
    ("/v5/order/history", SPOT, 0),
    ("/v5/execution/list", LINEAR, 0),
    ("/v5/position/list", LINEAR, 0),
    ("/v5/position/closed-pnl", LINEAR, 0),
    ("/v5/account/wallet-balance", {"accountType": "UNIFIED"}, 0),
    ("/v5/account/info", {}, 0),
    ("/v5/account/fee-rate", LINEAR, 0),
    ("/v5/account/transaction-log", {}, 0),
    ("/v5/account/collateral-info", {}, 0),
    ("/v5/account/withdrawal", {"coinName": "USDT,BTC"}, 0),
    ("/v5/account/query-dcp-info", {}, 0),
    ("/v5/account/smp-group", {}, 0),
    ("/v5/account/instruments-info", {"category": "linear"}, 0),
    ("/v5/user/query-api", {}, 0),
    ("/v5/user/query-sub-members", {}, 0),
    ("/v5/asset/coin/query-info", {"coin": "BTC"}, 0),
    ("/v5/asset/transfer/query-account-coins-balance", {"accountType": "UNIFIED"}, 0),
    ("/v5/asset/transfer/query-account-coin-balance", {"accountType": "UNIFIED", "coin": "USDT"}, 0),
    ("/v5/asset/transfer/query-inter-transfer-list", {}, 0),
    ("/v5/asset/delivery-record", {"category": "option"}, 0),
]


async def complaints(client, calls):
    """Return what is wrong with the results of some calls; all of them are made, on one exchange."""
    found = []
    for path, params, part in calls:
        try:
            check(path, documented(path, part), await client.result(path, **params))
        except AssertionError as error:
            found.append(str(error).splitlines()[0])
    return found


async def test_public_results_hold_the_documented_fields(public):
    async with public.socket("linear") as socket:
        await socket.subscribe("publicTrade.BTCUSDT")
        await socket.topic("publicTrade.BTCUSDT")
    assert await complaints(public, PUBLIC) == []


async def test_signed_results_hold_the_documented_fields(client):
    order = {**LINEAR, "orderType": "Market", "qty": "0.01"}
    await client.done("/v5/order/create", **order, side="Buy")
    await client.done("/v5/order/create", **order, side="Sell")
    await client.done("/v5/order/create", **SPOT, side="Buy", orderType="Market", qty="100")
    book = await client.result("/v5/market/orderbook", **LINEAR)
    price = str(int(float(book["b"][0][0]) * 0.97))
    await client.done("/v5/order/create", **LINEAR, side="Buy", orderType="Limit", qty="0.01", price=price)
    move = {"coin": "USDT", "amount": "5", "fromAccountType": "UNIFIED", "toAccountType": "FUND"}
    await client.done("/v5/asset/transfer/inter-transfer", transferId="one", **move)
    assert await complaints(client, SIGNED) == []


def test_every_simulated_path_is_documented():
    known = {(entry["method"], entry["path"]) for entry in reference()}
    assert set(ROUTES) <= known
