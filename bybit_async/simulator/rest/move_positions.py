"""Positions that move between the accounts of one master, at an agreed price and without a fee."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.moving import Moved
from bybit_async.simulator.rest.call import Parameters, RestCall, Route
from bybit_async.simulator.rest.lists import list_page
from bybit_async.simulator.rest.members import require_master

_MOST_LEGS = 25
_CATEGORIES = ("linear", "inverse", "spot", "option")
_STATES = ("Processing", "Filled", "Rejected")


def move_positions(call: RestCall) -> dict[str, Any]:
    """`POST /v5/position/move-positions`: all legs, or none; a leg that cannot be moved is reported as rejected."""
    require_master(call)
    source, target = _member(call, "fromUid"), _member(call, "toUid")
    if source is target:
        raise refusals.parameter("fromUid and toUid are the same")
    legs = call.params.values.get("list")
    if not isinstance(legs, list) or not 1 <= len(legs) <= _MOST_LEGS or not all(isinstance(leg, dict) for leg in legs):
        raise refusals.parameter("list invalid")
    for leg in legs:
        Parameters(leg).category(*_CATEGORIES)
    moved = call.venue.engine.move_positions(call.account, source, target, legs)
    status = "Rejected" if moved[0].refusal else "Processing"
    return {"blockTradeId": moved[0].block_id, "status": status, "rejectParty": moved[0].reject_party}


def _member(call: RestCall, name: str) -> Account:
    uid = call.params.integer(name)
    members = call.venue.members
    if uid != call.account.uid and members.parent_of(uid) != call.account.uid:
        raise refusals.parameter(f"{name} invalid")
    return members.wallet(uid, "UNIFIED")


def get_move_history(call: RestCall) -> dict[str, Any]:
    """`GET /v5/position/move-history`: what the master has moved, newest first."""
    require_master(call)
    params = call.params
    category, symbol, block = params.text("category"), params.text("symbol"), params.text("blockTradeId")
    status = params.choice("status", _STATES, "")
    start, end = params.window(call.now, 7)
    found = [
        moved
        for moved in call.venue.engine.moved_positions(call.account)
        if category in ("", moved.category)
        and symbol in ("", moved.symbol)
        and block in ("", moved.block_id)
        and status in ("", moved.status)
        and start <= moved.time_ms <= end
    ]
    return list_page(call, found, Moved.to_wire, default=20, maximum=200)


ROUTES = (
    Route("POST", "/v5/position/move-positions", move_positions, permission="Trade"),
    Route("GET", "/v5/position/move-history", get_move_history),
)
