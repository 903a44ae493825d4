"""Every path that is documented, or that pybit or ccxt can ask for, is answered: simulated, or by name as not so."""

import inspect
import re
import sys
from itertools import product

import ccxt
import pytest
from pybit.unified_trading import HTTP

from bybit_async.simulator import MarketSettings, SimulatedExchange
from bybit_async.simulator.rest.server import ROUTES

from .raw_client import RawClient
from .reference import pages

# What concerns trading, positions, the account and its money, and is not simulated all the same.
NOT_SIMULATED = {
    # Accounts of before the unified one.
    "/v5/account/contract-transaction-log",
    "/v5/account/upgrade-to-uta",
    "/v5/asset/transfer/query-asset-info",
    # Portfolio margin, which cannot be chosen.
    "/v5/asset/portfolio-margin",
    # Figures about loans, of which there are none.
    "/v5/account/pay-info",
    # An analysis of the website.
    "/v5/account/trade-info-for-analysis",
    # Papers and programmes of the company: travel rule, agreements, referrals, demo accounts made elsewhere.
    "/v5/asset/travel-rule/deposit/submit",
    "/v5/asset/withdraw/vasp/list",
    "/v5/user/agreement",
    "/v5/user/aff-customer-info",
    "/v5/user/invitation/referrals",
    "/v5/user/create-demo-member",
}
IN_SCOPE = {"account", "announcements", "asset", "execution", "market", "order", "position", "system", "user"}


@pytest.fixture
async def client(session):
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(
        seed=7, manual=True, symbols=["BTCUSDT", "BTCUSD"], market=settings, rate_limits=False, host_limit=None
    ) as exchange:
        yield RawClient(exchange, session, exchange.new_account(usdt="1000"))


def known_to_pybit():
    """Return verb and path of every method of pybit's session, read from its source."""
    found = set()
    for name, method in inspect.getmembers(HTTP, inspect.isfunction):
        if name.startswith("_"):
            continue
        source = inspect.getsource(method)
        verb, constant = re.search(r'method="(\w+)"', source), re.search(r"\{(\w+)\.([A-Z_0-9]+)\}", source)
        if verb and constant:
            paths = getattr(sys.modules[method.__module__], constant[1])
            found.add((verb[1], str(getattr(paths, constant[2]))))
    return found


def known_to_ccxt():
    """Return verb and path of every V5 endpoint that ccxt has a method for."""
    api = ccxt.bybit().api
    return {
        (verb.upper(), f"/{path}")
        for access, verb in product(("public", "private"), ("get", "post"))
        for path in api[access].get(verb, ())
        if path.startswith("v5/")
    }


def documented():
    return {(entry["method"], entry["path"]) for entry in pages("rest") if entry["path"].startswith("/v5/")}


def in_order(paths):
    """Sort paths; the one that deletes the key of the caller comes last."""
    return sorted(paths, key=lambda known: (known[1] == "/v5/user/delete-api", known))


@pytest.mark.parametrize("known", [documented, known_to_pybit, known_to_ccxt])
async def test_every_path_is_answered(client, known):
    paths = known()
    assert len(paths) > 250
    wrong = []
    for verb, path in in_order(paths):
        call = client.get_raw if verb == "GET" else client.post_raw
        answer, response = await call(path)
        named = answer["retCode"] == 10032 and f"{verb} {path}" in answer["retMsg"]
        # 10016 is how a defect of the simulator shows.
        if response.status != 200 or answer["retCode"] == 10016 or ((verb, path) not in ROUTES and not named):
            wrong.append((verb, path, response.status, answer["retCode"], answer["retMsg"]))
    assert not wrong


async def test_odd_arguments_break_nothing(client):
    odd = {"category": "linear", "symbol": "BTCUSDT", "coin": "USDT", "limit": "x", "startTime": "-1", "cursor": "%%%"}
    odd |= {"amount": "NaN", "qty": "1e999", "uid": "0", "memberId": "-5", "list": "no", "request": "no", "page": "0"}
    wrong = []
    for verb, path in in_order(ROUTES):
        for values in (odd, {**odd, "limit": "1", "cursor": ""}, {**odd, "category": "option", "symbol": "BTCUSD"}):
            answer = await (client.get if verb == "GET" else client.post)(path, **values)
            if answer["retCode"] == 10016:
                wrong.append((verb, path, values["category"]))
    assert not wrong


def test_what_is_in_scope_is_simulated():
    missing = {path for method, path in documented() - set(ROUTES) if path.split("/")[2] in IN_SCOPE}
    assert missing == NOT_SIMULATED
