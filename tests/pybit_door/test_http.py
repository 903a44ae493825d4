"""The same calls through pybit and through its interface here, in one run: what comes back is alike key by key."""

import asyncio

import pybit.unified_trading
import pytest
from pybit.exceptions import InvalidRequestError as TheirRefusal

from bybit_async.api.registry import endpoints
from bybit_async.pybit import HTTP
from bybit_async.pybit.exceptions import FailedRequestError, InvalidRequestError
from bybit_async.pybit.names import methods
from bybit_async.simulator import Rule, SimulatedExchange

from .shapes import assert_same_shape, shape

MARKET = [
    ("get_server_time", {}),
    ("get_tickers", {"category": "linear", "symbol": "BTCUSDT"}),
    ("get_tickers", {"category": "spot"}),
    ("get_orderbook", {"category": "linear", "symbol": "BTCUSDT", "limit": 25}),
    ("get_kline", {"category": "linear", "symbol": "BTCUSDT", "interval": 5, "limit": 10}),
    ("get_mark_price_kline", {"category": "linear", "symbol": "BTCUSDT", "interval": "60", "limit": 3}),
    ("get_instruments_info", {"category": "linear", "symbol": "BTCUSDT"}),
    ("get_public_trade_history", {"category": "linear", "symbol": "BTCUSDT", "limit": 5}),
    ("get_funding_rate_history", {"category": "linear", "symbol": "BTCUSDT", "limit": 3}),
    ("get_risk_limit", {"category": "linear", "symbol": "BTCUSDT"}),
]
FIXED = ("get_instruments_info", "get_funding_rate_history", "get_risk_limit")


class Recorder(pybit.unified_trading.HTTP):
    """pybit, telling which request a method would send instead of sending it."""

    crypto_loan_legacy_message = "pybit reads this and has forgotten to set it"

    def _submit_request(self, method=None, path=None, query=None, auth=False):
        return method, path.removeprefix(self.endpoint)

    def _submit_file_request(self, path=None, query=None, auth=True):
        return "POST", path.removeprefix(self.endpoint)


def _pybit_methods():
    base = set(dir(pybit.unified_trading.HTTP.__mro__[-2]))
    return sorted(name for name in dir(pybit.unified_trading.HTTP) if not name.startswith("_") and name not in base)


def test_every_method_of_pybit_is_here_and_calls_the_same_endpoint():
    recorder = Recorder(demo=True)
    routes = {name: getattr(recorder, name)() for name in _pybit_methods()}
    recorder.client.close()
    assert len(routes) > 340
    ours = {name: (endpoint.method, endpoint.path) for name, endpoint in methods().items()}
    # pybit's own mistakes: one cancels where its name creates, one reads where the documentation writes.
    assert routes.pop("create_borrowing_order_fixed_crypto_loan") == ours["cancel_borrowing_order_fixed_crypto_loan"]
    assert routes.pop("adjust_collateral_amount")[1] == ours["adjust_collateral_amount"][1]
    assert {name: route for name, route in routes.items() if ours.get(name) != route} == {}


def test_every_endpoint_of_the_library_is_a_flat_method():
    assert {endpoint.path for endpoint in methods().values()} >= {endpoint.path for endpoint in endpoints()}
    with HTTP() as session:
        assert set(methods()) <= set(dir(session))
        with pytest.raises(AttributeError, match="get_nothing"):
            _ = session.get_nothing


@pytest.mark.parametrize(("name", "arguments"), MARKET, ids=lambda value: value if isinstance(value, str) else "")
async def test_market_answers_are_the_same(ours, theirs, name, arguments):
    mine = await asyncio.to_thread(getattr(ours, name), **arguments)
    pybits = await asyncio.to_thread(getattr(theirs, name), **arguments)
    assert_same_shape(mine, pybits)
    if name in FIXED:
        assert mine["result"] == pybits["result"]


def trading_day(session):
    """pybit's own order of things: set up, place, look, change, cancel, batch, read back."""
    market = {"category": "linear", "symbol": "BTCUSDT"}
    last = float(session.get_tickers(**market)["result"]["list"][0]["lastPrice"])
    low = str(int(last * 0.97))
    steps = [
        session.set_leverage(**market, buyLeverage="20", sellLeverage="20"),
        session.place_order(**market, side="Buy", orderType="Limit", qty=0.01, price=int(last * 0.97), positionIdx="0"),
    ]
    order = steps[-1]["result"]["orderId"]
    steps += [
        session.get_open_orders(**market),
        session.amend_order(**market, orderId=order, qty="0.02"),
        session.get_open_orders(**market, orderId=order),
        session.cancel_order(**market, orderId=order),
    ]
    request = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": low}
    steps += [
        session.place_batch_order(category="linear", request=[request, request]),
        session.cancel_all_orders(**market),
        session.place_order(**market, side="Buy", orderType="Market", qty="0.05"),
        session.get_positions(**market),
        session.get_wallet_balance(accountType="UNIFIED"),
        session.get_executions(category="linear", limit=1),
        session.get_order_history(category="linear", limit=3),
        session.get_fee_rates(**market),
        session.get_account_info(),
        session.get_api_key_information(),
    ]
    return steps


