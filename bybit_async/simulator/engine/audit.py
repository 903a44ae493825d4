"""Recounts the exchange: money, positions, claims on clearing, locks, exposures and logs."""

from collections import defaultdict
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.ledger import CLEARING, Audit
from bybit_async.simulator.engine.state import State


def audit(state: State) -> Audit:
    """Return what was counted; raises `AssertionError` naming the first thing that is off."""
    totals = state.ledger.totals()
    for coin, total in totals.items():
        _same(f"all {coin}", total, ZERO)
    _positions(state)
    for account in state.accounts.values():
        _holds(account)
        if not account.house:
            for coin, amount in account.balances.items():
                _same(f"log of {account.uid} in {coin}", account.logged.get(coin, ZERO), amount)
    _books(state)
    positions = sum(bool(p.net) for a in state.accounts.values() for p in a.positions.values())
    orders = sum(len(account.orders) for account in state.accounts.values())
    return Audit(len(totals), len(state.accounts), positions, orders)


def _positions(state: State) -> None:
    nets: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    sizes: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    claims: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for account in state.accounts.values():
        for key, position in account.positions.items():
            instrument = position.listing.instrument
            nets[instrument.key] += position.net
            sizes[instrument.key] += position.size
            if instrument.category != "option":
                claims[instrument.settle] += position.claim()
            if position.net and key not in account.exposed:
                raise AssertionError(f"position {key} of {account.uid} is not counted for margin")
            if not position.net and position.entry_value:
                raise AssertionError(f"empty position {key} of {account.uid} still has a value")
    for listing, net in nets.items():
        _same(f"positions in {listing}", net, ZERO)
        _same(f"open interest of {listing}", state.listings[listing].open_interest, sizes[listing] / 2)
    for coin, claim in claims.items():
        _same(f"clearing in {coin}", state.ledger.balance(CLEARING, coin), claim)


def _holds(account: Account) -> None:
    locked: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    exposed: defaultdict[tuple[tuple[str, str, int], str], Decimal] = defaultdict(lambda: ZERO)
    values: defaultdict[tuple[tuple[str, str, int], str], Decimal] = defaultdict(lambda: ZERO)
    for order in account.orders.values():
        instrument = order.listing.instrument
        if order.category == "spot":
            if order.locked:
                locked[instrument.quote if order.side == "Buy" else instrument.base] += order.locked
            continue
        key = (*instrument.key, order.position_idx)
        exposed[key, order.side] += order.exposed
        values[key, order.side] += order.locked
    for coin in {*locked, *account.locked}:
        _same(f"{coin} locked by {account.uid}", account.locked.get(coin, ZERO), locked[coin])
    for key, position in account.positions.items():
        _same(f"buy exposure of {account.uid} in {key}", position.buy_qty, exposed[key, "Buy"])
        _same(f"sell exposure of {account.uid} in {key}", position.sell_qty, exposed[key, "Sell"])
        _same(f"buy value of {account.uid} in {key}", position.buy_value, values[key, "Buy"])
        _same(f"sell value of {account.uid} in {key}", position.sell_value, values[key, "Sell"])


def _books(state: State) -> None:
    resting = {
        id(order.resting)
        for account in state.accounts.values()
        for order in account.orders.values()
        if order.resting is not None
    }
    found = 0
    for listing in state.listings.values():
        bid, ask = listing.resting.best("Buy"), listing.resting.best("Sell")
        if bid is not None and ask is not None and bid >= ask:
            raise AssertionError(f"the book of {listing.instrument.key} is crossed")
        for side in ("Buy", "Sell"):
            for item in (*listing.resting.orders(side), *listing.resting_rpi.orders(side)):
                found += 1
                if id(item) not in resting or item.lots <= 0:
                    raise AssertionError(f"the book of {listing.instrument.key} holds a dead order")
    if found != len(resting):
        raise AssertionError("an order believes that it rests in a book, but does not")


def _same(what: str, found: Decimal, wanted: Decimal) -> None:
    if found != wanted:
        raise AssertionError(f"{what}: {found}, expected {wanted}")
