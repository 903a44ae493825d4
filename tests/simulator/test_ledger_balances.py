"""A random exchange day: whatever several accounts do, money, positions and priority stay right."""

import itertools
import random
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bybit_async.simulator.custody.liabilities import owed, repay
from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.catalogue import inverses, option, perpetuals, spots
from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.events import Sink
from bybit_async.simulator.engine.refusals import Refused

START_MS = 1_750_000_000_000
PRICE = Decimal(1000)
TRADERS = 3
WHO = {"trader": range(TRADERS)}
SIDE = {"side": ["Buy", "Sell"]}
WHERE = {"which": [0, 0, 0, 1, 1, 2, 2, 3, 4]}
SIZE = {"size": range(1, 31), "offset": range(-5, 6)}
LEG = {"leg": [1, 2]}
BOOLEAN = [False, True]

# Weight, then the values each argument is drawn from.
ACTIONS = {
    "limit": (
        12,
        WHO
        | WHERE
        | SIDE
        | SIZE
        | LEG
        | {
            "tif": ["GTC"] * 4 + ["IOC", "FOK", "PostOnly"],
            "smp": ["None"] * 4 + ["CancelMaker", "CancelTaker", "CancelBoth"],
            "exits": ["", "", "", "Full", "Partial"],
        },
    ),
    "market": (6, WHO | WHERE | SIDE | {"size": range(1, 31)} | LEG | {"reduce": BOOLEAN}),
    "ladder": (8, WHERE | {"size": range(1, 31)}),
    "sweep": (4, WHERE | SIDE | {"size": range(10, 200)}),
    "meet": (8, WHO | WHERE | SIDE | SIZE | LEG),
    "reduce_only_limit": (5, WHO | WHERE | SIDE | SIZE),
    "conditional": (
        4,
        WHO
        | {"which": [0, 0, 1, 2]}
        | SIDE
        | SIZE
        | LEG
        | {"kind": ["Limit", "Market"], "by": ["LastPrice", "MarkPrice", "IndexPrice"]},
    ),
    "amend": (5, WHO | {"pick": range(50), "change": range(-3, 4), "size": range(1, 41)}),
    "cancel": (3, WHO | {"pick": range(50)}),
    "cancel_all": (1, WHO | {"category": ["linear", "inverse", "spot", "option"]}),
    "leverage": (2, WHO | {"leverage": ["1", "2.5", "25", "100"], "which": [0, 1]}),
    "trailing": (2, WHO | {"which": [0, 1], "distance": range(1, 41), "leg": [0, 1, 2]}),
    "trading_stop": (3, WHO | {"which": [0, 1], "gap": range(1, 60), "leg": [0, 1, 2], "partial": BOOLEAN}),
    "margin_mode": (1, WHO | {"isolated": BOOLEAN}),
    "add_margin": (1, WHO | {"which": [0, 1], "amount": ["50", "-20", "0.1", "-0.1"]}),
    "move_price": (5, {"percent": [*range(-4, 5), *range(-4, 5), -20, 20]}),
    "fund": (1, {"rate": ["0.0001", "-0.00375", "0.00375"]}),
    "withdraw": (1, WHO | {"coin": ["USDT", "BTC"], "amount": range(1, 500)}),
    "deposit": (1, WHO),
    "collateral": (1, WHO | {"counts": BOOLEAN}),
    "move": (2, WHO | {"which": [0, 1, 2, 3, 4]} | SIDE | {"size": range(1, 11), "offset": range(-2, 3)}),
    "repay": (1, WHO),
}


