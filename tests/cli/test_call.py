"""`bybit-async call` and `endpoints`: every endpoint by name or path, checked before anything is sent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from bybit_async import InvalidParameter, endpoints
from bybit_async.cli.app import app
from bybit_async.cli.call import explained
from bybit_async.cli.targets import arguments_of, find, parameters_of
from bybit_async.simulator import SimulatedExchange

NAMES = [endpoint.name for endpoint in endpoints()]


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "100", "BYBIT_API_KEY": "", "BYBIT_API_SECRET": ""})


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with SimulatedExchange(seed=7, symbols=["BTCUSDT", "ETHUSDT"]) as exchange:
        yield exchange.environment.rest_url


@pytest.mark.parametrize("name", NAMES)
def test_every_endpoint_can_be_asked_about(name: str) -> None:
    endpoint = find(name)
    text = explained(endpoint)
    assert f"{endpoint.method} {endpoint.path}" in text
    assert all(parameter in text for parameter in parameters_of(endpoint))
    assert "timeout" not in parameters_of(endpoint)


def test_an_endpoint_is_found_by_its_path_too() -> None:
    for endpoint in endpoints():
        assert find(f"{endpoint.method} {endpoint.path}") is endpoint
    assert find("/v5/market/tickers").name == "market.get_tickers"
    assert find("get_tickers").name == "market.get_tickers"


@pytest.mark.parametrize(
    ("target", "cure"),
    [
        ("market.get_tickrs", "did you mean 'market.get_tickers'?"),
        ("/v5/market/ticker", "did you mean '/v5/market/tickers'?"),
        ("zzzz", "`bybit-async endpoints zzzz` searches"),
    ],
)
def test_an_unknown_endpoint_is_refused_with_the_nearest(target: str, cure: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        find(target)
    assert cure in str(caught.value)


def test_values_become_what_the_method_takes() -> None:
    order = ["category=linear", "symbol=BTCUSDT", "side=Buy", "orderType=Limit", "qty=0.010", "price=3e4"]
    given = arguments_of(find("trade.place_order"), [*order, "position_idx=1", "reduce_only=true"])
    assert given == {
        "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "order_type": "Limit", "qty": "0.010",
        "price": "3e4", "position_idx": 1, "reduce_only": True,
    }  # fmt: skip
    batch = arguments_of(
        find("trade.cancel_batch_order"), ["category=linear", 'request=[{"symbol":"X","orderId":"1"}]']
    )
    assert batch["request"] == [{"symbol": "X", "orderId": "1"}]
    history = arguments_of(find("trade.get_order_history"), ["category=spot", "start=2026-01-01", "limit=5"])
    assert history == {"category": "spot", "start": "2026-01-01", "limit": 5}


@pytest.mark.parametrize(
    ("words", "parameter", "cure"),
    [
        (["category"], "category", "name=value"),
        (["categry=linear"], "categry", "did you mean 'category'?"),
        (["category=liner"], "category", "did you mean 'linear'?"),
        ([], "category", "is required (spot | linear | inverse | option)"),
        (["category=linear", "limit=x"], "limit", "a whole number"),
    ],
)
def test_wrong_words_are_named(words: list[str], parameter: str, cure: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        arguments_of(find("trade.get_order_history"), words)
    assert caught.value.parameter == parameter
    assert cure in str(caught.value)


def test_json_is_what_bybit_answers(address: str) -> None:
    shown = run("call", "/v5/market/tickers", "category=linear", "symbol=BTCUSDT", "--url", address, "--json")
    assert shown.exit_code == 0, shown.output
    [ticker] = json.loads(shown.stdout)["list"]
    assert ticker["symbol"] == "BTCUSDT"
    assert isinstance(ticker["lastPrice"], str)


def test_csv_has_a_line_for_each_row(address: str) -> None:
    shown = run("call", "market.get_tickers", "category=linear", "--url", address, "--csv")
    rows = list(csv.DictReader(io.StringIO(shown.stdout)))
    assert [row["symbol"] for row in rows] == ["BTCUSDT", "ETHUSDT"]


def test_a_table_fits_and_says_what_is_left_out(address: str) -> None:
    shown = run("call", "market.get_tickers", "category=linear", "--url", address)
    assert max(map(len, shown.stdout.splitlines())) <= 100
    assert "more columns" in shown.stdout
    chosen = run("call", "get_tickers", "category=linear", "--url", address, "--columns", "symbol,funding_rate")
    assert "more columns" not in chosen.stdout
    assert "funding_rate" in chosen.stdout


def test_every_page_is_fetched(address: str) -> None:
    ask = ["call", "market.get_instruments_info", "category=linear", "limit=1", "--url", address, "--csv"]
    assert len(run(*ask).stdout.splitlines()) == 2
    assert len(run(*ask, "--all").stdout.splitlines()) == 3


def test_a_write_asks_unless_told(address: str) -> None:
    order = ["trade.place_order", "category=linear", "symbol=BTCUSDT", "side=Buy", "order_type=Market", "qty=0.01"]
    refused = CliRunner().invoke(app, ["call", *order, "--url", address])
    assert isinstance(refused.exception, InvalidParameter)
    assert refused.exception.parameter == "--yes"
    done = run("call", *order, "--simulated", "--json")
    assert json.loads(done.stdout)["orderId"]


def test_two_places_contradict_each_other(address: str) -> None:
    shown = run("call", "market.get_server_time", "--url", address, "--simulated")
    assert isinstance(shown.exception, InvalidParameter)


def test_help_of_an_endpoint_is_its_arguments() -> None:
    shown = run("call", "market.get_kline", "--help")
    assert shown.exit_code == 0
    assert "interval" in shown.stdout
    assert "GET /v5/market/kline" in shown.stdout
    assert "Usage:" in run("call", "--help").stdout


def test_endpoints_are_searched() -> None:
    shown = run("endpoints", "order", "batch")
    assert shown.exit_code == 0
    assert shown.stdout.count("/v5/order/") == 3
    assert run("endpoints", "nosuchthing").exit_code == 1
    assert len(json.loads(run("endpoints", "--json").stdout)) == len(NAMES)
