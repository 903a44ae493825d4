"""What the demo does and checks; drawing it is the business of `screen`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bybit_async.errors import BybitError
from bybit_async.session import AsyncBybit
from bybit_async.simulator import SimulatedExchange

SYMBOL = "BTCUSDT"
WATCHED = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


@dataclass
class Step:
    """One line of the day: what was done, and what came of it."""

    title: str
    detail: str = ""
    ok: bool | None = None


@dataclass
class Seen:
    """What the streams delivered, kept current for the screen."""

    tickers: dict[str, Any] = field(default_factory=dict)
    orders: list[Any] = field(default_factory=list)
    executions: list[Any] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    book: Any = None
    book_changes: int = 0
    crossed: int = 0
    wallet: Any = None
    position: Any = None


class Day:
    """A bot's first day: watch, trade, lose the connection, come back, and count the money.

    `pace` stretches the pauses for the eye; `patience` is how many seconds anything may take to happen.
    """

    def __init__(self, *, pace: float, patience: float = 10.0) -> None:
        self.pace = pace
        self.patience = patience
        self.steps: list[Step] = []
        self.seen: Seen = Seen()
        self.environment: str = ""
        self.over: bool = False
        self._changed = asyncio.Event()

    @property
    def balanced(self) -> bool:
        """Whether every step was carried out and came out right."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    async def play(self, exchange: SimulatedExchange) -> None:
        """Live the day; a failed step ends it."""
        self.environment = exchange.environment.rest_url
        keys = exchange.new_account(usdt="10000")
        try:
            async with AsyncBybit(environment=exchange.environment, **keys) as bybit, self._watching(bybit):
                before = await self._connect(bybit)
                await self._watch()
                await self._rest_amend_cancel(bybit)
                await self._fill(bybit)
                await self._survive_disconnect(bybit, exchange)
                await self._close(bybit)
                await self._balance(bybit, exchange, before)
        except (BybitError, TimeoutError, AssertionError) as error:
            if self.steps and self.steps[-1].ok is None:
                self.steps[-1].ok = False
            self.steps.append(Step("The day ended early", f"{type(error).__name__}: {error}", ok=False))
        finally:
            self.over = True

    # -- the steps

    async def _connect(self, bybit: AsyncBybit) -> Decimal:
        step = self._step("Signed in")
        info = await bybit.user.get_api_key_information()
        self.seen.wallet = (await bybit.account.get_wallet_balance(account_type="UNIFIED")).rows[0]
        before = _usdt(self.seen.wallet)
        await bybit.position.set_leverage(category="linear", symbol=SYMBOL, buy_leverage=5, sell_leverage=5)
        self._done(step, f"user {info.user_id}, wallet {before} USDT, leverage 5", ok=before == 10_000)
        return before

    async def _watch(self) -> None:
        step = self._step("Watching the market")
        await self._until(lambda: len(self.seen.tickers) == len(WATCHED) and self.seen.book_changes >= 20)
        await asyncio.sleep(6 * self.pace)
        book = self.seen.book
        detail = f"{self.seen.book_changes} book changes, best {book.best_bid.price} / {book.best_ask.price}"
        self._done(step, detail, ok=not book.stale and self.seen.crossed == 0)

    async def _rest_amend_cancel(self, bybit: AsyncBybit) -> None:
        step = self._step("Place, amend, cancel")
        instrument = await bybit.market.get_instrument(SYMBOL, category="linear")
        low = instrument.round_price(self.seen.book.best_bid.price * Decimal("0.97"))
        lower = instrument.round_price(self.seen.book.best_bid.price * Decimal("0.96"))
        ack = await bybit.trade.place_order(
            category="linear", symbol=SYMBOL, side="Buy", order_type="Limit", qty="0.01", price=low,
            time_in_force="PostOnly",
        )  # fmt: skip
        await self._until(lambda: self._states(ack.order_id) == ["New"])
        await asyncio.sleep(self.pace)
        await bybit.trade.amend_order(category="linear", symbol=SYMBOL, order_id=ack.order_id, price=lower)
        await self._until(lambda: any(o.price == lower for o in self._updates(ack.order_id)))
        await asyncio.sleep(self.pace)
        await bybit.trade.cancel_order(category="linear", symbol=SYMBOL, order_id=ack.order_id)
        await self._until(lambda: self._states(ack.order_id)[-1:] == ["Cancelled"])
        found = await bybit.trade.find_order(category="linear", order_id=ack.order_id)
        status = found.order_status if found is not None else "lost"
        self._done(step, f"{low} → {lower} → {status}", ok=found is not None and found.price == lower)

    async def _fill(self, bybit: AsyncBybit) -> None:
        step = self._step("Filled at market")
        order = await self._market_order(bybit, "Buy", "0.02")
        self.seen.position = (await bybit.position.get_positions(category="linear", symbol=SYMBOL))[0]
        detail = f"bought {order.cum_exec_qty} at {order.avg_price}, position {self.seen.position.size}"
        self._done(step, detail, ok=self.seen.position.size == Decimal("0.02") == order.cum_exec_qty)
        await asyncio.sleep(3 * self.pace)

    async def _survive_disconnect(self, bybit: AsyncBybit, exchange: SimulatedExchange) -> None:
        step = self._step("Every connection cut")
        start, changes = len(self.seen.events), self.seen.book_changes
        cut = exchange.drop_connections()
        await self._until(lambda: self._recovered(start) >= cut)
        await self._until(lambda: not self.seen.book.stale and self.seen.book_changes > changes + 5)
        order = await self._market_order(bybit, "Buy", "0.01")
        detail = f"{cut} sockets back, next fill of {order.cum_exec_qty} arrived"
        self._done(step, detail, ok=order.cum_exec_qty == Decimal("0.01") and self.seen.crossed == 0)
        await asyncio.sleep(2 * self.pace)

    async def _close(self, bybit: AsyncBybit) -> None:
        step = self._step("Position closed")
        order = await self._market_order(bybit, "Sell", "0.03", reduce_only=True)
        self.seen.position = (await bybit.position.get_positions(category="linear", symbol=SYMBOL))[0]
        detail = f"sold {order.cum_exec_qty} at {order.avg_price}, position {self.seen.position.size}"
        self._done(step, detail, ok=self.seen.position.size == 0)

    async def _balance(self, bybit: AsyncBybit, exchange: SimulatedExchange, before: Decimal) -> None:
        step = self._step("Money counted")
        listed = [execution async for execution in bybit.trade.get_executions(category="linear")]
        flow = sum((_cash(execution) for execution in listed), Decimal(0))
        self.seen.wallet = (await bybit.account.get_wallet_balance(account_type="UNIFIED")).rows[0]
        after = _usdt(self.seen.wallet)
        await self._until(lambda: len(self.seen.executions) >= len(listed))
        streamed = sorted(execution.exec_id for execution in self.seen.executions)
        once = streamed == sorted(execution.exec_id for execution in listed)
        exchange.engine.audit()
        detail = f"{before} {flow:+} = {after}; fills once: {'yes' if once else 'no'}"
        self._done(step, detail, ok=before + flow == after and once)

    # -- what the steps are made of

    async def _market_order(self, bybit: AsyncBybit, side: Any, qty: str, *, reduce_only: bool | None = None) -> Any:
        ack = await bybit.trade.place_order(
            category="linear", symbol=SYMBOL, side=side, order_type="Market", qty=qty, reduce_only=reduce_only
        )
        await self._until(lambda: self._states(ack.order_id)[-1:] == ["Filled"])
        return self._updates(ack.order_id)[-1]

    def _updates(self, order_id: str) -> list[Any]:
        return [order for order in self.seen.orders if order.order_id == order_id]

    def _states(self, order_id: str) -> list[str]:
        return [order.order_status for order in self._updates(order_id)]

    def _recovered(self, start: int) -> int:
        return sum(event.kind == "recovered" for event in self.seen.events[start:])

    def _step(self, title: str) -> Step:
        self.steps.append(Step(title))
        return self.steps[-1]

    def _done(self, step: Step, detail: str, *, ok: bool) -> None:
        step.detail, step.ok = detail, ok

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(self.patience):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    # -- the streams

    @asynccontextmanager
    async def _watching(self, bybit: AsyncBybit) -> AsyncIterator[None]:
        watchers = (
            self._follow_book, self._follow_tickers, self._follow_orders, self._follow_executions,
            self._follow_wallet, self._follow_positions,
        )  # fmt: skip
        events = bybit.stream.events()
        ready = [asyncio.Event() for _ in watchers]
        tasks = [asyncio.create_task(watch(bybit, gate)) for watch, gate in zip(watchers, ready, strict=True)]
        tasks.append(asyncio.create_task(self._follow_events(events)))
        try:
            async with asyncio.timeout(self.patience):
                await asyncio.gather(*(gate.wait() for gate in ready))
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow_book(self, bybit: AsyncBybit, ready: asyncio.Event) -> None:
        async with bybit.stream.order_book(SYMBOL, category="linear", depth=50) as book:
            self.seen.book = book
            ready.set()
            async for _ in book:
                bid, ask = book.best_bid, book.best_ask
                self.seen.crossed += bool(not book.stale and bid and ask and bid.price >= ask.price)
                self.seen.book_changes += 1
                self._changed.set()

    async def _follow_tickers(self, bybit: AsyncBybit, ready: asyncio.Event) -> None:
        async with bybit.stream.tickers(*WATCHED, category="linear") as tickers:
            ready.set()
            async for ticker in tickers:
                self.seen.tickers[ticker.symbol] = ticker
                self._changed.set()

    async def _follow_orders(self, bybit: AsyncBybit, ready: asyncio.Event) -> None:
        async with bybit.stream.orders() as orders:
            ready.set()
            async for order in orders:
                self.seen.orders.append(order)
                self._changed.set()

    async def _follow_executions(self, bybit: AsyncBybit, ready: asyncio.Event) -> None:
        async with bybit.stream.executions() as executions:
            ready.set()
            async for execution in executions:
                self.seen.executions.append(execution)
                self._changed.set()

    async def _follow_wallet(self, bybit: AsyncBybit, ready: asyncio.Event) -> None:
        async with bybit.stream.wallet() as wallets:
            ready.set()
            async for wallet in wallets:
                self.seen.wallet = wallet

    async def _follow_positions(self, bybit: AsyncBybit, ready: asyncio.Event) -> None:
        async with bybit.stream.positions() as positions:
            ready.set()
            async for position in positions:
                if position.symbol == SYMBOL:
                    self.seen.position = position

    async def _follow_events(self, events: Any) -> None:
        async for event in events:
            self.seen.events.append(event)
            self._changed.set()


def _usdt(wallet: Any) -> Decimal:
    balance = wallet.balance("USDT")
    return Decimal(0) if balance is None else Decimal(balance.wallet_balance)


def _cash(execution: Any) -> Decimal:
    value = execution.exec_value if execution.side == "Sell" else -execution.exec_value
    return Decimal(value - execution.exec_fee)
