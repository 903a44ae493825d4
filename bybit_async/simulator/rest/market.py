"""Market data of the moment: time, order book, tickers, recent trades, price limits."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.refusals import unknown_symbol
from bybit_async.simulator.feeds.books import ShownBook, view_book, view_topic
from bybit_async.simulator.feeds.topics import FULL_DEPTH, RPI_DEPTH
from bybit_async.simulator.market import figures
from bybit_async.simulator.rest.call import RestCall, Route

_DEPTHS = {"spot": (1, 200), "linear": (25, 500), "inverse": (25, 500), "option": (1, 25)}


def get_time(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/time`."""
    nano = call.now * 1_000_000
    return {"timeSecond": str(nano // 1_000_000_000), "timeNano": str(nano)}


def get_orderbook(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/orderbook`."""
    category = call.params.category()
    listing = call.listing(category)
    default, high = _DEPTHS[category]
    limit = call.params.limit(default, max(high, 1000 if category in ("linear", "inverse", "spot") else high))
    call.venue.market.deepen(listing, limit)
    return _book(call, listing, view_book(call.venue.hub, listing, limit))


def get_rpi_orderbook(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/rpi_orderbook`."""
    category = call.params.category("linear", "inverse", "spot", default="linear")
    listing = call.listing(category)
    limit = call.params.integer("limit", low=1, high=RPI_DEPTH)
    return _book(call, listing, view_topic(call.venue.hub, listing, "rpi", limit))


def get_full_orderbook(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/full_orderbook`."""
    listing = call.listing(call.params.category("spot", "linear", "inverse"))
    return _book(call, listing, view_topic(call.venue.hub, listing, "full", FULL_DEPTH))


def _book(call: RestCall, listing: Listing, view: ShownBook) -> dict[str, Any]:
    return {
        "s": listing.instrument.symbol,
        "b": view.bids,
        "a": view.asks,
        "ts": call.now,
        "u": view.update_id,
        "seq": view.seq,
        "cts": view.time,
    }


def get_tickers(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/tickers`."""
    params = call.params
    category = params.category()
    symbol, base = params.text("symbol"), params.text("baseCoin")
    market = call.venue.market
    if symbol:
        call.listing(category)
    expiry = params.text("expDate")
    quotations = [
        quotation
        for quotation in market.of(category, [symbol] if symbol else None)
        if quotation.listing.status in ("Trading", "Halted", "PreLaunch", "Delivering")
        and (not base or category != "option" or quotation.instrument.base == base)
        and (not expiry or f"-{expiry}-" in quotation.instrument.symbol)
    ]
    return {"category": category, "list": [figures.ticker(market, quotation, call.now) for quotation in quotations]}


def get_recent_trades(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/recent-trade`."""
    category = call.params.category()
    if category == "option" and not call.params.text("symbol"):
        base = call.params.text("baseCoin") or "BTC"
        side = call.params.choice("optionType", ("Call", "Put"), "")
        instruments = [quotation.instrument for quotation in call.venue.market.of("option")]
        symbols = [
            one.symbol for one in instruments if one.base == base and one.option and side in ("", one.option.side)
        ]
    else:
        listing = call.listing(category)
        listing.wake()
        symbols = [listing.instrument.symbol]
    limit = call.params.limit(60 if category == "spot" else 500, 60 if category == "spot" else 1000)
    trades = call.venue.hub.trades.recent(category, symbols, limit)
    return {"category": category, "list": trades}


def get_price_limit(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/price-limit`."""
    category = call.params.category("linear", "inverse", "spot", default="linear")
    listing = call.listing(category)
    lowest, highest = figures.price_limits(listing)
    return {"symbol": listing.instrument.symbol, "buyLmt": highest, "sellLmt": lowest, "ts": str(call.now)}


def get_index_components(call: RestCall) -> dict[str, Any]:
    """`GET /v5/market/index-price-components`: the simulated exchange is its own only source."""
    name = call.params.required("indexName")
    listings = call.venue.engine.listings
    listing = next((listings[kind, name] for kind in ("linear", "inverse", "spot") if (kind, name) in listings), None)
    if listing is None:
        raise unknown_symbol("linear", name)
    price = plain(listing.index_price)
    return {
        "indexName": name,
        "lastPrice": price,
        "updateTime": str(call.now),
        "components": [
            {
                "exchange": "Simulated",
                "spotPair": name,
                "equivalentPrice": price,
                "multiplier": "1",
                "price": price,
                "weight": "1",
            }
        ],
    }


ROUTES = (
    Route("GET", "/v5/market/time", get_time, signed=False),
    Route("GET", "/v5/market/orderbook", get_orderbook, signed=False),
    Route("GET", "/v5/market/rpi_orderbook", get_rpi_orderbook, signed=False),
    Route("GET", "/v5/market/full_orderbook", get_full_orderbook, signed=False),
    Route("GET", "/v5/market/tickers", get_tickers, signed=False),
    Route("GET", "/v5/market/recent-trade", get_recent_trades, signed=False),
    Route("GET", "/v5/market/price-limit", get_price_limit, signed=False),
    Route("GET", "/v5/market/index-price-components", get_index_components, signed=False),
)
