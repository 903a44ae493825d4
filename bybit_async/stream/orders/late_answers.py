"""Answers that come after their callers were given the outcome unknown, or that have no caller."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable

import msgspec

from bybit_async.stream.frames import OrderEntryAnswer
from bybit_async.stream.orders.connection import PendingRequest

log: logging.Logger = logging.getLogger("bybit_async.stream")

_REMEMBERED = 10_000
_KEPT = 1_000


class LateAnswer(msgspec.Struct, frozen=True):
    """An answer that came after its caller was given the outcome unknown.

    Attributes:
        op: ``"order.create"`` and so on.
        order_link_id: of the order; None when the request named none, as batches do.
        ret_code: 0 when the order was accepted after all.
        seconds: how long after sending the answer came.
    """

    op: str
    order_link_id: str | None
    order_id: str | None
    ret_code: int | None
    ret_msg: str | None
    seconds: float


class LateAnswers:
    """The last ten thousand requests that were given up, and the answers that came to them since.

    Args:
        on_late: is given each late answer; must be quick. What it raises is logged.

    Attributes:
        kept: the last late answers, oldest first.
        count: how many there were.
        unmatched: answers that belong to no request of ours, by their ids.
    """

    def __init__(self, on_late: Callable[[LateAnswer], None] | None = None) -> None:
        self.kept: deque[LateAnswer] = deque(maxlen=_KEPT)
        self.count: int = 0
        self.unmatched: int = 0
        self._on_late = on_late
        self._given_up: OrderedDict[str, PendingRequest] = OrderedDict()

    def give_up(self, pending: PendingRequest) -> None:
        """Remember a request whose caller no longer waits."""
        self._given_up[pending.req_id] = pending
        if len(self._given_up) > _REMEMBERED:
            self._given_up.popitem(last=False)

    def take(self, answer: OrderEntryAnswer) -> None:
        """Take an answer that no request waits for."""
        pending = self._given_up.pop(answer.req_id or "", None)
        if pending is None:
            self.unmatched += 1
            return
        seconds = asyncio.get_running_loop().time() - pending.sent_at
        late = LateAnswer(pending.op, pending.order_link_id, pending.order_id, answer.ret_code, answer.ret_msg, seconds)
        self.count += 1
        self.kept.append(late)
        if self._on_late is not None:
            try:
                self._on_late(late)
            except Exception:
                # The connection that brought it has other orders on it.
                log.exception("on_late raised; order entry goes on")
