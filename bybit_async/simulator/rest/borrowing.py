"""Spot margin and manual loans, which are off: nobody can borrow here. What losses have left owing can be repaid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator import refusals
from bybit_async.simulator.amounts import ZERO, plain
from bybit_async.simulator.liabilities import owed, repay
from bybit_async.simulator.rest.call import Answer, Call, Route

_REPAYMENTS = ("ALL", "FIXED", "FLEXIBLE")
_LEVERAGES = (Decimal(2), Decimal(10))


def get_spot_margin_state(call: Call) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/state`: nobody can borrow here, so it is always off."""
    return {"spotLeverage": "", "spotMarginMode": "0", "effectiveLeverage": "0"}


def switch_spot_margin(call: Call) -> dict[str, Any]:
    """`POST /v5/spot-margin-trade/switch-mode`: refused with 176002, as for those who did not pass the quiz."""
    if call.params.choice("spotMarginMode", ("0", "1")) == "1":
        raise refusals.Refused(176002, "Query user account info error. Spot margin has not been activated.")
    return {"spotMarginMode": "0"}


def set_spot_leverage(call: Call) -> dict[str, Any]:
    """`POST /v5/spot-margin-trade/set-leverage`: refused with 176038 while spot margin is off."""
    leverage = call.params.decimal("leverage")
    if leverage is None or not _LEVERAGES[0] <= leverage <= _LEVERAGES[1]:
        raise refusals.Refused(176034, "The leverage ratio is out of range")
    if call.params.text("currency"):
        _coin(call)
    raise refusals.Refused(176038, "The spot leverage is closed and the current operation is not allowed")


def get_coin_states(call: Call) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/coinstate`: no leverage, because spot margin is off."""
    return {"list": [{"currency": coin, "spotLeverage": ""} for coin in _named(call)]}


def get_max_borrowable(call: Call) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/max-borrowable`: nothing."""
    return {"currency": _coin(call), "maxLoan": "0"}


def get_liability(call: Call) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/liability`: what losses on contracts have left owing; nobody borrows for spot."""
    coin = _coin(call)
    debt = plain(owed(call.account).get(coin, ZERO))
    return {
        "currency": coin,
        "totalBorrowAmount": debt,
        "fixedBorrowAmount": "0",
        "flexibleBorrowAmount": debt,
        "spotTotalBorrow": "0",
        "derivativesBorrow": debt,
    }


def get_repayable(call: Call) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/repayment-available-amount`: who owes a coin has none of it left to repay with."""
    return {"currency": _coin(call), "lossLessRepaymentAmount": "0"}


def get_auto_repay_mode(call: Call) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/get-auto-repay-mode`."""
    return {"data": [_auto_repay(call, coin) for coin in _named(call)]}


def set_auto_repay_mode(call: Call) -> dict[str, Any]:
    """`POST /v5/spot-margin-trade/set-auto-repay-mode`: of one coin, or of all."""
    coins, mode = _named(call), call.params.choice("autoRepayMode", ("0", "1"))
    if mode == "1":
        call.account.auto_repaid.update(coins)
    else:
        call.account.auto_repaid.difference_update(coins)
    return {"data": [_auto_repay(call, coin) for coin in coins]}


def _auto_repay(call: Call, coin: str) -> dict[str, str]:
    return {"currency": coin, "autoRepayMode": "1" if coin in call.account.auto_repaid else "0"}


def get_collateral_ratios(call: Call) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/collateral`: every coin counts in full, however much there is of it."""
    tiers = [{"minQty": "0", "maxQty": "", "collateralRatio": "1"}]
    return {"list": [{"currency": coin, "collateralRatioList": tiers} for coin in _named(call)]}


def borrow(call: Call) -> dict[str, Any]:
    """`POST /v5/account/borrow`: refused with 34022036 while margin trading is off."""
    call.params.required("coin")
    amount = call.params.decimal("amount")
    if amount is None or amount <= 0:
        raise refusals.parameter("amount invalid")
    raise refusals.Refused(34022036, "Please enable Margin Trading to continue.")