async def test_a_trading_day_reads_the_same(exchange, theirs):
    keys = exchange.new_account(usdt="100000", coins={"BTC": "1"})
    with HTTP(environment=exchange.environment, **keys) as ours:
        mine = await asyncio.to_thread(trading_day, ours)
    pybits = await asyncio.to_thread(trading_day, theirs)
    for own, their in zip(mine, pybits, strict=True):
        assert_same_shape(own, their)
    assert [step["retMsg"] for step in mine] == [step["retMsg"] for step in pybits]


async def test_a_refusal_has_pybits_attributes(ours, theirs):
    order = {
        "category": "linear",
        "symbol": "BTCUSDT",
        "side": "Buy",
        "orderType": "Limit",
        "qty": "100",
        "price": "50000",
    }
    with pytest.raises(InvalidRequestError) as mine:
        await asyncio.to_thread(ours.place_order, **order)
    with pytest.raises(TheirRefusal) as pybits:
        await asyncio.to_thread(theirs.place_order, **order)
    assert (mine.value.status_code, mine.value.message) == (pybits.value.status_code, pybits.value.message)
    assert len(mine.value.time) == len(pybits.value.time)
    assert "/v5/order/create" in mine.value.request
    ours_headers = {name.lower() for name in mine.value.resp_headers}
    assert {name.lower() for name in pybits.value.resp_headers} - {"connection"} <= ours_headers


async def test_headers_and_times_are_returned_when_asked_for(exchange, credentials, theirs):
    with HTTP(environment=exchange.environment, return_response_headers=True, **credentials) as session:
        answer, elapsed, headers = await asyncio.to_thread(session.get_account_info)
    theirs.return_response_headers = True
    their_answer, their_elapsed, their_headers = await asyncio.to_thread(theirs.get_account_info)
    assert shape(answer) == shape(their_answer)
    assert type(elapsed) is type(their_elapsed)
    assert elapsed.total_seconds() > 0
    limits = {name for name in their_headers if name.startswith("X-Bapi-Limit")}
    assert limits
    assert limits <= set(headers)
    with HTTP(environment=exchange.environment, record_request_time=True) as session:
        answer, elapsed = await asyncio.to_thread(session.get_server_time)
    assert answer["retCode"] == 0
    assert elapsed.total_seconds() > 0


async def test_ignored_codes_return_the_refusal(exchange, credentials):
    leverage = {"category": "linear", "symbol": "BTCUSDT", "buyLeverage": "7", "sellLeverage": "7"}
    with HTTP(environment=exchange.environment, ignore_codes=[110043], **credentials) as session:
        await asyncio.to_thread(session.set_leverage, **leverage)
        assert (await asyncio.to_thread(session.set_leverage, **leverage))["retCode"] == 110043


async def test_every_new_order_can_be_found_by_its_link_id(exchange, ours):
    placed = await asyncio.to_thread(
        ours.place_order, category="linear", symbol="BTCUSDT", side="Buy", orderType="Market", qty="0.01"
    )
    assert placed["result"]["orderLinkId"]
    own = await asyncio.to_thread(
        ours.place_order,
        category="linear", symbol="BTCUSDT", side="Buy", orderType="Market", qty="0.01", orderLinkId="my-own",
    )  # fmt: skip
    assert own["result"]["orderLinkId"] == "my-own"


async def test_a_signed_call_without_a_key_is_a_permission_error(exchange):
    with HTTP(environment=exchange.environment) as session:
        with pytest.raises(PermissionError):
            await asyncio.to_thread(session.get_wallet_balance, accountType="UNIFIED")


async def test_a_server_that_is_not_there_is_a_failed_request():
    async with SimulatedExchange(seed=1, symbols=["BTCUSDT"]) as exchange:
        gone = exchange.environment
    with HTTP(environment=gone, max_retries=1) as session:
        with pytest.raises(FailedRequestError) as caught:
            await asyncio.to_thread(session.get_server_time)
    assert caught.value.status_code == 408
    assert caught.value.resp_headers is None


def test_pybits_places_are_understood():
    with HTTP(testnet=True, domain="bytick", tld="eu") as session:
        assert session.endpoint == "https://api-testnet.bytick.eu"
    with HTTP(demo=True) as session:
        assert session.endpoint == pybit_endpoint(demo=True)


def pybit_endpoint(**options):
    session = pybit.unified_trading.HTTP(**options)
    session.client.close()
    return session.endpoint


async def test_a_lost_answer_is_looked_up_and_the_order_exists_once(exchange, ours, credentials):
    exchange.faults.add(Rule(path="/v5/order/create", nth=1, action="drop-after"))
    placed = await asyncio.to_thread(
        ours.place_order, category="linear", symbol="BTCUSDT", side="Buy", orderType="Market", qty="0.01"
    )
    orders = list(exchange.orders)
    assert [order.order_id for order in orders] == [placed["result"]["orderId"]]
    assert set(placed) == {"retCode", "retMsg", "result", "retExtInfo", "time"}
    assert set(placed["result"]) == {"orderId", "orderLinkId"}


async def test_retry_codes_are_tried_again(exchange, credentials):
    exchange.faults.add(Rule(path="/v5/order/create", nth=1, action="code", code=130035))
    with HTTP(environment=exchange.environment, retry_codes={130035}, retry_delay=0.01, **credentials) as session:
        placed = await asyncio.to_thread(
            session.place_order, category="linear", symbol="BTCUSDT", side="Buy", orderType="Market", qty="0.01"
        )
    assert placed["retCode"] == 0
    assert len(list(exchange.orders)) == 1
