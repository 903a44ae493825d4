"""The figures of a whole portfolio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bybit_async.bot.configuration.sections import RiskSettings
from bybit_async.bot.records import RiskLevel
from bybit_async.bot.risk import figures
from bybit_async.bot.risk.assessment import level_of
from bybit_async.bot.risk.figures import Floats
from bybit_async.bot.risk.memory import Memory


@dataclass
class RiskMetrics:
    """Risk of a portfolio; None where data do not carry a figure. Formulas: `bybit_async.bot.risk.figures`.

    Attributes:
        portfolio_value: equity, with unrealised profit.
        total_exposure: ``sum(|value|)`` of all positions.
        leverage: ``total_exposure / portfolio_value``.
        var_95: loss, as a fraction of equity, that today's positions would have exceeded in one past candle of twenty.
        expected_shortfall: their mean loss in the worst twentieth of past candles, as a fraction of equity.
        max_drawdown: deepest fall of equity from a high so far, as a fraction of it.
        current_drawdown: fall from the highest equity so far.
        sharpe_ratio: of hourly returns of equity, annualised; as are `sortino_ratio` and `volatility`.
        sortino_ratio: the same per deviation of losses.
        volatility: 0.5 is 50 % a year.
        beta: of today's positions to BTCUSDT.
        correlation_risk: -1 to 1: how much positions win and lose together.
        concentration_risk: 1 for a single position, ``1 / n`` for n equal ones.
        liquidity_risk: share of exposure that live books could not take at once.
        risk_score: 0 to 100: ``100 * min(1, u)``, u being the largest used part of a limit: drawdown, leverage,
            exposure, and expected shortfall against the daily loss.
        risk_level: of that part: up to 0.5, 0.75, 1, or more.
    """

    portfolio_value: Decimal
    total_exposure: Decimal
    leverage: float | None
    var_95: float | None
    expected_shortfall: float | None
    max_drawdown: float | None
    current_drawdown: float | None
    sharpe_ratio: float | None
    sortino_ratio: float | None
    volatility: float | None
    beta: float | None
    correlation_risk: float | None
    concentration_risk: float | None
    liquidity_risk: float | None
    risk_score: float | None
    risk_level: RiskLevel


@dataclass(frozen=True, slots=True)
class MarketReturns:
    """Returns of candles by symbol, those of the whole market, and what part of each position its book cannot take."""

    returns: Mapping[str, Floats]
    benchmark: Floats | None
    unsellable: Mapping[str, float]


def measure(
    values: Mapping[str, Decimal], equity: Decimal, memory: Memory, market: MarketReturns, limits: RiskSettings
) -> RiskMetrics:
    """Return the metrics of positions worth `values` (signed, settle coin) in a portfolio of `equity`."""
    signed = {symbol: float(value) for symbol, value in values.items()}
    exposure = sum((abs(value) for value in values.values()), Decimal(0))
    leverage = float(exposure / equity) if equity > 0 else None
    simulated = figures.portfolio_returns(signed, market.returns, float(equity))
    flat = not exposure
    shortfall = 0.0 if flat else _of(simulated, figures.expected_shortfall)
    history = memory.hourly_returns()
    drawdown = _drawdown(memory.peak, float(equity))
    used = _used(drawdown, leverage, shortfall, limits)
    return RiskMetrics(
        portfolio_value=equity,
        total_exposure=exposure,
        leverage=leverage,
        var_95=0.0 if flat else _of(simulated, figures.value_at_risk),
        expected_shortfall=shortfall,
        max_drawdown=_deeper(memory.max_drawdown, drawdown),
        current_drawdown=drawdown,
        sharpe_ratio=figures.sharpe_ratio(history),
        sortino_ratio=figures.sortino_ratio(history),
        volatility=figures.volatility(history),
        beta=0.0 if flat else _beta(simulated, market.benchmark),
        correlation_risk=figures.correlation_risk(signed, market.returns),
        concentration_risk=figures.concentration(signed),
        liquidity_risk=figures.liquidity_risk(signed, market.unsellable),
        risk_score=None if used is None else 100.0 * min(1.0, max(0.0, used)),
        risk_level=RiskLevel.EXTREME if used is None else level_of(used),
    )


def _of(series: Floats | None, figure: object) -> float | None:
    return figure(series) if series is not None and callable(figure) else None


def _beta(series: Floats | None, benchmark: Floats | None) -> float | None:
    if series is None or benchmark is None:
        return None
    count = min(len(series), len(benchmark))
    return figures.beta(series[len(series) - count :], benchmark[len(benchmark) - count :])


def _drawdown(peak: float | None, equity: float) -> float | None:
    if peak is None or peak <= 0:
        return None
    return max(0.0, (peak - equity) / peak)


def _deeper(known: float | None, now: float | None) -> float | None:
    found = [value for value in (known, now) if value is not None]
    return max(found) if found else None


def _used(
    drawdown: float | None, leverage: float | None, shortfall: float | None, limits: RiskSettings
) -> float | None:
    """Return the largest used part of a limit; None if equity cannot carry anything."""
    if leverage is None:
        return None
    parts = [leverage / limits.max_leverage, leverage / limits.max_exposure]
    if drawdown is not None:
        parts.append(drawdown / limits.max_drawdown)
    if shortfall is not None:
        parts.append(shortfall / limits.max_daily_loss)
    return max(parts)
