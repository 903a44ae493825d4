"""Announcements and system status: what the operator of the exchange has published."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.rest.call import RestCall, Route


def get_announcements(call: RestCall) -> dict[str, Any]:
    """`GET /v5/announcements/index`."""
    params = call.params
    params.required("locale")
    kind, tag = params.text("type"), params.text("tag")
    found = [
        entry
        for entry in call.venue.records.announcements
        if (not kind or entry["type"]["key"] == kind) and (not tag or tag in entry["tags"])
    ]
    limit = params.limit(20, 100)
    start = (params.integer("page", 1, low=1) - 1) * limit
    return {"total": len(found), "list": found[start : start + limit]}


def get_system_status(call: RestCall) -> dict[str, Any]:
    """`GET /v5/system/status`."""
    wanted, state = call.params.text("id"), call.params.text("state")
    return {
        "list": [
            entry
            for entry in call.venue.records.system_status
            if (not wanted or entry["id"] == wanted) and (not state or entry["state"] == state)
        ]
    }


ROUTES = (
    Route("GET", "/v5/announcements/index", get_announcements, signed=False),
    Route("GET", "/v5/system/status", get_system_status, signed=False),
)
