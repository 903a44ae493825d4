"""Shortcuts for engine tests: a still clock, a few accounts, orders in one line."""

from decimal import Decimal

import pytest

from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.catalogue import default_catalogue
from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.events import Sink
from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.engine.wires import order_stream

START_MS = 1_750_000_000_000
LINEAR = {"category": "linear", "symbol": "BTCUSDT"}
INVERSE = {"category": "inverse", "symbol": "BTCUSD"}
SPOT = {"category": "spot", "symbol": "BTCUSDT"}


class Recorder(Sink):
    """Keeps what the sinks are told, as the wire would show it."""

    def __init__(self):
        self.events = []
        self.levels = []
        self.trades = []

    def on_orders(self, account, orders):
        self.events += [("order", account.uid, order_stream(o)) for o in orders]

    def on_executions(self, account, executions):
        self.events += [("execution", account.uid, e.to_stream()) for e in executions]

    def on_positions(self, account, positions):
        self.events += [("position", account.uid, p.size) for p in positions]

    def on_wallet(self, account, coins):
        self.events.append(("wallet", account.uid, list(coins)))

    def on_levels(self, listing, changes):
        self.levels += changes

    def on_trades(self, listing, trades):
        self.trades += trades

    def orders(self, account):
        return [wire for kind, uid, wire in self.events if kind == "order" and uid == account.uid]


class Desk:
    """An engine at 60,000 US dollars per bitcoin with two traders, a and b."""

    def __init__(self, price="60000", usdt="100000", btc="2"):
        self.clock = ExchangeClock(START_MS, manual=True)
        self.engine = Engine(self.clock, default_catalogue(START_MS), seed=1)
        self.a = self.engine.create_account(balances={"USDT": usdt, "BTC": btc})
        self.b = self.engine.create_account(balances={"USDT": usdt, "BTC": btc})
        self.seen = Recorder()
        self.engine.add_sink(self.seen)
        for where in (LINEAR, INVERSE, SPOT):
            self.prices(price, where)

    def prices(self, price, where=LINEAR):
        self.engine.set_prices(where["category"], where["symbol"], mark=price, index=price)

    def limit(self, account, side, qty, price, where=LINEAR, **extra):
        request = {"side": side, "orderType": "Limit", "qty": qty, "price": price}
        return self.engine.place(account, where | request | extra)

    def market(self, account, side, qty, where=LINEAR, **extra):
        return self.engine.place(account, where | {"side": side, "orderType": "Market", "qty": qty} | extra)

    def trade(self, buyer, seller, qty, price, where=LINEAR):
        """Let two accounts trade with each other: the buyer rests, the seller takes."""
        self.limit(buyer, "Buy", qty, price, where)
        return self.limit(seller, "Sell", qty, price, where)

    def position(self, account, where=LINEAR, idx=0):
        return account.position(self.engine.listing(**where), idx)

    def amend(self, order, **changes):
        request = {"category": order.category, "symbol": order.symbol, "orderId": order.order_id}
        return self.engine.amend(order.account, request | changes)

    def cancel(self, order):
        request = {"category": order.category, "symbol": order.symbol, "orderId": order.order_id}
        return self.engine.cancel(order.account, request)

    def balance(self, account, coin="USDT"):
        return account.balances.get(coin, Decimal(0))


def code_of(act, *args, **kwargs):
    """Return the code with which the exchange refuses."""
    with pytest.raises(Refused) as refusal:
        act(*args, **kwargs)
    return refusal.value.code
