"""The account: wallet, fees, settings and the log of its balance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.journal import LogEntry
from bybit_async.simulator.market.greeks import greeks
from bybit_async.simulator.rest.call import Parameters, RestAnswer, RestCall, Route
from bybit_async.simulator.rest.lists import list_page

_MODES = ("REGULAR_MARGIN", "ISOLATED_MARGIN", "PORTFOLIO_MARGIN")


def get_wallet_balance(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/wallet-balance`."""
    call.params.choice("accountType", ("UNIFIED",))
    coins = [coin for coin in call.params.text("coin").upper().split(",") if coin]
    return {"list": [call.venue.engine.wallet(call.account, coins or None)]}


def get_info(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/info`."""
    account = call.account
    protection = call.venue.protection
    return {
        "unifiedMarginStatus": 6,
        "marginMode": account.margin_mode,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
        "updatedTime": str(account.updated_ms),
        "dcpStatus": "ON" if protection.windows(account) else "OFF",
        "timeWindow": max(protection.windows(account).values(), default=0),
        "smpGroup": account.smp_group,
    }


def get_fee_rate(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/fee-rate`."""
    category = call.params.category(default="linear")
    values = {**call.params.values, "category": category}
    rates = call.venue.engine.fee_rates(call.account, values)
    return {"list": rates} if category in ("linear", "inverse") else {"category": category, "list": rates}


def get_transaction_log(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/transaction-log`."""
    entries = call.venue.engine.transaction_log(call.account, _log_window(call))
    return list_page(call, entries, LogEntry.to_wire, default=20, maximum=50)


def _log_window(call: RestCall) -> dict[str, Any]:
    # One day unless both ends are given; then a week at most.
    both = call.params.text("startTime") and call.params.text("endTime")
    return call.windowed(7 if both else 1)


def set_margin_mode(call: RestCall) -> RestAnswer:
    """`POST /v5/account/set-margin-mode`."""
    mode = call.params.choice("setMarginMode", _MODES)
    if mode == "REGULAR_MARGIN":
        call.venue.engine.set_margin_mode(call.account, "REGULAR_MARGIN")
    elif mode == "ISOLATED_MARGIN":
        call.venue.engine.set_margin_mode(call.account, "ISOLATED_MARGIN")
    else:
        reason = {"reasonCode": "3400000", "reasonMsg": "not simulated: portfolio margin"}
        return RestAnswer({"reasons": [reason]}, None, "Set margin mode failed", 3400045)
    return RestAnswer({"reasons": []}, None, "Request accepted")


def get_trade_behaviour(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/user-setting-config`: true tells for spot that prices are moved, for futures that they stay."""
    moves = call.account.moves_prices
    return {
        "lpaSpot": moves["spot"],
        "lpaPerp": not moves["linear"],
        "deltaEnable": call.account.delta_neutral,
        "smsef": False,
        "fmsef": False,
        "smpType": "None",
    }


def set_trade_behaviour(call: RestCall) -> dict[str, Any]:
    """`POST /v5/account/set-limit-px-action`: linear and inverse go together."""
    category = call.params.category("spot", "linear", "inverse")
    moved = call.params.values.get("modifyEnable")
    if not isinstance(moved, bool):
        raise refusals.parameter("modifyEnable invalid")
    for name in ("spot",) if category == "spot" else ("linear", "inverse"):
        call.account.moves_prices[name] = moved
    return {}


def get_collateral_info(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/collateral-info`: every coin counts in full, nothing can be borrowed."""
    wanted = call.params.text("currency").upper()
    coins = call.venue.coins()
    if wanted and wanted not in coins:
        raise refusals.parameter("currency invalid")
    return {"list": [_collateral(call.account, coin) for coin in ([wanted] if wanted else coins)]}


def _collateral(account: Account, coin: str) -> dict[str, Any]:
    return {
        "currency": coin,
        "hourlyBorrowRate": "",
        "maxBorrowingAmount": "0",
        "freeBorrowingLimit": "",
        "freeBorrowAmount": "",
        "borrowAmount": "0",
        "otherBorrowAmount": "0",
        "availableToBorrow": "0",
        "borrowable": False,
        "borrowUsageRate": "0",
        "marginCollateral": True,
        "collateralSwitch": coin not in account.uncounted,
        "collateralRatio": "1",
        "freeBorrowingAmount": "",
    }


def set_collateral(call: RestCall) -> RestAnswer:
    """`POST /v5/account/set-collateral-switch`."""
    coin, counts = _switch(call, call.params)
    call.venue.engine.set_collateral(call.account, {coin: counts})
    return RestAnswer({}, None, "SUCCESS")


def set_collaterals(call: RestCall) -> RestAnswer:
    """`POST /v5/account/set-collateral-switch-batch`: all of them, or none."""
    wanted = call.params.values.get("request")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(entry, dict) for entry in wanted):
        raise refusals.parameter("request invalid")
    switches = [_switch(call, type(call.params)(entry)) for entry in wanted]
    if len(dict(switches)) < len(switches):
        raise refusals.Refused(182112, "Duplicate currency, please re-adjust")
    call.venue.engine.set_collateral(call.account, dict(switches))
    return RestAnswer({"list": wanted}, None, "SUCCESS")


def _switch(call: RestCall, params: Parameters) -> tuple[str, bool]:
    coin = params.required("coin")
    if coin not in call.venue.coins():
        raise refusals.parameter("coin invalid")
    return coin, params.choice("collateralSwitch", ("ON", "OFF")) == "ON"


def set_delta_mode(call: RestCall) -> RestAnswer:
    """`POST /v5/account/set-delta-mode`: stored without effect, because no one is deleveraged here."""
    call.account.delta_neutral = call.params.choice("deltaEnable", ("0", "1")) == "1"
    return RestAnswer({}, None, "success")


def set_hedging_mode(call: RestCall) -> dict[str, Any]:
    """`POST /v5/account/set-hedging-mode`: only for portfolio margin, which no one has here."""
    call.params.choice("setHedgingMode", ("ON", "OFF"))
    raise refusals.Refused(140001, "Switching the PM spot hedging switch is not allowed in non PM mode")


def get_coin_greeks(call: RestCall) -> dict[str, Any]:
    """`GET /v5/asset/coin-greeks`."""
    base = call.params.text("baseCoin").upper()
    coins = [base] if base else sorted({one.instrument.base for one in call.venue.market.of("option")})
    return {"list": [greeks(call.venue.market, call.account, coin, call.now) for coin in coins]}


def get_withdrawal(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/withdrawal`: how much of each coin may leave the account."""
    coins = call.params.required("coinName").upper().split(",")
    amounts = {coin: plain(max(call.venue.engine.available(call.account, coin), Decimal(0))) for coin in coins}
    return {"availableWithdrawal": amounts[coins[0]], "availableWithdrawalMap": amounts}


def get_dcp_info(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/query-dcp-info`."""
    windows = call.venue.protection.windows(call.account)
    return {
        "dcpInfos": [
            {"product": product, "dcpStatus": "ON", "timeWindow": str(window)} for product, window in windows.items()
        ]
    }


def get_smp_group(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/smp-group`."""
    return {"smpGroup": call.account.smp_group}


ROUTES = (
    Route("GET", "/v5/account/wallet-balance", get_wallet_balance),
    Route("GET", "/v5/account/info", get_info),
    Route("GET", "/v5/account/fee-rate", get_fee_rate),
    Route("GET", "/v5/account/transaction-log", get_transaction_log),
    Route("POST", "/v5/account/set-margin-mode", set_margin_mode, permission="Trade"),
    Route("GET", "/v5/account/user-setting-config", get_trade_behaviour),
    Route("POST", "/v5/account/set-limit-px-action", set_trade_behaviour, permission="Trade"),
    Route("POST", "/v5/account/set-delta-mode", set_delta_mode, permission="Trade"),
    Route("POST", "/v5/account/set-hedging-mode", set_hedging_mode, permission="Trade"),
    Route("GET", "/v5/account/collateral-info", get_collateral_info),
    Route("POST", "/v5/account/set-collateral-switch", set_collateral, permission="Trade"),
    Route("POST", "/v5/account/set-collateral-switch-batch", set_collaterals, permission="Trade"),
    Route("GET", "/v5/asset/coin-greeks", get_coin_greeks),
    Route("GET", "/v5/account/withdrawal", get_withdrawal),
    Route("GET", "/v5/account/query-dcp-info", get_dcp_info),
    Route("GET", "/v5/account/smp-group", get_smp_group),
)
