"""The market: where every price is, and the makers that bring it into the books."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial

import msgspec

from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.clock import Timer
from bybit_async.simulator.engine.events import PublishedTrade, Sink
from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.market import statistics
from bybit_async.simulator.market.makers import MakerSettings, Quoter, Thinness
from bybit_async.simulator.market.noise import Floats, Integers
from bybit_async.simulator.market.options import Valuation, value_at_iv, value_option
from bybit_async.simulator.market.past_trades import first_sequence, past_trades
from bybit_async.simulator.market.paths import Behaviour, PricePath
from bybit_async.simulator.market.quotation import Quotation
from bybit_async.simulator.market.shocks import Shock

_STEADY = frozenset({"USDT", "USDC", "USD"})
_GROUPS = 8
_SHORTEST_STEP = 25
_RARELY = 5
_LEAPS = 300
_DEEPEST = 1_000
_FUNDING_DECIMALS = Decimal("0.000001")


class MarketSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the market behaves.

    Attributes:
        behaviour: how prices move, unless `behaviours` has an entry for the base coin.
        behaviours: exceptions, by base coin (``{"DOGE": Behaviour(volatility=1.2)}``).
        makers: how the books are kept; None leaves them empty.
        step: milliseconds of exchange time between two moves of one listing.
        volume: value that history says was traded each minute of the busiest contract, in quote coin.
    """

    behaviour: Behaviour = Behaviour()
    behaviours: Mapping[str, Behaviour] = msgspec.field(default_factory=dict)
    makers: MakerSettings | None = MakerSettings()
    step: int = 200
    volume: float = 300_000.0


