"""What can be traded, and under which rules: instruments and risk limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.rest.call import RestCall, Route
from bybit_async.simulator.rest.lists import list_page

_STATUS = {"Halted": "Trading", "Trading": "Trading", "PreLaunch": "PreLaunch", "Delivering": "Delivering"}


def get_instruments(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/instruments-info`."""
    category = call.params.category()
    result = list_page(call, _matching(call, category), _wire, default=500, maximum=1000, category=category)
    if category == "spot":
        del result["nextPageCursor"]
    return result


def get_account_instruments(call: RestCall) -> dict[str, Any]:
    """`GET /v5/account/instruments-info`."""
    category = call.params.category("linear", "inverse", "spot")
    return list_page(
        call,
        _matching(call, category),
        lambda listing: {**_wire(listing), "isPublicRpi": False, "myRpiPermission": call.account.rpi_maker},
        default=200,
        maximum=200,
        category=category,
    )


def _matching(call: RestCall, category: str) -> list[Listing]:
    params = call.params
    if params.text("symbol"):
        return [call.listing(category)]
    base, status = params.text("baseCoin"), params.text("status")
    listings = [
        listing
        for (kind, _), listing in sorted(call.venue.engine.listings.items())
        if kind == category
        and (not base or listing.instrument.base == base)
        and (_STATUS.get(listing.status) == (status or "Trading") or (listing.status == status))
    ]
    if category == "option" and not base:
        return [listing for listing in listings if listing.instrument.base == "BTC"]
    return listings


def _wire(listing: Listing) -> dict[str, Any]:
    instrument = listing.instrument
    if instrument.category == "spot":
        return _spot(listing)
    if instrument.category == "option":
        return _option(listing)
    return _contract(listing)


def _symbol_id(instrument: Instrument) -> int:
    return sum(ord(letter) * (i + 1) for i, letter in enumerate(instrument.symbol))


def _contract(listing: Listing) -> dict[str, Any]:
    instrument = listing.instrument
    kind = "LinearPerpetual" if instrument.category == "linear" else "InversePerpetual"
    return {
        "symbol": instrument.symbol,
        "symbolId": _symbol_id(instrument),
        "contractType": kind,
        "status": _STATUS.get(listing.status, listing.status),
        "baseCoin": instrument.base,
        "quoteCoin": instrument.quote,
        "launchTime": str(instrument.launch_ms),
        "deliveryTime": str(listing.delivery_ms),
        "deliveryFeeRate": "",
        "priceScale": str(-int(instrument.tick.as_tuple().exponent)),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": format(instrument.max_leverage.quantize(Decimal("0.01")), "f"),
            "leverageStep": plain(instrument.leverage_step),
        },
        "priceFilter": {
            "minPrice": format(instrument.min_price, "f"),
            "maxPrice": format(instrument.max_price, "f"),
            "tickSize": format(instrument.tick, "f"),
        },
        "lotSizeFilter": {
            "maxOrderQty": format(instrument.max_limit_qty, "f"),
            "minOrderQty": format(instrument.min_qty, "f"),
            "qtyStep": format(instrument.lot, "f"),
            "postOnlyMaxOrderQty": format(instrument.max_limit_qty, "f"),
            "maxMktOrderQty": format(instrument.max_market_qty, "f"),
            # An inverse contract is worth one US dollar.
            "minNotionalValue": plain(instrument.min_notional or instrument.min_qty),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": instrument.funding_interval_min,
        "settleCoin": instrument.settle,
        "copyTrading": "none",
        "upperFundingRate": plain(instrument.max_funding_rate),
        "lowerFundingRate": plain(-instrument.max_funding_rate),
        "displayName": "",
        "forbidUplWithdrawal": False,
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": _risk(instrument),
        "symbolType": "",
    }


def _option(listing: Listing) -> dict[str, Any]:
    instrument = listing.instrument
    terms = instrument.option
    base, expiry, strike, side = instrument.symbol.split("-")[:4]
    return {
        "symbol": instrument.symbol,
        "symbolId": _symbol_id(instrument),
        "status": _STATUS.get(listing.status, listing.status),
        "baseCoin": instrument.base,
        "quoteCoin": instrument.quote,
        "settleCoin": instrument.settle,
        "optionsType": terms.side if terms else "",
        "launchTime": str(instrument.launch_ms),
        "deliveryTime": str(terms.expiry_ms if terms else 0),
        "deliveryFeeRate": plain(instrument.delivery_fee),
        "priceFilter": {
            "minPrice": format(instrument.min_price, "f"),
            "maxPrice": format(instrument.max_price, "f"),
            "tickSize": format(instrument.tick, "f"),
        },
        "lotSizeFilter": {
            "maxOrderQty": format(instrument.max_limit_qty, "f"),
            "minOrderQty": format(instrument.min_qty, "f"),
            "qtyStep": format(instrument.lot, "f"),
        },
        "displayName": f"{base}{instrument.settle}-{expiry}-{strike}-{side}",
    }


def _spot(listing: Listing) -> dict[str, Any]:
    instrument = listing.instrument
    return {
        "symbolId": _symbol_id(instrument),
        "symbol": instrument.symbol,
        "baseCoin": instrument.base,
        "quoteCoin": instrument.quote,
        "innovation": "0",
        "status": _STATUS.get(listing.status, listing.status),
        "marginTrading": "none",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": format(instrument.lot, "f"),
            "quotePrecision": format(instrument.tick * instrument.lot, "f"),
            "minOrderQty": format(instrument.min_qty, "f"),
            "maxOrderQty": format(instrument.max_limit_qty, "f"),
            "minOrderAmt": plain(instrument.min_notional),
            "maxOrderAmt": "8000000",
            "maxLimitOrderQty": format(instrument.max_limit_qty, "f"),
            "maxMarketOrderQty": format(instrument.max_market_qty, "f"),
            "postOnlyMaxLimitOrderSize": format(instrument.max_limit_qty, "f"),
        },
        "priceFilter": {"tickSize": format(instrument.tick, "f")},
        "riskParameters": _risk(instrument),
        "symbolType": "",
        "xstockMultiplier": "",
    }


def _risk(instrument: Instrument) -> dict[str, str]:
    ratio = instrument.price_limit_ratio
    return {"priceLimitRatioX": plain(ratio), "priceLimitRatioY": plain(ratio)}


def get_risk_limit(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/risk-limit`."""
    category = call.params.category("linear", "inverse")
    if call.params.text("symbol"):
        listings = [call.listing(category)]
    else:
        engine = call.venue.engine
        listings = [listing for (kind, _), listing in sorted(engine.listings.items()) if kind == category]
    tiers = [tier.to_wire(listing.instrument.symbol) for listing in listings for tier in listing.instrument.risk_tiers]
    return list_page(call, tiers, lambda tier: tier, default=1000, maximum=1000, category=category)


ROUTES = (
    Route("GET", "/v5/market/instruments-info", get_instruments, signed=False),
    Route("GET", "/v5/account/instruments-info", get_account_instruments),
    Route("GET", "/v5/market/risk-limit", get_risk_limit, signed=False),
)
