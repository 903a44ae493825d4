"""Any order of orders, fills and faults: whatever happens, the client and the exchange agree in the end.

A hundred examples by REST and as many over the socket; ``--hypothesis-profile=long`` for two thousand.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from decimal import Decimal
from itertools import count
from typing import Any, Literal, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from bybit_async.errors import OrderNotFound, OutcomeUnknown, RequestRejected, TransportError
from bybit_async.models.trade import PlaceOrder
from bybit_async.session import AsyncBybit
from bybit_async.simulator import MarketSettings, Rule, SimulatedExchange
from bybit_async.stream.settings import StreamSettings
from tests.trials.chaos import watched

T = TypeVar("T")
LINEAR: dict[str, Any] = {"category": "linear", "symbol": "BTCUSDT"}
QUICK = StreamSettings(backoff=0.01, max_backoff=0.05, connects=1_000_000, proxy=None)

# What can happen to a request: nothing, its loss before or after it was carried out, or an answer that says nothing.
FAULTS: dict[str, dict[str, Any]] = {
    "none": {},
    "lost before": {"action": "drop-before"},
    "lost after": {"action": "drop-after"},
    "reset": {"action": "reset", "executed": True},
    "half an answer": {"action": "truncate"},
    "timeout, not taken": {"action": "code", "code": 10000},
    "timeout, taken": {"action": "code", "code": 10000, "executed": True},
    "busy": {"action": "code", "code": 10429},
    "bad gateway": {"action": "status", "status": 502, "executed": True},
    "restart": {"action": "restart"},
}
faults = st.sampled_from(["none", "none", "none", *FAULTS])
# An order that comes to be only after the client has given up asking for it.
LATE = {"late": {"action": "delay", "milliseconds": 220}}
create_faults = st.sampled_from(["none", "none", "none", *FAULTS, *LATE])
sizes = st.integers(1, 5).map(lambda n: Decimal(n) / 100)
ticks = st.integers(-20, 20)


class TradingMachine(RuleBasedStateMachine):
    """One account that trades against a counterparty in an otherwise empty market."""

    runner: asyncio.Runner
    exchange: SimulatedExchange
    counterparty: str
    via: Literal["rest", "websocket"]
    numbers = count()
    taken: Counter[str]
    """How often a create with an order link id reached the exchange's own hands, whatever it did with it."""

    def __init__(self) -> None:
        super().__init__()
        self.placed: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.unknown: set[str] = set()
        """Orders of which the client has said that it does not know: they may come to be at any time."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        self.before = asyncio.all_tasks()
        self.exchange.faults.clear()
        credentials = self.exchange.new_account(usdt="10000000")
        self.account = self.exchange.account(credentials["api_key"])
        self.bybit = AsyncBybit(
            environment=self.exchange.environment, orders_via=self.via, rate_limits=False, stream_settings=QUICK,
            timeout=0.15, **credentials,
        )  # fmt: skip
        # The exchange either has an order within a moment or never: no need to wait for it as long as in life.
        self.bybit._inquiry._patience = 0.03
        self.live = self.bybit.live_account(categories=("linear",), settle_coins=("USDT",))
        await self.live.__aenter__()
        self.price = (await self.bybit.market.get_tickers(**LINEAR, timeout=10))[0].mark_price or Decimal(0)

    # -- what the user does

    @rule(side=st.sampled_from(["Buy", "Sell"]), qty=sizes, tick=ticks, fault=create_faults)
    def place(self, side: Any, qty: Decimal, tick: int, fault: str) -> None:
        order = PlaceOrder(**LINEAR, side=side, order_type="Limit", qty=qty, price=round(self.price) + tick * 10)
        link = order.order_link_id or ""
        self.placed[link] += 1
        self._inject("create", fault)
        try:
            ack = self.run(self.bybit.trade.place(order))
        except (RequestRejected, TransportError):
            self.refused.add(link)
        except OutcomeUnknown:
            self.unknown.add(link)
        else:
            assert [item.order_id for item in self._orders(link)] == [ack.order_id]

    @rule(count=st.integers(2, 6), fault=create_faults, refused=st.integers(0, 6))
    def place_batch(self, count: int, fault: str, refused: int) -> None:
        qty = ["0.01"] * count
        qty[refused:] = qty[refused:] and ["100000", *qty[refused + 1 :]]
        orders = [
            PlaceOrder(**LINEAR, side="Buy", order_type="Limit", qty=size, price=round(self.price) - 500 - number)
            for number, size in enumerate(qty)
        ]
        self.placed.update(order.order_link_id or "" for order in orders)
        self._inject("create-batch", fault)
        try:
            result = self.run(self.bybit.trade.place_batch_order(category="linear", request=orders))
        except (RequestRejected, TransportError):
            self.refused |= {order.order_link_id or "" for order in orders}
        except OutcomeUnknown:
            self.unknown |= {order.order_link_id or "" for order in orders}
        else:
            self.unknown |= {item.order_link_id or "" for item in result if item.unknown}
            for item in result:
                there = self._orders(item.order_link_id or "")
                assert item.unknown or item.ok == bool(there)

    @rule(which=st.integers(0, 99), tick=ticks, fault=faults)
    def amend(self, which: int, tick: int, fault: str) -> None:
        order = self._pick(which)
        wanted = round(self.price) + tick * 10
        self._inject("amend", fault)
        try:
            self.run(self.bybit.trade.amend_order(**LINEAR, order_id=order.order_id, price=wanted))
        except (RequestRejected, OutcomeUnknown, TransportError):
            return
        assert order.price == wanted

    @rule(which=st.integers(0, 99), fault=faults, raced=st.booleans())
    def cancel(self, which: int, fault: str, raced: bool) -> None:
        order = self._pick(which)
        self._inject("cancel", fault)
        try:
            self.run(self._cancel(order, raced=raced))
        except OrderNotFound:
            assert not order.is_live
        except (RequestRejected, OutcomeUnknown, TransportError):
            return
        else:
            assert order.status == "Cancelled"

    async def _cancel(self, order: Any, *, raced: bool) -> None:
        cancelling = asyncio.create_task(self.bybit.trade.cancel_order(**LINEAR, order_id=order.order_id))
        if raced:
            await self._hit(order, order.qty)
        await cancelling

    @rule(fault=faults)
    def cancel_all(self, fault: str) -> None:
        there = set(self.account.orders)
        self._inject("cancel-all", fault)
        try:
            self.run(self.bybit.trade.cancel_all_orders(**LINEAR))
        except (RequestRejected, OutcomeUnknown, TransportError):
            return
        assert not there & self.account.orders.keys()
        assert {order.link_id for order in self.account.orders.values()} <= self.unknown

    # -- what happens to him

    @rule(which=st.integers(0, 99), part=st.sampled_from([Decimal("0.01"), Decimal("0.03"), Decimal(1)]))
    def fill(self, which: int, part: Decimal) -> None:
        order = self._pick(which)
        self.run(self._hit(order, min(part, order.qty)))

    async def _hit(self, order: Any, qty: Decimal) -> None:
        side = "Sell" if order.side == "Buy" else "Buy"
        counterparty = self.exchange.account(self.counterparty)
        await self._elsewhere(counterparty, side=side, qty=qty, price=order.price, timeInForce="IOC")

    @rule(channel=st.sampled_from(["private", "trade", None]), close_frame=st.booleans())
    def drop_sockets(self, channel: str | None, close_frame: bool) -> None:
        self.run(self._do(lambda: self.exchange.drop_connections(channel, close_frame=close_frame)))

    @rule()
    def restart(self) -> None:
        self.run(self._do(self.exchange.restart))

    @rule(seconds=st.sampled_from([-6.0, 1.5, 60.0]))
    def skew(self, seconds: float) -> None:
        local = self.bybit.clock.monotonic
        self.bybit.clock.monotonic = lambda: local() + seconds

    @rule()
    def wait(self) -> None:
        self.run(asyncio.sleep(0.02))

    async def _do(self, act: Any) -> None:
        act()
        await asyncio.sleep(0)

    # -- what must hold

    @rule()
    def agree(self) -> None:
        self.run(self._agree())

    def teardown(self) -> None:
        if hasattr(self, "live"):
            self.run(self._end())

    async def _end(self) -> None:
        try:
            await self._agree()
        finally:
            await self.live.aclose()
            await self.bybit.aclose()
        assert "order_entry" not in self.bybit.__dict__ or self.bybit.order_entry.entry.pending == 0
        ours = {task for task in asyncio.all_tasks() - self.before if task.get_name().startswith("bybit_async")}
        assert not ours

    async def _agree(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 5
        while not self.live.synced or self._differences():
            assert loop.time() < deadline, f"synced: {self.live.synced}, {self._differences()}"
            await asyncio.sleep(0.005)
        links = Counter(order.link_id for order in self._orders())
        assert links <= self.placed, "an order exists that was not placed, or exists twice"
        assert not self.refused & set(links), "an order was reported failed and exists"
        assert {self.taken[link] for link in self.placed} <= {0, 1}, "an order was sent again that had arrived"
        executed = [execution.exec_id for execution in self.live.executions]
        assert len(executed) == len(set(executed))

    def _differences(self) -> dict[str, Any]:
        """What the client believes and the ledger does not have, or the other way round."""
        mine = {
            "orders": {(o.order_id, o.price, o.qty, o.cum_exec_qty or 0) for o in self.live.orders.open},
            "positions": {(p.symbol, p.side, p.size) for p in self.live.positions.open},
            "executions": {execution.exec_id for execution in self.live.executions},
            "balance": self.live.wallet.coins["USDT"].wallet_balance,
        }
        positions = [position for position in self.account.positions.values() if position.net]
        ledger = {
            "orders": {(o.order_id, o.price, o.qty, o.filled) for o in self.account.orders.values()},
            "positions": {(p.listing.instrument.symbol, p.side, p.size) for p in positions},
            "executions": {execution.exec_id for execution in self.account.executions},
            "balance": self.account.balances["USDT"],
        }
        return {name: (mine[name], ledger[name]) for name in mine if not _same(mine[name], ledger[name])}

    # -- small things

    def _inject(self, operation: str, fault: str) -> None:
        self.exchange.faults.clear()
        how = (FAULTS | LATE)[fault]
        if how:
            self.exchange.faults.add(
                Rule(path=f"/v5/order/{operation}", times=1, **how), Rule(path=f"order.{operation}", times=1, **how)
            )

    def _orders(self, link: str | None = None) -> list[Any]:
        known = [*self.account.history, *self.account.orders.values()]
        return [order for order in known if link in (None, order.link_id)]

    def _pick(self, which: int) -> Any:
        """An open order; one comes from elsewhere where there is none: what is drawn must not depend on time."""
        if not self.account.orders:
            link = f"elsewhere-{next(self.numbers)}"
            self.placed[link] += 1
            price = round(self.price) - 900
            self.run(self._elsewhere(self.account, link, side="Buy", qty="0.05", price=price, timeInForce="GTC"))
        orders = list(self.account.orders.values())
        return orders[which % len(orders)]

    async def _elsewhere(self, account: Any, link: str | None = None, **order: Any) -> None:
        fields = {"category": "linear", "symbol": "BTCUSDT", "orderType": "Limit", "orderLinkId": link, **order}
        self.exchange.engine.place(account, {name: str(value) for name, value in fields.items() if value is not None})


def _same(mine: Any, ledger: Any) -> bool:
    if isinstance(ledger, Decimal):
        # The exchange shows balances with eight decimals.
        return bool(abs((mine or Decimal(0)) - ledger) < Decimal("0.00000001"))
    return bool(mine == ledger)


def _happened(exchange: SimulatedExchange) -> dict[str, Counter[str]]:
    """Say how often each fault met which operation."""
    found: dict[str, Counter[str]] = {}
    for name, how in (FAULTS | LATE).items():
        rules = [f for f in exchange.faults.fired if how and all(getattr(f.rule, k) == v for k, v in how.items())]
        executed = how.get("executed", False)
        found[name] = Counter(f.name.rpartition("/")[2] for f in rules if f.rule.executed == executed)
    del found["none"]
    return found


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("via", ["rest", "websocket"])
def test_client_and_exchange_agree_whatever_happens(via: Literal["rest", "websocket"]) -> None:
    examples = settings().max_examples // 2
    with asyncio.Runner() as runner:
        exchange = SimulatedExchange(
            seed=7,
            symbols=["BTCUSDT"],
            market=MarketSettings(makers=None),
            rate_limits=False,
            host_limit=None,
            connection_limit=None,
        )
        runner.run(exchange.open())
        TradingMachine.runner, TradingMachine.exchange, TradingMachine.via = runner, exchange, via
        TradingMachine.taken = watched(exchange)
        TradingMachine.counterparty = exchange.new_account(usdt="100000000")["api_key"]
        try:
            run_state_machine_as_test(
                TradingMachine,
                settings=settings(
                    max_examples=max(examples, 100),
                    stateful_step_count=15,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
            assert exchange.engine.audit()
            happened = _happened(exchange)
            assert all(happened.values()), f"a fault that never happens: {happened}"
            met = sum(happened.values(), Counter())
            ways = {"create", "amend", "cancel", "create-batch"}
            sent = ways if via == "rest" else {f"order.{operation}" for operation in ways}
            missing = (sent | {"cancel-all"}) - met.keys()
            assert not missing, f"operations that never fail: {missing}"
        finally:
            runner.run(exchange.close())
