"""What the market knows of one listing: its price paths, its tapes and the units they count in."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.market.candles import MinuteHistory, Row, merge
from bybit_async.simulator.market.noise import Floats, Integers
from bybit_async.simulator.market.paths import MINUTE, PremiumPath
from bybit_async.simulator.market.tape import Tape

_DAY_MINUTES = 1440
PREMIUM_UNIT = Decimal("0.000001")


class DayFigures:
    """What happened in the last 24 hours and the last hour; the closed minutes are counted once a minute."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._minute = -1
        self._row: Row = (0, 0, 0, 0, 0, 0)
        self._hour_ago = 0

    def read(self) -> tuple[Row, int]:
        """Return the last 24 hours as one candle, and the price one hour ago in ticks."""
        tape = self._tape
        if tape.minute != self._minute:
            self._minute = tape.minute
            rows = tape.minutes(self._minute - _DAY_MINUTES, self._minute)
            self._row = merge(rows)
            self._hour_ago = int(rows[-60, 0])
        closed, now = self._row, tape.current
        day = (
            closed[0],
            max(closed[1], now[1]),
            min(closed[2], now[2]),
            now[3],
            closed[4] + now[4],
            closed[5] + now[5],
        )
        return day, self._hour_ago


class OptionDay:
    """The trades of one option since the exchange was started."""

    __slots__ = ("first", "high", "last", "low", "turnover", "volume")

    def __init__(self) -> None:
        self.first: Decimal = Decimal(0)
        self.last: Decimal = Decimal(0)
        self.high: Decimal = Decimal(0)
        self.low: Decimal = Decimal(0)
        self.volume: Decimal = Decimal(0)
        self.turnover: Decimal = Decimal(0)

    def add(self, price: Decimal, qty: Decimal) -> None:
        """Count one trade."""
        if not self.volume:
            self.first = self.high = self.low = price
        self.high, self.low, self.last = max(self.high, price), min(self.low, price), price
        self.volume += qty
        self.turnover += price * qty

    @property
    def change(self) -> Decimal:
        """How much the price moved, as a fraction."""
        return ((self.last - self.first) / self.first).quantize(Decimal("0.0001")) if self.first else Decimal(0)