def repay_by_conversion(call: Call) -> Answer:
    """`POST /v5/account/repay`: pays debts (of one coin, or all) out of the other coins; 34022041 without a debt."""
    coins = _repaid(call)
    call.params.choice("repaymentType", _REPAYMENTS, "ALL")
    paid = repay(call.exchange.engine, call.account, coins, call.params.decimal("amount"))
    if not paid:
        raise refusals.Refused(34022049, "Insufficient collateral balance.")
    return Answer({"resultStatus": "SU"}, None, "success")


def repay_without_conversion(call: Call) -> Answer:
    """`POST /v5/account/no-convert-repay`: who owes a coin has none of it left, so this is always refused."""
    call.params.required("coin")
    _repaid(call)
    raise refusals.Refused(34022049, "Insufficient collateral balance.")


def repay_at_once(call: Call) -> Answer:
    """`POST /v5/account/quick-repayment`: as `/v5/account/repay`; 182102 without a debt."""
    debts = owed(call.account)
    wanted = call.params.text("coin").upper()
    coins = [coin for coin in debts if wanted in ("", coin)]
    if not coins:
        raise refusals.Refused(182102, "Failed repayment, there are no liabilities in the current currency")
    paid = repay(call.exchange.engine, call.account, coins)
    if not paid:
        raise refusals.Refused(182101, "Failed repayment, insufficient collateral balance")
    return Answer({"list": [{"coin": coin, "repaymentQty": plain(amount)} for coin, amount in paid.items()]})


def _repaid(call: Call) -> list[str]:
    debts = owed(call.account)
    wanted, amount = call.params.text("coin").upper(), call.params.decimal("amount")
    if amount is not None and not wanted:
        raise refusals.parameter("coin is required with amount")
    coins = [coin for coin in debts if wanted in ("", coin)]
    if not coins:
        raise refusals.Refused(34022041, "Currently, your account has no borrowed coins. No repayments are needed.")
    if amount is not None and amount > debts[wanted]:
        raise refusals.parameter("amount exceeds the liability")
    return coins


def _named(call: Call) -> list[str]:
    return [_coin(call)] if call.params.text("currency") else call.exchange.coins()


def _coin(call: Call) -> str:
    coin = call.params.required("currency").upper()
    if coin not in call.exchange.coins():
        raise refusals.parameter("currency invalid")
    return coin


def get_borrow_history(call: Call) -> dict[str, Any]:
    """`GET /v5/account/borrow-history`: nobody can borrow here, so nobody ever has."""
    return {"list": [], "nextPageCursor": ""}


ROUTES = (
    Route("GET", "/v5/spot-margin-trade/state", get_spot_margin_state),
    Route("POST", "/v5/spot-margin-trade/switch-mode", switch_spot_margin, permission="Trade"),
    Route("POST", "/v5/spot-margin-trade/set-leverage", set_spot_leverage, permission="Trade"),
    Route("GET", "/v5/spot-margin-trade/coinstate", get_coin_states),
    Route("GET", "/v5/spot-margin-trade/max-borrowable", get_max_borrowable),
    Route("GET", "/v5/spot-margin-trade/liability", get_liability),
    Route("GET", "/v5/spot-margin-trade/repayment-available-amount", get_repayable),
    Route("GET", "/v5/spot-margin-trade/get-auto-repay-mode", get_auto_repay_mode),
    Route("POST", "/v5/spot-margin-trade/set-auto-repay-mode", set_auto_repay_mode, permission="Trade"),
    Route("GET", "/v5/spot-margin-trade/collateral", get_collateral_ratios, signed=False),
    Route("POST", "/v5/account/borrow", borrow, permission="Trade"),
    Route("POST", "/v5/account/repay", repay_by_conversion, permission="Trade"),
    Route("POST", "/v5/account/no-convert-repay", repay_without_conversion, permission="Trade"),
    Route("POST", "/v5/account/quick-repayment", repay_at_once, permission="Trade"),
    Route("GET", "/v5/account/borrow-history", get_borrow_history),
)
