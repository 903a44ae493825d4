"""The greeks of an account's options: of each position, and summed by coin."""

from __future__ import annotations

from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.amounts import ZERO, rounded
from bybit_async.simulator.market import SimulatedMarket

_NAMES = ("totalDelta", "totalGamma", "totalVega", "totalTheta")


def with_greeks(market: SimulatedMarket, wire: dict[str, object], now: int) -> dict[str, object]:
    """Fill in the greeks of an option's position, as `position_wire` left it."""
    quotation = market.quotations.get(("option", str(wire["symbol"])))
    net = Decimal(str(wire["size"])) * (-1 if wire["side"] == "Sell" else 1)
    if quotation is None or not net:
        return wire
    worth = market.value(quotation, now)
    figures = {"delta": worth.delta, "gamma": worth.gamma, "vega": worth.vega, "theta": worth.theta}
    return wire | {name: rounded(net * Decimal(f"{figure:.8f}")) for name, figure in figures.items()}


def greeks(market: SimulatedMarket, account: Account, coin: str, now: int) -> dict[str, str]:
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
