"""One run of a backtest: from candle to candle, or over those where nothing can happen."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from bybit_async.bot.backtesting.breakers import observe_many
from bybit_async.bot.backtesting.danger import first_in_danger
from bybit_async.bot.backtesting.history import Times
from bybit_async.bot.backtesting.ledger import BacktestTrade, RunLedger
from bybit_async.bot.backtesting.minds import Asked, Minds, PastData, prepared, refuse_looking_ahead
from bybit_async.bot.backtesting.paths import Candle, Touches, bounds, high_comes_first, is_ambiguous
from bybit_async.bot.backtesting.plan import Plan, Work, closing
from bybit_async.bot.backtesting.venue import Venue
from bybit_async.bot.configuration.sections import RiskSettings
from bybit_async.bot.engine.decisions import OrderPlan, Refusal, Situation, decide
from bybit_async.bot.engine.rooms import rules_of
from bybit_async.bot.indicators import Floats
from bybit_async.bot.records import PortfolioSnapshot, TradeSignal
from bybit_async.bot.risk import ClosedTrade, UnifiedRiskManager
from bybit_async.simulator.engine.candle_path import moments

if TYPE_CHECKING:
    pass


HORIZON = 4096
"""Candles that are looked over at a time."""


class Run:
    """Runs strategies over history, once.

    Args:
        plan: what it is made from.
        worse: which way candles go whose path decides what is filled.
        skip: pass over candles in which nothing can happen; the result is the same.
    """

    def __init__(self, plan: Plan, *, worse: bool = True, skip: bool = True) -> None:
        self._plan, self._worse, self._skip = plan, worse, skip
        history = self._history = plan.history
        self._risk = UnifiedRiskManager(plan.config)
        self._data = PastData(plan.frames, plan.length_ms)
        strategies = prepared(plan.strategies, self._data, self._risk, plan.config)
        if worse:
            # The other run is of the same strategies on the same data.
            refuse_looking_ahead(strategies, plan.frames)
        self._strategies = {strategy.strategy_id: strategy for strategy in strategies}
        self._minds = Minds(strategies, history, plan.interval, self._data, plan.frames)
        self.ledger: RunLedger = RunLedger(self._closed)
        self.venue: Venue = Venue(
            plan.instruments,
            plan.rule,
            plan.balance,
            int(history.times[0]),
            plan.seed,
            plan.leverage,
            self.ledger.execution,
        )
        self.equity: Floats = np.full(len(history), float(plan.balance))
        self.ambiguous: int = 0
        self.stopped_ms: int | None = None
        self._places, self._candles, self._closings = self._minds.places(plan.length_ms)
        self._only = self._minds.only
        self._works: list[Work] = []
        self._numbers = count()
        self._done = 0
        self._touches = {symbol: self._touches_of(symbol) for symbol in history.symbols}
        self._bounds: dict[str, tuple[float, float]] = {}
        self._exposed: list[tuple[str, float, float]] = []
        self._cash = float(plan.balance)
        self._schedule()

    def _touches_of(self, symbol: str) -> Touches:
        tick = self.venue.places[symbol].tick
        series = self._history.symbols[symbol]
        # Half the memory, where the ticks fit: ten years of minutes are five million candles.
        kind = np.int32 if float(series.high.max()) / tick < 2**31 else np.int64
        ticks = []
        for side in (series.high, series.low):
            scaled = side / tick
            ticks.append(np.rint(scaled, out=scaled).astype(kind))
        return Touches(*ticks)

    def _schedule(self) -> None:
        for symbol, series in self._history.symbols.items():
            place = self.venue.places[symbol]
            self._risk.set_rules(symbol, rules_of(place.rules))
            place.jump(float(series.open[0]))
            for time_ms, rate in series.funding or ():
                heapq.heappush(self._works, Work(time_ms, next(self._numbers), funding=(symbol, rate)))
        self._risk.closes_from(self._data.closes, self._plan.length_ms)
        self._settle(0)

    # -- the walk

    def go(self, progress: Callable[[float], None] | None = None) -> None:
        """Run from the first candle to the last."""
        places, candles = self._places, self._candles
        number, here, end = 0, 0, len(self._history)
        told = 0
        while here < end:
            if progress is not None and here * 100 // end > told:
                told = here * 100 // end
                progress(told / 100)
            until = min(end, here + HORIZON)
            event = self._next(here, until) if self._skip else here
            number, wanted = self._ask_before(number, event)
            if wanted:
                here = places[number - 1] + 1
                self._act(wanted, places[number - 1], candles[number - 1])
                continue
            if event < until:
                self._pass(event)
                if number < len(places) and places[number] == event:
                    number, wanted = self._ask_before(number, event + 1)
                    self._act(wanted, event, candles[number - 1])
            here = event + (event < until)
        self._fill(end)
        if progress is not None:
            progress(1.0)

    def _ask_before(self, number: int, event: int) -> tuple[int, list[Asked]]:
        """Ask at the closes before candle `event` until a strategy wants something; return the number of the next."""
        places, candles, closings = self._places, self._candles, self._closings
        count = len(places) if self.stopped_ms is None else 0
        if self._only is not None:
            # The one loop that runs for every decision: nothing is in it that could be outside.
            only, wants = self._only, self._only.wants
            while number < count and places[number] < event:
                wanted = wants(candles[number], closings[number])
                number += 1
                if wanted:
                    return number, [(only, wanted)]
            return number, []
        while number < count and places[number] < event:
            asked = self._minds.ask(candles[number], closings[number])
            number += 1
            if asked:
                return number, asked
        return number, []

    def _next(self, here: int, end: int) -> int:
        """Return the first candle before `end` in which something can happen; `end` if nothing can."""
        history = self._history
        if self._works:
            due = (self._works[0].time_ms - int(history.times[0])) // history.step
            end = min(end, max(here, due))
        for symbol, touches in self._touches.items():
            above, below = self._bounds[symbol]
            if above == np.inf and below == -np.inf:
                continue
            end = touches.first(here, end, above, below)
        if len(self._exposed) > 1:
            instruments = {symbol: self.venue.places[symbol].instrument for symbol, _, _ in self._exposed}
            end = first_in_danger(self._cash, self._exposed, self._history, instruments, here, end)
        return self._first_tripped(here, end) if self._stops_at_once else end

    def _first_tripped(self, here: int, end: int) -> int:
        """Return the first candle at whose close a breaker trips; for bots that stop at once then."""
        if self.stopped_ms is not None or not self._exposed or end <= here:
            return end
        memory = self._risk.memory
        trial = msgspec.structs.replace(memory, trips=dict(memory.trips))
        equity, exposure = self._values(self._done, end)
        tripped = observe_many(trial, self._closes(self._done, end), equity, exposure, self._limits)
        return end if tripped is None else max(here, self._done + tripped)

    def _pass(self, place: int) -> None:
        """Go through one candle: what is due, the way of its prices, and what they touch."""
        self._fill(place)
        fills = len(self.ledger.fills)
        history = self._history
        opened = int(history.times[place])
        closed = opened + history.step
        if self._fund_before(opened, place):
            self._settle(place)
        if not self._skip or self._is_due(closed) or any(self._reached(symbol, place) for symbol in history.symbols):
            self._walk(place, opened, closed)
        self._settle(place + 1)
        if self._stops_at_once and self.stopped_ms is None:
            self._stop_if_tripped(place, closed, traded=len(self.ledger.fills) > fills)

    def _walk(self, place: int, opened: int, closed: int) -> None:
        start, *moved = moments(opened, self._history.step)
        until = (*moved, closed)
        self.venue.reach(start)
        for symbol, series in self._history.symbols.items():
            self.venue.places[symbol].jump(float(series.open[place]))
        self._due(until[0])
        fills = len(self.ledger.fills)
        if self._skip and not self._is_due(closed) and not self._lies_ahead(place):
            for symbol, series in self._history.symbols.items():
                self.venue.places[symbol].skip(float(series.close[place]))
            return
        ways, unsure = self._ways(place)
        for number in (1, 2, 3):
            self.venue.reach(until[number - 1])
            for symbol, way in ways.items():
                self.venue.places[symbol].walk(way[number])
            self._due(until[number])
        self.ambiguous += unsure and len(self.ledger.fills) > fills

    def _is_due(self, until_ms: int) -> bool:
        return bool(self._works) and self._works[0].time_ms < until_ms

    def _lies_ahead(self, place: int) -> bool:
        """Whether this candle reaches anything that is watched since its open."""
        if sum(1 for at in self.venue.places.values() if at.position.net) > 1:
            return True
        for symbol, touches in self._touches.items():
            at = self.venue.places[symbol]
            if touches.reaches(place, *bounds(float(round(float(at.price) / at.tick)), self.venue.watched(symbol))):
                return True
        return False

    def _reached(self, symbol: str, place: int) -> bool:
        above, below = self._bounds[symbol]
        return self._touches[symbol].reaches(place, above, below) or len(self._exposed) > 1

    def _ways(self, place: int) -> tuple[dict[str, tuple[float, float, float, float]], bool]:
        """Return the four prices of each symbol's candle in their order, and whether that order matters."""
        ways, unsure = {}, False
        for symbol, series in self._history.symbols.items():
            candle = Candle(*(float(column[place]) for column in series[:4]))
            at = self.venue.places[symbol]
            ticks = Candle(*(float(round(price / at.tick)) for price in candle))
            watched = self.venue.watched(symbol) + self.venue.planned(symbol)
            if is_ambiguous(ticks, watched):
                unsure = True
                net, entries = float(at.position.net), self.venue.resting_entries(symbol)
                first = high_comes_first(ticks, self._plan.rule.path, net, entries, worse=self._worse)
            else:
                first = ticks.nearest_is_high()
            ways[symbol] = candle.legs(high_first=first)
        return ways, unsure

    # -- what is due

    def _due(self, until_ms: int) -> None:
        """Carry out what is due before a moment."""
        while self._works and self._works[0].time_ms < until_ms:
            work = heapq.heappop(self._works)
            self.venue.reach(work.time_ms)
            if work.funding is not None:
                self.venue.fund(*work.funding)
            elif work.order is not None:
                self._arrive(work, *work.order)
            else:
                self._decide(work.signals, work.time_ms)

    def _fund_before(self, opened: int, place: int) -> bool:
        """Settle fundings of the moment between two candles: at the close of the one that has ended."""
        settled = False
        while self._works and self._works[0].time_ms <= opened and self._works[0].funding is not None:
            symbol, rate = self._works[0].funding
            self.venue.reach(heapq.heappop(self._works).time_ms)
            if place:
                self.venue.places[symbol].skip(float(self._history.symbols[symbol].close[place - 1]))
            self.venue.fund(symbol, rate)
            settled = True
        return settled

    def _arrive(self, work: Work, plan: OrderPlan, signal: TradeSignal, decided_ms: int) -> None:
        if self.stopped_ms is not None and not plan.reduce_only:
            self.ledger.order(signal, plan, decided_ms, None, "stopped by a breaker")
            return
        self.ledger.expect(plan.execution_id, signal.strategy_id)
        outcome = self.venue.place(plan)
        refused = outcome if isinstance(outcome, str) else ""
        self.ledger.order(signal, plan, decided_ms, work.time_ms, refused)
        if work.signals:
            self._push(work.time_ms + self._plan.rule.latency, signals=work.signals)

    def _decide(self, signals: tuple[TradeSignal, ...], now_ms: int) -> None:
        """Decide on signals in their order; the next one waits until what happened to the one before is known."""
        while signals:
            signal, signals = signals[0], signals[1:]
            at = self.venue.places[signal.symbol]
            prices = {symbol: float(place.price) for symbol, place in self.venue.places.items()}
            situation = Situation(
                portfolio=self.venue.snapshot(now_ms, prices),
                instrument=at.rules,
                quote=at.quote(prices[signal.symbol], self._plan.rule.spread, now_ms),
                settings=self._plan.config.settings,
                now_ms=now_ms,
            )
            plan = decide(signal, situation, self._risk)
            if isinstance(plan, Refusal):
                self.ledger.order(signal, None, now_ms, None, plan.reason)
                continue
            self._push(now_ms + self._plan.rule.latency, order=(plan, signal, now_ms), signals=signals)
            return

    def _push(
        self,
        time_ms: int,
        *,
        order: tuple[OrderPlan, TradeSignal, int] | None = None,
        signals: tuple[TradeSignal, ...] = (),
    ) -> None:
        heapq.heappush(self._works, Work(time_ms, next(self._numbers), None, order, signals))

    # -- decisions

    def _act(self, asked: Sequence[Asked], place: int, candle: int) -> None:
        """Carry out what was wanted at the close of a candle."""
        if not asked:
            return
        closed = int(self._minds.opened[candle]) + self._plan.length_ms
        self._show(place, candle, closed)
        signals: list[TradeSignal] = []
        for mind, wanted in asked:
            signals += mind.signals(wanted, candle, closed, self.venue.places[mind.symbol].position.net)
        if signals:
            self._decide(tuple(signals), closed)

    def _show(self, place: int, candle: int, closed: int) -> None:
        """Show the risk manager the account and the market as they are at this close."""
        self._fill(place + 1)
        self._data.close(candle + 1)
        self._risk.check(self._at_close(place, closed))

    def _at_close(self, place: int, closed: int) -> PortfolioSnapshot:
        """Return the account at the close of a candle, which the engine is shown if it was passed over."""
        prices = {symbol: float(series.close[place]) for symbol, series in self._history.symbols.items()}
        for symbol, price in prices.items():
            self.venue.places[symbol].skip(price)
        self.venue.reach(closed)
        return self.venue.snapshot(closed, prices)

    # -- the account

    def _settle(self, done: int) -> None:
        """Take over the account as it is after candle `done - 1`, for the candles that are passed over from there."""
        self._cash = float(self.venue.cash)
        self._exposed = []
        for symbol, at in self.venue.places.items():
            position = at.position
            if position.net:
                entry = float(position.entry_value if position.net > 0 else -position.entry_value)
                self._exposed.append((symbol, float(position.net), entry))
            watched = self.venue.watched(symbol)
            self._bounds[symbol] = bounds(float(round(float(at.price) / at.tick)), watched)
        for mind in self._minds.minds:
            if mind.view is not None:
                at = self.venue.places[mind.symbol]
                mind.view.position, mind.view.entry_price = at.position.net, at.entry_price
        self._fill(done)

    def _fill(self, until: int) -> None:
        """Write equity, and show it to the breakers, at the closes before candle `until`: none changed the account."""
        if until <= self._done:
            return
        equity, exposure = self._values(self._done, until)
        self.equity[self._done : until] = equity
        observe_many(self._risk.memory, self._closes(self._done, until), equity, exposure, self._limits)
        self._done = until

    def _values(self, start: int, end: int) -> tuple[Floats, Floats]:
        """Return equity and exposure at the closes of a span in which the account does not change."""
        equity, exposure = np.full(end - start, self._cash), np.zeros(end - start)
        for symbol, net, entry in self._exposed:
            worth = net * self._history.symbols[symbol].close[start:end]
            equity += worth - entry
            exposure += np.abs(worth)
        return equity, exposure

    def _closes(self, start: int, end: int) -> Times:
        return self._history.times[start:end] + self._history.step

    @property
    def _limits(self) -> RiskSettings:
        return self._plan.config.settings.risk

    @property
    def _stops_at_once(self) -> bool:
        return self._limits.on_breaker == "emergency_stop"

    def _stop_if_tripped(self, place: int, closed: int, *, traded: bool) -> None:
        """Stop for good when a breaker has tripped: cancel entries and, where it is so configured, close positions."""
        if not traded and not self._risk.tripped:
            return
        portfolio = self._at_close(place, closed)
        self._risk.check(portfolio)
        if not self._risk.tripped:
            return
        self.stopped_ms = closed
        self.venue.cancel_entries()
        if self._plan.config.settings.engine.flatten_on_emergency:
            for held in portfolio.positions:
                plan, signal = closing(held, closed)
                self._push(closed + self._plan.rule.latency, order=(plan, signal, closed))

    def _closed(self, trade: BacktestTrade) -> None:
        self._risk.record_trades([ClosedTrade(trade.symbol, trade.pnl, trade.strategy_id)])
        strategy = self._strategies.get(trade.strategy_id)
        if strategy is not None:
            strategy.update_performance(trade.symbol, trade.pnl, trade.pnl > 0)
