"""What becomes of a write whose outcome its answer does not tell.

Whoever sends writes keeps a `Resolver`: a function that asks Bybit. What it finds takes the place of the lost answer;
that it cannot ask, or is refused, says nothing about the write, which then stays unknown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec

from bybit_async.errors import REST_CODES, BybitError, DuplicateOrderLinkId, OrderNotFound, OutcomeUnknown
from bybit_async.models.trade.batches import item_code, item_codes
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response

OnUnknown = Literal["resolve", "raise"]
"""What to do when the answer to an order request is lost: ask Bybit what became of it, or raise at once."""

Resolver = Callable[[Endpoint, Mapping[str, Any], OutcomeUnknown | OrderNotFound], Awaitable[Response[Any]]]
"""Returns the answer that was lost, or raises what is known instead."""


def unknown_outcome(name: str, params: Mapping[str, Any], reason: str, words: str) -> OutcomeUnknown:
    """Build the error of a write whose answer was lost; `name` is what was called, `words` how it was lost."""
    link, order = params.get("orderLinkId"), params.get("orderId")
    items = params.get("request")
    links = [item.get("orderLinkId") for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
    named = f" (order link id {link})" if link else f" (order id {order})" if order else ""
    return OutcomeUnknown(
        f"{name}{named}: it may have happened, its answer was lost: {words}",
        order_link_id=link,
        order_id=order,
        reason=reason,
        order_link_ids=[each for each in links if each],
    )


async def settled(
    resolver: Resolver | None, endpoint: Endpoint, params: Mapping[str, Any], error: OutcomeUnknown | OrderNotFound
) -> Response[Any]:
    """Return what the resolver finds, or raise `error` or what is known better.

    Raises:
        OutcomeUnknown: it stays unknown.
        OrderNotFound: the order is final, or never was.
    """
    if resolver is None:
        raise error
    try:
        return await resolver(endpoint, params, error)
    except (OutcomeUnknown, OrderNotFound):
        raise
    except BybitError as failure:
        raise error from failure


async def completed(
    resolver: Resolver | None,
    endpoint: Endpoint,
    params: Mapping[str, Any],
    answer: Response[Any],
    *,
    repeated: bool,
    sent_at: int | None,
) -> Response[Any]:
    """Return a batch's answer with what the resolver finds about the orders that it says nothing of.

    When the batch was `repeated`, a duplicate order link id says nothing: the order may be that of the first attempt.
    """
    requests = list(params.get(endpoint.cost) or ()) if endpoint.cost else []
    codes = item_codes(answer.ret_ext_info, len(requests))
    if repeated and any(_duplicate(code) for code in codes):
        codes = [{"msg": code.get("msg")} if _duplicate(code) else code for code in codes]
        answer = _with_codes(answer, answer.result, codes)
    if resolver is None or not hasattr(answer.result, "rows"):
        # Whoever asked for plain objects reads the two lists as they were sent.
        return answer
    rows = list(answer.result.rows)
    unclear = [index for index, code in enumerate(codes) if item_code(code) is None]
    if not unclear or len(rows) > len(requests):
        return answer
    unknown = OutcomeUnknown(f"{endpoint.name}: {len(unclear)} orders have no outcome", reason="no code")
    unknown.sent_at = sent_at
    asked = {**params, endpoint.cost: [requests[index] for index in unclear]}
    try:
        found = await settled(resolver, endpoint, asked, unknown)
    except (OutcomeUnknown, OrderNotFound):
        return answer
    return _merged(answer, rows, codes, unclear, found)


def _merged(
    answer: Response[Any], rows: list[Any], codes: list[dict[str, Any]], unclear: list[int], found: Response[Any]
) -> Response[Any]:
    told = item_codes(found.ret_ext_info, len(unclear))
    for place, index in enumerate(unclear):
        if item_code(told[place]) is None:
            continue
        codes[index] = told[place]
        # Rows before this one that the answer does not have either stay without an outcome.
        while len(rows) <= index:
            rows.append(type(found.result.rows[place])())
        rows[index] = found.result.rows[place]
    return _with_codes(answer, msgspec.structs.replace(answer.result, rows=rows), codes)


def _with_codes(answer: Response[Any], result: Any, codes: list[dict[str, Any]]) -> Response[Any]:
    info = answer.ret_ext_info if isinstance(answer.ret_ext_info, dict) else {}
    return msgspec.structs.replace(answer, result=result, ret_ext_info={**info, "list": codes})


def _duplicate(code: Mapping[str, Any]) -> bool:
    number = item_code(code)
    return number is not None and REST_CODES.get(number) is DuplicateOrderLinkId
