"""The exchange's engine by itself: matching, accounts, margin and settlement, without a socket or an event loop.

A backtest, or a test that wants no network, needs little of it:

    clock = ExchangeClock(start_ms, manual=True)                # time moves by clock.advance(milliseconds) only
    engine = Engine(clock, [instrument, ...], seed=7)           # same seed and calls, same ids and events
    listing = engine.listing("linear", "BTCUSDT")
    account = engine.create_account(balances={"USDT": "10000"})
    feed = MarketFeed(engine, listing)

    feed.candle(opened, high, low, closed)                      # or prices(), book(), level(), trade(), walk()
    order = engine.place_order(account, NewOrder(listing, "Buy", Decimal("0.1"), price=Decimal(59000)))
    engine.amend_order(order, price=Decimal(59500))
    engine.cancel_order(order)
    clock.advance(8 * 3_600_000)                                # funding, expiry and everything else that is due

    account.orders, account.history, account.executions, account.log, account.closed
    account.position(listing, 0), engine.wallet(account), engine.audit()

Requests as clients send them go through `Engine.place`, `amend`, `cancel` and so on, and read back through `Queries`;
`Refused` carries Bybit's code. A `Sink` hears what happens as it happens. Leverage, margin mode and position mode are
set by the same requests as on the wire (`Engine.set_leverage`, ...).

Where nothing is watched (`Engine.watched_prices`) between two candles, `MarketFeed.skip` moves the price for next to
nothing. Everything is single-threaded; no method waits.
"""

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.drafting import NewOrder
from bybit_async.simulator.engine.engine import Engine
from bybit_async.simulator.engine.events import Sink
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.feed import MarketFeed
from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.refusals import Refused

__all__ = [
    "Account",
    "Engine",
    "ExchangeClock",
    "AccountExecution",
    "Instrument",
    "Listing",
    "MarketFeed",
    "NewOrder",
    "Order",
    "Position",
    "Refused",
    "Sink",
]
