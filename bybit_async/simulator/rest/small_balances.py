"""Convert small balances: which coins, a quote for several, and what happened to it."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.custody.small_balances import TARGETS, SmallBalanceDesk
from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.amounts import plain, rounded
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route

_MOST_COINS = 20
_UNIFIED, _FUNDING = "eb_convert_uta", "eb_convert_funding"


def get_small_balances(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/covert/small-balance-list`."""
    call.params.choice("accountType", (_UNIFIED,))
    wanted = call.params.text("fromCoin").upper()
    coins = [
        {
            "fromCoin": coin,
            "supportConvert": 1,
            "availableBalance": plain(amount),
            "baseValue": rounded(worth, 18),
            "toAmount": "",
            "exchangeRate": "",
            "feeInfo": None,
            "toCoin": "",
            "taxFeeInfo": None,
        }
        for coin, (amount, worth) in _books(call).coins(call.account.uid).items()
        if wanted in ("", coin)
    ]
    return RestAnswer({"smallAssetCoins": coins, "supportToCoins": list(TARGETS)}, None, "ok")


def request_quote(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/covert/get-quote`: a rate that is good for 30 seconds."""
    call.params.choice("accountType", (_UNIFIED,))
    coins, target = call.params.values.get("fromCoinList"), call.params.choice("toCoin", TARGETS)
    if not isinstance(coins, list) or not all(isinstance(coin, str) for coin in coins):
        raise refusals.Refused(700000, "params error: fromCoinList")
    if not 1 <= len(coins) <= _MOST_COINS or len(set(coins)) < len(coins):
        raise refusals.Refused(700000, "params error: fromCoinList")
    return RestAnswer(_books(call).quote(call.account.uid, coins, target).to_quote(), None, "ok")


def confirm_quote(call: RestCall) -> RestAnswer:
    """`POST /v5/asset/covert/small-balance-execute`: only starts the conversion."""
    quote = _books(call).confirm(call.params.required("quoteId"), call.account.uid)
    result = {
        "quoteId": quote.number,
        "exchangeTxId": quote.number,
        "submitTime": str(call.now),
        "status": quote.status,
        "msg": "",
    }
    return RestAnswer(result, None, "ok")


def get_history(call: RestCall) -> RestAnswer:
    """`GET /v5/asset/covert/small-balance-history`: the cursor is the number of a page."""
    params = call.params
    kind, number = params.choice("accountType", (_UNIFIED, _FUNDING), ""), params.text("quoteId")
    start, end = params.optional_integer("startTime") or 0, params.optional_integer("endTime") or call.now
    page, size = params.integer("cursor", 1, low=1), min(params.integer("size", 50, low=1), 100)
    found = [
        quote
        for quote in _books(call).of(call.account.uid)
        if kind != _FUNDING and number in ("", quote.number) and (number or start <= quote.quoted_at <= end)
    ]
    records = [quote.to_record() for quote in found[(page - 1) * size : page * size]]
    result: dict[str, Any] = {
        "cursor": str(page),
        "size": str(size),
        "lastPage": str(max(1, -(-len(found) // size))),
        "totalCount": str(len(found)),
        "records": records,
    }
    return RestAnswer(result, None, "ok")


def _books(call: RestCall) -> SmallBalanceDesk:
    return call.venue.conversions.small


ROUTES = (
    Route("GET", "/v5/asset/covert/small-balance-list", get_small_balances),
    Route("POST", "/v5/asset/covert/get-quote", request_quote, permission="Exchange"),
    Route("POST", "/v5/asset/covert/small-balance-execute", confirm_quote, permission="Exchange"),
    Route("GET", "/v5/asset/covert/small-balance-history", get_history),
)
