"""Spot margin: what orders with `isLeverage` borrow, its interest and its repayment. Manual loans are not offered."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.custody.liabilities import owed, repay
from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.amounts import ZERO, plain, rounded
from bybit_async.simulator.engine.journal import InterestCharge
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route
from bybit_async.simulator.rest.lists import list_page

_REPAYMENTS = ("ALL", "FIXED", "FLEXIBLE")


def get_spot_margin_state(call: RestCall) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/state`."""
    leverage = call.account.spot_leverage
    if leverage is None:
        return {"spotLeverage": "", "spotMarginMode": "0", "effectiveLeverage": "0"}
    worth = sum((debt * call.venue.engine.coin_price(coin) for coin, debt in owed(call.account).items()), ZERO)
    balance = call.venue.engine.standing(call.account).margin_balance
    effective = worth / balance if balance > 0 else ZERO
    return {"spotLeverage": plain(leverage), "spotMarginMode": "1", "effectiveLeverage": rounded(effective, 4)}


def switch_spot_margin(call: RestCall) -> dict[str, Any]:
    """`POST /v5/spot-margin-trade/switch-mode`."""
    mode = call.params.choice("spotMarginMode", ("0", "1"))
    call.venue.engine.borrowing.switch(call.account, on=mode == "1")
    return {"spotMarginMode": mode}


def set_spot_leverage(call: RestCall) -> dict[str, Any]:
    """`POST /v5/spot-margin-trade/set-leverage`: one leverage for every coin; a coin by itself has none of its own."""
    leverage = call.params.decimal("leverage")
    if leverage is None:
        raise refusals.parameter("leverage is required")
    if call.params.text("currency"):
        _coin(call)
    call.venue.engine.borrowing.set_leverage(call.account, leverage)
    return {}


def get_coin_states(call: RestCall) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/coinstate`."""
    leverage = plain(call.account.spot_leverage)
    return {"list": [{"currency": coin, "spotLeverage": leverage} for coin in _named(call)]}


def get_max_borrowable(call: RestCall) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/max-borrowable`."""
    coin = _coin(call)
    return {"currency": coin, "maxLoan": rounded(call.venue.engine.borrowing.most(call.account, coin))}


def get_liability(call: RestCall) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/liability`: with spot margin on, every debt counts as borrowed for spot."""
    coin = _coin(call)
    debt = plain(owed(call.account).get(coin, ZERO))
    by_spot = call.account.spot_leverage is not None
    return {
        "currency": coin,
        "totalBorrowAmount": debt,
        "fixedBorrowAmount": "0",
        "flexibleBorrowAmount": debt,
        "spotTotalBorrow": debt if by_spot else "0",
        "derivativesBorrow": "0" if by_spot else debt,
    }


def get_repayable(call: RestCall) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/repayment-available-amount`: who owes a coin has none of it left to repay with."""
    return {"currency": _coin(call), "lossLessRepaymentAmount": "0"}


def get_auto_repay_mode(call: RestCall) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/get-auto-repay-mode`."""
    return {"data": [_auto_repay(call, coin) for coin in _named(call)]}


def set_auto_repay_mode(call: RestCall) -> dict[str, Any]:
    """`POST /v5/spot-margin-trade/set-auto-repay-mode`: of one coin, or of all."""
    coins, mode = _named(call), call.params.choice("autoRepayMode", ("0", "1"))
    if mode == "1":
        call.account.auto_repaid.update(coins)
    else:
        call.account.auto_repaid.difference_update(coins)
    return {"data": [_auto_repay(call, coin) for coin in coins]}


def _auto_repay(call: RestCall, coin: str) -> dict[str, str]:
    return {"currency": coin, "autoRepayMode": "1" if coin in call.account.auto_repaid else "0"}


def get_collateral_ratios(call: RestCall) -> dict[str, Any]:
    """`GET /v5/spot-margin-trade/collateral`: every coin counts in full, however much there is of it."""
    tiers = [{"minQty": "0", "maxQty": "", "collateralRatio": "1"}]
    return {"list": [{"currency": coin, "collateralRatioList": tiers} for coin in _named(call)]}


def borrow(call: RestCall) -> dict[str, Any]:
    """`POST /v5/account/borrow`: refused with 34022036 while spot margin is off, and with 34022053 when it is on."""
    call.params.required("coin")
    amount = call.params.decimal("amount")
    if amount is None or amount <= 0:
        raise refusals.parameter("amount invalid")
    if call.account.spot_leverage is None:
        raise refusals.Refused(34022036, "Please enable Margin Trading to continue.")
    raise refusals.Refused(34022053, "Please contact the sales to enable the Manual Borrowing feature.")


def repay_by_conversion(call: RestCall) -> RestAnswer:
    """`POST /v5/account/repay`: pays debts (of one coin, or all) out of the other coins; 34022041 without a debt."""
    coins = _repaid(call)
    call.params.choice("repaymentType", _REPAYMENTS, "ALL")
    paid = repay(call.venue.engine, call.account, coins, call.params.decimal("amount"))
    if not paid:
        raise refusals.Refused(34022049, "Insufficient collateral balance.")
    return RestAnswer({"resultStatus": "SU"}, None, "success")


def repay_without_conversion(call: RestCall) -> RestAnswer:
    """`POST /v5/account/no-convert-repay`: who owes a coin has none of it left, so this is always refused."""
    call.params.required("coin")
    _repaid(call)
    raise refusals.Refused(34022049, "Insufficient collateral balance.")


def repay_at_once(call: RestCall) -> RestAnswer:
    """`POST /v5/account/quick-repayment`: as `/v5/account/repay`; 182102 without a debt."""
    debts = owed(call.account)
    wanted = call.params.text("coin").upper()
    coins = [coin for coin in debts if wanted in ("", coin)]
    if not coins:
        raise refusals.Refused(182102, "Failed repayment, there are no liabilities in the current currency")
    paid = repay(call.venue.engine, call.account, coins)
    if not paid:
        raise refusals.Refused(182101, "Failed repayment, insufficient collateral balance")
    return RestAnswer({"list": [{"coin": coin, "repaymentQty": plain(amount)} for coin, amount in paid.items()]})


def _repaid(call: RestCall) -> list[str]:
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


def _named(call: RestCall) -> list[str]:
    return [_coin(call)] if call.params.text("currency") else call.venue.coins()


def _coin(call: RestCall) -> str:
    coin = call.params.required("currency").upper()
    if coin not in call.venue.coins():
        raise refusals.parameter("currency invalid")
    return coin


def get_borrow_history(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/borrow-history`: the interest of each hour."""
    wanted = call.params.text("currency").upper()
    start, end = call.params.window(call.now, 30)
    records = [
        record
        for record in reversed(call.account.borrowed)
        if wanted in ("", record.coin) and start <= record.time_ms <= end
    ]
    return list_page(call, records, InterestCharge.to_wire, default=20, maximum=50)


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
