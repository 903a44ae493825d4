"""A live account: orders, positions, wallet and executions, started by REST and kept current by the private streams."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from bybit_async.api.account import Account
from bybit_async.api.position import Position
from bybit_async.api.trade import Trade
from bybit_async.backoff import Backoff
from bybit_async.enums import Category, OrderStatus
from bybit_async.errors import BybitError, ConnectionFailed, InvalidParameter, StreamClosed
from bybit_async.live.account_events import AccountEvent, AccountEvents
from bybit_async.live.account_state import AccountState
from bybit_async.live.reconciliation import Reconciliation
from bybit_async.models.stream_message import StreamMessage
from bybit_async.models.trade import Order
from bybit_async.state.executions import Executions
from bybit_async.state.orders import FINAL, KnownOrders
from bybit_async.state.positions import KnownPositions
from bybit_async.state.wallet import WalletState
from bybit_async.stream.buffer import Buffer
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.streams import Streams
from bybit_async.stream.subscription import Subscription
from bybit_async.transport.clock import Clock

log: logging.Logger = logging.getLogger("bybit_async.live")

R = TypeVar("R")

_TOPICS = ("order", "execution", "position", "wallet")
_BUFFER = 100_000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0


class LiveAccount:
    """What Bybit knows of an account, here: ``async with bybit.live_account() as account``.

    Entering subscribes, then asks by REST, so that nothing falls between the two. After a lost connection the streams
    come back by themselves; then everything is asked again by REST, the differences are reported with ``recovered``
    set, and only then is the account `synced` again.

    Args:
        trade: the session's `trade`; `position`, `account` and `streams` likewise.
        clock: the exchange's clock.
        categories: what the account trades.
        settle_coins: settle coins of its linear contracts.
        option_coins: base coins of its options.
        lookback: seconds of past executions and ended orders to start with.
        keep: how many executions, and a fifth as many ended orders, are remembered.
        timeout: seconds for one question by REST.

    Raises:
        BybitError: from entering: the streams or REST refused, or could not be reached.
    """

    def __init__(
        self,
        trade: Trade,
        position: Position,
        account: Account,
        streams: Streams,
        clock: Clock,
        *,
        categories: Sequence[Category] = ("linear", "inverse", "spot", "option"),
        settle_coins: Sequence[str] = ("USDT", "USDC"),
        option_coins: Sequence[str] = ("BTC", "ETH", "SOL"),
        lookback: float = 300.0,
        keep: int = 5000,
        timeout: float = 15.0,
    ) -> None:
        self._trade = trade
        self._streams = streams
        self._timeout = timeout
        self._state = AccountState(keep=keep)
        self._reconciliation = Reconciliation(
            trade, position, account, clock, categories=categories, settle_coins=settle_coins,
            option_coins=option_coins, lookback=lookback, timeout=timeout,
        )  # fmt: skip
        self._listeners: set[Buffer[AccountEvent]] = set()
        self._waiters: dict[asyncio.Future[Any], Callable[[], Any]] = {}
        self._subscription: Subscription[Any] | None = None
        self._recovering: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._synced = False
        self._losses = 0
        self._dropped = 0
        self._error: BaseException | None = None
        self._closed = False

    # What is known

    @property
    def orders(self) -> KnownOrders:
        """The open orders, and the last ones that ended."""
        return self._state.orders

    @property
    def positions(self) -> KnownPositions:
        """The positions."""
        return self._state.positions

    @property
    def wallet(self) -> WalletState:
        """The balances."""
        return self._state.wallet

    @property
    def executions(self) -> Executions:
        """The last executions."""
        return self._state.executions

    @property
    def synced(self) -> bool:
        """Whether all this is what Bybit knows, as far as is known here."""
        return self._synced

    @property
    def unresolved(self) -> list[Order]:
        """Orders that Bybit neither lists as open nor knows the end of; each reconciliation asks again."""
        open_ids = {order.order_id for order in self.orders.open}
        return [order for order in self._reconciliation.unresolved.values() if order.order_id in open_ids]

    # Waiting for it

    def events(self, *, buffer: int = 10_000) -> AccountEvents:
        """Every change from this call on; the oldest go when `buffer` is full, counted by ``dropped``."""
        if buffer < 1:
            raise InvalidParameter("buffer", f"expected at least 1, got {buffer!r}")
        events = AccountEvents(self._listeners, buffer)
        if self._closed:
            events.close()
        return events

    async def wait_order(
        self,
        *,
        order_id: str | None = None,
        order_link_id: str | None = None,
        status: OrderStatus | None = None,
        timeout: float | None = None,
    ) -> Order:
        """Wait until an order has reached `status`, or has ended; until it has ended when no status is given.

        It returns at once when that has happened already, whatever came first: the placing call's answer or the
        stream. An order that ended otherwise than wanted is returned too: read its `order_status`.

        Raises:
            TimeoutError: `timeout` seconds passed.
            StreamClosed: the account was closed.
            InvalidParameter: neither id is given.
        """
        if order_id is None and order_link_id is None:
            raise InvalidParameter("order_link_id", "expected an order_id or an order_link_id")

        def reached() -> Order | None:
            order = self.orders.find(order_id=order_id, order_link_id=order_link_id)
            return order if order is not None and _reached(order, status) else None

        # As it was then: before this task has its turn a thousand others may have ended, and this one be forgotten.
        return await self._until(reached, timeout)

    async def wait_synced(self, timeout: float | None = None) -> None:
        """Wait until the account is `synced`.

        Raises:
            TimeoutError: `timeout` seconds passed.
            StreamClosed: the account was closed.
        """
        await self._until(lambda: self._synced or None, timeout)

    async def refresh(self) -> None:
        """Ask for everything by REST now, and report what changed with ``recovered`` set.

        It brings what is known up to date while the streams are away; `synced` stays as it is, since only with them
        anything is certain for longer than a moment. `GET /v5/account/wallet-balance`, `GET /v5/order/realtime`,
        `GET /v5/order/history`, `GET /v5/execution/list`, `GET /v5/position/list`.

        Raises:
            RequestRejected: Bybit refuses a question.
            TransportError: an answer did not come.
            StreamClosed: the account was closed.
        """
        if self._closed:
            raise self._error or StreamClosed("the live account is closed")
        await self._reconciliation.run(self._state, self._emit)

    async def _until(self, reached: Callable[[], R | None], timeout: float | None) -> R:
        found = reached()
        if found is not None:
            return found
        if self._closed:
            raise self._error or StreamClosed("the live account is closed")
        waiter: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = reached
        try:
            async with asyncio.timeout(timeout):
                return await waiter
        finally:
            self._waiters.pop(waiter, None)

    # Its life

    async def __aenter__(self) -> Self:
        if self._subscription is not None:
            raise StreamClosed("a live account is entered once")
        self._subscription = self._streams.subscribe(*_TOPICS, channel="private", with_events=True, buffer=_BUFFER)
        try:
            await self._subscription.ready(self._timeout)
            self._spawn(self._read(self._subscription), "bybit_async live account")
            await self._reconciliation.run(self._state, self._begin)
            if self._losses or self._closed:
                # Lost already: the answers may be older than the loss, so they are asked for again.
                await self.wait_synced(self._timeout)
            else:
                self._call_synced()
        except TimeoutError:
            await self.aclose()
            raise ConnectionFailed(f"the account could not be followed within {self._timeout} s") from None
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close it: iterators of its events end, pending waits raise `StreamClosed`. Idempotent."""
        self._end(None)
        if self._subscription is not None:
            self._subscription.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _end(self, error: BaseException | None) -> None:
        if self._closed:
            return
        self._closed, self._synced, self._error = True, False, error
        if self._recovering is not None:
            self._recovering.cancel()
        for mailbox in self._listeners:
            mailbox.close(error)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(error or StreamClosed("the live account is closed"))

    async def _read(self, subscription: Subscription[Any]) -> None:
        try:
            async for item in subscription:
                if isinstance(item, StreamEvent):
                    self._notice(item)
                else:
                    self._take(item)
                if subscription.dropped != self._dropped:
                    self._dropped = subscription.dropped
                    self._lose("messages were dropped", in_order=False)
                    self._recover()
        except BybitError as error:
            log.warning("the live account ends: %s", error)
            self._end(error)
        else:
            self._end(None)

    def _take(self, message: StreamMessage[Any]) -> None:
        try:
            self._emit(self._state.take_message(message))
        except Exception:
            # A message that means nothing here may have meant anything: only REST knows.
            log.exception("a message of %s could not be taken", message.topic)
            self._lose("a message could not be read", in_order=False)
            self._recover()

    def _notice(self, event: StreamEvent) -> None:
        if event.kind == "lost":
            self._lose(event.reason, in_order=True)
        elif event.kind == "recovered":
            self._recover()

    # Losing and regaining it

    def _lose(self, reason: str, *, in_order: bool) -> None:
        if self._recovering is not None:
            self._recovering.cancel()
        self._losses += 1
        self._reconciliation.lost(self._state, in_order=in_order)
        self._synced = False
        self._emit([AccountEvent(kind="lost", reason=reason)])

    def _recover(self) -> None:
        if self._recovering is not None:
            self._recovering.cancel()
        self._recovering = self._spawn(self._regain(), "bybit_async reconciliation")

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _regain(self) -> None:
        backoff = Backoff(_FIRST_PAUSE, _LONGEST_PAUSE)
        while True:
            pause = backoff.next_wait()
            try:
                await self._reconciliation.run(self._state, self._emit)
                break
            except BybitError as error:
                log.warning("reconciliation failed, trying again in %.1f s: %s", pause, error)
            except Exception:
                log.exception("reconciliation failed, trying again in %.1f s", pause)
            await asyncio.sleep(pause)
        self._call_synced()

    def _call_synced(self) -> None:
        self._synced = True
        self._emit([AccountEvent(kind="synced", recovered=True)])

    def _begin(self, events: list[AccountEvent]) -> None:
        """Take no notice of what was there before: it is the beginning, and no change."""

    def _emit(self, events: list[AccountEvent]) -> None:
        for event in events:
            for mailbox in self._listeners:
                mailbox.put(event, event.at_ns)
        if events and self._waiters:
            for waiter, reached in list(self._waiters.items()):
                if not waiter.done() and (found := reached()) is not None:
                    waiter.set_result(found)


_PROGRESS = {"Untriggered": 0, "Triggered": 1, "New": 2, "PartiallyFilled": 3}


def _reached(order: Order, status: OrderStatus | None) -> bool:
    if order.order_status in FINAL:
        return True
    if status is None:
        return False
    if status == order.order_status:
        return True
    wanted, now = _PROGRESS.get(status), _PROGRESS.get(order.order_status)
    return wanted is not None and now is not None and now >= wanted