class SimulatedMarket(Sink):
    """Moves prices and books along with the engine's clock; knows every candle since the beginning."""

    def __init__(self, engine: Engine, settings: MarketSettings, seed: int, *, pace: float = 1.0) -> None:
        self.engine = engine
        self.settings = settings
        self.seed = seed
        self.quotations: dict[tuple[str, str], Quotation] = {}
        self._paths: dict[str, PricePath] = {}
        self._quoters: dict[tuple[str, str], Quoter] = {}
        self._resting: dict[tuple[str, str], Quoter] = {}
        engine.price_options_with(self._worth_at)
        engine.measure_options_with(self._greeks_at)
        self._maker = engine.create_account(house=True)
        self._taker = engine.create_account(house=True)
        self._stepped = engine.clock.now_ms()
        self._timer: Timer | None = None
        self._groups = min(max(settings.step // _SHORTEST_STEP, 1), _GROUPS)
        self._step = max(int(settings.step * pace) // self._groups, 1)
        self._stride: int | None = None
        self._count = 0

    # -- set-up

    def open(self) -> None:
        """Quote every listing of the engine and start moving."""
        self.engine.add_sink(self)
        for listing in self.engine.listings.values():
            self.add(listing)
        self._schedule()

    def close(self) -> None:
        """Stop moving."""
        if self._timer is not None:
            self._timer.cancel()
        for listing in self.engine.listings.values():
            listing.on_first_look = listing.on_first_rpi_look = None
        self.engine.remove_sink(self)

    def add(self, listing: Listing) -> None:
        """Quote one more listing."""
        instrument = listing.instrument
        index, indexes = self._index_of(instrument)
        quotation = Quotation(
            self.seed, listing, index, indexes, volume=self.settings.volume, now=self.engine.clock.now_ms()
        )
        self.quotations[instrument.key] = quotation
        listing.on_first_look = partial(self._wake, quotation)
        self._move(quotation, leap=False)

    def _wake(self, quotation: Quotation) -> None:
        """Fill a book and trade a little in it: someone is about to look for the first time."""
        listing, instrument, now = quotation.listing, quotation.instrument, self.engine.clock.now_ms()
        quotation.begin(now)
        if instrument.category != "option":
            listing.on_first_rpi_look = partial(self._improve, instrument.key)
        listing.seq = max(listing.seq, first_sequence(now))
        if instrument.category != "option":
            self.engine.set_prices(*instrument.key, last=quotation.price(quotation.last.last))
        leap = self._stride is not None
        if self.settings.makers is None:
            self._move(quotation, leap=leap)
            return
        quoter = self._quoters[instrument.key] = Quoter(
            self.engine, self._maker, self._taker, quotation, self.settings.makers, self.seed
        )
        self._move(quotation, leap=leap)
        if instrument.category != "option" and listing.status == "Trading" and not leap:
            quoter.warm_up(quotation.fair_at(now))

    def _improve(self, key: tuple[str, str]) -> None:
        if key in self._quoters:
            self._quoters[key].improve()

    def _quoter(self, key: tuple[str, str]) -> Quoter | None:
        self.quotations[key].listing.wake()
        return self._quoters.get(key)

    def deepen(self, listing: Listing, levels: int) -> None:
        """Have a book kept at least so deep, as far as its makers can."""
        quoter = self._quoter(listing.instrument.key)
        if quoter is not None:
            quoter.deepen(min(levels, _DEEPEST))

    # -- what a script may do

    def shock(self, coin: str, shock: Shock) -> None:
        """Move the price of a coin, in everything that is made of it."""
        self._paths[coin].shocks.append(shock)
        for quotation in self.quotations.values():
            quotation.forget()

    def shock_premium(self, key: tuple[str, str], shock: Shock) -> None:
        """Move the price of one contract away from its index."""
        self.quotations[key].premium.shocks.append(shock)
        self.quotations[key].forget()

    def thin(self, key: tuple[str, str], thinness: Thinness) -> None:
        """Have the makers keep a book this thin."""
        quoter = self._quoter(key)
        if quoter is not None:
            quoter.thin(thinness)

    def replace(self, instrument: Instrument) -> None:
        """Exchange the filters of a listing; its orders are cancelled when the tick changes."""
        self.engine.replace_instrument(instrument)
        self.quotations[instrument.key].regrid(instrument)
        self.refresh(instrument.key)

    def refresh(self, key: tuple[str, str]) -> None:
        """Move one listing now: its status or its filters have changed."""
        self._move(self.quotations[key], leap=self._stride is not None)

    # -- recordings

    def hand_over(self, key: tuple[str, str], *, quotes: bool) -> None:
        """Let a recording make the prices of a listing; the makers trade no more, and quote only with `quotes`."""
        quoter = self._quoter(key)
        if quoter is not None:
            quoter.quiet = True
            if not quotes:
                self._resting[key] = self._quoters.pop(key)
                quoter.withdraw()

    def follow(self, key: tuple[str, str], price: float) -> None:
        """Hold the fair price and the index of a listing at `price`, and bring the makers there at once."""
        quotation = self.quotations[key]
        if quotation.pinned != price:
            quotation.pinned = price
            self.refresh(key)

    def take_back(self, key: tuple[str, str]) -> None:
        """Make the prices of a listing again."""
        if key in self._resting:
            self._quoters[key] = self._resting.pop(key)
        if key in self._quoters:
            self._quoters[key].quiet = False
        self.quotations[key].pinned = None
        self.refresh(key)

    def _index_of(self, instrument: Instrument) -> tuple[Callable[[int], float], Callable[[Integers], Floats]]:
        base = self._path(instrument.base, instrument)
        if instrument.quote in _STEADY:
            return base.at, base.values
        quote = self._path(instrument.quote, instrument)

        def ratios(times: Integers) -> Floats:
            values: Floats = base.values(times) / quote.values(times)
            return values

        return (lambda now: base.at(now) / quote.at(now)), ratios

    def _path(self, coin: str, instrument: Instrument) -> PricePath:
        path = self._paths.get(coin)
        if path is None:
            default = Behaviour(volatility=0.004) if coin in _STEADY else self.settings.behaviour
            behaviour = self.settings.behaviours.get(coin, default)
            path = self._paths[coin] = PricePath(self.seed, coin, self._reference(coin, instrument), behaviour)
        return path

    def _reference(self, coin: str, instrument: Instrument) -> float:
        for listing in self.engine.listings.values():
            other = listing.instrument
            if other.base == coin and other.quote in _STEADY and other.option is None:
                return float(other.reference_price)
        return float(instrument.option.strike if instrument.option else instrument.reference_price)

    # -- moving

    def leaping(self, milliseconds: int) -> None:
        """Take coarser steps from now on, because the clock is about to leap; `landed` ends it."""
        if milliseconds > self._step * self._groups * _LEAPS:
            self._stride = milliseconds // _LEAPS
            self._reschedule()

    def landed(self) -> None:
        """The leap is over: fill the books again."""
        if self._stride is not None:
            self._stride = None
            self._move_all(leap=False)
            self._reschedule()

    def catch_up(self) -> None:
        """Leave out steps that are overdue, so that a busy machine falls behind in detail and not in time."""
        now = self.engine.clock.now_ms()
        if self._timer is not None and self._timer.when_ms < now - self._step:
            self._timer.cancel()
            self._timer = self.engine.clock.call_at(now, self._tick)

    def _reschedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._schedule()

    def _schedule(self) -> None:
        self._timer = self.engine.clock.call_later(self._stride or self._step, self._tick)

    def _tick(self) -> None:
        self._count += 1
        if self._stride is not None:
            self._move_all(leap=True)
        else:
            # A share of the listings at a time, so that no step holds up the requests for long.
            for number, quotation in enumerate(list(self.quotations.values())):
                rarely = quotation.instrument.option is not None or not quotation.awake
                every = self._groups * (_RARELY if rarely else 1)
                if (self._count + number) % every == 0:
                    self._move(quotation, leap=False)
        self._schedule()

    def _move_all(self, *, leap: bool) -> None:
        skipped = leap and self._count % _RARELY != 0
        for quotation in list(self.quotations.values()):
            if not (skipped and quotation.instrument.option):
                self._move(quotation, leap=leap)

    def _move(self, quotation: Quotation, *, leap: bool) -> None:
        now = self._stepped = self.engine.clock.now_ms()
        if quotation.given_up:
            return
        if not quotation.awake:
            self._move_asleep(quotation, now)
        elif quotation.instrument.category == "option":
            self._move_option(quotation, now, leap=leap)
        else:
            self._move_listing(quotation, now, leap=leap)

    def _move_asleep(self, quotation: Quotation, now: int) -> None:
        """Keep the prices that other listings and accounts depend on; no one looks at the rest."""
        instrument = quotation.instrument
        if instrument.category == "option" or quotation.listing.status == "Closed":
            return
        fair = quotation.price(quotation.to_ticks(quotation.fair_at(now)))
        self.engine.set_prices(
            *instrument.key,
            mark=fair if quotation.has_mark else None,
            index=quotation.price(quotation.to_ticks(quotation.index_at(now))),
            last=fair if quotation.listing.status == "Trading" else None,
        )

    def _move_listing(self, quotation: Quotation, now: int, *, leap: bool) -> None:
        instrument = quotation.instrument
        index = quotation.index_at(now)
        fair = quotation.fair_at(now)
        if quotation.listing.status == "Closed":
            return
        quotation.last.roll(now)
        trades = quotation.listing.status == "Trading"
        index_ticks, mark_ticks = quotation.to_ticks(index), quotation.to_ticks(fair)
        if quotation.has_mark:
            quotation.index.record(now, index_ticks)
            quotation.mark.record(now, mark_ticks)
            quotation.premiums.record(now, round(quotation.premium.at(now) * 1e6))
            self._set_funding(quotation)
        self.engine.set_prices(
            instrument.category,
            instrument.symbol,
            mark=quotation.price(mark_ticks) if quotation.has_mark else None,
            index=quotation.price(index_ticks),
            last=quotation.price(mark_ticks) if leap and trades else None,
        )
        if leap and trades and quotation.pinned is None:
            quotation.record_leap(now, mark_ticks, self._stride or 0)
        quoter = self._quoters.get(instrument.key)
        if quoter is None:
            return
        if leap:
            quoter.leap(fair)
        else:
            quoter.step(fair, now)

    def _move_option(self, quotation: Quotation, now: int, *, leap: bool) -> None:
        instrument = quotation.instrument
        if quotation.listing.status != "Trading":
            return
        valuation = self.value(quotation, now)
        ticks = quotation.to_ticks(valuation.price)
        self.engine.set_prices(
            instrument.category,
            instrument.symbol,
            mark=Decimal(f"{max(valuation.price, 1e-8):.8f}"),
            index=Decimal(f"{quotation.index_at(now):.2f}"),
            mark_iv=Decimal(f"{valuation.iv:.4f}"),
        )
        quoter = self._quoters.get(instrument.key)
        if quoter is not None and not leap:
            quoter.step(ticks * quotation.tick, now)

    def value(self, quotation: Quotation, now: int) -> Valuation:
        """Value an option as of `now`."""
        terms = quotation.instrument.option
        if terms is None:
            raise ValueError(f"{quotation.instrument.symbol} is not an option")
        return value_option(terms, quotation.index_at(now), now, self.settings.behaviour.volatility)

    def _worth_at(self, listing: Listing, volatility: Decimal) -> Decimal:
        terms = listing.instrument.option
        if terms is None:
            raise ValueError(f"{listing.instrument.symbol} is not an option")
        now = self.engine.clock.now_ms()
        underlying = self.quotations[listing.instrument.key].index_at(now)
        return Decimal(repr(value_at_iv(terms, underlying, now, float(volatility)).price))

    def _greeks_at(self, listing: Listing) -> tuple[Decimal, Decimal]:
        worth = self.value(self.quotations[listing.instrument.key], self.engine.clock.now_ms())
        return Decimal(f"{worth.delta:.8f}"), Decimal(f"{worth.vega:.8f}")

    # -- funding

    def funding_rate(self, quotation: Quotation, boundary: int) -> Decimal:
        """Return the funding rate that is (or was) paid at `boundary`, a multiple of the funding interval."""
        premium = Decimal(repr(quotation.premium.at(boundary - 1)))
        interest = Decimal("0.0001")
        rate = premium + max(min(interest - premium, Decimal("0.0005")), Decimal("-0.0005"))
        cap = quotation.instrument.max_funding_rate
        return max(min(rate, cap), -cap).quantize(_FUNDING_DECIMALS)

    def open_interest(self, quotation: Quotation, time: int) -> Decimal:
        """Return the open interest at a time: what history has, and what is really open here on top."""
        open_here = quotation.listing.open_interest if time >= self._stepped else Decimal(0)
        return statistics.open_interest(self.seed, quotation, time) + open_here

    def _set_funding(self, quotation: Quotation) -> None:
        instrument, boundary = quotation.instrument, quotation.listing.next_funding_ms
        if instrument.funding_interval_min and boundary:
            self.engine.set_funding_rate(instrument.category, instrument.symbol, self.funding_rate(quotation, boundary))

    # -- events of the engine

    def on_trades(self, listing: Listing, trades: list[PublishedTrade]) -> None:
        """Put trades on the tape."""
        quotation = self.quotations.get(listing.instrument.key)
        if quotation is not None:
            for trade in trades:
                quotation.record_trade(trade.time_ms, trade.price, trade.qty)

    def past_trades(self, key: tuple[str, str], count: int) -> list[PublishedTrade]:
        """Return up to `count` trades of a listing from before the exchange was started, newest first."""
        return past_trades(self.seed, self.quotations[key], count)

    def of(self, category: str, symbols: Iterable[str] | None = None) -> list[Quotation]:
        """Return the quotations of a category (of these symbols only), in order of symbol."""
        wanted = None if symbols is None else set(symbols)
        found = [q for key, q in self.quotations.items() if key[0] == category and (wanted is None or key[1] in wanted)]
        return sorted(found, key=lambda quotation: quotation.instrument.symbol)
