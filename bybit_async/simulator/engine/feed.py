"""Market data brought into one listing from outside: prices, book levels, trades or candles that orders trade with.

A feed owns two house accounts. What it quotes rests in the same book as everyone's orders, so priority, partial fills
and depth are the engine's own. It keeps no time: move the engine's clock before you feed what happened then.
"""

from collections.abc import Iterable
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Order
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.engine import Engine
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.matching import Side

Level = tuple[Decimal, Decimal]
_SIDES: tuple[Side, Side] = ("Buy", "Sell")


class MarketFeed:
    """Drives one listing.

    With books (`book`, `level`) recorded sizes are what orders trade with: a level that shrinks loses its newest part,
    so an order's place in the queue is never better than it was. With candles (`walk`, `candle`) the feed quotes
    `depth` (base coin; by default the largest market order) each side, `spread` ticks apart around the price: with 1
    the bid is at the price itself. A resting order fills at its own price as soon as the price touches it, or with
    `touch=False` only once the price has gone through it.

    `marks` lets mark and index follow the last price of candles; otherwise feed them by `prices`.
    """

    def __init__(
        self,
        engine: Engine,
        listing: Listing,
        *,
        spread: int = 1,
        depth: Decimal | None = None,
        touch: bool = True,
        marks: bool = True,
    ) -> None:
        if spread < 1:
            raise ValueError(f"spread: {spread} ticks; at least 1, for bid and ask cannot be equal")
        self.listing = listing
        self._engine = engine
        self._spread = spread
        self._depth = listing.instrument.max_market_qty if depth is None else depth
        self._through = ZERO if touch else listing.instrument.tick
        self._marks = marks
        self._maker = engine.create_account(house=True)
        self._taker = engine.create_account(house=True)
        self._price = listing.fair_price
        self._quotes: list[Order] = []
        self._levels: dict[Side, dict[Decimal, list[Order]]] = {"Buy": {}, "Sell": {}}

    # -- recorded data

    def prices(self, *, mark: Decimal | None = None, index: Decimal | None = None, last: Decimal | None = None) -> None:
        """Set reference prices; sets off conditional orders and liquidations."""
        if last is not None:
            self._price = last
        self._engine.set_prices(*self.listing.instrument.key, mark=mark, index=index, last=last)

    def book(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Replace the whole recorded book by these (price, quantity) levels."""
        wanted: dict[Side, dict[Decimal, Decimal]] = {"Buy": dict(bids), "Sell": dict(asks)}
        # Everything old goes first: the new levels of one side may lie where the other side was.
        for side in _SIDES:
            for price in [price for price in self._levels[side] if price not in wanted[side]]:
                self.level(side, price, ZERO)
        for side in _SIDES:
            for price, qty in wanted[side].items():
                self.level(side, price, qty)

    def level(self, side: Side, price: Decimal, qty: Decimal) -> None:
        """Set the recorded size of one level; zero removes it."""
        self.listing.on_first_look = None
        orders = [order for order in self._levels[side].pop(price, ()) if order.resting is not None]
        have = sum((order.leaves for order in orders), ZERO)
        instrument = self.listing.instrument
        wanted = instrument.lot * int(qty / instrument.lot)
        while orders and have > wanted:
            newest = orders[-1]
            excess = min(have - wanted, newest.leaves)
            have -= excess
            if excess == newest.leaves:
                self._engine.house.withdraw(orders.pop())
            else:
                self._engine.house.shrink(newest, newest.leaves - excess)
        if wanted > have:
            more = self._engine.house.quote(self._maker, self.listing, side, price, wanted - have)
            orders += [more] if more is not None else []
        if orders:
            self._levels[side][price] = orders

    def trade(self, side: Side, price: Decimal, qty: Decimal) -> Decimal:
        """Repeat a recorded trade of a taker; returns how much of it the book's orders took part in."""
        taken = self._engine.house.trade(self._taker, self.listing, side, qty, price)
        self.prices(last=price)
        return taken

    # -- candles

    def candle(
        self, opened: Decimal, high: Decimal, low: Decimal, closed: Decimal, *, high_first: bool | None = None
    ) -> None:
        """Walk through one candle; the extreme on the way to the close comes last unless `high_first` decides."""
        first = closed < opened if high_first is None else high_first
        for price in (opened, *((high, low) if first else (low, high)), closed):
            self.walk(price)

    def walk(self, price: Decimal) -> None:
        """Let the price move to `price`, stopping wherever something happens on the way."""
        # From the price that was fed: the last trade may have been across the spread.
        while self.listing.last_price is not None and (here := self._price) != price:
            watched = self._engine.watched_prices(self.listing, through=self._through)
            ahead = [
                point
                for point in watched.rising | watched.falling
                if (here < point < price if price > here else price < point < here)
            ]
            if not ahead:
                break
            self.jump(min(ahead) if price > here else max(ahead))
        self.jump(price)

    def jump(self, price: Decimal) -> None:
        """Let the price be `price` from one moment to the next, as over a gap."""
        # One operation: what a fill sets off must find the book at the new price, not an empty one.
        with self._engine.operation:
            self._leave(price)
            self._fill_through(price)
            self.listing.on_first_look = self._quote
            follows = price if self._marks else None
            self.prices(last=price, mark=follows, index=follows)

    def skip(self, price: Decimal) -> None:
        """Let the price be `price`, where nothing is watched on the way: no order or liquidation is looked at."""
        listing = self.listing
        self._leave(price)
        listing.on_first_look = self._quote
        listing.last_price = price
        if self._marks:
            listing.mark_price = listing.index_price = price

    def close(self) -> None:
        """Take every quote and recorded level out of the book."""
        self._leave(self._price)
        for side in _SIDES:
            for price in list(self._levels[side]):
                self.level(side, price, ZERO)

    def _leave(self, price: Decimal) -> None:
        """Take the quotes at the old price away; new ones are made when someone looks at the book."""
        self.listing.on_first_look = None
        self._price = price
        for order in self._quotes:
            self._engine.house.withdraw(order)
        self._quotes.clear()

    def _quote(self) -> None:
        if self.listing.status != "Trading" or not self._depth:
            return
        tick, resting = self.listing.instrument.tick, self.listing.resting
        bid = max(self._price - tick * ((self._spread - 1) // 2), tick)
        ask = bid + tick * self._spread
        # Orders that rest there are for moves of the price to fill, not for those who look at the book.
        lowest, highest = resting.best("Sell"), resting.best("Buy")
        bid = bid if lowest is None else min(bid, tick * (lowest - 1))
        ask = ask if highest is None else max(ask, tick * (highest + 1))
        for side, price in (("Buy", bid), ("Sell", ask)):
            if not price:
                continue
            quote = self._engine.house.quote(
                self._maker, self.listing, "Buy" if side == "Buy" else "Sell", price, self._depth
            )
            if quote is not None:
                self._quotes.append(quote)

    def _fill_through(self, price: Decimal) -> None:
        if self.listing.status != "Trading":
            return
        instrument = self.listing.instrument
        for side in _SIDES:
            limit = price + self._through if side == "Buy" else price - self._through
            lots = 0
            for resting in self.listing.resting.orders(side):
                reached = instrument.tick * resting.ticks
                if (reached < limit) if side == "Buy" else (reached > limit):
                    break
                lots += resting.lots
            if lots and limit > 0:
                taker: Side = "Sell" if side == "Buy" else "Buy"
                self._engine.house.trade(self._taker, self.listing, taker, instrument.lot * lots, limit)
