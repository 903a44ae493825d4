"""One run of a backtest: from candle to candle, or over those where nothing can happen."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import count

from bybit_async.bot.backtesting.equity import EquityCurve
from bybit_async.bot.backtesting.ledger import BacktestTrade, RunLedger
from bybit_async.bot.backtesting.lookout import Lookout
from bybit_async.bot.backtesting.minds import Asked, Minds, PastData, prepared, refuse_looking_ahead
from bybit_async.bot.backtesting.paths import AwaitedTicks, Candle, high_comes_first, is_ambiguous
from bybit_async.bot.backtesting.plan import Plan, Work, closing
from bybit_async.bot.backtesting.venue import Venue
from bybit_async.bot.engine.decisions import OrderPlan, Refusal, Situation, decide
from bybit_async.bot.engine.rooms import rules_of
from bybit_async.bot.records import PortfolioSnapshot, TradeSignal
from bybit_async.bot.risk import ClosedTrade, UnifiedRiskManager
from bybit_async.simulator.engine.candle_path import moments

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
        self.curve: EquityCurve = EquityCurve(
            history, self.venue, self._risk.memory, plan.config.settings.risk, float(plan.balance)
        )
        self.ambiguous: int = 0
        self.stopped_ms: int | None = None
        self._places, self._candles, self._closings = self._minds.places(plan.length_ms)
        self._only = self._minds.only
        self._works: list[Work] = []
        self._numbers = count()
        self._lookout = Lookout(history, self.venue)
        self._shown = -1
        self._schedule()

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
        reported = 0
        while here < end:
            if progress is not None and here * 100 // end > reported:
                reported = here * 100 // end
                progress(reported / 100)
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
        self.curve.fill(end)
        if progress is not None:
            progress(1.0)

    def _ask_before(self, number: int, event: int) -> tuple[int, list[Asked]]:
        """Ask at the closes before candle `event` until a strategy wants something; return the number of the next."""
        places, candles, closings = self._places, self._candles, self._closings
        count = len(places) if self.stopped_ms is None else 0
        if self._only is not None:
            stop = bisect_left(places, event, number, max(count, number))
            asked_at, wanted = self._only.first(candles[number:stop], closings[number:stop])
            return number + asked_at, [(self._only, wanted)] if wanted else []
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
        end = self._lookout.first(here, end)
        return self.curve.first_tripped(here, end) if self._stops_at_once and self.stopped_ms is None else end

    def _pass(self, place: int) -> None:
        """Go through one candle: what is due, the way of its prices, and what they touch."""
        self.curve.fill(place)
        fills = len(self.ledger.fills)
        history = self._history
        opened = int(history.times[place])
        closed = opened + history.step
        if self._fund_before(opened, place):
            self._lookout.look()
            self._settle(place)
        if not self._skip or self._is_due(closed) or self._lookout.reaches(place):
            self._walk(place, opened, closed)
        self._settle(place + 1)
        if self._stops_at_once and self.stopped_ms is None:
            self._stop_if_tripped(place, closed, traded=len(self.ledger.fills) > fills)

    def _walk(self, place: int, opened: int, closed: int) -> None:
        start, *moved = moments(opened, self._history.step)
        until = (*moved, closed)
        self._show(place - 1)
        self.venue.reach(start)
        for symbol, series in self._history.symbols.items():
            self.venue.places[symbol].jump(float(series.open[place]))
        self._due(until[0])
        fills = len(self.ledger.fills)
        if self._skip and not self._is_due(closed):
            self._lookout.look()
            if not self._lookout.reaches(place):
                self._show(place)
                return
        ways, unsure = self._ways(place)
        for number in (1, 2, 3):
            self.venue.reach(until[number - 1])
            for symbol, way in ways.items():
                self.venue.places[symbol].walk(way[number])
            self._due(until[number])
        self._shown = place
        self._lookout.look()
        self.ambiguous += unsure and len(self.ledger.fills) > fills

    def _is_due(self, until_ms: int) -> bool:
        return bool(self._works) and self._works[0].time_ms < until_ms

    def _ways(self, place: int) -> tuple[dict[str, tuple[float, float, float, float]], bool]:
        """Return the four prices of each symbol's candle in their order, and whether that order matters."""
        ways, unsure = {}, False
        for symbol, series in self._history.symbols.items():
            candle = Candle(*(float(column[place]) for column in series[:4]))
            at = self.venue.places[symbol]
            ticks = Candle(*(float(round(price / at.tick)) for price in candle))
            watched, planned = self.venue.watched(symbol), self.venue.planned(symbol)
            if is_ambiguous(ticks, AwaitedTicks(watched.rising + planned.rising, watched.falling + planned.falling)):
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
            self._show(place - 1)
            self.venue.reach(heapq.heappop(self._works).time_ms)
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
        self._observe(place, candle, closed)
        signals: list[TradeSignal] = []
        for mind, wanted in asked:
            signals += mind.signals(wanted, candle, closed, self.venue.places[mind.symbol].position.net)
        if signals:
            self._decide(tuple(signals), closed)

    def _observe(self, place: int, candle: int, closed: int) -> None:
        """Show the risk manager the account and the market as they are at this close."""
        self.curve.fill(place + 1)
        self._data.close(candle + 1)
        self._risk.check(self._at_close(place, closed))

    def _at_close(self, place: int, closed: int) -> PortfolioSnapshot:
        """Return the account at the close of a candle."""
        self._show(place)
        self.venue.reach(closed)
        return self.venue.snapshot(closed, self._closes_of(place))

    def _show(self, place: int) -> None:
        """Show the engine the close of a candle, unless it went through it."""
        if place > self._shown:
            self.venue.show(self._closes_of(place))
            self._shown = place

    def _closes_of(self, place: int) -> dict[str, float]:
        return {symbol: float(series.close[place]) for symbol, series in self._history.symbols.items()}

    # -- the account

    def _settle(self, done: int) -> None:
        """Take over the account as it is after candle `done - 1`, for the candles that are passed over from there."""
        for mind in self._minds.minds:
            if mind.view is not None:
                at = self.venue.places[mind.symbol]
                mind.view.position, mind.view.entry_price = at.position.net, at.entry_price
        self.curve.settle(done)

    @property
    def _stops_at_once(self) -> bool:
        return self._plan.config.settings.risk.on_breaker == "emergency_stop"

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
