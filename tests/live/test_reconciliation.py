"""What is asked by REST after a loss, and what its answers may change: against answers written by hand."""

import asyncio
from decimal import Decimal

import pytest

from bybit_async.errors import AnswerLost
from bybit_async.live import reconciliation as reconciliation_module
from bybit_async.live.account_state import AccountState
from bybit_async.live.reconciliation import Reconciliation
from bybit_async.models.account import CoinBalance, Wallet, Wallets
from bybit_async.models.position import Position
from bybit_async.models.trade import Execution, Order

NOW = 1_000_000_000
OVERLAP = 60_000


class Clock:
    def __init__(self):
        self.now = NOW

    def now_ms(self):
        return self.now

    def monotonic(self):
        return self.now / 1000

    def earliest_ms(self, at):
        return round(at * 1000)


class Rest:
    """Answers what its lists hold, and remembers what it was asked."""

    def __init__(self):
        self.open, self.closed, self.history, self.executions, self.positions = [], [], [], [], []
        self.flat, self.found = {}, {}
        self.wallet = {"USDT": 100}
        self.asked = []
        self.failing = False
        self.before_wallet = lambda: None

    async def _list(self, name, rows, asked):
        self.asked.append((name, asked))
        if self.failing:
            raise AnswerLost("no answer")
        for row in rows:
            yield row

    def get_open_orders(self, *, open_only=0, **asked):
        rows = self.closed if open_only else self.open
        return self._list("closed" if open_only else "open", rows, asked)

    def get_order_history(self, **asked):
        return self._list("history", self.history, asked)

    def get_executions(self, **asked):
        return self._list("executions", self.executions, asked)

    def get_positions(self, *, symbol=None, **asked):
        rows = self.positions if symbol is None else [self.flat[symbol]]
        return self._list("positions", rows, asked)

    async def find_order(self, *, order_id, **asked):
        self.asked.append(("find", asked))
        return self.found.get(order_id)

    async def get_wallet_balance(self, **asked):
        self.before_wallet()
        coins = [CoinBalance(coin=name, wallet_balance=Decimal(amount)) for name, amount in self.wallet.items()]
        return Wallets(rows=[Wallet(account_type="UNIFIED", coin=coins)])

    def asked_for(self, name):
        return [asked for asked_name, asked in self.asked if asked_name == name]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(reconciliation_module, "_SEARCH_PAUSE", 0)


class Setup:
    def __init__(self, categories=("inverse",)):
        self.rest, self.clock, self.state, self.events = Rest(), Clock(), AccountState(), []
        self.reconciliation = Reconciliation(
            self.rest, self.rest, self.rest, self.clock, categories=categories, settle_coins=("USDT", "USDC"),
            option_coins=("BTC", "ETH"), lookback=300, timeout=1,
        )  # fmt: skip

    async def run(self):
        self.rest.asked.clear()
        self.events.clear()
        await self.reconciliation.run(self.state, self.events.extend)
        return [(event.kind, event.recovered) for event in self.events]


def order(status="New", *, at=5, filled=0, order_id="a", created=NOW):
    return Order(
        order_id=order_id, symbol="X", side="Buy", order_status=status, order_type="Limit", qty=Decimal(10),
        cum_exec_qty=Decimal(filled), updated_time=at, created_time=created,
    )  # fmt: skip


def execution(number, at):
    return Execution(
        exec_id=str(number), order_id="a", symbol="X", side="Buy", exec_price=Decimal(1), exec_qty=Decimal(1),
        exec_time=at,
    )  # fmt: skip


async def test_the_first_time_it_looks_back_as_far_as_it_was_told():
    setup = Setup()
    setup.rest.executions = [execution(2, NOW - 1), execution(1, NOW - 2)]
    assert await setup.run() == [("wallet", True), ("execution", True), ("execution", True)]
    assert setup.rest.asked_for("executions")[0]["start"] == NOW - 300_000
    assert [item.exec_id for item in setup.state.executions] == ["1", "2"]
    assert next(iter(setup.state.executions)).category == "inverse"


async def test_what_is_asked_for_begins_before_the_loss_even_when_newer_news_have_come_since():
    setup = Setup()
    await setup.run()
    setup.state.take_executions([execution(1, NOW + 100_000)])
    setup.reconciliation.lost(setup.state, in_order=True)
    # An hour later the stream is back, and tells of an execution before the reconciliation has begun.
    setup.clock.now = NOW + 3_600_000
    setup.state.take_executions([execution(9, NOW + 3_599_999)])
    setup.reconciliation.lost(setup.state, in_order=True)
    setup.rest.executions = [execution(5, NOW + 1_800_000)]
    assert ("execution", True) in await setup.run()
    assert [asked["start"] for asked in setup.rest.asked_for("executions")] == [NOW + 100_000 - OVERLAP]
    assert [asked["start"] for asked in setup.rest.asked_for("history")] == [NOW + 100_000 - OVERLAP]


