"""What happens to a write whose outcome its answer does not say.

`Resolution` asks a `Resolver`, where there is one. What it finds takes the place of the lost answer; that it cannot
ask, or is refused, says nothing about the write, which then stays unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import msgspec

from bybit_async import drift
from bybit_async.errors import BybitError, DuplicateOrderLinkId, OrderNotFound, OutcomeUnknown, RequestRejected
from bybit_async.models.trade.batches import BatchAck, item_code, item_codes
from bybit_async.models.trade.orders import OrderAck
from bybit_async.models.trade.requests import is_generated, order_kind
from bybit_async.transport.clock import Clock
from bybit_async.transport.copies import Acknowledged, may_answer_a_copy, refused_item
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response

OnUnknown = Literal["resolve", "raise"]
"""What to do when the answer to an order request is lost: ask Bybit what happened to it, or raise at once."""

_AHEAD_MS = 1_000
"""Bybit takes no request whose timestamp is further ahead of its own time."""

_APART_MS = 5
"""How far the clock that stamps answers and the one that stamps orders may be apart."""


class FirstSending(msgspec.Struct):
    """When a call was first sent.

    Attributes:
        at: the timestamp it carried, in exchange milliseconds; None before. Where that was refused, the time at which
            it left, by the clock as it was measured since.
    """

    at: int | None = None
    _moment: float | None = None
    _earliest: int | None = None

    def note(self, clock: Clock, timestamp: int) -> None:
        """Take in an attempt that leaves now."""
        if self.at is not None:
            return
        refused = self._moment is not None
        if self._moment is None:
            self._moment = clock.monotonic()
        self._earliest = clock.earliest_ms(self._moment) if clock.synced else None
        self.at = timestamp if not refused or self._earliest is None else min(timestamp, self._earliest)

    def forget(self) -> None:
        """Take back the timestamp, which was refused; not that the request left: a copy of it may have been taken."""
        self.at = None

    def allowed_from(self) -> int | None:
        """Return the earliest exchange time at which Bybit would have taken its timestamp."""
        return None if self.at is None else self.at - _AHEAD_MS

    def after(self, clock: Clock) -> int | None:
        """Return the earliest moment at which it can have left, in exchange milliseconds, as far as is known now."""
        allowed = self.allowed_from()
        if allowed is None or self._moment is None or self._earliest is None or not clock.synced:
            return allowed
        # As known then and as known now: a simulated exchange's time may pass faster or slower than ours.
        earliest = min(self._earliest, clock.earliest_ms(self._moment))
        return max(allowed, earliest - _APART_MS)


Resolver = Callable[
    [Endpoint, Mapping[str, Any], OutcomeUnknown | RequestRejected, FirstSending], Awaitable[Response[Any]]
]
"""Returns the answer that was lost, or raises what is known instead: the refusal that it was given, if that holds."""


class Resolution:
    """Turns the answer to a write, or the lack of one, into what is known of it; shared by REST and order entry.

    Args:
        clock: the exchange's clock.

    Attributes:
        resolver: asks Bybit; None while nothing can.
        acknowledged: the orders whose requests were acknowledged to this session.
    """

    def __init__(self, clock: Clock) -> None:
        self.resolver: Resolver | None = None
        self.acknowledged: Acknowledged = Acknowledged()
        self._clock = clock

    async def of(
        self,
        sending: Awaitable[Response[Any]],
        endpoint: Endpoint,
        params: Mapping[str, Any],
        first: FirstSending,
        *,
        ask: bool,
    ) -> Response[Any]:
        """Return the answer that `sending` gives, or what was found out instead.

        Raises:
            RequestRejected: Bybit refused it.
            OutcomeUnknown: it may have happened.
        """
        try:
            answer = await sending
        except (OutcomeUnknown, RequestRejected) as error:
            if isinstance(error, RequestRejected) and not may_answer_a_copy(endpoint, error):
                raise
            if isinstance(error, OutcomeUnknown):
                error.sent_at = first.at
            answer = await self._instead(endpoint, params, error, first, ask=ask)
        else:
            if endpoint.batch and order_kind(endpoint.path) is not None:
                answer = await self._completed(endpoint, params, answer, first, ask=ask)
        self.acknowledged.note(endpoint, params, answer)
        return answer

    async def _instead(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        error: OutcomeUnknown | RequestRejected,
        first: FirstSending,
        *,
        ask: bool,
    ) -> Response[Any]:
        duplicate = isinstance(error, DuplicateOrderLinkId)
        link = params.get("orderLinkId")
        if duplicate and self.acknowledged.created(link):
            raise error
        if ask and self.resolver is not None:
            try:
                return await self._asked(self.resolver(endpoint, params, error, first), endpoint, error)
            except OutcomeUnknown:
                if not duplicate:
                    raise
        elif not duplicate:
            raise error
        if is_generated(link):
            # No one else can have used the id: the order that exists is the first copy of this one.
            return accepted(endpoint, params, OrderAck(order_id="", order_link_id=link))
        assert isinstance(error, RequestRejected)
        unknown = unknown_outcome(endpoint.name, params, str(error.ret_code), f"an order of this id exists: {error}")
        unknown.sent_at, unknown.trace_id = first.at, error.trace_id
        raise unknown from error

    async def _asked(
        self, question: Awaitable[Response[Any]], endpoint: Endpoint, error: OutcomeUnknown | RequestRejected
    ) -> Response[Any]:
        try:
            return await question
        except (OutcomeUnknown, OrderNotFound, DuplicateOrderLinkId):
            raise
        except BybitError as failure:
            # A question that was refused, or could not be asked, says nothing of the write.
            if failure is error:
                raise
            if isinstance(error, DuplicateOrderLinkId):
                raise OutcomeUnknown(f"{endpoint.name}: Bybit could not be asked") from failure
            raise error from failure

    async def _completed(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        answer: Response[Any],
        first: FirstSending,
        *,
        ask: bool,
    ) -> Response[Any]:
        """Return a batch's answer with what can be found out about the orders that it does not speak of for certain."""
        items = list(params.get(endpoint.batch) or ())
        batch = _BatchAnswer(answer, len(items))
        refused = {index: refused_item(endpoint, code) for index, code in enumerate(batch.codes)}
        copies = {index: refusal for index, refusal in refused.items() if refusal is not None}
        found = await asyncio.gather(
            *(self._item(endpoint, params, items[index], refusal, first, ask=ask) for index, refusal in copies.items())
        )
        for index, outcome in zip(copies, found, strict=True):
            if isinstance(outcome, OrderAck):
                batch.accept(index, {**items[index], "orderId": outcome.order_id or None})
            elif outcome is None:
                batch.doubt(index)
        unclear = [index for index, code in enumerate(batch.codes) if item_code(code) is None and index not in copies]
        if ask and self.resolver is not None and unclear and batch.typed:
            await self._ask_for_unclear(self.resolver, endpoint, params, batch, unclear, first)
        return batch.answer()

    async def _item(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        item: Mapping[str, Any],
        refusal: RequestRejected,
        first: FirstSending,
        *,
        ask: bool,
    ) -> OrderAck | RequestRejected | None:
        """Find out about one refused item; None if it stays unknown."""
        single = _single(endpoint)
        asked = {"category": params.get("category"), **item}
        try:
            answer = await self._instead(single, asked, refusal, first, ask=ask)
        except OutcomeUnknown:
            return None
        except RequestRejected as error:
            return error
        ack: OrderAck = answer.result
        return ack

    async def _ask_for_unclear(
        self,
        resolver: Resolver,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        batch: _BatchAnswer,
        unclear: list[int],
        first: FirstSending,
    ) -> None:
        items = params[endpoint.batch]
        unknown = OutcomeUnknown(f"{endpoint.name}: {len(unclear)} orders have no outcome", reason="no code")
        unknown.sent_at = first.at
        asked = {**params, endpoint.batch: [items[index] for index in unclear]}
        try:
            found = await self._asked(resolver(endpoint, asked, unknown, first), endpoint, unknown)
        except (OutcomeUnknown, OrderNotFound):
            return
        for place, code in enumerate(item_codes(found.ret_ext_info, len(unclear))):
            if item_code(code) is not None:
                batch.replace(unclear[place], found.result.rows[place], code)


