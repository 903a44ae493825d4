"""The demo trading service: what it offers of V5, and the money that it hands out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.rest.call import RestCall, Route

DAYS = 7
"""How long demo keeps orders."""
_MOST = {"BTC": Decimal(15), "ETH": Decimal(200), "USDT": Decimal(100_000), "USDC": Decimal(100_000)}
_BATCHES = frozenset({"/v5/order/create-batch", "/v5/order/amend-batch", "/v5/order/cancel-batch"})
_OFFERED = _BATCHES | {
    "/v5/order/create", "/v5/order/amend", "/v5/order/cancel", "/v5/order/realtime", "/v5/order/cancel-all",
    "/v5/order/history", "/v5/execution/list", "/v5/position/list", "/v5/position/set-leverage",
    "/v5/position/switch-mode", "/v5/position/trading-stop", "/v5/position/set-auto-add-margin",
    "/v5/position/add-margin", "/v5/position/closed-pnl", "/v5/account/wallet-balance",
    "/v5/account/collateral-info", "/v5/account/info", "/v5/account/transaction-log", "/v5/account/set-margin-mode",
    "/v5/account/borrow-history", "/v5/asset/coin-greeks", "/v5/asset/delivery-record",
    "/v5/account/demo-apply-money", "/v5/user/query-api", "/v5/account/set-collateral-switch",
    "/v5/account/set-hedging-mode", "/v5/asset/settlement-record", "/v5/spot-margin-trade/state",
    "/v5/spot-margin-trade/set-leverage", "/v5/spot-margin-trade/switch-mode",
}  # fmt: skip


def require_demo(path: str, category: str) -> None:
    """Refuse with 10032 a signed call that demo does not offer (batches: linear and option only)."""
    if path not in _OFFERED or (path in _BATCHES and category not in ("linear", "option")):
        raise refusals.Refused(10032, f"Demo trading are not supported: {path}")


def request_funds(call: RestCall) -> dict[str, Any]:
    """`POST /v5/account/demo-apply-money`: add (or with `adjustType` 1 remove) money, up to a maximum each time.

    A request that names no coin gets the maximum of every coin.
    """
    if not call.venue.demo:
        raise refusals.Refused(10032, "not simulated: /v5/account/demo-apply-money outside of demo")
    removing = call.params.choice("adjustType", ("0", "1"), "0") == "1"
    everything = [{"coin": coin, "amountStr": str(most)} for coin, most in _MOST.items()]
    wanted = call.params.values.get("utaDemoApplyMoney", everything)
    if not isinstance(wanted, list) or not wanted or not all(isinstance(entry, dict) for entry in wanted):
        raise refusals.parameter("utaDemoApplyMoney invalid")
    amounts = [_amount(call, entry) for entry in wanted]
    for coin, amount in amounts:
        if removing:
            call.venue.engine.withdraw(call.account, coin, amount)
        else:
            call.venue.engine.deposit(call.account, coin, amount)
    return {}


def _amount(call: RestCall, entry: dict[str, Any]) -> tuple[str, Decimal]:
    params = type(call.params)(entry)
    coin, amount = params.choice("coin", _MOST), params.decimal("amountStr")
    if amount is None or not 0 < amount <= _MOST[coin]:
        raise refusals.parameter("amountStr invalid")
    return coin, amount


ROUTES = (Route("POST", "/v5/account/demo-apply-money", request_funds),)
