"""Option prices and greeks after Black and Scholes, without interest."""

from __future__ import annotations

import math
from typing import NamedTuple

from bybit_async.simulator.engine.instruments import OptionTerms
from bybit_async.simulator.market.paths import YEAR

_SMILE = 0.35


class Valuation(NamedTuple):
    """What one option is worth and how that changes; theta is per day, vega per percentage point."""

    price: float
    iv: float
    delta: float
    gamma: float
    vega: float
    theta: float


def value_option(terms: OptionTerms, underlying: float, now: int, volatility: float) -> Valuation:
    """Value an option when its underlying costs `underlying`; strikes far from it carry more volatility."""
    iv = volatility * (1.0 + _SMILE * math.log(float(terms.strike) / underlying) ** 2)
    return value_at_iv(terms, underlying, now, iv)


def value_at_iv(terms: OptionTerms, underlying: float, now: int, iv: float) -> Valuation:
    """Value an option at its implied volatility (1 is 100 % a year)."""
    strike = float(terms.strike)
    years = max(terms.expiry_ms - now, 1_000) / YEAR
    spread = iv * math.sqrt(years)
    upper = math.log(underlying / strike) / spread + spread / 2
    lower = upper - spread
    density = math.exp(-upper * upper / 2) / math.sqrt(2 * math.pi)
    call = underlying * _normal(upper) - strike * _normal(lower)
    is_call = terms.side == "Call"
    return Valuation(
        price=call if is_call else call - underlying + strike,
        iv=iv,
        delta=_normal(upper) if is_call else _normal(upper) - 1.0,
        gamma=density / (underlying * spread),
        vega=underlying * density * math.sqrt(years) / 100,
        theta=-underlying * density * iv / (2 * math.sqrt(years)) / 365,
    )


def _normal(x: float) -> float:
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))
