"""The records: field order as documented, and what a portfolio may become at its worst."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
from decimal import Decimal

import pytest

from bybit_async import BybitError, OrderNotFound, OutcomeUnknown, RateLimited, RequestRejected, errors
from bybit_async.bot import (
    BybitAPIError,
    EngineState,
    ExecutionStatus,
    InsufficientBalanceError,
    OrderNotFoundError,
    OrderSide,
    PortfolioSnapshot,
    RateLimitError,
    SignalStrength,
    TradeExecution,
    TradeSignal,
    TradingSignal,
)
from bybit_async.bot.errors import ExchangeUnreachable, OutcomeUnknownError, translated
from bybit_async.bot.records import HeldPosition, WorkingOrder

D = Decimal


def fields_of(cls: type) -> list[str]:
    return [field.name for field in dataclasses.fields(cls)]  # type: ignore[arg-type]


def test_signals_and_executions_have_the_documented_fields_in_order() -> None:
    assert fields_of(TradeSignal) == [
        "strategy_id", "symbol", "action", "quantity", "price", "confidence", "strength", "timestamp", "stop_loss",
        "take_profit", "metadata",
    ]  # fmt: skip
    assert fields_of(TradeExecution) == [
        "execution_id", "signal", "order_id", "status", "timestamp", "fill_price", "filled_quantity", "realized_pnl",
        "rejection_reason",
    ]  # fmt: skip
    assert inspect.signature(TradeExecution).parameters["order_id"].default is inspect.Parameter.empty
    assert TradingSignal is TradeSignal


def test_words_have_the_documented_values() -> None:
    assert {state.name: state.value for state in EngineState} == {
        "STOPPED": "stopped", "RUNNING": "running", "PAUSED": "paused", "EMERGENCY_STOPPED": "emergency_stopped",
    }  # fmt: skip
    assert [status.value for status in ExecutionStatus] == [
        "pending", "partially_filled", "filled", "cancelled", "rejected", "unknown",
    ]  # fmt: skip
    assert SignalStrength.STRONG.value == "strong"
    assert OrderSide.parse("BUY") is OrderSide.parse("Buy") is OrderSide.BUY
    with pytest.raises(ValueError, match="BUY or SELL"):
        OrderSide.parse("HOLD")


def held(size: str, side: OrderSide = OrderSide.BUY) -> HeldPosition:
    return HeldPosition(symbol="X", side=side, size=D(size), entry_price=D(10), mark_price=D(10))


def order(side: OrderSide, qty: str, *, reduce_only: bool = False, unknown: bool = False) -> WorkingOrder:
    return WorkingOrder(
        order_link_id="a",
        symbol="X",
        side=side,
        remaining=D(qty),
        price=D(10),
        reduce_only=reduce_only,
        unknown=unknown,
    )


@pytest.mark.parametrize(
    ("positions", "orders", "worst"),
    [
        ([], [], "0"),
        ([held("3")], [], "30"),
        ([held("3")], [order(OrderSide.BUY, "2")], "50"),
        ([held("3")], [order(OrderSide.SELL, "2")], "30"),
        ([held("3")], [order(OrderSide.SELL, "9")], "60"),
        ([held("3")], [order(OrderSide.SELL, "9", reduce_only=True)], "30"),
        ([held("3", OrderSide.SELL)], [order(OrderSide.SELL, "1"), order(OrderSide.BUY, "1")], "40"),
        ([], [order(OrderSide.BUY, "1"), order(OrderSide.SELL, "4", unknown=True)], "40"),
    ],
)
def test_orders_count_as_if_the_worst_of_them_trade(
    positions: list[HeldPosition], orders: list[WorkingOrder], worst: str
) -> None:
    snapshot = PortfolioSnapshot(time_ms=0, equity=D(100), positions=tuple(positions), orders=tuple(orders))
    assert snapshot.worst_value("X") == snapshot.worst_exposure == D(worst)


def test_the_documented_errors_are_made_and_caught_both_ways() -> None:
    error = BybitAPIError("no", 10001)
    assert (error.message, error.code, str(error)) == ("no", 10001, "no (code 10001)")
    for cls, ours in (
        (RateLimitError, RateLimited),
        (InsufficientBalanceError, errors.InsufficientBalance),
        (OrderNotFoundError, OrderNotFound),
    ):
        made = cls("words", 5)
        assert isinstance(made, BybitAPIError)
        assert isinstance(made, ours)
        assert (made.message, made.code, made.ret_msg, made.ret_code) == ("words", 5, "words", 5)
        copy = pickle.loads(pickle.dumps(made))
        assert (type(copy), str(copy), vars(copy)) == (cls, str(made), vars(made))


@pytest.mark.parametrize(
    ("raised", "wanted", "code"),
    [
        (errors.RateLimited(10006, "slow", until=7), RateLimitError, 10006),
        (errors.HostBanned(403, "ban"), RateLimitError, 403),
        (errors.InsufficientBalance(110007, "poor"), InsufficientBalanceError, 110007),
        (errors.OrderNotFound(110001, "gone"), OrderNotFoundError, 110001),
        (errors.RequestRejected(10001, "bad"), BybitAPIError, 10001),
        (errors.AuthenticationError(10003, "key"), errors.AuthenticationError, 10003),
        (errors.OutcomeUnknown("lost", order_link_id="a"), OutcomeUnknownError, 0),
        (errors.NotSent("down"), ExchangeUnreachable, 0),
        (errors.ConnectionFailed("down"), ConnectionError, 0),
    ],
)
def test_what_the_connector_raises_has_the_bots_name(raised: BybitError, wanted: type, code: int) -> None:
    made = translated(raised)
    assert isinstance(made, wanted)
    assert isinstance(made, BybitAPIError)
    assert made.code == code
    if isinstance(raised, RequestRejected):
        assert isinstance(made, RequestRejected)
        assert made.until == raised.until
    if isinstance(raised, OutcomeUnknown):
        assert isinstance(made, OutcomeUnknown)
        assert made.order_link_id == "a"


def test_a_local_refusal_keeps_its_name() -> None:
    error = errors.InvalidParameter("qty", "no")
    assert translated(error) is error