class PriorityWatch(Sink):
    """Notes trades that violate priority or a limit, and rebuilds books and positions from events alone."""

    def __init__(self):
        self.problems = []
        self.seen = set()
        self.reducing = set()
        self.books = defaultdict(dict)
        self.nets = defaultdict(Decimal)
        self.filled = defaultdict(Decimal)

    def on_trades(self, listing, trades):
        for earlier, later in itertools.pairwise(trades):
            if earlier.side == later.side and earlier.seq == later.seq:
                worse = earlier.price > later.price if later.side == "Buy" else earlier.price < later.price
                if worse:
                    self.problems.append(("price priority", listing.instrument.key, earlier, later))

    def on_levels(self, listing, changes):
        book = self.books[listing.instrument.key]
        for change in changes:
            if change.qty:
                book[change.side, change.price] = change.qty
            else:
                book.pop((change.side, change.price), None)

    def on_orders(self, account, orders):
        self.reducing |= {order.order_id for order in orders if order.closes_only}

    def on_executions(self, account, executions):
        for execution in executions:
            if execution.order_id in self.reducing and execution.closed_size != execution.qty:
                self.problems.append(("a reduce-only order increased a position", execution))
            self.seen.add(execution.exec_type)
            if execution.exec_type != "Funding":
                signed = execution.qty if execution.side == "Buy" else -execution.qty
                self.nets[account.uid, execution.category, execution.symbol] += signed
                self.filled[execution.order_id] += execution.qty
            if execution.exec_type == "MovePosition" and execution.fee:
                self.problems.append(("a moved position costs something", execution))
            if execution.exec_type == "Trade" and execution.is_maker:
                limit = execution.order_price
                better = execution.price == limit
                if not better:
                    self.problems.append(("a maker trades at his own price", execution))
            if execution.exec_type == "Trade" and not execution.is_maker and execution.order_price:
                beyond = (
                    execution.price > execution.order_price
                    if execution.side == "Buy"
                    else execution.price < execution.order_price
                )
                if beyond:
                    self.problems.append(("beyond the limit", execution))


def instruments():
    expiry = datetime.fromtimestamp(START_MS / 1000 + 36 * 3600, UTC)
    chosen = [i for i in perpetuals() if i.symbol == "BTCUSDT"]
    chosen += [i for i in inverses() if i.symbol == "BTCUSD"]
    chosen += [i for i in spots() if i.symbol == "BTCUSDT"]
    chosen.append(option("BTC", PRICE, expiry, "Call"))
    return chosen + [i for i in perpetuals() if i.symbol == "BTCPERP"]


