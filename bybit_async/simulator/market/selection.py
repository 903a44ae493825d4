"""What an exchange lists: the default instruments, those of some symbols, or the caller's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from bybit_async.simulator.engine.catalogue import default_catalogue, named, nearest, option
from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.market.market import MarketSettings
from bybit_async.simulator.market.paths import PricePath


def chosen_instruments(
    instruments: Iterable[Instrument] | None,
    symbols: Iterable[str] | None,
    settings: MarketSettings,
    seed: int,
    now: int,
) -> list[Instrument]:
    """Return what is listed: `instruments` (by default the catalogue's), of `symbols` only when these are given.

    Without `instruments` a real symbol that is not in the catalogue gets a made one.

    Raises:
        ValueError: a symbol is unknown, or names an option that has expired.
    """
    offered = default_instruments(settings, seed, now) if instruments is None else list(instruments)
    if symbols is None:
        return offered
    if isinstance(symbols, str):
        raise ValueError(f"symbols: a string; write symbols=[{symbols!r}]")
    wanted = dict.fromkeys(symbols)
    if not wanted:
        raise ValueError("symbols: empty, so nothing would be listed; leave it out for the default instruments")
    chosen = [instrument for instrument in offered if instrument.symbol in wanted]
    if instruments is None:
        keys = {instrument.key for instrument in chosen}
        chosen += [made for symbol in wanted for made in named(symbol) if made.key not in keys]
    _check(wanted, chosen, offered, now)
    return chosen


def _check(wanted: Iterable[str], chosen: list[Instrument], offered: list[Instrument], now: int) -> None:
    found = {instrument.symbol: instrument for instrument in chosen}
    for symbol in wanted:
        if symbol not in found:
            near = nearest(symbol, [instrument.symbol for instrument in offered])
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ValueError(f"symbols: {symbol!r} is not known{hint} (instruments= takes your own)")
        terms = found[symbol].option
        if terms is not None and terms.expiry_ms <= now:
            raise ValueError(f"symbols: {symbol!r} has expired by the exchange's clock")


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
