"""`UnifiedRiskManager`: what it has been shown, what it remembers, and what it says about trades and the account."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from bybit_async.bot.configuration import BotSettings, ConfigurationManager
from bybit_async.bot.records import OrderSide, PortfolioSnapshot
from bybit_async.bot.risk import breakers, figures
from bybit_async.bot.risk.assessment import Circumstances, Proposal, TradeRiskAssessment, judge
from bybit_async.bot.risk.breakers import Baseline, Reading
from bybit_async.bot.risk.figures import Floats
from bybit_async.bot.risk.memory import Memory, Trip
from bybit_async.bot.risk.metrics import MarketReturns, RiskMetrics, measure
from bybit_async.bot.risk.record import ClosedTrade, TrackRecord
from bybit_async.bot.risk.sizing import OrderRules

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
DAYS_PER_YEAR = 365.0
NEWEST = 501
"""How many of the newest closes figures go by."""
BENCHMARK = "BTCUSDT"
_FLOWS_KEPT = 200

Levels = Sequence[tuple[float, float]]
Closes = Callable[[str], "Sequence[float] | Floats | None"]


class UnifiedRiskManager:
    """Judges trades and portfolios by the limits of the configuration.

    It sends no requests: it is shown the account (`observe`), closes of candles, books, closed trades and the
    instruments' rules, and works with that. What it lacks is None in a figure and tripped in a breaker. `assess`,
    `metrics` and `check` are what the documented coroutines call.

    Args:
        config_manager: limits and sizing; read again for each judgement.
    """

    def __init__(self, config_manager: ConfigurationManager) -> None:
        self._config = config_manager
        self._memory = Memory()
        self._saving: Callable[[dict[str, Any]], None] | None = None
        self._portfolio: PortfolioSnapshot | None = None
        self._shown: dict[str, Floats] = {}
        self._source: Closes | None = None
        self._interval_ms = HOUR_MS
        self._measured: dict[str, tuple[object, float | None]] = {}
        self._books: dict[str, tuple[Levels, Levels]] = {}
        self._record = TrackRecord()
        self._rules: dict[str, OrderRules] = {}
        self._readings: list[Reading] = []
        self._emergency = False

    # -- what it is shown

    def observe(self, portfolio: PortfolioSnapshot) -> None:
        """Take the account as it is now; equity counts only while the snapshot says that it is synced."""
        self._portfolio = portfolio
        if portfolio.equity is None or not portfolio.synced:
            return
        before = (self._memory.day, self._memory.peak, len(self._memory.trips), len(self._memory.hours))
        if self._memory.peak is None and portfolio.peak_equity is not None:
            # A journal may know of better days than this manager has seen.
            self._memory.peak = float(portfolio.peak_equity)
        self._memory.observe(portfolio.time_ms, float(portfolio.equity))
        if before != (self._memory.day, self._memory.peak, len(self._memory.trips), len(self._memory.hours)):
            self._save()

    def observe_closes(self, symbol: str, closes: Sequence[float] | Floats) -> None:
        """Take the closing prices of a symbol's finished candles, oldest first, in place of those it had."""
        self._shown[symbol] = figures.returns_of(closes[-NEWEST:])

    def closes_from(self, source: Closes, interval_ms: int) -> None:
        """Ask `source` for closing prices whenever a figure needs them; it returns None for a symbol it has not.

        `interval_ms` is how long their candles are, those of `observe_closes` too (an hour unless this says otherwise).
        """
        self._source, self._interval_ms = source, interval_ms

    def observe_book(self, symbol: str, bids: Levels, asks: Levels) -> None:
        """Take a symbol's live book: (price, size) of each side, best first."""
        self._books[symbol] = (bids, asks)

    def record_trades(self, trades: Iterable[ClosedTrade]) -> None:
        """Take closed trades, oldest first: of the journal at the start, then each one as it ends.

        Losses in a row are counted from the first call on, unless `restore` brought their number.
        """
        taken = list(trades)
        self._record.add(taken)
        for trade in taken:
            self._memory.closed(float(trade.pnl))
        if taken:
            self._save()

    def recall_trades(self, trades: Iterable[ClosedTrade]) -> None:
        """Take closed trades that were counted before, as after a restart; losses in a row stay as they are."""
        self._record.add(trades)

    def flowed(self, flows: Mapping[str, Decimal], until_ms: int) -> None:
        """Take transfers, no profit or loss, by their ids; negative what went. All are known until `until_ms`."""
        for change in flows.values():
            self._memory.flowed(float(change))
        self._memory.flows = [*self._memory.flows, *flows][-_FLOWS_KEPT:]
        self._memory.flows_ms = until_ms
        if flows:
            self._save()

    def set_rules(self, symbol: str, rules: OrderRules) -> None:
        """Take what orders of a symbol must fit."""
        self._rules[symbol] = rules

    def rules(self, symbol: str) -> OrderRules | None:
        """Return what orders of a symbol must fit; None if that was not shown."""
        return self._rules.get(symbol)

    def set_emergency_stop(self, *, active: bool) -> None:
        """Show in the summary, and in each judgement, that an emergency stop holds."""
        self._emergency = active

    @property
    def portfolio(self) -> PortfolioSnapshot | None:
        """The account as it was last observed; None before."""
        return self._portfolio

    # -- what it remembers

    def keep_in(self, save: Callable[[dict[str, Any]], None]) -> None:
        """Call `save` with the state, a plain dict, whenever it changes."""
        self._saving = save

    def state(self) -> dict[str, Any]:
        """Return what has to outlive a restart, as plain values."""
        return self._memory.to_dict()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that `state` returned; raises `ValueError` if it is not one."""
        try:
            self._memory = Memory.from_dict(state)
        except msgspec.ValidationError as error:
            raise ValueError(f"not a state of the risk manager: {error}") from error

    @property
    def memory(self) -> Memory:
        """Peak, day start, losses in a row and latched breakers; for reading."""
        return self._memory

    @property
    def tripped(self) -> dict[str, Trip]:
        """The breakers that stay tripped until they are reset."""
        return dict(self._memory.trips)

    def reset(self, name: str | None = None) -> None:
        """Let a breaker (or all of them) work again; what it measures is measured from now on.

        Raises:
            ValueError: there is no such breaker.
        """
        known = {reading.name for reading in self._read(PortfolioSnapshot(time_ms=0, equity=None))}
        if name is not None and name not in known:
            raise ValueError(f"unknown breaker {name!r}; known: {', '.join(sorted(known))}")
        last = self._portfolio
        equity = None if last is None or last.equity is None else float(last.equity)
        for each in list(self._memory.trips) if name is None else [name]:
            self._memory.reset(each, equity)
        self._save()

    # -- what it says

    def assess(
        self,
        symbol: str,
        side: str,
        size: Decimal,
        entry_price: Decimal,
        stop_loss: Decimal | None = None,
        take_profit: Decimal | None = None,
        *,
        portfolio: PortfolioSnapshot | None = None,
        strategy_id: str | None = None,
        reduce_only: bool = False,
    ) -> TradeRiskAssessment:
        """Judge a proposed trade; wrong numbers are a reason to reject, not an exception.

        Args:
            symbol: as ``"BTCUSDT"``.
            side: ``"BUY"`` or ``"SELL"``.
            size: in the base coin.
            entry_price: the price that is expected.
            stop_loss: where the loss is taken; without one, the configured distance is assumed.
            take_profit: where the profit is taken.
            portfolio: the account as it is now; the one last observed where it is left out.
            strategy_id: judge by this strategy's trades alone.
            reduce_only: the trade can only make a position smaller.

        Raises:
            ValueError: `side` is neither.
        """
        given = self._portfolio if portfolio is None else portfolio
        proposal = Proposal(
            symbol,
            OrderSide.parse(side),
            _number(size),
            _number(entry_price),
            None if stop_loss is None else _number(stop_loss),
            None if take_profit is None else _number(take_profit),
            reduce_only,
        )
        return judge(proposal, self._circumstances(symbol, given, strategy_id))

    def recommend_size(self, symbol: str, side: str, entry_price: Decimal, stop_loss: Decimal | None = None) -> Decimal:
        """Return the largest size that the limits (and the configured method) allow for a trade; 0 for none."""
        probe = self.assess(symbol, side, _LARGEST, entry_price, stop_loss)
        return probe.position_size_recommendation

    def metrics(self, values: Mapping[str, Decimal], equity: Decimal) -> RiskMetrics:
        """Measure positions worth `values` (signed, in the settle coin) in a portfolio of `equity`."""
        return measure(values, equity, self._memory, self._market(values), self._settings.risk)

    def check(self, portfolio: PortfolioSnapshot | None = None) -> list[Reading | Trip]:
        """Observe the account if one is given, and return every breaker that stops trading now.

        A `Reading` lasts as long as its condition, a `Trip` until `reset`; either says in words what it is.
        """
        if portfolio is not None:
            self.observe(portfolio)
        current = self._portfolio or PortfolioSnapshot(time_ms=0, equity=None)
        self._readings = self._read(current)
        fresh = {
            reading.name: Trip(
                name=reading.name, time_ms=current.time_ms, value=float(reading.value or 0.0), limit=reading.limit
            )
            for reading in self._readings
            if reading.latches and reading.name not in self._memory.trips
        }
        if fresh:
            self._memory.trips.update(fresh)
            self._save()
        latched = self._memory.trips
        lasting = [reading for reading in self._readings if reading.is_tripped and reading.name not in latched]
        return [*latched.values(), *lasting]

    def readings(self) -> list[Reading]:
        """Return every breaker's value and limit as of the last `check`."""
        return list(self._readings)

    async def assess_trade_risk(
        self,
        symbol: str,
        side: str,
        size: Decimal,
        entry_price: Decimal,
        stop_loss: Decimal | None = None,
        take_profit: Decimal | None = None,
    ) -> TradeRiskAssessment:
        """Judge a proposed trade by the account last observed; see `assess`."""
        return self.assess(symbol, side, size, entry_price, stop_loss, take_profit)

    async def calculate_portfolio_metrics(self, positions: dict[str, Any], portfolio_value: Decimal) -> RiskMetrics:
        """Measure a portfolio given as ``{symbol: {"value": …, "unrealized_pnl": …}}``; a short value is negative.

        Raises:
            ValueError: a position has no number as its value.
        """
        values = {}
        for symbol, position in positions.items():
            if not isinstance(position, Mapping) or "value" not in position:
                raise ValueError(f"positions[{symbol!r}] must hold a 'value'")
            values[symbol] = _number(position["value"])
            if not values[symbol].is_finite():
                raise ValueError(f"positions[{symbol!r}]['value'] must be a number, not {position['value']!r}")
        return self.metrics(values, _number(portfolio_value))

    async def check_circuit_breakers(self, portfolio_value: Decimal) -> list[str]:
        """Check breakers at this equity, all else being as last observed; return what is tripped, in words."""
        known = self._portfolio or PortfolioSnapshot(time_ms=0, equity=None)
        equity = _number(portfolio_value)
        if not equity.is_finite():
            raise ValueError(f"portfolio_value must be a number, not {portfolio_value!r}")
        return [str(found) for found in self.check(msgspec.structs.replace(known, equity=equity))]

    def get_risk_summary(self) -> dict[str, Any]:
        """Return ``risk_profile`` (the limits) and ``current_state`` (equity, drawdown, breakers, emergency stop)."""
        last, memory = self._portfolio, self._memory
        equity = None if last is None else last.equity
        fallen = None
        if equity is not None and memory.peak:
            fallen = max(0.0, (memory.peak - float(equity)) / memory.peak)
        trading = self._settings.trading
        return {
            "risk_profile": {
                **msgspec.to_builtins(self._settings.risk),
                "max_position_size": trading.max_position_size,
                "max_open_positions": trading.max_open_positions,
            },
            "current_state": {
                "emergency_stop_active": self._emergency,
                "equity": equity,
                "peak_equity": memory.peak,
                "current_drawdown": fallen,
                "max_drawdown": memory.max_drawdown,
                "day_start_equity": memory.day_start,
                "consecutive_losses": memory.losses,
                "tripped": {name: str(trip) for name, trip in memory.trips.items()},
                "breakers": {
                    reading.name: {"value": reading.value, "limit": reading.limit, "tripped": reading.is_tripped}
                    for reading in self._readings
                },
            },
        }

    # -- inside

    @property
    def _settings(self) -> BotSettings:
        return self._config.settings

    def _circumstances(
        self, symbol: str, portfolio: PortfolioSnapshot | None, strategy_id: str | None
    ) -> Circumstances:
        current = portfolio or PortfolioSnapshot(time_ms=0, equity=None)
        found = self._volatility(symbol)
        readings = [*self._read(current), Reading("volatility", found, self._settings.risk.max_volatility)]
        latched = self._memory.trips
        objections = [str(trip) for trip in latched.values()]
        objections += [str(reading) for reading in readings if reading.is_tripped and reading.name not in latched]
        if self._emergency:
            objections.append("an emergency stop holds")
        daily = None if found is None else found / math.sqrt(DAYS_PER_YEAR)
        edge = self._record.edge(symbol, strategy_id)
        return Circumstances(
            self._settings, portfolio, self._rules.get(symbol), edge, daily, list(dict.fromkeys(objections))
        )

    def _read(self, portfolio: PortfolioSnapshot) -> list[Reading]:
        memory = self._memory
        baseline = Baseline(memory.day_start, memory.peak, memory.losses, self._held_volatility(portfolio))
        return breakers.read(portfolio, baseline, self._settings.risk)

    def _returns(self, symbol: str) -> Floats | None:
        closes = None if self._source is None else self._source(symbol)
        return self._shown.get(symbol) if closes is None else figures.returns_of(closes[-NEWEST:])

    def _volatility(self, symbol: str) -> float | None:
        closes = None if self._source is None else self._source(symbol)
        if closes is None:
            returns = self._shown.get(symbol)
            return None if returns is None else figures.volatility(returns, self._per_year)
        measured = self._measured.get(symbol)
        # A source that returns the very array it returned before has nothing new.
        if measured is None or measured[0] is not closes:
            value = figures.volatility(figures.returns_of(closes[-NEWEST:]), self._per_year)
            measured = self._measured[symbol] = (closes, value)
        return measured[1]

    @property
    def _per_year(self) -> float:
        return DAYS_PER_YEAR * DAY_MS / self._interval_ms

    def _held_volatility(self, portfolio: PortfolioSnapshot) -> float | None:
        found = [self._volatility(held.symbol) for held in portfolio.positions]
        return None if None in found else max((value for value in found if value is not None), default=0.0)

    def _market(self, values: Mapping[str, Decimal]) -> MarketReturns:
        returns = {symbol: series for symbol in values if (series := self._returns(symbol)) is not None}
        left = {}
        for symbol, value in values.items():
            sides = self._books.get(symbol)
            if value and sides is not None and sides[0] and sides[1]:
                middle = (sides[0][0][0] + sides[1][0][0]) / 2.0
                size = abs(float(value)) / middle
                hit = sides[0] if value > 0 else sides[1]
                left[symbol] = figures.unsellable(size, hit, middle, self._settings.trading.max_slippage)
        return MarketReturns(returns, self._returns(BENCHMARK), left)

    def _save(self) -> None:
        if self._saving is not None:
            self._saving(self._memory.to_dict())


_LARGEST = Decimal(10) ** 14


def _number(value: Any) -> Decimal:
    """Return a number as a `Decimal`; NaN for anything else, which every rule refuses."""
    if isinstance(value, Decimal):
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal("NaN")
