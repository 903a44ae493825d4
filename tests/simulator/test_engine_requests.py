"""Whatever a client sends, the engine answers or refuses; it never breaks and never loses count."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bybit_async.simulator.engine.refusals import Refused

from .trading import Desk

NAMES = [
    "category", "symbol", "side", "orderType", "qty", "price", "timeInForce", "triggerPrice", "triggerDirection",
    "triggerBy", "reduceOnly", "closeOnTrigger", "positionIdx", "orderLinkId", "orderId", "takeProfit", "stopLoss",
    "tpslMode", "tpOrderType", "tpLimitPrice", "smpType", "marketUnit", "orderFilter", "slippageToleranceType",
    "slippageTolerance", "bboSideType", "bboLevel", "buyLeverage", "sellLeverage", "mode", "coin", "settleCoin",
    "baseCoin", "trailingStop", "activePrice", "tpSize", "slSize", "margin", "autoAddMargin", "riskId", "openOnly",
    "startTime", "endTime", "limit", "currency", "type", "isLeverage",
]  # fmt: skip
VALUES = st.sampled_from([
    "", None, "0", "-1", "1", "0.1", "60000", "59999.9", "1e-8", "1e400", "NaN", "Infinity", "0.00000000000001",
    "9" * 40,
    "Buy", "Limit", "Market", "Full", "Partial", "BTCUSDT", "BTCUSD", "USDT", "linear", "spot", "option", "Percent",
    "TickSize", "Queue", "Counterparty", "LastPrice", True, False, 0, 1, 2, 3, 0.1, [], {}, ["x"], "é", "a b", "x" * 50,
])  # fmt: skip
BASE = {
    "category": "linear",
    "symbol": "BTCUSDT",
    "side": "Buy",
    "orderType": "Limit",
    "qty": "0.1",
    "price": "60000",
    "buyLeverage": "5",
    "sellLeverage": "5",
    "mode": 3,
    "settleCoin": "USDT",
}
CALLS = [
    "place", "amend", "cancel", "cancel_all", "set_leverage", "switch_mode", "set_trading_stop", "add_margin",
    "set_auto_add_margin", "set_risk_limit", "open_orders", "order_history", "executions", "positions",
    "closed_pnl", "transaction_log", "deliveries", "fee_rates",
]  # fmt: skip


@pytest.mark.parametrize("category", ["linear", "inverse", "spot"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    requests=st.lists(
        st.tuples(st.sampled_from(CALLS), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5)), max_size=25
    )
)
def test_no_request_breaks_the_engine(category, requests):
    desk = Desk()
    symbol = "BTCUSD" if category == "inverse" else "BTCUSDT"
    where = {"category": category, "symbol": symbol}
    qty = "1000" if category == "inverse" else "0.1"
    desk.trade(desk.a, desk.b, qty, "60000", where)
    desk.limit(desk.a, "Buy", qty, "59000", where, orderLinkId="1")
    for name, changes in requests:
        try:
            getattr(desk.engine, name)(desk.a, BASE | where | changes)
        except Refused:
            continue
    desk.engine.audit()
