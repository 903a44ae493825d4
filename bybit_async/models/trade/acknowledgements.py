"""Whether an acknowledgement belongs to the request that it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_IDS = (("orderId", "order_id"), ("orderLinkId", "order_link_id"))
_NAMED = ("/v5/order/", "/v5/spread/order/")


def contradiction(path: str, sent: Mapping[str, Any], result: object) -> str | None:
    """Say how an accepted answer contradicts its request; None if it does not.

    An answer that names another order, or none where the request named one, is the answer to another request: it says
    nothing about this one.

    Args:
        path: the endpoint, as ``"/v5/order/create"``.
        sent: the parameters under their wire names; for a batch with its items under ``"request"``.
        result: the ``result`` of the answer, typed or as plain objects.
    """
    link = sent.get("orderLinkId")
    if link and link == getattr(result, "order_link_id", None) and not sent.get("orderId"):
        return None
    items = sent.get("request")
    if isinstance(items, list):
        return _of_batch(items, result)
    asked, found = _ids_of(sent), _ids_of(result)
    if any(asked) and not any(found) and path.startswith(_NAMED):
        return "it names no order"
    return _between(asked, found)


def _of_batch(items: list[Any], result: object) -> str | None:
    rows = result.get("list") if isinstance(result, Mapping) else getattr(result, "rows", None)
    if not isinstance(rows, list):
        return None
    if len(rows) > len(items):
        return f"it names {len(rows)} orders, {len(items)} were sent"
    pairs = zip(items, rows, strict=False)
    return next(filter(None, (_between(_ids_of(item), _ids_of(row)) for item, row in pairs)), None)


def _between(asked: tuple[str, ...], found: tuple[str, ...]) -> str | None:
    for (name, _), ours, theirs in zip(_IDS, asked, found, strict=True):
        if ours and theirs:
            # Where both ids are sent, Bybit goes by the first and ignores the other.
            return f"its {name} is {theirs[:64]}, {ours[:64]} was sent" if ours != theirs else None
    return None


def _ids_of(named: object) -> tuple[str, ...]:
    if isinstance(named, Mapping):
        values = [named.get(wire_name) for wire_name, _ in _IDS]
    else:
        values = [getattr(named, attribute, None) for _, attribute in _IDS]
    return tuple("" if value is None else str(value) for value in values)