class Day:
    """The actions of a day, and what must hold after each of them."""

    def __init__(self, *, isolated, hedged):
        self.clock = ExchangeClock(START_MS, manual=True)
        self.engine = Engine(self.clock, instruments(), seed=3)
        self.watch = PriorityWatch()
        self.queues = {}
        self.engine.add_sink(self.watch)
        self.listings = list(self.engine.listings.values())
        self.maker = self.engine.create_account(house=True)
        self.traders = [
            self.engine.create_account(balances={"USDT": "1000", "BTC": "1", "USDC": "200"}) for _ in range(TRADERS)
        ]
        self.brought = {"USDT": Decimal(1000 * TRADERS), "BTC": Decimal(TRADERS), "USDC": Decimal(200 * TRADERS)}
        self.set_price(PRICE)
        if isolated:
            self.engine.set_margin_mode(self.traders[0], "ISOLATED_MARGIN")
        if hedged:
            self.engine.switch_mode(self.traders[1], {"category": "linear", "symbol": "BTCUSDT", "mode": 3})

    def set_price(self, price):
        for listing in self.listings:
            category, symbol = listing.instrument.key
            if listing.status == "Closed":
                continue
            if category == "option":
                self.engine.set_prices(category, symbol, mark=max(5, price - PRICE), index=price)
            else:
                self.engine.set_prices(category, symbol, mark=price, index=price)

    def request(self, which, side, size, offset, trader, **extra):
        listing = self.listings[which]
        instrument = listing.instrument
        price = listing.fair_price + offset * instrument.tick * 50
        if instrument.category == "option":
            price = max(instrument.tick, Decimal(5 * (2 + offset)))
        qty = {"inverse": size * 50, "linear": size * Decimal("0.05"), "spot": size * Decimal("0.01")}.get(
            instrument.category, size * Decimal("0.01")
        )
        request = {
            "category": instrument.category,
            "symbol": instrument.symbol,
            "side": side,
            "qty": str(qty),
            "price": str(price),
            **extra,
        }
        if instrument.category == "option":
            request["orderLinkId"] = f"o{len(self.traders[trader].link_ids)}"
        return request

    def idx(self, request, trader, leg):
        account = self.traders[trader]
        listing = self.engine.listing(request["category"], request["symbol"])
        if request["category"] != "spot" and account.is_hedged(listing):
            request["positionIdx"] = leg
        return request

    def attempt(self, act, *args):
        try:
            return act(*args)
        except Refused:
            return None

    def limit(self, trader, which, side, size, offset, leg, tif, smp, exits):
        request = self.request(which, side, size, offset, trader)
        request |= {"orderType": "Limit", "timeInForce": tif, "smpType": smp}
        if exits:
            price = Decimal(request["price"])
            sign = 1 if side == "Buy" else -1
            step = self.listings[which].instrument.tick * 300 * sign
            request |= {"tpslMode": exits, "takeProfit": str(price + step), "stopLoss": str(price - step)}
        order = self.attempt(self.engine.place, self.traders[trader], self.idx(request, trader, leg))
        if order is not None and tif == "FOK":
            assert order.filled in (0, order.qty)
        if order is not None and tif == "PostOnly":
            assert order.filled == 0

    def market(self, trader, which, side, size, leg, reduce):
        request = self.request(which, side, size, 0, trader, orderType="Market")
        if request["category"] == "spot":
            request["marketUnit"] = "quoteCoin" if reduce else "baseCoin"
            if reduce:
                request["qty"] = str(size * 10)
        else:
            request["reduceOnly"] = reduce
        account = self.traders[trader]
        before = {key: position.size for key, position in account.positions.items()}
        order = self.attempt(self.engine.place, account, self.idx(request, trader, leg))
        if order is not None and order.reduce_only:
            key = (order.category, order.symbol, order.position_idx)
            assert order.filled <= before[key]

    def reduce_only_limit(self, trader, which, side, size, offset):
        request = self.request(which, side, size, offset, trader, orderType="Limit", reduceOnly=True)
        self.attempt(self.engine.place, self.traders[trader], self.idx(request, trader, 1 if side == "Sell" else 2))

    def conditional(self, trader, which, side, size, offset, kind, by, leg):
        request = self.request(which, side, size, offset, trader, orderType=kind)
        request["triggerPrice"] = request["price"]
        request["triggerDirection"] = 1 if offset > 0 else 2
        if request["category"] == "spot":
            request["orderFilter"] = "StopOrder" if offset % 2 else "tpslOrder"
        else:
            request["triggerBy"] = by
        self.attempt(self.engine.place, self.traders[trader], self.idx(request, trader, leg))

    def quote(self, side, which, size, offset):
        listing = self.listings[which]
        if listing.status != "Trading":
            return
        request = self.request(which, side, size, -offset if side == "Buy" else offset, 0)
        self.engine.house.quote(self.maker, listing, side, Decimal(request["price"]), Decimal(request["qty"]))

    def amend(self, trader, pick, change, size):
        account = self.traders[trader]
        if not account.orders:
            return
        order = list(account.orders.values())[pick % len(account.orders)]
        instrument = order.listing.instrument
        request = {"category": order.category, "symbol": order.symbol, "orderId": order.order_id}
        request["qty"] = str(order.qty + instrument.lot * size * (1 if change > 0 else -1))
        if order.order_type == "Limit":
            request["price"] = str(order.price + change * 20 * instrument.tick)
        before = order.qty, order.price
        if self.attempt(self.engine.amend, account, request) is None:
            assert (order.qty, order.price) == before

    def ladder(self, which, size):
        """The simulated maker offers both sides around the mark price."""
        for offset in (1, 2, 4):
            self.quote("Buy", which, size, offset)
            self.quote("Sell", which, size, offset)

    def sweep(self, which, side, size):
        """The simulated maker takes whatever is there."""
        listing = self.listings[which]
        if listing.status == "Trading":
            qty = Decimal(self.request(which, side, size, 0, 0)["qty"])
            self.engine.house.trade(self.maker, listing, side, qty)

    def meet(self, trader, which, side, size, offset, leg):
        """Two traders agree on a price: one rests, the other takes."""
        other = (trader + 1) % TRADERS
        for who, way, tif in ((trader, side, "GTC"), (other, "Sell" if side == "Buy" else "Buy", "IOC")):
            request = self.request(which, way, size, offset, who, orderType="Limit", timeInForce=tif)
            self.attempt(self.engine.place, self.traders[who], self.idx(request, who, leg))

    def deposit(self, trader):
        self.engine.deposit(self.traders[trader], "USDT", "250.5")
        self.brought["USDT"] += Decimal("250.5")

    def trading_stop(self, trader, which, gap, leg, partial):
        listing = self.listings[which]
        category, symbol = listing.instrument.key
        price = listing.last_price or listing.fair_price
        sign = -1 if leg == 2 else 1
        request = {"category": category, "symbol": symbol, "positionIdx": leg}
        request |= {"takeProfit": str(price + gap * sign), "stopLoss": str(price - gap * sign)}
        if partial:
            size = str(listing.instrument.lot * gap)
            request |= {"tpslMode": "Partial", "tpSize": size, "slSize": size}
        self.attempt(self.engine.set_trading_stop, self.traders[trader], request)

    def add_margin(self, trader, which, amount):
        category, symbol = self.listings[which].instrument.key
        request = {"category": category, "symbol": symbol, "margin": amount}
        self.attempt(self.engine.add_margin, self.traders[trader], request)

    def cancel(self, trader, pick):
        account = self.traders[trader]
        if account.orders:
            order = list(account.orders.values())[pick % len(account.orders)]
            request = {"category": order.category, "symbol": order.symbol, "orderId": order.order_id}
            self.engine.cancel(account, request)
            assert not order.is_live

    def cancel_all(self, trader, category):
        request = {"category": category, "baseCoin": "BTC"}
        self.engine.cancel_all(self.traders[trader], request)

    def leverage(self, trader, leverage, which):
        category, symbol = self.listings[which].instrument.key
        request = {"category": category, "symbol": symbol, "buyLeverage": leverage, "sellLeverage": leverage}
        self.attempt(self.engine.set_leverage, self.traders[trader], request)

    def trailing(self, trader, which, distance, leg):
        category, symbol = self.listings[which].instrument.key
        request = {"category": category, "symbol": symbol, "positionIdx": leg, "trailingStop": str(distance)}
        self.attempt(self.engine.set_trading_stop, self.traders[trader], request)

    def margin_mode(self, trader, isolated):
        mode = "ISOLATED_MARGIN" if isolated else "REGULAR_MARGIN"
        self.attempt(self.engine.set_margin_mode, self.traders[trader], mode)

    def move_price(self, percent):
        self.set_price(max(Decimal(200), (self.listings[0].fair_price * (100 + percent) / 100).quantize(Decimal(1))))

    def fund(self, rate):
        for listing in (*self.listings[:2], self.listings[4]):
            self.engine.set_funding_rate(*listing.instrument.key, rate)
        self.clock.advance(8 * 3_600_000)

    def withdraw(self, trader, coin, amount):
        account = self.traders[trader]
        amount = min(Decimal(amount), self.engine.available(account, coin).quantize(Decimal("0.001"), "ROUND_DOWN"))
        if amount > 0:
            self.engine.withdraw(account, coin, amount)
            self.brought[coin] -= amount

    def collateral(self, trader, counts):
        self.attempt(self.engine.set_collateral, self.traders[trader], {"BTC": counts})

    def move(self, trader, which, side, size, offset):
        """Two traders of one master move a position, or coins, outside the book; it costs nothing."""
        source, target = self.traders[trader], self.traders[(trader + 1) % TRADERS]
        leg = self.request(which, side, size, offset, trader)
        self.attempt(self.engine.move_positions, source, source, target, [leg])

    def repay(self, trader):
        account = self.traders[trader]
        before = owed(account)
        worth = self.engine.coin_price
        for coin, amount in repay(self.engine, account, list(before)).items():
            assert amount * worth(coin) > 0
            assert owed(account).get(coin, Decimal(0)) == before[coin] - amount
        # What is bought back comes from outside, as what is sold for it goes there.
        for coin in self.brought:
            self.brought[coin] = -self.engine.ledger.balance(0, coin)

    def delist(self):
        if self.listings[1].status == "Trading":
            self.engine.delist(*self.listings[1].instrument.key)

    def money_is_conserved(self):
        self.engine.audit()
        for coin, brought in self.brought.items():
            assert self.engine.ledger.balance(0, coin) == -brought

    def no_account_owes_what_nothing_backs(self):
        for account in self.traders:
            flat = not any(position.net for position in account.exposed.values())
            backed = sum(
                (amount * self.engine.coin_price(coin) for coin, amount in account.balances.items()), Decimal(0)
            )
            assert backed >= 0 or not flat, (account, account.balances)
            for coin in account.locked:
                assert account.free(coin) >= 0, (account, coin)

    def nobody_is_below_maintenance(self):
        for account in self.traders:
            wallet = self.engine.wallet(account)
            if not account.isolated and Decimal(wallet["totalMaintenanceMargin"]) > Decimal("0.000001"):
                assert Decimal(wallet["totalMarginBalance"]) > 0

    def reducing_orders_fit_their_position(self):
        for account in self.traders:
            for position in account.positions.values():
                for side in ("Buy", "Sell"):
                    asked = sum((o.leaves for o in position.reducers.values() if o.side == side), Decimal(0))
                    assert asked <= position.reducible(side)

    def events_tell_the_whole_story(self):
        for listing in self.listings:
            bids, asks = listing.depth(10_000)
            levels = {("Buy", price): qty for price, qty in bids} | {("Sell", price): qty for price, qty in asks}
            assert levels == self.watch.books[listing.instrument.key]
        for account in self.traders:
            nets = defaultdict(Decimal)
            for (category, symbol, _), position in account.positions.items():
                nets[category, symbol] += position.net
            for (category, symbol), net in nets.items():
                assert self.watch.nets[account.uid, category, symbol] == net
            for order in [*account.orders.values(), *account.history]:
                assert self.watch.filled[order.order_id] == order.filled

    def nobody_was_passed_in_a_queue(self):
        for queue in self.queues.values():
            traded = [index for index, (_, filled, order) in enumerate(queue) if order.filled > filled]
            for resting, _, order in queue[: max(traded, default=0)]:
                assert order.resting is not resting, "an older order at the same price was passed"
        self.queues = defaultdict(list)
        for listing in self.listings:
            for side in ("Buy", "Sell"):
                for resting in listing.book.orders(side):
                    place = (listing.instrument.key, side, resting.ticks)
                    self.queues[place].append((resting, resting.order.filled, resting.order))

    def check(self):
        self.nobody_was_passed_in_a_queue()
        self.money_is_conserved()
        self.events_tell_the_whole_story()
        self.no_account_owes_what_nothing_backs()
        self.nobody_is_below_maintenance()
        self.reducing_orders_fit_their_position()
        self.priority_was_never_violated()

    def priority_was_never_violated(self):
        assert not self.watch.problems


