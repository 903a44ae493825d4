"""Refusals that may answer a second copy of our own request. Pure.

A gateway that repeats a POST loses the answer to the first copy and passes on the one to the second: "this id exists",
"this changes nothing", "this order is gone". They refuse what the first copy has just done.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from bybit_async.errors import DuplicateOrderLinkId, OrderNotFound, RequestRejected
from bybit_async.models.trade.batches import item_code
from bybit_async.models.trade.requests import AMENDABLE, order_kind
from bybit_async.ret_codes import REST_CODES, UNCHANGED_AMENDMENT_CODES, rejection
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response

_REMEMBERED = 2_000


def may_answer_a_copy(endpoint: Endpoint, error: RequestRejected) -> bool:
    """Say whether the refusal of a write would answer a second copy of it whose first copy was carried out."""
    if isinstance(error, DuplicateOrderLinkId | OrderNotFound):
        return True
    return order_kind(endpoint.path) == "amend" and error.ret_code in UNCHANGED_AMENDMENT_CODES


def refused_item(endpoint: Endpoint, code: Mapping[str, Any]) -> RequestRejected | None:
    """Return the refusal of one item of a batch, if it may answer a copy; otherwise None."""
    number = item_code(code)
    if not number:
        return None
    refusal = rejection(
        number, str(code.get("msg") or ""), method=endpoint.method, path=endpoint.path, codes=REST_CODES
    )
    return refusal if may_answer_a_copy(endpoint, refusal) else None


class Acknowledged:
    """The last two thousand orders whose requests were acknowledged to this session, by their order ids.

    What was acknowledged before a request was sent cannot have been done by a copy of it.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._links: OrderedDict[str, None] = OrderedDict()

    def note(self, endpoint: Endpoint, params: Mapping[str, Any], answer: Response[Any]) -> None:
        """Take in the accepted answer to an order request or a batch of them; others are ignored."""
        kind = order_kind(endpoint.path)
        if kind is None:
            return
        items = params.get("request")
        if isinstance(items, list):
            self._note_batch(kind, items, answer)
        elif kind == "cancel all":
            for row in _rows(answer.result):
                self._note(kind, {}, row)
        else:
            self._note(kind, params, answer.result)

    def created(self, order_link_id: str | None) -> bool:
        """Say whether the creation of an order with this order link id was acknowledged."""
        return order_link_id in self._links

    def cancelled(self, order_id: str) -> bool:
        """Say whether the cancellation of an order was acknowledged."""
        return bool(self._known.get(order_id, {}).get("cancelled"))

    def already(self, order_id: str, params: Mapping[str, Any]) -> bool:
        """Say whether what an amendment asks for was acknowledged before."""
        known = self._known.get(order_id)
        wanted = {name: str(params[name]) for name in AMENDABLE if params.get(name) is not None}
        return known is not None and all(known.get(name) == value for name, value in wanted.items())

    def _note_batch(self, kind: str, items: list[Any], answer: Response[Any]) -> None:
        info = answer.ret_ext_info
        codes = info.get("list") if isinstance(info, dict) else None
        for item, row, code in zip(items, _rows(answer.result), codes if isinstance(codes, list) else [], strict=False):
            if isinstance(code, dict) and item_code(code) == 0:
                self._note(kind, item, row)

    def _note(self, kind: str, params: Mapping[str, Any], named: Any) -> None:
        link = params.get("orderLinkId")
        if kind == "create" and link:
            _keep(self._links, link, None)
        order_id = _order_id(named) or params.get("orderId")
        if not order_id:
            return
        known = self._known.get(order_id, {})
        known |= {name: str(params[name]) for name in AMENDABLE if params.get(name) is not None}
        if kind.startswith("cancel"):
            known["cancelled"] = True
        _keep(self._known, order_id, known)


def _keep(kept: OrderedDict[str, Any], key: str, value: Any) -> None:
    kept[key] = value
    if len(kept) > _REMEMBERED:
        kept.popitem(last=False)


def _rows(result: Any) -> list[Any]:
    rows = result.get("list") if isinstance(result, Mapping) else getattr(result, "rows", None)
    return rows if isinstance(rows, list) else []


def _order_id(named: Any) -> str:
    found = named.get("orderId") if isinstance(named, Mapping) else getattr(named, "order_id", None)
    return str(found or "")
