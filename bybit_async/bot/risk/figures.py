"""Figures of risk, each a formula over data: what data do not carry is None, never a stand-in.

Fractions are fractions (0.05 is 5 %), losses and drawdowns positive. `returns` are simple returns of one period,
``after / before - 1``; `per_year` is how many such periods a year has (8760 hours, 365 days: markets that never close).
Below `LEAST` returns nothing is said about their spread, below `LEAST_TAIL` nothing about their worst twentieth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEAST = 20
LEAST_TAIL = 40
HOURS_PER_YEAR = 8760.0
PIECE = 65_536


def returns_of(values: ArrayLike) -> Floats:
    """Return simple returns, ``after / before - 1``, of successive values."""
    series = np.asarray(values, dtype=np.float64)
    return series[1:] / series[:-1] - 1.0


def volatility(returns: ArrayLike, per_year: float = HOURS_PER_YEAR) -> float | None:
    """Annualised volatility: ``s * sqrt(per_year)``, where s is the sample standard deviation (n - 1).

    Source: J. Hull, Options, Futures and Other Derivatives, chapter on volatility from historical data.
    """
    series = np.asarray(returns, dtype=np.float64)
    if len(series) < LEAST:
        return None
    return _finite(float(np.std(series, ddof=1)) * math.sqrt(per_year))


def sharpe_ratio(returns: ArrayLike, per_year: float = HOURS_PER_YEAR) -> float | None:
    """Annualised Sharpe ratio: ``mean / s * sqrt(per_year)``, with no riskless rate; None if nothing ever moved.

    Source: W. F. Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994).
    """
    series = np.asarray(returns, dtype=np.float64)
    if len(series) < LEAST:
        return None
    return _ratio(float(series.mean()), float(np.std(series, ddof=1)), math.sqrt(per_year))


def sortino_ratio(returns: ArrayLike, per_year: float = HOURS_PER_YEAR) -> float | None:
    """Annualised Sortino ratio: ``mean / sqrt(mean(min(r, 0)^2)) * sqrt(per_year)``; None if nothing was ever lost.

    Source: F. A. Sortino, L. N. Price, Performance Measurement in a Downside Risk Framework, J. of Investing (1994).
    """
    series = np.asarray(returns, dtype=np.float64)
    if len(series) < LEAST:
        return None
    downside = math.sqrt(float(np.mean(np.minimum(series, 0.0) ** 2)))
    return _ratio(float(series.mean()), downside, math.sqrt(per_year))


def value_at_risk(returns: ArrayLike, share: float = 0.05) -> float | None:
    """Historical value at risk of one period: minus the `share` quantile of returns, between ranks linearly.

    0.05 is the loss that one period in twenty exceeds. Source: P. Jorion, Value at Risk, historical simulation.
    """
    series = np.asarray(returns, dtype=np.float64)
    if len(series) < LEAST_TAIL:
        return None
    return _finite(max(0.0, -float(np.quantile(series, share))))


def expected_shortfall(returns: ArrayLike, share: float = 0.05) -> float | None:
    """Mean loss of one period among the worst ``floor((n - 1) * share) + 1`` of n returns.

    Source: C. Acerbi, D. Tasche, On the coherence of expected shortfall, Journal of Banking & Finance 26 (2002).
    """
    series = np.asarray(returns, dtype=np.float64)
    if len(series) < LEAST_TAIL:
        return None
    worst = int((len(series) - 1) * share) + 1
    return _finite(max(0.0, -float(np.sort(series)[:worst].mean())))


def drawdowns(equity: ArrayLike) -> Floats:
    """Return for each value by which fraction it is below the highest one up to there."""
    series = np.asarray(equity, dtype=np.float64)
    peaks = np.maximum.accumulate(series)
    fallen = np.asarray(peaks - series, dtype=np.float64)
    fallen /= peaks
    return fallen


def max_drawdown(equity: ArrayLike) -> float | None:
    """Deepest fall from an earlier high, as a fraction of that high; equity includes unrealised profit.

    Source: M. Magdon-Ismail, A. Atiya, Maximum Drawdown, Risk Magazine 17 (2004).
    """
    series = np.asarray(equity, dtype=np.float64)
    peak, deepest = -np.inf, []
    # In pieces: ten years of minutes are five million values, and each step would be as large again.
    for start in range(0, len(series), PIECE):
        piece = series[start : start + PIECE]
        peaks = np.maximum(np.maximum.accumulate(piece), peak)
        deepest.append(((peaks - piece) / peaks).max())
        peak = peaks[-1]
    return _finite(float(np.max(deepest))) if deepest else None


def beta(returns: ArrayLike, market: ArrayLike) -> float | None:
    """Sensitivity to a market: ``cov(r, m) / var(m)``; None if the market never moved.

    Source: W. F. Sharpe, Capital Asset Prices, Journal of Finance 19 (1964).
    """
    ours, theirs = np.asarray(returns, dtype=np.float64), np.asarray(market, dtype=np.float64)
    if len(ours) != len(theirs):
        raise ValueError(f"returns and market must be as long as each other, not {len(ours)} and {len(theirs)}")
    if len(ours) < LEAST:
        return None
    apart = theirs - theirs.mean()
    return _ratio(float(np.mean((ours - ours.mean()) * apart)), float(np.mean(apart**2)))


def portfolio_returns(values: Mapping[str, float], returns: Mapping[str, Floats], equity: float) -> Floats | None:
    """Return what today's positions would have made of equity in each past period: ``sum(v_i * r_i) / equity``.

    `values` are signed (negative when short). None unless the returns of every position are known; no position, no
    series. The historical simulation behind VaR, expected shortfall and beta.
    """
    held = {symbol: value for symbol, value in values.items() if value}
    if not held or equity <= 0 or any(symbol not in returns for symbol in held):
        return None
    count = min(len(returns[symbol]) for symbol in held)
    total = np.zeros(count)
    for symbol, value in held.items():
        total += value / equity * returns[symbol][len(returns[symbol]) - count :]
    return total


def concentration(values: Mapping[str, float]) -> float | None:
    """Herfindahl index of exposure: ``sum((|v_i| / sum|v|)^2)``, 1 for a single position; None without any.

    Source: A. O. Hirschman, The Paternity of an Index, American Economic Review 54 (1964).
    """
    sizes = [abs(value) for value in values.values() if value]
    total = math.fsum(sizes)
    return math.fsum((size / total) ** 2 for size in sizes) if total else None


def correlation_risk(values: Mapping[str, float], returns: Mapping[str, Floats]) -> float | None:
    """Mean correlation of the positions' profits, each pair weighted by both exposures.

    ``sum(|v_i v_j| s_i s_j rho_ij) / sum(|v_i v_j|)`` over pairs, s being 1 for long and -1 for short: 1 if all of them
    win and lose together, negative if they hedge each other. None with fewer than two positions, or if the returns of
    one are not known. Source: G. Markowitz's portfolio variance (H. Markowitz, Portfolio Selection, 1952), its cross
    terms.
    """
    held = [(symbol, value) for symbol, value in values.items() if value]
    if len(held) < 2:
        return None
    above, below = [], []
    for place, (left, worth) in enumerate(held):
        for right, other in held[place + 1 :]:
            rho = correlation(returns.get(left), returns.get(right))
            if rho is None:
                return None
            above.append(worth * other * rho)
            below.append(abs(worth * other))
    return math.fsum(above) / math.fsum(below)


def correlation(left: Floats | None, right: Floats | None) -> float | None:
    """Pearson's correlation of the periods both have, the newest ones; None if one never moved, or they are too few."""
    if left is None or right is None:
        return None
    count = min(len(left), len(right))
    if count < LEAST:
        return None
    ours, theirs = left[len(left) - count :], right[len(right) - count :]
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    together = float(np.mean(ours * theirs))
    return _ratio(together, math.sqrt(float(np.mean(ours**2)) * float(np.mean(theirs**2))))


