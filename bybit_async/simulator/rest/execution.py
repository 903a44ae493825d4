"""What an account traded."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.rest.call import RestCall, Route
from bybit_async.simulator.rest.lists import list_page


def get_executions(call: RestCall) -> dict[str, Any]:
    """`GET /v5/execution/list`."""
    category = call.params.category()
    executions = call.venue.engine.executions(call.account, call.windowed(7))
    return list_page(call, executions, AccountExecution.to_wire, default=50, maximum=100, category=category)


ROUTES = (Route("GET", "/v5/execution/list", get_executions, permission="Trade"),)
