"""Positions and their settings."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.journal import ClosedOption, ClosedPnlEntry
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.market.greeks import with_greeks
from bybit_async.simulator.rest.call import RestCall, Route
from bybit_async.simulator.rest.lists import list_page

_DERIVATIVES = ("linear", "inverse", "option")
_FUTURES = ("linear", "inverse")


def get_positions(call: RestCall) -> dict[str, Any]:
    """`GET /v5/position/list`."""
    params = call.params
    category = params.category(*_DERIVATIVES)
    if category == "linear" and not (params.text("symbol") or params.text("settleCoin")):
        raise refusals.parameter("symbol or settleCoin is required")
    venue = call.venue
    positions = venue.engine.positions(call.account, params.values)

    def shown(wire: dict[str, object]) -> dict[str, object]:
        return with_greeks(venue.market, wire, call.now) if category == "option" else wire

    return list_page(call, positions, shown, default=20, maximum=200, category=category)


def set_leverage(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/set-leverage`."""
    call.params.category(*_FUTURES)
    call.venue.engine.set_leverage(call.account, call.params.values)
    return {}


def switch_mode(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/switch-mode`."""
    call.params.category(*_FUTURES)
    call.venue.engine.switch_mode(call.account, call.params.values)
    return {}


def switch_isolated(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/switch-isolated`: a unified account has one margin mode for everything."""
    raise refusals.Refused(100028, "The API cannot be called by unified account users.")


def set_trading_stop(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/trading-stop`."""
    call.params.category(*_DERIVATIVES)
    call.venue.engine.set_trading_stop(call.account, call.params.values)
    return {}


def set_auto_add_margin(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/set-auto-add-margin`."""
    call.params.category(*_FUTURES)
    call.venue.engine.set_auto_add_margin(call.account, call.params.values)
    return {}


def add_margin(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/add-margin`."""
    category = call.params.category(*_FUTURES)
    position = call.venue.engine.add_margin(call.account, call.params.values)
    return {"category": category, **call.venue.engine.position_wire(position)}


def set_risk_limit(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/set-risk-limit`."""
    call.params.category(*_FUTURES)
    return call.venue.engine.set_risk_limit(call.account, call.params.values)


def confirm_risk_limit(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/confirm-pending-mmr`: risk limits are never lowered here, so no position is held back."""
    call.listing(call.params.category(*_FUTURES))
    return {}


def set_exit_mode(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/set-tpsl-mode`: the TP/SL mode of requests for a contract that do not say."""
    listing = call.listing(call.params.category(*_FUTURES))
    mode = call.params.choice("tpSlMode", ("Full", "Partial"))
    call.account.exit_modes[listing.instrument.key] = "Partial" if mode == "Partial" else "Full"
    return {"tpSlMode": mode}


def get_leverages(call: RestCall) -> dict[str, Any]:
    """`GET /v5/position/symbol-info`: the leverage of each contract, with or without a position."""
    category = call.params.category(*_FUTURES)
    listings = [listing for key, listing in sorted(call.venue.engine.listings.items()) if key[0] == category]
    if call.params.text("symbol"):
        listings = [call.listing(category)]
    return {"category": category, "list": [row for listing in listings for row in _leverages(call, listing)]}


def _leverages(call: RestCall, listing: Listing) -> list[dict[str, Any]]:
    sides = ((1, "Buy"), (2, "Sell")) if call.account.is_hedged(listing) else ((0, ""),)
    return [
        {
            "symbol": listing.instrument.symbol,
            "leverage": plain(call.account.leverage_for(listing, idx)),
            "side": side,
            "positionIdx": idx,
        }
        for idx, side in sides
    ]


def get_closed_pnl(call: RestCall) -> dict[str, Any]:
    """`GET /v5/position/closed-pnl`."""
    category = call.params.category(*_DERIVATIVES)
    entries = call.venue.engine.closed_pnl(call.account, call.windowed(7))
    return list_page(call, entries, ClosedPnlEntry.to_wire, default=50, maximum=100, category=category)


def get_closed_options(call: RestCall) -> dict[str, Any]:
    """`GET /v5/position/get-closed-positions`: options that were sold again or have expired."""
    category = call.params.category("option")
    entries = call.venue.engine.closed_options(call.account, call.windowed(7 if _is_bounded(call) else 1))
    return list_page(call, entries, ClosedOption.to_wire, default=50, maximum=100, category=category)


def _is_bounded(call: RestCall) -> bool:
    return bool(call.params.text("startTime") and call.params.text("endTime"))


ROUTES = (
    Route("GET", "/v5/position/list", get_positions, permission="Trade"),
    Route("POST", "/v5/position/set-leverage", set_leverage, permission="Trade"),
    Route("POST", "/v5/position/switch-mode", switch_mode, permission="Trade"),
    Route("POST", "/v5/position/switch-isolated", switch_isolated, permission="Trade"),
    Route("POST", "/v5/position/trading-stop", set_trading_stop, permission="Trade"),
    Route("POST", "/v5/position/set-auto-add-margin", set_auto_add_margin, permission="Trade"),
    Route("POST", "/v5/position/add-margin", add_margin, permission="Trade"),
    Route("POST", "/v5/position/set-risk-limit", set_risk_limit, permission="Trade"),
    Route("POST", "/v5/position/confirm-pending-mmr", confirm_risk_limit, permission="Trade"),
    Route("POST", "/v5/position/set-tpsl-mode", set_exit_mode, permission="Trade"),
    Route("GET", "/v5/position/symbol-info", get_leverages, permission="Trade"),
    Route("GET", "/v5/position/closed-pnl", get_closed_pnl, permission="Trade"),
    Route("GET", "/v5/position/get-closed-positions", get_closed_options, permission="Trade"),
)
