"""Pages of lists: the engine's cursors in the dress that Bybit gives them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, unquote

from bybit_async.simulator.engine import refusals
from bybit_async.simulator.rest.call import RestCall
from bybit_async.simulator.rest.pages import cut

T = TypeVar("T")
_CURSOR = re.compile(r"page_token=(\d+)&?")


def list_page(
    call: RestCall,
    items: Sequence[T],
    wire: Callable[[T], Any],
    *,
    default: int = 20,
    maximum: int = 50,
    category: str | None = None,
    name: str = "list",
) -> dict[str, Any]:
    """Return the page that the call's `limit` and `cursor` ask for, as the result of a listing endpoint."""
    cursor = call.params.text("cursor")
    if cursor:
        # Sent back exactly as given it is still encoded once; some clients decode it first.
        match = _CURSOR.fullmatch(unquote(unquote(cursor)))
        if match is None:
            raise refusals.parameter("cursor invalid")
        cursor = match[1]
    chosen, following = cut(items, call.params.text("limit"), cursor, default=default, maximum=maximum)
    result: dict[str, Any] = {
        name: [wire(item) for item in chosen],
        "nextPageCursor": quote(f"page_token={following}&", safe="") if following else "",
    }
    if category is not None:
        result["category"] = category
    return result
