"""Scenarios of the market: crash, squeeze, thin book."""

from __future__ import annotations

import math

from bybit_async.simulator.durations import milliseconds_of
from bybit_async.simulator.engine.instruments import Category
from bybit_async.simulator.market.makers import Thinness
from bybit_async.simulator.market.shocks import Shock
from bybit_async.simulator.script.scene import Duration, Scene, Stage


class Crash(Scene, tag="crash", frozen=True, kw_only=True):
    """The price of a coin falls by the fraction `drop` within `over`, in everything that is made of it.

    After `bottom` it wins back the fraction `recovers` of the fall within `recovery`. What it sets off (stops,
    liquidations) it sets off by moving prices, as a real one does.
    """

    coin: str
    drop: float = 0.2
    over: Duration = "30s"
    bottom: Duration = "10s"
    recovers: float = 0.5
    recovery: Duration = "5m"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.drop < 1:
            raise ValueError(f"a price cannot drop by {self.drop}")

    def spans(self) -> tuple[str, ...]:
        """Return the names of the fields that are spans of time."""
        return "at", "jitter", "over", "bottom", "recovery"

    def play(self, stage: Stage) -> None:
        """Arrange the fall and the recovery."""
        market = stage.venue.market
        _check_coin(stage, self.coin)
        shock, times = _shock(
            stage, math.log(1 - self.drop), self.over, self.bottom, self.recovery, rest=1 - self.recovers
        )
        stage.cue(0, f"{self.coin} falls by {self.drop:.1%}", lambda: market.shock(self.coin, shock))
        stage.cue(times[0], f"{self.coin} has reached the bottom", _nothing)
        stage.cue(times[1], f"{self.coin} has recovered {self.recovers:.0%}", _nothing)


class Squeeze(Scene, tag="squeeze", frozen=True, kw_only=True):
    """A contract is bought back at any price: it rises by `rise` within `over`, `premium` of it away from its index.

    So the funding rate climbs to its cap. After `top` the fraction `recovers` of it passes within `recovery`.
    """

    symbol: str
    category: Category = "linear"
    rise: float = 0.3
    premium: float = 0.02
    over: Duration = "2m"
    top: Duration = "1m"
    recovers: float = 0.8
    recovery: Duration = "10m"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not -1 < self.premium < 1 or not 0 < self.rise < 50:
            raise ValueError(f"a price cannot rise by {self.rise}, {self.premium} of it as premium")

    def spans(self) -> tuple[str, ...]:
        """Return the names of the fields that are spans of time."""
        return "at", "jitter", "over", "top", "recovery"

    def play(self, stage: Stage) -> None:
        """Arrange the rise and its end."""
        listing = stage.listing(self.category, self.symbol)
        if listing.instrument.category not in ("linear", "inverse"):
            raise ValueError(f"{self.symbol} is not a contract, and only contracts can be squeezed")
        market, coin, key = stage.venue.market, listing.instrument.base, listing.instrument.key
        rest = 1 - self.recovers
        rise = math.log((1 + self.rise) / (1 + self.premium))
        index, times = _shock(stage, rise, self.over, self.top, self.recovery, rest=rest)
        premium, _ = _shock(stage, self.premium, self.over, self.top, self.recovery, rest=rest)

        def begin() -> None:
            market.shock(coin, index)
            market.shock_premium(key, premium)

        stage.cue(0, f"{self.symbol} is squeezed by {self.rise:.1%}", begin)
        stage.cue(times[0], f"{self.symbol} has reached the top", _nothing)
        stage.cue(times[1], f"{self.symbol} has given back {self.recovers:.0%}", _nothing)


class ThinBook(Scene, tag="thin book", frozen=True, kw_only=True):
    """For `lasting`, makers keep `depth` of the levels with `size` of the quantity, `spread` of the price apart."""

    symbol: str
    category: Category = "linear"
    depth: float = 0.1
    size: float = 0.05
    spread: float = 0.002
    lasting: Duration = "5m"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (0 < self.depth <= 1 and 0 < self.size <= 1 and 0 <= self.spread < 1):
            raise ValueError("depth, size and spread of a thin book are fractions")

    def spans(self) -> tuple[str, ...]:
        """Return the names of the fields that are spans of time."""
        return "at", "jitter", "lasting"

    def play(self, stage: Stage) -> None:
        """Arrange the makers' retreat and return."""
        market = stage.venue.market
        key = stage.listing(self.category, self.symbol).instrument.key
        thin = Thinness(self.depth, self.size, self.spread)
        stage.cue(0, f"the book of {self.symbol} thins", lambda: market.thin(key, thin))
        end = milliseconds_of(self.lasting)
        stage.cue(end, f"the book of {self.symbol} is full again", lambda: market.thin(key, Thinness()))


def _shock(
    stage: Stage, height: float, over: Duration, pause: Duration, recovery: Duration, *, rest: float
) -> tuple[Shock, tuple[int, int]]:
    """Return a shock, and when it reaches its height and its end, counted from the scene's beginning."""
    peak = milliseconds_of(over)
    turn = peak + milliseconds_of(pause)
    end = turn + milliseconds_of(recovery)
    start = stage.start
    shock = Shock(
        stage.key("roughness"), height, start=start, peak=start + peak, turn=start + turn, end=start + end, rest=rest
    )
    return shock, (peak, end)


def _check_coin(stage: Stage, coin: str) -> None:
    if not any(listing.instrument.base == coin for listing in stage.venue.engine.listings.values()):
        raise ValueError(f"the exchange lists nothing made of {coin}")


def _nothing() -> None:
    """Announced, and nothing else."""
