"""How orders are filled in a backtest: everything that candles do not say is said here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from bybit_async.simulator.engine import Instrument

Path = Literal["both", "high-first", "low-first", "nearest"]

_UNITS = {"ms": 1, "s": 1000, "m": 60_000}


@dataclass(frozen=True, slots=True)
class FillRule:
    """What happens between a decision and its fill.

    A decision is made when a candle has closed. Its order reaches the exchange `latency` later, in a candle that no one
    knew then. A candle is four prices: its open a millisecond after its start, so that no one who decides at a close
    sees the next open; one extreme after a third of it, the other after two thirds, its close at its end. Between two
    of them the price passes every tick; from a close to the next open it jumps, and what lies between trades at the
    open. An order that arrives trades at the last of the four prices.

    Attributes:
        latency: milliseconds from a decision to the exchange, and again from there back; more than 0.
        path: which extreme comes first: ``"high-first"``, ``"low-first"``, ``"nearest"`` (the one that is nearer to the
            open), or ``"both"``: where that decides what is filled, one run takes the worse and another the better way,
            and profit is an interval.
        spread: ticks between bid and ask; with 1 sellers get the price itself and buyers pay a tick more.
        depth: what bid and ask each offer, in the base coin; what a market order wants beyond is cancelled. None for
            as much as the largest order.
        touch: whether a resting order fills when the price touches it; otherwise the price must pass it by a tick, as
            for one that is last in the queue.
        maker_fee: as a fraction; None for the instrument's own.
        taker_fee: likewise.
    """

    latency: int = 250
    path: Path = "both"
    spread: int = 1
    depth: Decimal | None = None
    touch: bool = False
    maker_fee: Decimal | None = None
    taker_fee: Decimal | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.latency, int) or self.latency < 1:
            raise ValueError(f"latency must be more than 0, not {self.latency}: no order fills at its own close")
        if self.path not in ("both", "high-first", "low-first", "nearest"):
            raise ValueError(f"path must be both, high-first, low-first or nearest, not {self.path!r}")
        if not isinstance(self.spread, int) or self.spread < 1:
            raise ValueError(f"spread must be 1 tick or more, not {self.spread}")
        for name in ("depth", "maker_fee", "taker_fee"):
            value: object = getattr(self, name)
            if value is not None and not (isinstance(value, Decimal) and value.is_finite()):
                raise ValueError(f"{name} must be a Decimal, not {value!r}")
        if self.depth is not None and self.depth <= 0:
            raise ValueError(f"depth must be positive, not {self.depth}")
        for name in ("maker_fee", "taker_fee"):
            if (fee := getattr(self, name)) is not None and abs(fee) >= 1:
                raise ValueError(f"{name} is a fraction: 0.001 for 0.1 %, not {fee}")

    def __str__(self) -> str:
        filled = "touched" if self.touch else "passed"
        depth = "no end of depth" if self.depth is None else f"{self.depth:f} deep"
        return f"latency {self.latency} ms, path {self.path}, spread {self.spread} ticks, {depth}, limits when {filled}"


def milliseconds_of(duration: int | str | timedelta) -> int:
    """Return a duration in milliseconds: a number of them, a `timedelta`, or text such as ``"250ms"`` or ``"2s"``.

    Raises:
        ValueError: it is anything else.
    """
    if isinstance(duration, timedelta):
        return round(duration.total_seconds() * 1000)
    if isinstance(duration, int) and not isinstance(duration, bool):
        return duration
    digits = str(duration).strip().rstrip("ms")
    unit = str(duration).strip()[len(digits) :]
    if unit in _UNITS and digits.replace(".", "", 1).isdigit():
        return round(float(digits) * _UNITS[unit])
    raise ValueError(f"expected milliseconds, or text such as '250ms' or '2s', got {duration!r}")


def charged(instrument: Instrument, rule: FillRule) -> Instrument:
    """Return an instrument with the rule's fees, and without a funding clock of its own."""
    from dataclasses import replace

    return replace(
        instrument,
        maker_fee=instrument.maker_fee if rule.maker_fee is None else rule.maker_fee,
        taker_fee=instrument.taker_fee if rule.taker_fee is None else rule.taker_fee,
        funding_interval_min=0,
    )
