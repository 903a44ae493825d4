"""Funding history, open interest, ratios and the other series that are published about a contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.market import statistics
from bybit_async.simulator.market.quotation import Quotation
from bybit_async.simulator.rest.call import RestAnswer, RestCall, Route
from bybit_async.simulator.rest.lists import list_page

_MINUTE = 60_000
_HOUR = 3_600_000
_DAY = 86_400_000
_VOLATILITY_PERIODS = ("7", "14", "21", "30", "60", "90", "180", "270")


def get_funding_history(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/funding/history`: the newest rates between two times (an end is needed with a start)."""
    params = call.params
    category = params.category("linear", "inverse")
    quotation = _quotation(call, category)
    instrument = quotation.instrument
    start, end = params.optional_integer("startTime"), params.optional_integer("endTime")
    if start is not None and end is None:
        raise refusals.parameter("endTime is required with startTime")
    interval = instrument.funding_interval_min * _MINUTE
    newest = min(end if end is not None else call.now, call.now) // interval * interval
    oldest = max(start or 0, instrument.launch_ms)
    times = range(newest, oldest - 1, -interval)[: params.limit(200, 200)]
    rates = [
        {
            "symbol": instrument.symbol,
            "fundingRate": plain(call.venue.market.funding_rate(quotation, time)),
            "fundingRateTimestamp": str(time),
        }
        for time in times
    ]
    return {"category": category, "list": rates}


def get_open_interest(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/open-interest`."""
    category = call.params.category("linear", "inverse")
    quotation = _quotation(call, category)

    def entry(time: int) -> dict[str, str]:
        interest = call.venue.market.open_interest(quotation, time)
        lot = quotation.instrument.lot
        return {
            "openInterest": plain(interest),
            "singleOpenInterest": plain(interest / 2 // lot * lot),
            "timestamp": str(time),
        }

    result = _series(call, "intervalTime", quotation, entry, maximum=200)
    return {"symbol": quotation.instrument.symbol, "category": category, **result}


def get_account_ratio(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/account-ratio`."""
    quotation = _quotation(call, call.params.category("linear", "inverse"))

    def entry(time: int) -> dict[str, str]:
        ratio = statistics.buy_ratio(call.venue.market.seed, quotation, time)
        return {
            "symbol": quotation.instrument.symbol,
            "buyRatio": format(ratio, "f"),
            "sellRatio": format(1 - ratio, "f"),
            "timestamp": str(time),
        }

    return _series(call, "period", quotation, entry, maximum=500)


def _series(
    call: RestCall, interval: str, quotation: Quotation, entry: Callable[[int], dict[str, str]], *, maximum: int
) -> dict[str, Any]:
    params = call.params
    step = statistics.STEPS[params.choice(interval, statistics.STEPS)]
    newest = min(params.optional_integer("endTime") or call.now, call.now) // step * step
    oldest = max(params.optional_integer("startTime") or 0, quotation.instrument.launch_ms)
    return list_page(call, range(newest, oldest - 1, -step), entry, default=50, maximum=maximum)


def _quotation(call: RestCall, category: str) -> Quotation:
    return call.venue.market.quotations[call.listing(category).instrument.key]


def get_historical_volatility(call: RestCall) -> RestAnswer:
    """`GET /v5/market/historical-volatility`: hourly values, or the newest one without a time range."""
    params = call.params
    params.category("option")
    base = params.text("baseCoin") or "BTC"
    quotation = next((q for q in call.venue.market.of("option") if q.instrument.base == base), None)
    if quotation is None:
        raise refusals.parameter("baseCoin invalid")
    period = int(params.choice("period", _VOLATILITY_PERIODS, "7"))
    start, end = params.optional_integer("startTime"), params.optional_integer("endTime")
    newest = min(end or call.now, call.now) // _HOUR * _HOUR
    oldest = newest if start is None else max(start, newest - 30 * _DAY)
    rows = [
        {
            "period": period,
            "value": plain(statistics.historical_volatility(quotation, period, time)),
            "time": str(time),
        }
        for time in range(newest, oldest - 1, -_HOUR)
    ]
    return RestAnswer(rows, None, "SUCCESS", beside={"category": "option"})


def get_insurance(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/insurance`."""
    engine = call.venue.engine
    coins = sorted({listing.instrument.settle for listing in engine.listings.values() if listing.instrument.risk_tiers})
    wanted = call.params.text("coin")
    entries = []
    for coin in coins:
        if wanted and coin != wanted:
            continue
        balance = call.venue.insurance(coin)
        symbols = sorted(
            listing.instrument.symbol
            for listing in engine.listings.values()
            if listing.instrument.risk_tiers and listing.instrument.settle == coin
        )
        value = balance * engine.coin_price(coin)
        entries.append({"coin": coin, "symbols": ",".join(symbols), "balance": plain(balance), "value": plain(value)})
    return {"updatedTime": str(call.now // _DAY * _DAY), "list": entries}


def get_delivery_price(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/delivery-price`: contracts that have been delivered, newest first."""
    params = call.params
    category = params.category("linear", "inverse", "option")
    symbol, base = params.text("symbol"), params.text("baseCoin")
    delivered = [
        entry
        for entry in call.venue.records.deliveries.of(category)
        if symbol in ("", entry["symbol"]) and (not base or entry["symbol"].startswith(base))
    ]
    return list_page(call, delivered, lambda entry: entry, default=50, maximum=200, category=category)


ROUTES = (
    Route("GET", "/v5/market/funding/history", get_funding_history, signed=False),
    Route("GET", "/v5/market/open-interest", get_open_interest, signed=False),
    Route("GET", "/v5/market/account-ratio", get_account_ratio, signed=False),
    Route("GET", "/v5/market/historical-volatility", get_historical_volatility, signed=False),
    Route("GET", "/v5/market/insurance", get_insurance, signed=False),
    Route("GET", "/v5/market/delivery-price", get_delivery_price, signed=False),
)
