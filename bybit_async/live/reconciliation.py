"""Asking by REST for what an account's private streams missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from bybit_async.api.account import Account
from bybit_async.api.position import Position
from bybit_async.api.trade import Trade
from bybit_async.enums import Category
from bybit_async.live.account_events import AccountEvent
from bybit_async.live.account_state import AccountState
from bybit_async.models.account import Wallets
from bybit_async.models.trade import Execution, Order
from bybit_async.state.orders import FINAL
from bybit_async.transport.clock import Clock

Emit = Callable[[list[AccountEvent]], None]
R = TypeVar("R", Order, Execution)
ContractCategory = Literal["linear", "inverse", "option"]

_ORDER_PAGE = 50
_EXECUTION_PAGE = 100
_POSITION_PAGE = 200
_OVERLAP_MS = 60_000
"""How far before the last known execution is asked again: those of different symbols do not come in strict order."""

_MARGIN_MS = 1_000
"""How far ahead of our idea of the exchange's time is asked for."""

_SURELY_ANSWERED_MS = 5 * 86_400_000

_SEARCHES = 4
_SEARCH_PAUSE = 0.25


class Reconciliation:
    """Brings an account's state up to date by REST; newer messages of the streams are never overwritten.

    Args:
        trade: reads orders and executions.
        position: reads positions.
        account: reads the wallet.
        clock: the exchange's clock.
        categories: what the account trades.
        settle_coins: of its linear contracts, which Bybit lists one settle coin at a time.
        option_coins: base coins of its options, whose executions Bybit lists one base coin at a time.
        lookback: seconds of past executions and ended orders to load at the start.
        timeout: seconds for one question; Bybit answers slowly when markets are wild.
    """

    def __init__(
        self,
        trade: Trade,
        position: Position,
        account: Account,
        clock: Clock,
        *,
        categories: Sequence[Category],
        settle_coins: Sequence[str],
        option_coins: Sequence[str],
        lookback: float,
        timeout: float,
    ) -> None:
        self._trade = trade
        self._position = position
        self._account = account
        self._clock = clock
        self._categories = categories
        self._settle_coins = settle_coins
        self._option_coins = option_coins
        self._lookback_ms = int(lookback * 1000)
        self._timeout = timeout
        self._known_until: int | None = None
        self._missing_from: int | None = None
        self.unresolved: dict[str, Order] = {}

    async def run(self, state: AccountState, emit: Emit) -> None:
        """Ask about everything, apply the answers and emit what they changed, marked as recovered.

        Raises:
            RequestRejected: Bybit refuses a question.
            TransportError: an answer did not come.
        """
        # First and alone: its answer sets our clock right, by which the others ask, after a sleep of the computer too.
        await self._wallet(state, emit)
        asked_at = self._clock.now_ms()
        questions: list[Coroutine[Any, Any, None]] = []
        for category in self._categories:
            questions += [self._orders(state, emit, category), self._executions(state, emit, category)]
            if category != "spot":
                questions.append(self._positions(state, emit, category))
        tasks = [asyncio.create_task(question) for question in questions]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._known_until, self._missing_from = asked_at, None

    async def _wallet(self, state: AccountState, emit: Emit) -> None:
        # The answer is at least as new as the question, so any later push is newer than what is assumed of it.
        started = self._clock.monotonic()
        wallets: Wallets = await self._account.get_wallet_balance(timeout=self._timeout)
        asked_at = self._clock.earliest_ms(started)
        for wallet in wallets:
            emit(state.take_wallet(wallet, at=asked_at, whole=True, recovered=True))

    async def _orders(self, state: AccountState, emit: Emit, category: Category) -> None:
        before = [order for order in state.orders.open if order.category in (category, None)]
        listed: set[str] = set()
        for coin in self._coins(category):
            found = self._trade.get_open_orders(
                category=category, settle_coin=coin, limit=_ORDER_PAGE, timeout=self._timeout
            )
            async for order in found:
                listed.add(order.order_id)
                emit(state.take_orders([_with_category(order, category)], recovered=True))
        await self._closed_orders(state, emit, category)
        for order in before:
            if order.order_id not in listed:
                await self._search(state, emit, category, order)

    async def _closed_orders(self, state: AccountState, emit: Emit, category: Category) -> None:
        """Learn of orders that were both placed and ended unseen."""
        since, now = self._since(), self._clock.now_ms()
        for coin in self._coins(category):
            # The newest come first, and an order that was there at the last time is known already.
            async for order in self._trade.get_open_orders(
                category=category, settle_coin=coin, open_only=1, limit=_ORDER_PAGE, timeout=self._timeout
            ):
                if (order.created_time or now) < since:
                    break
                emit(state.take_orders([_with_category(order, category)], recovered=True))
        # A restart of Bybit empties that list; history has them, though it may lag.
        async for order in self._trade.get_order_history(
            category=category, start=since, end=self._end(since), limit=_ORDER_PAGE, timeout=self._timeout
        ):
            emit(state.take_orders([_with_category(order, category)], recovered=True))

    async def _search(self, state: AccountState, emit: Emit, category: Category, order: Order) -> None:
        """Find out how an order ended that is open no more; history may lag, so absence is asked about again."""
        for attempt in range(1, _SEARCHES + 1):
            known = state.orders.find(order_id=order.order_id)
            if known is None or known.order_status in FINAL:
                self.unresolved.pop(order.order_id, None)
                return
            found = await self._trade.find_order(
                category=category, symbol=order.symbol, order_id=order.order_id, timeout=self._timeout
            )
            if found is not None:
                emit(state.take_orders([_with_category(found, category)], recovered=True))
                self.unresolved.pop(order.order_id, None)
                return
            await asyncio.sleep(_SEARCH_PAUSE * attempt)
        self.unresolved[order.order_id] = order

    async def _executions(self, state: AccountState, emit: Emit, category: Category) -> None:
        since = self._since()
        executions: list[Execution] = []
        for coin in self._option_coins if category == "option" else (None,):
            found = self._trade.get_executions(
                category=category, base_coin=coin, start=since, end=self._end(since), limit=_EXECUTION_PAGE,
                timeout=self._timeout,
            )  # fmt: skip
            executions += [_with_category(execution, category) async for execution in found]
        emit(state.take_executions(executions, recovered=True))

    def lost(self, state: AccountState, *, in_order: bool) -> None:
        """Note that from here on news may be missing; of several losses in a row the first one counts.

        Args:
            state: what is known now, before anything newer comes.
            in_order: everything up to the last execution is known to have come; otherwise only what was there at the
                last reconciliation is.
        """
        if self._missing_from is None:
            known = self._known_until or 0
            self._missing_from = max(known, state.executions.last_time) if in_order else known

    def _since(self) -> int:
        start = self._clock.now_ms() - self._lookback_ms
        # Without a reconciliation before, nothing was known that could have been missed since.
        if self._known_until is None:
            return start
        return (self._known_until if self._missing_from is None else self._missing_from) - _OVERLAP_MS

    def _end(self, since: int) -> int | None:
        # Without an end Bybit answers a week from the start on. Our idea of its time may be old, as after the computer
        # slept, and an end that is too early would leave out what is asked for.
        now = self._clock.now_ms()
        return None if now - since < _SURELY_ANSWERED_MS else now + _MARGIN_MS

    async def _positions(self, state: AccountState, emit: Emit, category: ContractCategory) -> None:
        before = [position for position in state.positions.open if position.category == category]
        listed: set[tuple[str, int]] = set()
        for coin in self._coins(category):
            found = self._position.get_positions(
                category=category, settle_coin=coin, limit=_POSITION_PAGE, timeout=self._timeout
            )
            async for position in found:
                listed.add((position.symbol, position.position_idx))
                emit(state.take_positions([position], category=category, recovered=True))
        # A flat position is listed only when its symbol is asked for.
        for symbol in dict.fromkeys(p.symbol for p in before if (p.symbol, p.position_idx) not in listed):
            async for position in self._position.get_positions(category=category, symbol=symbol, timeout=self._timeout):
                emit(state.take_positions([position], category=category, recovered=True))

    def _coins(self, category: Category) -> Sequence[str | None]:
        return self._settle_coins if category == "linear" else (None,)


def _with_category(row: R, category: Category) -> R:
    # REST names the category once per page, not per row.
    return msgspec.structs.replace(row, category=category)