class Quotation:
    """One listing's market data. Options have no tapes; on tapes prices are whole ticks, premiums millionths."""

    def __init__(
        self,
        seed: int,
        listing: Listing,
        index: Callable[[int], float],
        indexes: Callable[[Integers], Floats],
        *,
        volume: float,
        now: int,
    ) -> None:
        instrument = listing.instrument
        self.listing = listing
        self.instrument: Instrument = instrument
        self._index = index
        self.indexes = indexes
        self._seed = seed
        self._name = f"{instrument.category}/{instrument.symbol}"
        self.premium: PremiumPath = PremiumPath(seed, self._name)
        self.pinned: float | None = None
        self.given_up: bool = False
        """Whether prices and book are brought from outside."""
        self.inverse: bool = instrument.category == "inverse"
        self.has_mark: bool = instrument.category in ("linear", "inverse")
        lots = volume * instrument.activity / float(instrument.lot) / (1 if self.inverse else max(index(now), 1e-12))
        self._volume = int(lots) + 1
        self.option_day: OptionDay = OptionDay()
        self.awake: bool = False
        """Whether anyone has looked at the listing, so that its prices are recorded and its book is kept."""
        self._tapes: dict[str, Tape] = {}
        self._day: DayFigures | None = None
        self._measure(instrument)

    def begin(self, now: int) -> None:
        """Record prices from now on; what was before is history."""
        self.awake = True
        if self.instrument.category == "option":
            return
        names = ("last", "mark", "index", "premium") if self.has_mark else ("last",)
        self._tapes = {name: Tape(self._history(name), now) for name in names}
        self._day = DayFigures(self.last)

    def _tape(self, name: str) -> Tape:
        if not self._tapes:
            self.listing.wake()
        return self._tapes[name]

    @property
    def last(self) -> Tape:
        """What was traded."""
        return self._tape("last")

    @property
    def mark(self) -> Tape:
        """Mark prices of a contract."""
        return self._tape("mark")

    @property
    def index(self) -> Tape:
        """Index prices of a contract."""
        return self._tape("index")

    @property
    def premiums(self) -> Tape:
        """By how much the mark price of a contract exceeds its index, in millionths."""
        return self._tape("premium")

    @property
    def day(self) -> DayFigures:
        """What happened in the last 24 hours."""
        if self._day is None:
            self._day = DayFigures(self.last)
        return self._day

    def _measure(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.places: int = -int(instrument.tick.as_tuple().exponent)
        self.tick: float = float(instrument.tick)
        self._turnover = Decimal("1e-8") if self.inverse else instrument.tick * instrument.lot / 4

    def _history(self, part: str) -> MinuteHistory:
        name = f"{self._name}/{part}"
        if part == "premium":
            return MinuteHistory(self._seed, name, self.premium.values, float(PREMIUM_UNIT), inverse=self.inverse)
        values = self.indexes if part == "index" or not self.has_mark else self._traded
        if part == "last":
            return MinuteHistory(self._seed, name, values, self.tick, volume=self._volume, inverse=self.inverse)
        return MinuteHistory(self._seed, name, values, self.tick, inverse=self.inverse, wick=0.0001)

    def _traded(self, times: Integers) -> Floats:
        values: Floats = self.indexes(times) * (1.0 + self.premium.values(times))
        return values

    def regrid(self, instrument: Instrument) -> None:
        """Go on with the filters of `instrument`, whose tick may be another one; the lot must be the same."""
        ratio = Fraction(instrument.tick) / Fraction(self.instrument.tick)
        self._measure(instrument)
        if not self._tapes or ratio == 1:
            return
        units = Fraction(1) if self.inverse else ratio
        self.last.regrid(self._history("last"), ratio, units)
        self._day = DayFigures(self.last)
        if self.has_mark:
            self.mark.regrid(self._history("mark"), ratio, units)
            self.index.regrid(self._history("index"), ratio, units)

    def forget(self) -> None:
        """Have the minutes ahead made again: a path has changed."""
        for tape in self._tapes.values():
            tape.forget()

    def index_at(self, now: int) -> float:
        """Return the index price at a time."""
        return self._index(now) if self.pinned is None else self.pinned

    def fair_at(self, now: int) -> float:
        """Return where the makers quote: the index, for derivatives with the premium on top."""
        if self.pinned is not None:
            return self.pinned
        index = self._index(now)
        return index if self.instrument.category == "spot" else index * (1.0 + self.premium.at(now))

    def to_ticks(self, price: float) -> int:
        """Return the nearest whole number of ticks, at least one."""
        return max(int(price / self.tick + 0.5), 1)

    def price(self, ticks: int) -> Decimal:
        """Return a number of ticks as a price."""
        return self.instrument.tick * ticks

    def spell(self, ticks: int) -> str:
        """Return a number of ticks as the wire spells it."""
        return format(self.instrument.tick * ticks, "f")

    def volume(self, lots: int) -> Decimal:
        """Return a number of lots as a quantity."""
        return self.instrument.lot * lots

    def turnover(self, units: int) -> Decimal:
        """Return turnover units as an amount (of quote coin; of base coin for inverse)."""
        return self._turnover * units

    def record_trade(self, now: int, price: Decimal, qty: Decimal) -> None:
        """Put a trade on the tape."""
        if self.instrument.category == "option":
            self.option_day.add(price, qty)
            return
        ticks, lots = int(price / self.instrument.tick), int(qty / self.instrument.lot)
        units = ticks * lots * 4
        if self.inverse:
            units = int((qty / price * 100_000_000).to_integral_value(ROUND_HALF_EVEN))
        self.last.record(now, ticks, lots, units)

    def record_leap(self, now: int, ticks: int, elapsed: int) -> None:
        """Put the price after a leap on the tape, with the share of the minute's volume that the leap covers."""
        typical = self.last.typical(now)
        share = min(elapsed, MINUTE)
        self.last.record(now, ticks, typical[4] * share // MINUTE, typical[5] * share // MINUTE)


def spelled_premium(millionths: int) -> str:
    """Return a premium as the wire spells it."""
    return format(PREMIUM_UNIT * millionths, "f")
