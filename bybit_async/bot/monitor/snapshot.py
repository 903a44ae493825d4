"""From a running bot to one `Snapshot`, without awaiting anything."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from bybit_async import __version__
from bybit_async.bot.configuration import BotSettings
from bybit_async.bot.engine import TradingEngine
from bybit_async.bot.engine.view import DataState, EngineView, Tally
from bybit_async.bot.monitor.health import problems, too_old
from bybit_async.bot.monitor.memory import Curve, LogTail
from bybit_async.bot.monitor.panels import (
    BreakerRow,
    BreakersPanel,
    DataRow,
    EquityPanel,
    LatenciesPanel,
    LimitRow,
    Mode,
    OrderRow,
    OrdersPanel,
    PositionRow,
    PositionsPanel,
    Restart,
    Snapshot,
    StatePanel,
    StrategyRow,
    TradeRow,
    TrustPanel,
    UnknownOrder,
)
from bybit_async.bot.records import HeldPosition, OrderSide, PortfolioSnapshot, TradeExecution
from bybit_async.bot.risk import Reading, Trip, UnifiedRiskManager
from bybit_async.bot.strategies import BaseStrategy, StrategyManager

ZERO = Decimal(0)


def take(
    engine: TradingEngine,
    risk: UnifiedRiskManager,
    strategies: StrategyManager | None,
    settings: BotSettings,
    *,
    curve: Curve,
    log: LogTail,
) -> Snapshot:
    """Return the bot as it is at this moment.

    Args:
        engine: running or stopped.
        risk: its risk manager.
        strategies: its strategies; None where signals come from elsewhere.
        settings: the configuration.
        curve: takes equity, and is shown.
        log: the last lines of the log.
    """
    view = engine.view()
    readings = {row.name: row for row in _breakers(risk.readings(), risk.tripped)}
    state, trust = _state(view, settings), _trust(view, settings)
    shown = BreakersPanel(rows=tuple(readings.values()), strategies=_strategies(strategies, view.tallies))
    return Snapshot(
        time_ms=view.time_ms,
        problems=problems(state, trust, shown, max_journal_lag=settings.monitor.max_journal_lag),
        state=state,
        trust=trust,
        equity=_equity(view, risk, readings, curve),
        positions=_positions(view.portfolio),
        orders=_orders(view),
        breakers=shown,
        latency=_latencies(view, log),
    )


def mode_of(address: str) -> Mode:
    """Return whether an address trades real money: every one but testnet, demo, and exchanges of this machine."""
    if address in ("simulated", "testnet", "demo"):
        return "PAPER"
    host = urlsplit(address).hostname or address
    if host.endswith(("-testnet.bybit.com", "-demo.bybit.com")):
        return "PAPER"
    try:
        return "PAPER" if host == "localhost" or ipaddress.ip_address(host).is_loopback else "LIVE"
    except ValueError:
        return "LIVE"


def _state(view: EngineView, settings: BotSettings) -> StatePanel:
    found = view.recovered
    restart = None
    if found is not None:
        restart = Restart(found.orders, found.unknown, found.executions, found.adopted, found.stops)
    address = settings.exchange.address
    return StatePanel(
        engine=view.state.value,
        mode="PAPER" if settings.exchange.paper else mode_of(address),
        address=_without_credentials(address),
        version=__version__,
        settle_coin=settings.exchange.settle_coin,
        account_id=view.account_id,
        started_ms=view.started_ms,
        uptime=None if view.started_ms is None else max(0.0, (view.time_ms - view.started_ms) / 1000),
        restart=restart,
    )


def _without_credentials(address: str) -> str:
    return address.rpartition("@")[2] if "@" in address else address


def _trust(view: EngineView, settings: BotSettings) -> TrustPanel:
    max_age_ms, portfolio = int(settings.risk.max_data_age * 1000), view.portfolio
    unknown = () if portfolio is None else portfolio.unknown_orders
    return TrustPanel(
        synced=None if portfolio is None else portfolio.synced,
        round_age=view.round_age,
        data=tuple(_data_row(row, max_age_ms) for row in view.data),
        max_age_ms=max_age_ms,
        unknown=tuple(UnknownOrder(o.order_link_id, o.symbol, o.side.value, o.remaining) for o in unknown),
        clock_offset_ms=view.clock_offset_ms,
        clock_error_ms=None if portfolio is None else portfolio.clock_error_ms,
        journal_lag=view.journal_lag,
        journal_healthy=view.journal_healthy,
        journal_writes=view.journal_writes,
        limits=tuple(LimitRow(name, limit.remaining, limit.total) for name, limit in sorted(view.limits.items())),
    )


def _data_row(row: DataState, max_age_ms: int) -> DataRow:
    return DataRow(
        symbol=row.symbol,
        price_age_ms=row.price_age_ms,
        candle_age_ms=row.candle_age_ms,
        book_age_ms=row.book_age_ms,
        book_stale=row.book_stale,
        too_old=too_old((row.price_age_ms, row.candle_age_ms, row.book_age_ms), max_age_ms),
    )


def _breakers(readings: Iterable[Reading], tripped: Mapping[str, Trip]) -> list[BreakerRow]:
    return [
        BreakerRow(
            name=reading.name,
            value=reading.value,
            limit=reading.limit,
            used=None if reading.value is None else reading.value / reading.limit,
            tripped=reading.is_tripped or reading.name in tripped,
            latched=reading.name in tripped,
        )
        for reading in readings
    ]


def _equity(
    view: EngineView, risk: UnifiedRiskManager, readings: Mapping[str, BreakerRow], curve: Curve
) -> EquityPanel:
    memory, portfolio = risk.memory, view.portfolio
    if portfolio is not None:
        # The hour that is not over yet is drawn by what is added here.
        curve.begin(memory.hours[:-1], view.time_ms)
        if portfolio.equity is not None and portfolio.synced:
            curve.add(view.time_ms, float(portfolio.equity))
    return EquityPanel(
        equity=None if portfolio is None else portfolio.equity,
        available=None if portfolio is None else portfolio.available,
        peak=memory.peak,
        day_start=memory.day_start,
        drawdown=readings.get("drawdown"),
        daily_loss=readings.get("daily_loss"),
        curve=curve.points,
    )


def _positions(portfolio: PortfolioSnapshot | None) -> PositionsPanel:
    if portfolio is None:
        return PositionsPanel()
    exposure = portfolio.exposure
    bare = sum((held.value for held in portfolio.positions if held.stop_loss is None), ZERO)
    return PositionsPanel(
        rows=tuple(_position(held) for held in portfolio.positions),
        exposure=exposure,
        worst_exposure=portfolio.worst_exposure,
        unprotected=float(bare / exposure) if exposure else 0.0,
    )


def _position(held: HeldPosition) -> PositionRow:
    liquidation, mark = held.liquidation_price, held.mark_price
    return PositionRow(
        symbol=held.symbol,
        side=held.side.value,
        size=held.size,
        entry_price=held.entry_price,
        mark_price=mark,
        value=held.value,
        unrealised_pnl=held.unrealised_pnl,
        stop_loss=held.stop_loss,
        take_profit=held.take_profit,
        liquidation_price=liquidation,
        liquidation_distance=float(abs(mark - liquidation) / mark) if liquidation is not None and mark else None,
        leverage=held.leverage,
    )


def _orders(view: EngineView) -> OrdersPanel:
    portfolio = view.portfolio
    return OrdersPanel(
        open=tuple(
            OrderRow(
                order_link_id=order.order_link_id,
                symbol=order.symbol,
                side=order.side.value,
                remaining=order.remaining,
                price=order.price,
                reduce_only=order.reduce_only,
                unknown=order.unknown,
            )
            for order in (() if portfolio is None else portfolio.orders)
        ),
        trades=tuple(_trade(trade) for trade in view.trades),
    )


def _trade(trade: TradeExecution) -> TradeRow:
    signal, side = trade.signal, OrderSide.parse(trade.signal.action)
    return TradeRow(
        execution_id=trade.execution_id,
        time_ms=int(trade.timestamp.timestamp() * 1000),
        strategy_id=signal.strategy_id,
        symbol=signal.symbol,
        side=side.value,
        status=trade.status.value,
        quantity=trade.filled_quantity,
        price=trade.fill_price,
        decided_price=signal.price,
        slippage_bps=slippage_bps(side, signal.price, trade.fill_price),
        realized_pnl=trade.realized_pnl,
        reason=trade.rejection_reason,
    )


def slippage_bps(side: OrderSide, decided: Decimal, traded: Decimal | None) -> float | None:
    """Return how much worse than decided a trade was, in hundredths of a percent; negative when it was better."""
    if traded is None or not decided:
        return None
    return round(float((traded - decided) / decided * side.sign * 10_000), 3)


def _strategies(manager: StrategyManager | None, tallies: Mapping[str, Tally]) -> tuple[StrategyRow, ...]:
    known = {strategy.strategy_id: strategy for strategy in manager.strategies} if manager is not None else {}
    failures = manager.failures if manager is not None else {}
    return tuple(
        _strategy(name, known.get(name), tallies.get(name) or Tally(), failures.get(name))
        for name in dict.fromkeys((*known, *tallies))
    )


def _strategy(strategy_id: str, strategy: BaseStrategy | None, tally: Tally, failure: str | None) -> StrategyRow:
    done = list(strategy.performance.values()) if strategy is not None else []
    return StrategyRow(
        strategy_id=strategy_id,
        active=None if strategy is None else strategy.active,
        signals=tally.signals,
        refused=tally.refused,
        traded=tally.traded,
        last_refusal=tally.last_refusal,
        failure=failure,
        closed=sum(each.trades for each in done),
        pnl=sum((each.pnl for each in done), ZERO),
    )


def _latencies(view: EngineView, log: LogTail) -> LatenciesPanel:
    portfolio = view.portfolio
    return LatenciesPanel(
        rows=view.latencies,
        calls=None if portfolio is None else portfolio.calls,
        errors=None if portfolio is None else portfolio.errors,
        warnings=log.warnings,
        failures=log.errors,
        log=log.lines,
    )
