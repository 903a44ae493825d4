"""Which prices matter: where orders trade or wake up and accounts are liquidated, and between which nothing happens."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from bybit_async.simulator.engine.accounts import Order, Position
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.ledger import INSURANCE
from bybit_async.simulator.engine.listing import PRICE_KINDS, Listing
from bybit_async.simulator.engine.margin import exact_liquidation_price
from bybit_async.simulator.engine.matching import Resting
from bybit_async.simulator.engine.state import State


class Watched(NamedTuple):
    """Prices at which something would happen.

    They hold whatever the price is now. The last trade may have been at another price than the one that is fed, so a
    stop may lie on the far side of it and go off with the next move.

    Attributes:
        rising: something happens at each of these and at every price above it.
        falling: something happens at each of these and at every price below it.
        always: something happens at every price.
    """

    rising: set[Decimal]
    falling: set[Decimal]
    always: bool


def watched_prices(state: State, listing: Listing, through: Decimal = ZERO) -> Watched:
    """Return the prices at which something would happen to a trader; see `Queries.watched_prices`."""
    rising: set[Decimal] = set()
    falling: set[Decimal] = set()
    fund = state.accounts[INSURANCE].exposed.get((*listing.instrument.key, 0))
    # What the fund took over it sells at every move, and that moves the last price.
    always = fund is not None and bool(fund.net)
    for book in (listing.resting, listing.resting_rpi):
        falling.update(order.price - through for order in _traders(book.orders("Buy")))
        rising.update(order.price + through for order in _traders(book.orders("Sell")))
    for kind in PRICE_KINDS:
        for order in state.waiting[listing, kind].values():
            always = always or order.trail is not None
            prices = {price for price in (order.trigger_price, order.active_price) if price is not None}
            (rising if order.trigger_direction == 1 else falling).update(prices)
    for account in state.accounts.values():
        for position in () if account.house else account.exposed.values():
            if position.listing is listing and position.net:
                (falling if position.net > 0 else rising).update(_liquidation(position, state))
    return Watched(rising, falling, always)


def _traders(resting: Iterable[Resting]) -> Iterator[Order]:
    for each in resting:
        if isinstance(each.order, Order) and not each.order.account.house:
            yield each.order


def _liquidation(position: Position, state: State) -> set[Decimal]:
    """Return the first tick at which a position is liquidated, and the last one at which it is not."""
    price, tick = exact_liquidation_price(position, state.usd), position.listing.instrument.tick
    if price is None:
        return set()
    below = price // tick * tick
    # A quotient may be a hair off, so that neither of the two can be left out.
    return {below, below + tick} if position.net > 0 or below < price else {below - tick, below}
