"""How much to trade: three ways to ask for a size, the limits on it, and the instrument's own steps."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

ZERO = Decimal(0)


class OrderRules(NamedTuple):
    """What an instrument accepts: steps of price and size, the smallest and largest order.

    `most` (of one order) is None where there is no such bound.
    """

    tick: Decimal
    step: Decimal
    least: Decimal
    most: Decimal | None = None
    least_value: Decimal = ZERO

    def size(self, wanted: Decimal, price: Decimal) -> Decimal:
        """Return the largest size up to `wanted` that an order may have; 0 if that is too small to trade."""
        bounded = wanted if self.most is None else min(wanted, self.most)
        size = (bounded / self.step).to_integral_value(ROUND_DOWN) * self.step
        return ZERO if size < self.least or size * price < self.least_value or size <= 0 else size

    def price(self, wanted: Decimal) -> Decimal:
        """Return the nearest price on the tick, never 0."""
        return max(self.tick, (wanted / self.tick).to_integral_value() * self.tick)


def fixed_fraction(equity: Decimal, fraction: Decimal, distance: Decimal) -> Decimal:
    """Return the size that loses `fraction` of equity if the price moves by `distance`: ``equity * f / distance``.

    10,000 at 1 % with a stop 50 away: 2. Source: R. Vince, Portfolio Management Formulas (1990), fixed fractional
    trading.
    """
    return equity * fraction / distance if distance > 0 else ZERO


def volatility_size(equity: Decimal, fraction: Decimal, price: Decimal, daily: Decimal) -> Decimal:
    """Return the size whose value moves by `fraction` of equity on a day of one standard deviation.

    ``equity * f / (price * daily)``, `daily` being the daily volatility of returns. 10,000 at 1 %, price 50, daily 4 %:
    50. Source: A. F. Moreira, T. Muir, Volatility-Managed Portfolios, Journal of Finance 72 (2017).
    """
    return equity * fraction / (price * daily) if daily > 0 else ZERO


def kelly_fraction(probability: float, payoff: float, cap: float) -> float:
    """Return which fraction of equity to risk: ``p - (1 - p) / b``, at least 0 and at most `cap`.

    `payoff` is what a win brings per unit of loss. 0.6 at 2: 0.6 - 0.4 / 2 = 0.4. Source: J. L. Kelly, A New
    Interpretation of Information Rate, Bell System Technical Journal 35 (1956).
    """
    if payoff <= 0:
        return 0.0
    return min(cap, max(0.0, probability - (1.0 - probability) / payoff))


class Caps(NamedTuple):
    """Upper bounds of a size, in the base coin, each with what set it; None where one does not apply."""

    risk: Decimal | None = None
    position: Decimal | None = None
    exposure: Decimal | None = None

    def least(self, wanted: Decimal) -> tuple[Decimal, list[str]]:
        """Return the size all bounds allow, and which of them cut it."""
        bounds = self._asdict()
        cut = [name for name, bound in bounds.items() if bound is not None and bound < wanted]
        return min([wanted, *(bound for bound in bounds.values() if bound is not None)]), cut


def caps(
    *,
    equity: Decimal,
    price: Decimal,
    distance: Decimal,
    held: Decimal,
    exposure: Decimal,
    risk_limit: Decimal,
    position_limit: Decimal,
    exposure_limit: Decimal,
) -> Caps:
    """Return what the limits leave for an order that opens or grows a position.

    Args:
        equity: in the settle coin.
        price: what the order trades at.
        distance: how far away its stop is.
        held: what the position may already be worth, orders of unknown outcome included.
        exposure: the same of all positions.
        risk_limit: most that may be lost at the stop, as a fraction of equity.
        position_limit: most that the position may be worth, as a fraction of equity.
        exposure_limit: most that all positions may be worth, as a multiple of equity.
    """
    return Caps(
        risk=fixed_fraction(equity, risk_limit, distance) if distance > 0 else None,
        position=max(ZERO, equity * position_limit - held) / price,
        exposure=max(ZERO, equity * exposure_limit - exposure) / price,
    )
