"""The default instruments, with options around the price that the market really has."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from bybit_async.simulator.catalogue import default_catalogue, option
from bybit_async.simulator.instruments import Instrument
from bybit_async.simulator.market.market import MarketSettings
from bybit_async.simulator.market.paths import PricePath


def default_instruments(settings: MarketSettings, seed: int, now: int) -> list[Instrument]:
    """Return the default catalogue; each option strike moves as far as its underlying is from its reference."""
    catalogue = default_catalogue(now)
    references = {
        instrument.base: instrument.reference_price
        for instrument in reversed(catalogue)
        if instrument.category == "linear"
    }
    shifts = {base: _shift(settings, seed, base, reference, now) for base, reference in references.items()}
    return [_moved(instrument, shifts.get(instrument.base, Decimal(0))) for instrument in catalogue]


def _shift(settings: MarketSettings, seed: int, base: str, reference: Decimal, now: int) -> Decimal:
    behaviour = settings.behaviours.get(base, settings.behaviour)
    price = Decimal(PricePath(seed, base, float(reference), behaviour).at(now))
    gap = reference / 60
    return (price - reference) // gap * gap


def _moved(instrument: Instrument, shift: Decimal) -> Instrument:
    terms = instrument.option
    if terms is None or not shift:
        return instrument
    expiry = datetime.fromtimestamp(terms.expiry_ms / 1000, UTC)
    return option(instrument.base, (terms.strike + shift).quantize(Decimal(1)), expiry, terms.side)