class _BatchAnswer:
    """The two lists of a batch's answer, while outcomes are filled in."""

    def __init__(self, answer: Response[Any], count: int) -> None:
        self._answer = answer
        self._changed = False
        self.typed = hasattr(answer.result, "rows")
        self.codes = item_codes(answer.ret_ext_info, count)
        listed = answer.result.rows if self.typed else (answer.result or {}).get("list")
        self._rows: list[Any] = list(listed) if isinstance(listed, list) else []

    def accept(self, index: int, named: Mapping[str, Any]) -> None:
        """Put an acknowledgement in the place of a refusal."""
        row = BatchAck(
            category=None, symbol=named.get("symbol"), order_id=named.get("orderId"),
            order_link_id=named.get("orderLinkId"),
        )  # fmt: skip
        self.replace(index, row, {"code": 0, "msg": "OK"})

    def doubt(self, index: int) -> None:
        """Take a code away: it does not say what happened to the order."""
        self.codes[index] = {"msg": self.codes[index].get("msg")}
        self._changed = True

    def replace(self, index: int, row: BatchAck, code: dict[str, Any]) -> None:
        """Put in what was found out about one order."""
        self._changed = True
        self.codes[index] = code
        # Rows before this one that the answer does not have either stay without an outcome.
        while len(self._rows) <= index:
            self._rows.append(BatchAck() if self.typed else {})
        self._rows[index] = row if self.typed else msgspec.to_builtins(row)

    def answer(self) -> Response[Any]:
        """Return the answer, as it came if nothing was filled in."""
        if not self._changed:
            return self._answer
        info = self._answer.ret_ext_info if isinstance(self._answer.ret_ext_info, dict) else {}
        result = self._answer.result
        result = msgspec.structs.replace(result, rows=self._rows) if self.typed else {**result, "list": self._rows}
        # The body no longer says what the answer does.
        return msgspec.structs.replace(self._answer, result=result, ret_ext_info={**info, "list": self.codes}, raw=b"")


def _single(endpoint: Endpoint) -> Endpoint[OrderAck]:
    fields = msgspec.structs.asdict(endpoint)
    path = endpoint.path.removesuffix("-batch")
    return Endpoint(**{**fields, "path": path, "batch": "", "result": OrderAck, "variants": {}})


def accepted(endpoint: Endpoint, params: Mapping[str, Any], result: Any, info: Any = None) -> Response[Any]:
    """Return an answer that was found out, its result as the caller wants it: of the endpoint's type, or untyped."""
    wanted = endpoint.result_type(params)
    as_wanted = result if wanted is type(result) else drift.decode(msgspec.json.encode(result), wanted)
    return Response(ret_code=0, result=as_wanted, ret_ext_info=info)


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
