import pytest

from bybit_async.api import account, market, position, trade, user
from bybit_async.api.decode import decode_rest
from bybit_async.api.market.prices import GET_TICKERS
from bybit_async.api.registry import endpoint_for, endpoints, index
from bybit_async.errors import InvalidParameter, RequestRejected
from bybit_async.models.market import OptionTickers, SpotTickers
from bybit_async.transport.endpoint import get
from bybit_async.transport.window_table import windowed_paths


def test_endpoints_are_sorted_and_unique() -> None:
    routes = [(endpoint.path, endpoint.method) for endpoint in endpoints()]
    assert routes == sorted(set(routes))
    assert endpoint_for("get", "/v5/market/tickers") is GET_TICKERS


def test_every_name_is_a_documented_method() -> None:
    domains = {
        "market": market.Market,
        "trade": trade.Trade,
        "position": position.Position,
        "account": account.Account,
        "user": user.User,
    }
    for endpoint in endpoints():
        domain, _, method = endpoint.name.partition(".")
        if domain in domains:
            wrapper = getattr(domains[domain], method)
            assert f"`{endpoint.method} {endpoint.path}`" in wrapper.__doc__, endpoint.name


def test_a_route_or_a_name_is_taken_once() -> None:
    first = get("/v5/a", "market.a", dict)
    assert index([first, first]) == {("GET", "/v5/a"): first}
    with pytest.raises(AssertionError, match="wrapped twice"):
        index([first, get("/v5/a", "market.b", dict)])
    with pytest.raises(AssertionError, match="two endpoints are called"):
        index([first, get("/v5/b", "market.a", dict)])


def test_windows_name_real_endpoints() -> None:
    paths = {endpoint.path for endpoint in endpoints()}
    assert [path for path in windowed_paths() if path not in paths] == []


def test_the_category_decides_the_shape_from_the_request_or_from_the_answer() -> None:
    row = b'{"symbol":"X","lastPrice":"1","markPrice":"1","indexPrice":"1"}'
    body = b'{"retCode":0,"retMsg":"OK","result":{"category":"option","list":[' + row + b']},"time":1}'
    assert isinstance(decode_rest("GET", "/v5/market/tickers", body).result, OptionTickers)
    spot = decode_rest("GET", "/v5/market/tickers", body, {"category": "spot"})
    assert isinstance(spot.result, SpotTickers)
    assert (spot.time, spot.raw) == (1, body)


def test_refusals_and_unknown_paths_raise() -> None:
    with pytest.raises(RequestRejected, match="10001"):
        decode_rest("GET", "/v5/market/tickers", b'{"retCode":10001,"retMsg":"bad","result":{}}')
    with pytest.raises(InvalidParameter, match="path"):
        decode_rest("GET", "/v5/nowhere", b"{}")
