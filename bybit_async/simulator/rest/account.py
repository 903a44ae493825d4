"""The account: wallet, fees, settings and the log of its balance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator import refusals
from bybit_async.simulator.amounts import plain
from bybit_async.simulator.greeks import greeks
from bybit_async.simulator.journal import LogEntry
from bybit_async.simulator.rest.call import Answer, Call, Route
from bybit_async.simulator.rest.lists import list_page

_MODES = ("REGULAR_MARGIN", "ISOLATED_MARGIN", "PORTFOLIO_MARGIN")


def get_wallet_balance(call: Call) -> dict[str, Any]:
    """`GET /v5/account/wallet-balance`."""
    call.params.choice("accountType", ("UNIFIED",))
    coins = [coin for coin in call.params.text("coin").upper().split(",") if coin]
    return {"list": [call.exchange.engine.wallet(call.account, coins or None)]}


def get_info(call: Call) -> dict[str, Any]:
    """`GET /v5/account/info`."""
    account = call.account
    protection = call.exchange.protection
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


def get_fee_rate(call: Call) -> dict[str, Any]:
    """`GET /v5/account/fee-rate`."""
    category = call.params.category(default="linear")
    values = {**call.params.values, "category": category}
    return {"category": category, "list": call.exchange.engine.fee_rates(call.account, values)}


def get_transaction_log(call: Call) -> dict[str, Any]:
    """`GET /v5/account/transaction-log`."""
    entries = call.exchange.engine.transaction_log(call.account, _log_window(call))
    return list_page(call, entries, LogEntry.to_wire, default=20, maximum=50)


def _log_window(call: Call) -> dict[str, Any]:
    # One day unless both ends are given; then a week at most.
    both = call.params.text("startTime") and call.params.text("endTime")
    return call.windowed(7 if both else 1)


def set_margin_mode(call: Call) -> Answer:
    """`POST /v5/account/set-margin-mode`."""
    mode = call.params.choice("setMarginMode", _MODES)
    if mode == "REGULAR_MARGIN":
        call.exchange.engine.set_margin_mode(call.account, "REGULAR_MARGIN")
    elif mode == "ISOLATED_MARGIN":
        call.exchange.engine.set_margin_mode(call.account, "ISOLATED_MARGIN")
    else:
        reason = {"reasonCode": "3400000", "reasonMsg": "not simulated: portfolio margin"}
        return Answer({"reasons": [reason]}, None, "Set margin mode failed", 3400045)
    return Answer({"reasons": []}, None, "Request accepted")


def get_trade_behaviour(call: Call) -> dict[str, Any]:
    """`GET /v5/account/user-setting-config`: true tells for spot that prices are moved, for futures that they stay."""
    moves = call.account.moves_prices
    return {
        "lpaSpot": moves["spot"],
        "lpaPerp": not moves["linear"],
        "deltaEnable": False,
        "smsef": False,
        "fmsef": False,
    }


def set_trade_behaviour(call: Call) -> dict[str, Any]:
    """`POST /v5/account/set-limit-px-action`: linear and inverse go together."""
    category = call.params.category("spot", "linear", "inverse")
    moved = call.params.values.get("modifyEnable")
    if not isinstance(moved, bool):
        raise refusals.parameter("modifyEnable invalid")
    for name in ("spot",) if category == "spot" else ("linear", "inverse"):
        call.account.moves_prices[name] = moved
    return {}


def get_spot_margin_state(call: Call) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/state`: nobody can borrow here, so it is always off."""
    return {"spotLeverage": "", "spotMarginMode": "0", "effectiveLeverage": "0"}


def get_collateral_info(call: Call) -> dict[str, Any]:
    """`GET /v5/account/collateral-info`: every coin counts in full, nothing can be borrowed."""
    wanted = call.params.text("currency").upper()
    coins = call.exchange.coins()
    if wanted and wanted not in coins:
        raise refusals.parameter("currency invalid")
    return {"list": [_collateral(coin) for coin in ([wanted] if wanted else coins)]}


def _collateral(coin: str) -> dict[str, Any]:
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
        "collateralSwitch": True,
        "collateralRatio": "1",
        "freeBorrowingAmount": "",
    }


def get_borrow_history(call: Call) -> dict[str, Any]:
    """`GET /v5/account/borrow-history`: nobody can borrow here, so nobody ever has."""
    return list_page(call, (), lambda entry: entry)


def get_coin_greeks(call: Call) -> dict[str, Any]:
    """`GET /v5/asset/coin-greeks`."""
    base = call.params.text("baseCoin").upper()
    coins = [base] if base else sorted({one.instrument.base for one in call.exchange.market.of("option")})
    return {"list": [greeks(call.exchange.market, call.account, coin, call.now) for coin in coins]}


def get_withdrawal(call: Call) -> dict[str, Any]:
    """`GET /v5/account/withdrawal`: how much of each coin may leave the account."""
    coins = call.params.required("coinName").upper().split(",")
    amounts = {coin: plain(max(call.exchange.engine.available(call.account, coin), Decimal(0))) for coin in coins}
    return {"availableWithdrawal": amounts[coins[0]], "availableWithdrawalMap": amounts}


def get_dcp_info(call: Call) -> dict[str, Any]:
    """`GET /v5/account/query-dcp-info`."""
    windows = call.exchange.protection.windows(call.account)
    return {
        "dcpInfos": [
            {"product": product, "dcpStatus": "ON", "timeWindow": str(window)} for product, window in windows.items()
        ]
    }


def get_smp_group(call: Call) -> dict[str, Any]:
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
    Route("GET", "/v5/spot-margin-trade/state", get_spot_margin_state),
    Route("GET", "/v5/account/collateral-info", get_collateral_info),
    Route("GET", "/v5/account/borrow-history", get_borrow_history),
    Route("GET", "/v5/asset/coin-greeks", get_coin_greeks),
    Route("GET", "/v5/account/withdrawal", get_withdrawal),
    Route("GET", "/v5/account/query-dcp-info", get_dcp_info),
    Route("GET", "/v5/account/smp-group", get_smp_group),
)
