"""Market maker protection for options: set it, look at it, end a freeze."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator import refusals
from bybit_async.simulator.desk.market_making import Guard
from bybit_async.simulator.rest.call import Answer, Call, Route

_CENT = Decimal("0.01")
_DEFAULT_VEGA = Decimal(500_000)


def modify(call: Call) -> Answer:
    """`POST /v5/account/mmp-modify`."""
    guard = _guard(call)
    window, frozen = call.params.integer("window", low=1), call.params.integer("frozenPeriod", low=0)
    qty, delta = _limit(call, "qtyLimit"), _limit(call, "deltaLimit")
    vega = _limit(call, "vegaLimit") if call.params.text("vegaLimit") else _DEFAULT_VEGA
    guard.window, guard.frozen_period = window, frozen
    guard.qty_limit, guard.delta_limit, guard.vega_limit = qty, delta, vega
    return Answer({}, None, "success")


def reset(call: Call) -> Answer:
    """`POST /v5/account/mmp-reset`."""
    _guard(call).reset()
    return Answer({}, None, "success")


def get_state(call: Call) -> dict[str, Any]:
    """`GET /v5/account/mmp-state`."""
    return {"result": [_guard(call).to_wire(call.params.text("baseCoin"), call.now)]}


def _guard(call: Call) -> Guard:
    coin = call.params.required("baseCoin")
    if not any(quotation.instrument.base == coin for quotation in call.exchange.market.of("option")):
        raise refusals.parameter("baseCoin invalid")
    return call.exchange.engine.market_making(call.account, coin)


def _limit(call: Call, name: str) -> Decimal:
    limit = call.params.decimal(name)
    if limit is None or limit <= 0 or limit.quantize(_CENT) != limit:
        raise refusals.parameter(f"{name} invalid")
    return limit


ROUTES = (
    Route("POST", "/v5/account/mmp-modify", modify, permission="Options"),
    Route("POST", "/v5/account/mmp-reset", reset, permission="Options"),
    Route("GET", "/v5/account/mmp-state", get_state, permission="Options"),
)
