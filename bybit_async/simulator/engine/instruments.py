"""What can be traded: instruments and the filters that their orders must pass."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from bybit_async.simulator.engine.amounts import ZERO, grain

Category = Literal["linear", "inverse", "spot", "option"]
OptionSide = Literal["Call", "Put"]


@dataclass(frozen=True, slots=True)
class RiskTier:
    """One step of a contract's risk limit: up to `limit` of position value, at these margin rates."""

    id: int
    limit: Decimal
    maintenance_rate: Decimal
    initial_rate: Decimal
    max_leverage: Decimal
    deduction: Decimal = ZERO

    def to_wire(self, symbol: str) -> dict[str, object]:
        """Return the entry of `/v5/market/risk-limit`."""
        return {
            "id": self.id,
            "symbol": symbol,
            "riskLimitValue": format(self.limit, "f"),
            "maintenanceMargin": format(self.maintenance_rate, "f"),
            "initialMargin": format(self.initial_rate, "f"),
            "isLowestRisk": 1 if self.id == 1 else 0,
            "maxLeverage": format(self.max_leverage, "f"),
            "mmDeduction": format(self.deduction, "f") if self.deduction else "",
        }


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """Strike in quote coin, expiry in ms (UTC), and which side pays: a European, cash-settled option."""

    strike: Decimal
    expiry_ms: int
    side: OptionSide

    def intrinsic(self, underlying: Decimal) -> Decimal:
        """Return what one contract is worth at expiry, in settle coin."""
        gain = underlying - self.strike if self.side == "Call" else self.strike - underlying
        return max(ZERO, gain)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One tradable thing; prices are in quote coin, quantities in base coin (USD contracts for inverse).

    `tick` and `lot` are the steps of price and quantity; `price_limit_ratio` bounds how far a limit price may
    reach through the mark price and how far a market order may slip; `funding_interval_min` is 0 where there is
    no funding. An instrument is immutable: a tick-size change replaces it (`Engine.replace_instrument`).
    """

    category: Category
    symbol: str
    base: str
    quote: str
    settle: str
    tick: Decimal
    lot: Decimal
    min_qty: Decimal
    max_limit_qty: Decimal
    max_market_qty: Decimal
    min_price: Decimal
    max_price: Decimal
    min_notional: Decimal = ZERO
    max_leverage: Decimal = Decimal(1)
    leverage_step: Decimal = Decimal("0.01")
    maker_fee: Decimal = Decimal("0.0002")
    taker_fee: Decimal = Decimal("0.00055")
    price_limit_ratio: Decimal = Decimal("0.05")
    risk_tiers: tuple[RiskTier, ...] = ()
    funding_interval_min: int = 0
    max_funding_rate: Decimal = Decimal("0.00375")
    launch_ms: int = 1_577_836_800_000
    option: OptionTerms | None = None
    delivery_fee: Decimal = ZERO
    reference_price: Decimal = Decimal(1)
    """Where a simulated market starts; no rule depends on it."""
    activity: float = 1.0
    """How much a simulated market trades of it, as a multiple of what it trades of the busiest contract."""
    key: tuple[str, str] = field(init=False, compare=False)
    linear_price: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", (self.category, self.symbol))
        object.__setattr__(self, "linear_price", self.category != "inverse")

    def price_of(self, ticks: int) -> Decimal:
        """Return the price of a whole number of ticks."""
        return self.tick * ticks

    def ticks_of(self, price: Decimal) -> int | None:
        """Return the price in ticks, or None when it lies between two."""
        ticks = int(price / self.tick)
        return ticks if self.tick * ticks == price else None

    def lots_of(self, qty: Decimal) -> int | None:
        """Return the quantity in lots, or None when it lies between two."""
        lots = int(qty / self.lot)
        return lots if self.lot * lots == qty else None

    def tier_for(self, value: Decimal) -> RiskTier:
        """Return the lowest risk tier that holds a position of `value`; the last one when none does."""
        for tier in self.risk_tiers:
            if value <= tier.limit:
                return tier
        return self.risk_tiers[-1]


def value_at(instrument: Instrument, price: Decimal, qty: Decimal) -> Decimal:
    """Return the value of a quantity in settle coin; inverse values are rounded to the grain."""
    if instrument.category == "inverse":
        return grain(qty / price)
    return price * qty
