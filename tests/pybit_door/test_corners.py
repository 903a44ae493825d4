"""What pybit's callers seldom do."""

from __future__ import annotations

import asyncio
import logging
import pickle
import queue
from typing import Any

import pytest

from bybit_async.models.stream_message import StreamMessage
from bybit_async.models.trade import BatchAck, BatchAcks, OrderAck
from bybit_async.pybit import HTTP, WebSocket, WebSocketTrading
from bybit_async.pybit.exceptions import FailedRequestError, InvalidRequestError
from bybit_async.pybit.raw import data_of, read_raw
from bybit_async.simulator import Rule, SimulatedExchange

ORDER: dict[str, Any] = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "20000",
}  # fmt: skip


@pytest.fixture
def place() -> Any:
    with SimulatedExchange(seed=7, symbols=["BTCUSDT"], rate_limits=False) as exchange:
        yield exchange


def test_requests_are_logged_without_the_key(place: Any, caplog: pytest.LogCaptureFixture) -> None:
    keys = place.new_account(usdt="1000")
    with caplog.at_level(logging.DEBUG, "bybit_async.pybit"):
        with HTTP(environment=place.environment, log_requests=True, **keys) as session:
            session.get_wallet_balance(accountType="UNIFIED")
            assert place.environment.rest_url in repr(session)
    assert "GET" in caplog.text
    assert "/v5/account/wallet-balance" in caplog.text
    assert keys["api_secret"] not in caplog.text


def test_errors_survive_pickling() -> None:
    for kind in (FailedRequestError, InvalidRequestError):
        error = kind("GET /", "no", 10001, "00:00:00", {"Traceid": "1"})
        copied = pickle.loads(pickle.dumps(error))
        assert (type(copied), str(copied), copied.resp_headers) == (kind, str(error), {"Traceid": "1"})


def test_connections_are_logged_where_that_is_asked_for(place: Any) -> None:
    logger = logging.getLogger("bybit_async")
    before = logger.level
    try:
        WebSocket("linear", environment=place.environment, trace_logging=True).exit()
        assert logger.level == logging.DEBUG
    finally:
        logger.setLevel(before)


def test_a_topic_that_is_refused_or_unknown_is_logged(place: Any, caplog: pytest.LogCaptureFixture) -> None:
    with WebSocket("linear", environment=place.environment) as socket:
        with caplog.at_level(logging.ERROR, "bybit_async.pybit"):
            socket.unsubscribe("tickers.BTCUSDT")
            assert "Couldn't find active subscription for topic: tickers.BTCUSDT" in caplog.text
            socket.ticker_stream("NOPEUSDT", print)
            for _ in range(500):
                if "NOPEUSDT" in caplog.text:
                    break
                place.run(lambda _: asyncio.sleep(0.01))
        assert "Couldn't subscribe to topic tickers.NOPEUSDT" in caplog.text


def test_the_fast_executions_of_one_category_have_a_topic_of_their_own(place: Any) -> None:
    with WebSocket("private", environment=place.environment, **place.new_account(usdt="1000")) as socket:
        socket.fast_execution_stream(print, "linear")
        assert socket.get_subscription_topics() == ["execution.fast.linear"]


def test_a_refused_order_reaches_its_error_callback_as_it_came_or_is_only_logged(
    place: Any, caplog: pytest.LogCaptureFixture
) -> None:
    refused: queue.Queue[dict[str, Any]] = queue.Queue()
    with WebSocketTrading(environment=place.environment, **place.new_account(usdt="1000")) as socket:
        socket.place_order(print, refused.put, **ORDER | {"qty": "1000"})
        message = refused.get(timeout=10)
        with caplog.at_level(logging.WARNING, "bybit_async.pybit"):
            socket.place_order(print, **ORDER | {"qty": "1000"})
            socket.place_order(print, refused.put, **ORDER | {"qty": "1000"})
            refused.get(timeout=10)
        with pytest.raises(AttributeError, match="get_tickers"):
            getattr(socket, "get_" + "tickers")
    assert message["retCode"] == 110007
    assert message["reqId"]
    assert caplog.text.count("was not accepted") == 3


def test_what_was_found_out_is_spelled_as_bybit_spells_it() -> None:
    assert data_of(OrderAck(order_id="1")) == {"orderId": "1", "orderLinkId": ""}
    rows = data_of(BatchAcks(rows=[BatchAck(order_id="1", symbol="X")]))
    assert rows["list"][0] | {"orderLinkId": ""} == rows["list"][0]
    assert rows["list"][0]["orderId"] == "1"
    assert data_of({"orderId": None}) == {"orderId": ""}


def test_a_frame_is_read_whatever_it_is() -> None:
    message = read_raw("linear", b'{"type":"snapshot","topic":"publicTrade.X","data":[],"ts":1}')
    assert isinstance(message, StreamMessage)
    assert message.data["data"] == []
    assert not isinstance(read_raw("linear", b'{"topic": broken'), StreamMessage)
    assert not isinstance(read_raw("linear", b"nothing"), StreamMessage)


def test_an_answer_that_is_ignored_is_returned(place: Any) -> None:
    with HTTP(environment=place.environment, ignore_codes=[110007], **place.new_account(usdt="1000")) as session:
        assert session.place_order(**ORDER | {"qty": "1000"})["retCode"] == 110007
        place.faults.add(Rule(path="/v5/market/time", action="status", status=502))
        with pytest.raises(FailedRequestError) as caught:
            session.get_server_time()
        assert caught.value.status_code == 502