async def test_when_messages_were_dropped_everything_since_the_last_reconciliation_is_asked_for():
    setup = Setup()
    await setup.run()
    setup.state.take_executions([execution(1, NOW + 100_000)])
    setup.reconciliation.lost(setup.state, in_order=False)
    await setup.run()
    assert setup.rest.asked_for("executions")[0]["start"] == NOW - OVERLAP


async def test_a_failed_reconciliation_does_not_move_what_is_asked_for():
    setup = Setup()
    await setup.run()
    setup.clock.now = NOW + 500_000
    setup.rest.failing = True
    with pytest.raises(AnswerLost):
        await setup.run()
    setup.rest.failing = False
    setup.clock.now = NOW + 900_000
    await setup.run()
    assert setup.rest.asked_for("executions")[0]["start"] == NOW - OVERLAP
    await setup.run()
    assert setup.rest.asked_for("executions")[0]["start"] == NOW + 900_000 - OVERLAP


async def test_an_answer_older_than_the_stream_changes_nothing():
    setup = Setup()
    setup.state.take_orders([order("Filled", filled=10, at=9)])
    position = Position(symbol="X", position_idx=0, size=Decimal(5), seq=9, updated_time=9)
    setup.state.take_positions([position], category="inverse")
    setup.rest.open = [order("New", at=5)]
    setup.rest.positions = [Position(symbol="X", position_idx=0, size=Decimal(4), seq=8, updated_time=8)]

    def push_while_asking():
        setup.clock.now += 50
        pushed = Wallet(account_type="UNIFIED", coin=[CoinBalance(coin="USDT", wallet_balance=Decimal(90))])
        setup.state.take_wallet(pushed, at=setup.clock.now)

    setup.rest.before_wallet = push_while_asking
    assert await setup.run() == []
    assert setup.state.orders.find(order_id="a").order_status == "Filled"
    assert setup.state.positions.get("X", category="inverse").size == 5
    assert setup.state.wallet.coins["USDT"].wallet_balance == 90


async def test_an_order_that_is_open_no_more_is_looked_up():
    setup = Setup()
    setup.state.take_orders([order()])
    setup.rest.found["a"] = order("Cancelled", filled=3, at=9)
    assert ("order", True) in await setup.run()
    assert setup.state.orders.find(order_id="a").cum_exec_qty == 3
    assert setup.reconciliation.unresolved == {}


async def test_an_order_that_nobody_knows_stays_open_and_is_named():
    setup = Setup()
    setup.state.take_orders([order()])
    await setup.run()
    assert len(setup.rest.asked_for("find")) == 4
    assert list(setup.reconciliation.unresolved) == ["a"]
    assert [item.order_id for item in setup.state.orders.open] == ["a"]
    setup.rest.found["a"] = order("Cancelled", at=9)
    await setup.run()
    assert setup.reconciliation.unresolved == {}


async def test_the_stream_may_tell_first_how_a_missing_order_ended():
    setup = Setup()
    setup.state.take_orders([order()])

    async def find(**asked):
        await asyncio.sleep(0)
        setup.state.take_orders([order("Filled", filled=10, at=9)])

    setup.rest.find_order = find
    await setup.run()
    assert setup.reconciliation.unresolved == {}
    assert not setup.state.orders.open


async def test_o24_orders_that_came_and_went_unseen_are_found_among_the_closed_and_in_history():
    setup = Setup()
    await setup.run()
    setup.rest.closed = [order("Filled", filled=10, order_id="b"), order("Filled", order_id="old", created=NOW - 10**8)]
    setup.rest.history = [order("Cancelled", order_id="c")]
    assert await setup.run() == [("order", True)] * 2
    assert {item.order_id for item in setup.state.orders} == {"b", "c"}


async def test_a_position_that_is_listed_no_more_is_asked_for_by_symbol():
    setup = Setup()
    setup.state.take_positions([Position(symbol="X", position_idx=0, size=Decimal(5), seq=8)], category="inverse")
    setup.rest.flat["X"] = Position(symbol="X", position_idx=0, size=Decimal(0), seq=9)
    assert ("position", True) in await setup.run()
    assert setup.state.positions.open == []


async def test_each_category_is_asked_for_the_way_bybit_lists_it():
    setup = Setup(("linear", "spot", "option"))
    await setup.run()
    orders = {(asked["category"], asked["settle_coin"]) for asked in setup.rest.asked_for("open")}
    assert orders == {("linear", "USDT"), ("linear", "USDC"), ("spot", None), ("option", None)}
    positions = {(asked["category"], asked["settle_coin"]) for asked in setup.rest.asked_for("positions")}
    assert positions == {("linear", "USDT"), ("linear", "USDC"), ("option", None)}
    executions = {(asked["category"], asked["base_coin"]) for asked in setup.rest.asked_for("executions")}
    assert executions == {("linear", None), ("spot", None), ("option", "BTC"), ("option", "ETH")}
