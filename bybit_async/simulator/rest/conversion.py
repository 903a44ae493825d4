"""Convert: coins for coins at a quoted rate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator.custody.conversions import ACCURACY, MOST, WALLETS, CoinConversion
from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.amounts import ZERO, plain
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route
from bybit_async.simulator.rest.lists import list_page

_LONGEST_ID = 36
_LEAST = plain(Decimal(1).scaleb(-ACCURACY))


def get_coins(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/exchange/query-coin-list`: coins to sell (with what is held of them), or to buy."""
    params = call.params
    wallet = call.venue.members.wallet(call.account.uid, WALLETS[params.choice("accountType", WALLETS)])
    side, coin = params.integer("side", 0, 0, 1), params.text("coin").upper()
    rows = [
        _coin_wire(call, name, wallet.balances.get(name, ZERO) if side == 0 else ZERO)
        for name in call.venue.coins()
        if call.venue.engine.coin_price(name) and (side == 0 or name != coin)
    ]
    return RestAnswer({"coins": rows}, None, "ok")


def _coin_wire(call: RestCall, coin: str, balance: Decimal) -> dict[str, Any]:
    return {
        "coin": coin,
        "fullName": coin,
        "icon": "",
        "iconNight": "",
        "accuracyLength": ACCURACY,
        "coinType": "crypto",
        "balance": plain(balance),
        "uBalance": plain(round(balance * call.venue.engine.coin_price(coin), ACCURACY)),
        "timePeriod": 0,
        "singleFromMinLimit": _LEAST,
        "singleFromMaxLimit": plain(MOST),
        "singleToMinLimit": "0",
        "singleToMaxLimit": "0",
        "dailyFromMinLimit": "0",
        "dailyFromMaxLimit": "0",
        "dailyToMinLimit": "0",
        "dailyToMaxLimit": "0",
        "disableFrom": False,
        "disableTo": False,
    }


def request_quote(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/exchange/quote-apply`: a rate that is good for 15 seconds."""
    params = call.params
    account_type = params.choice("accountType", WALLETS)
    source, target = params.required("fromCoin"), params.required("toCoin")
    coins = call.venue.coins()
    if source not in coins or target not in coins or source == target:
        raise refusals.parameter("fromCoin or toCoin invalid")
    if params.required("requestCoin") != source:
        raise refusals.parameter("requestCoin must be fromCoin")
    request_id = params.text("requestId")
    if len(request_id) > _LONGEST_ID:
        raise refusals.parameter("requestId is too long")
    amount = params.decimal("requestAmount")
    if amount is None:
        raise refusals.parameter("requestAmount is required")
    quote = CoinConversion(
        number="",
        uid=call.account.uid,
        account_type=account_type,
        source=source,
        target=target,
        amount=amount,
        proceeds=ZERO,
        rate=ZERO,
        quoted_at=call.now,
        request_id=request_id,
        param_type=params.text("paramType"),
        param_value=params.text("paramValue"),
    )
    return RestAnswer(call.venue.conversions.quote(quote).to_quote(), None, "ok")


def confirm_quote(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/exchange/convert-execute`: only starts the conversion."""
    conversion = call.venue.conversions.find(call.params.required("quoteTxId"), call.account.uid)
    call.venue.conversions.confirm(conversion)
    return RestAnswer({"quoteTxId": conversion.number, "exchangeStatus": conversion.status}, None, "ok")


def get_status(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/exchange/convert-result-query`."""
    params = call.params
    account_type = params.choice("accountType", WALLETS)
    conversion = call.venue.conversions.find(params.required("quoteTxId"), call.account.uid)
    if conversion.account_type != account_type:
        raise refusals.parameter("accountType invalid")
    return RestAnswer({"result": conversion.to_wire()}, None, "ok")


def get_history(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/exchange/query-convert-history`."""
    params = call.params
    kinds = [kind for kind in params.text("accountType").split(",") if kind]
    limit = params.limit(20, 100)
    start = (params.integer("index", 1, low=1) - 1) * limit
    found = [done for done in call.venue.conversions.of(call.account.uid) if not kinds or done.account_type in kinds]
    return RestAnswer({"list": [done.to_wire() for done in found[start : start + limit]]}, None, "ok")


def get_records(call: RestCall) -> dict[str, Any]:
    """`GET /v5/asset/exchange/order-record`: the conversions that came to their end."""
    source, target = call.params.text("fromCoin"), call.params.text("toCoin")
    found = [
        done
        for done in call.venue.conversions.of(call.account.uid)
        if done.status == "success" and source in ("", done.source) and target in ("", done.target)
    ]
    return list_page(call, found, CoinConversion.to_record, default=10, maximum=50, name="orderBody")


ROUTES = (
    Route("GET", "/v5/asset/exchange/query-coin-list", get_coins),
    Route("POST", "/v5/asset/exchange/quote-apply", request_quote, permission="Exchange"),
    Route("POST", "/v5/asset/exchange/convert-execute", confirm_quote, permission="Exchange"),
    Route("GET", "/v5/asset/exchange/convert-result-query", get_status),
    Route("GET", "/v5/asset/exchange/query-convert-history", get_history),
    Route("GET", "/v5/asset/exchange/order-record", get_records),
)