def unsellable(size: float, levels: Sequence[tuple[float, float]], mid: float, reach: float) -> float:
    """Return which fraction of a position the book cannot take within `reach` (a fraction) of its middle.

    `levels` are (price, size) of the side that would be hit, best first.
    """
    if size <= 0:
        return 0.0
    room = math.fsum(amount for price, amount in levels if abs(price - mid) <= reach * mid)
    return max(0.0, 1.0 - room / size)


def liquidity_risk(values: Mapping[str, float], left: Mapping[str, float]) -> float | None:
    """Share of exposure that live books could not take at once: ``sum(|v_i| u_i) / sum|v_i|``, u from `unsellable`.

    None without positions, or if one has no book. Source: the depth measure of A. Kyle, Continuous Auctions and Insider
    Trading, Econometrica 53 (1985), cut off at a price.
    """
    held = {symbol: abs(value) for symbol, value in values.items() if value}
    if not held or any(symbol not in left for symbol in held):
        return None
    return math.fsum(value * left[symbol] for symbol, value in held.items()) / math.fsum(held.values())


def _ratio(above: float, below: float, factor: float = 1.0) -> float | None:
    # What is left of equal numbers after subtraction is a rounding error, not a spread.
    if not below > 1e-17 * max(1.0, abs(above)):
        return None
    return _finite(above / below * factor)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
