"""The simulated makers: they keep every book filled around the fair price, and now and then one of them trades.

They are house accounts of the engine and use it like anyone else: their quotes rest in the same book, and a price
that moves through a user's order fills it.
"""

from __future__ import annotations

import math
import random
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.accounts import Account, Order
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.market.quotation import Quotation

Side = Literal["Buy", "Sell"]
_NEAR = 5
_REPLACED = 2
_FIRST_TRADES = 5
_RPI_LEVELS = 3
_RPI_SHARE = 0.3


class MakerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the books are kept.

    Attributes:
        levels: price levels a side; a book is deepened when someone asks for more of it.
        spacing: distance between the outer levels, as a fraction of the price.
        size: typical value of one level, in quote coin.
        trades_per_second: how often someone takes from each book.
    """

    levels: int = 60
    spacing: float = 0.00004
    size: float = 20_000.0
    trades_per_second: float = 2.0


class Thinness(NamedTuple):
    """What makers leave of a book: shares of its levels and of their size, and the gap as a fraction of the price."""

    depth: float = 1.0
    size: float = 1.0
    spread: float = 0.0


class Quoter:
    """Keeps one book."""

    def __init__(
        self, engine: Engine, maker: Account, taker: Account, quotation: Quotation, settings: MakerSettings, seed: int
    ) -> None:
        self._engine = engine
        self._maker = maker
        self._taker = taker
        self._quotation = quotation
        self._settings = settings
        self._listing: Listing = quotation.listing
        self._random = random.Random(f"{seed}/{quotation.instrument.category}/{quotation.instrument.symbol}")
        self._quotes: dict[Side, dict[int, Order]] = {"Buy": {}, "Sell": {}}
        self._improving: dict[Side, dict[int, Order]] | None = None
        """RPI quotes by side and price, once someone has asked for them."""
        self._debt = 0.0
        self._fair = 0.0
        self.quiet = False
        """Whether no one trades: a recording does."""
        self._thinness = Thinness()
        self._stepped = engine.clock.now_ms()
        is_option = quotation.instrument.category == "option"
        self._levels = _NEAR if is_option else settings.levels

    def step(self, fair: float, now: int) -> None:
        """Move the book to the price `fair` and trade a little."""
        if self._listing.status != "Trading":
            self.withdraw()
            return
        bid, ask = self._quote(fair)
        elapsed = 0 if self._listing.instrument.option else min(now - self._stepped, 2_000)
        self._stepped = now
        self._debt += self._settings.trades_per_second * elapsed / 1000 * 2 * self._random.random()
        for _ in range(0 if self.quiet else min(int(self._debt), 5)):
            self._take(bid, ask)
        self._debt -= int(self._debt)

    def improve(self) -> None:
        """Keep retail price improvement quotes from now on, too."""
        if self._improving is None:
            self._improving = {"Buy": {}, "Sell": {}}
            if self._fair and self._listing.status == "Trading":
                self._quote(self._fair)

    def deepen(self, levels: int) -> None:
        """Keep at least so many levels a side from now on: someone has asked for a book that deep."""
        if levels > self._levels and self._listing.instrument.option is None:
            self._levels = levels
            if self._fair and self._listing.status == "Trading":
                self._quote(self._fair)

    def thin(self, thinness: Thinness) -> None:
        """Keep a book this thin from now on; `Thinness()` is a full one."""
        self._thinness = thinness
        self.restart()

    def restart(self) -> None:
        """Quote the whole book afresh."""
        self.withdraw()
        if self._fair and self._listing.status == "Trading":
            self._quote(self._fair)

    def warm_up(self, fair: float) -> None:
        """Trade a few times at once, so that the exchange does not begin without a trade."""
        for _ in range(_FIRST_TRADES):
            bid = max(math.floor(fair / self._quotation.tick), 1)
            self._take(bid, bid + 1)

    def leap(self, fair: float) -> None:
        """Follow a clock that leaps: fill what the price moved through and leave one thick level a side."""
        if self._listing.status != "Trading":
            self.withdraw()
            return
        self.withdraw()
        self._fair = fair
        half = self._half(fair)
        ticks = max(math.floor(fair / self._quotation.tick), 1)
        for side, price in (("Buy", max(ticks - half, 1)), ("Sell", ticks + 1 + half)):
            self._place("Buy" if side == "Buy" else "Sell", price, 50.0)

    def withdraw(self) -> None:
        """Take every quote out of the book."""
        for quotes in self._quotes.values():
            for order in quotes.values():
                self._engine.house.withdraw(order)
            quotes.clear()
        for quotes in (self._improving or {}).values():
            for order in quotes.values():
                self._engine.house.withdraw(order)
            quotes.clear()

    def _requote(self, side: Side, best: int, outwards: int) -> None:
        quotes = self._quotes[side]
        wanted = self._wanted(best, outwards)
        for ticks in [ticks for ticks in quotes if ticks not in wanted]:
            self._engine.house.withdraw(quotes.pop(ticks))
        for ticks in [ticks for ticks, order in quotes.items() if not order.is_live]:
            del quotes[ticks]
        for ticks in self._random.sample(list(quotes), min(_REPLACED, len(quotes))):
            self._engine.house.withdraw(quotes.pop(ticks))
        # A quote that reaches our own stale quotes on the other side would trade with ourselves: those go first.
        self._clear("Sell" if side == "Buy" else "Buy", best, outwards)
        for ticks, distance in wanted.items():
            if ticks not in quotes:
                self._place(side, ticks, 0.3 + min(distance, 40) / 10)

    def _quote(self, fair: float) -> tuple[int, int]:
        """Move the book to a price; return the best bid and ask that it is meant to have, in ticks."""
        self._fair = fair
        half = self._half(fair)
        middle = math.floor(fair / self._quotation.tick - self._random.random())
        bid, ask = max(middle - half, 1), max(middle, 1) + 1 + half
        self._requote("Buy", bid, -1)
        self._requote("Sell", ask, 1)
        if self._improving is not None:
            self._requote_rpi(self._improving["Buy"], "Buy", bid, -1)
            self._requote_rpi(self._improving["Sell"], "Sell", ask, 1)
        return bid, ask

    def _requote_rpi(self, quotes: dict[int, Order], side: Side, best: int, outwards: int) -> None:
        wanted = {best + outwards * step for step in range(_RPI_LEVELS) if best + outwards * step > 0}
        for ticks in [ticks for ticks, order in quotes.items() if ticks not in wanted or not order.is_live]:
            self._engine.house.withdraw(quotes.pop(ticks))
        instrument = self._quotation.instrument
        for ticks in sorted(wanted - quotes.keys()):
            value = self._settings.size * _RPI_SHARE * (0.2 + 1.6 * self._random.random())
            order = self._engine.house.quote(
                self._maker, self._listing, side, instrument.tick * ticks, self._quantity(value, ticks), rpi=True
            )
            if order is not None:
                quotes[ticks] = order

    def _half(self, fair: float) -> int:
        return int(fair / self._quotation.tick * self._thinness.spread / 2)

    def _clear(self, side: Side, best: int, outwards: int) -> None:
        quotes = self._quotes[side]
        for ticks in [ticks for ticks in quotes if (ticks - best) * outwards >= 0]:
            self._engine.house.withdraw(quotes.pop(ticks))

    def _wanted(self, best: int, outwards: int) -> dict[int, int]:
        levels = max(int(self._levels * self._thinness.depth), 1)
        wanted = {best + outwards * i: i for i in range(min(_NEAR, levels)) if best + outwards * i > 0}
        grid = max(int(best * self._settings.spacing), 1)
        edge = best + outwards * _NEAR
        start = edge // grid * grid if outwards < 0 else -(-edge // grid) * grid
        for i in range(levels - _NEAR):
            ticks = start + outwards * i * grid
            if ticks <= 0:
                break
            wanted.setdefault(ticks, _NEAR + i)
        return wanted

    def _place(self, side: Side, ticks: int, weight: float) -> None:
        instrument = self._quotation.instrument
        value = self._settings.size * self._thinness.size * weight * (0.2 + 1.6 * self._random.random())
        order = self._engine.house.quote(
            self._maker, self._listing, side, instrument.tick * ticks, self._quantity(value, ticks)
        )
        if order is not None:
            self._quotes[side][ticks] = order

    def _take(self, bid: int, ask: int) -> None:
        side: Side = "Buy" if self._random.random() < 0.5 else "Sell"
        limit = ask + 2 if side == "Buy" else max(bid - 2, 1)
        value = self._settings.size * 0.15 * self._random.random() ** 2
        quantity = self._quantity(value, bid)
        self._engine.house.trade(self._taker, self._listing, side, quantity, self._quotation.price(limit))

    def _quantity(self, value: float, ticks: int) -> Decimal:
        instrument = self._quotation.instrument
        price = 1.0 if self._quotation.inverse else ticks * self._quotation.tick
        lots = int(value / price / float(instrument.lot))
        low = int(instrument.min_qty / instrument.lot)
        high = int(instrument.max_market_qty / instrument.lot)
        return instrument.lot * min(max(lots, low, 1), high)
