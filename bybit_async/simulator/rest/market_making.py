"""Market maker protection for options: set it, look at it, end a freeze."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.market_making import QuoteGuard
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route

_CENT = Decimal("0.01")
_DEFAULT_VEGA = Decimal(500_000)


def modify(call: RestCall) -> RestAnswer:
    """`POST /v5/account/mmp-modify`."""
    guard = _guard(call)
    window, frozen = call.params.integer("window", low=1), call.params.integer("frozenPeriod", low=0)
    qty, delta = _limit(call, "qtyLimit"), _limit(call, "deltaLimit")
    vega = _limit(call, "vegaLimit") if call.params.text("vegaLimit") else _DEFAULT_VEGA
    guard.window, guard.frozen_period = window, frozen
    guard.qty_limit, guard.delta_limit, guard.vega_limit = qty, delta, vega
    return RestAnswer({}, None, "success")


def reset(call: RestCall) -> RestAnswer:
    """`POST /v5/account/mmp-reset`."""
    _guard(call).reset()
    return RestAnswer({}, None, "success")


def get_state(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/mmp-state`."""
    return {"result": [_guard(call).to_wire(call.params.text("baseCoin"), call.now)]}


def _guard(call: RestCall) -> QuoteGuard:
    coin = call.params.required("baseCoin")
    if not any(quotation.instrument.base == coin for quotation in call.venue.market.of("option")):
        raise refusals.parameter("baseCoin invalid")
    return call.venue.engine.market_making(call.account, coin)


def _limit(call: RestCall, name: str) -> Decimal:
    limit = call.params.decimal(name)
    if limit is None or limit <= 0 or limit.quantize(_CENT) != limit:
        raise refusals.parameter(f"{name} invalid")
    return limit


ROUTES = (
    Route("POST", "/v5/account/mmp-modify", modify, permission="Options"),
    Route("POST", "/v5/account/mmp-reset", reset, permission="Options"),
    Route("GET", "/v5/account/mmp-state", get_state, permission="Options"),
)