class ExchangeDay(RuleBasedStateMachine):
    """Hypothesis chooses the actions, and shrinks what breaks."""

    @initialize(isolated=st.booleans(), hedged=st.booleans())
    def open(self, isolated, hedged):
        self.day = Day(isolated=isolated, hedged=hedged)

    @rule(
        name=st.sampled_from([name for name, (weight, _) in ACTIONS.items() for _ in range(weight)]),
        data=st.data(),
    )
    def act(self, name, data):
        arguments = {key: data.draw(st.sampled_from(values), key) for key, values in ACTIONS[name][1].items()}
        getattr(self.day, name)(**arguments)
        self.day.check()

    @rule(rarely=st.integers(0, 15))
    def delist(self, rarely):
        if not rarely:
            self.day.delist()
            self.day.check()


TestExchangeDay = ExchangeDay.TestCase
TestExchangeDay.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("seed", range(8))
def test_a_busy_day_balances_and_sees_everything_happen(seed):
    rng = random.Random(seed)
    day = Day(isolated=seed % 2 == 1, hedged=seed % 3 == 1)
    names, weights = list(ACTIONS), [weight for weight, _ in ACTIONS.values()]
    for _ in range(400):
        name = rng.choices(names, weights)[0]
        arguments = {key: rng.choice(values) for key, values in ACTIONS[name][1].items()}
        getattr(day, name)(**arguments)
        day.check()
    day.delist()
    day.clock.advance(3 * 24 * 3_600_000)
    for which in (0, 4):
        day.engine.delist(*day.listings[which].instrument.key)
    day.check()
    assert not any(position.net for account in day.traders for position in account.positions.values())
    assert {"Trade", "Funding", "Delivery", "MovePosition"} <= day.watch.seen
    assert any(account.settlements for account in day.traders)
