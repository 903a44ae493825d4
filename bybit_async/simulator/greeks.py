"""The greeks of an account's options, summed by coin."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from bybit_async.simulator.amounts import ZERO, rounded

if TYPE_CHECKING:
    from bybit_async.simulator.accounts import Account
    from bybit_async.simulator.market import Market

_NAMES = ("totalDelta", "totalGamma", "totalVega", "totalTheta")


def greeks(market: Market, account: Account, coin: str, now: int) -> dict[str, str]:
    """Return the entry of `/v5/asset/coin-greeks` and of the `greeks` topic."""
    totals = [ZERO] * len(_NAMES)
    for position in account.positions.values():
        instrument = position.listing.instrument
        if instrument.category != "option" or instrument.base != coin or not position.net:
            continue
        worth = market.value(market.quotations[instrument.key], now)
        figures = (worth.delta, worth.gamma, worth.vega, worth.theta)
        totals = [
            total + position.net * Decimal(f"{figure:.8f}") for total, figure in zip(totals, figures, strict=True)
        ]
    return {"baseCoin": coin, **dict(zip(_NAMES, map(rounded, totals), strict=True))}
