"""What the seven panels show, as one frozen record; the page, the terminal, `/status` and `/metrics` all read it.

Money is in the settle coin, ages are in milliseconds, shares are fractions. What is not known is None.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.bot.timings import Latency

PanelName = Literal["state", "trust", "equity", "positions", "orders", "breakers", "latency"]
Mode = Literal["PAPER", "LIVE"]


class Problem(msgspec.Struct, frozen=True):
    """A reason why the bot is not healthy, and the panel that shows it."""

    panel: PanelName
    text: str


class Restart(msgspec.Struct, frozen=True):
    """What the last start found out and changed; see `Recovered` of the engine."""

    orders: int
    unknown: int
    executions: int
    adopted: dict[str, Decimal]
    stops: int


class StatePanel(msgspec.Struct, frozen=True, kw_only=True):
    """The first panel: what the engine is doing, and where.

    Attributes:
        mode: LIVE where real money is traded, otherwise PAPER.
        uptime: seconds since the engine started.
    """

    engine: str
    mode: Mode
    address: str
    version: str
    settle_coin: str
    account_id: str | None = None
    started_ms: int | None = None
    uptime: float | None = None
    restart: Restart | None = None


class DataRow(msgspec.Struct, frozen=True, kw_only=True):
    """The age of the data of one symbol; `too_old` says whether decisions on it are held up."""

    symbol: str
    price_age_ms: int | None
    candle_age_ms: int | None
    book_age_ms: int | None
    book_stale: bool | None
    too_old: bool


class UnknownOrder(msgspec.Struct, frozen=True):
    """An order whose outcome is unknown."""

    order_link_id: str
    symbol: str
    side: str
    remaining: Decimal


class LimitRow(msgspec.Struct, frozen=True):
    """What an endpoint's newest answer said of its rate limit."""

    endpoint: str
    remaining: int | None
    total: int | None


class TrustPanel(msgspec.Struct, frozen=True, kw_only=True):
    """The second panel: whether the bot knows what it shows.

    Attributes:
        max_age_ms: above which data are too old.
        round_age: seconds since the engine last looked at its account.
        clock_offset_ms: exchange time less local time; `clock_error_ms` is how far that may be wrong.
        journal_lag: seconds that the oldest row has been waiting to be written.
    """

    synced: bool | None = None
    round_age: float | None = None
    data: tuple[DataRow, ...] = ()
    max_age_ms: int = 0
    unknown: tuple[UnknownOrder, ...] = ()
    clock_offset_ms: float | None = None
    clock_error_ms: float | None = None
    journal_lag: float = 0.0
    journal_healthy: bool = True
    journal_writes: int = 0
    limits: tuple[LimitRow, ...] = ()


class BreakerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One breaker.

    Attributes:
        value: None where it cannot be known, which counts as tripped.
        used: value per limit; 1 is the limit.
        latched: whether it stays tripped until it is reset.
    """

    name: str
    value: float | None
    limit: float
    used: float | None
    tripped: bool
    latched: bool


class EquityPanel(msgspec.Struct, frozen=True, kw_only=True):
    """The third panel: equity, its curve as (milliseconds, equity), and what was lost of it."""

    equity: Decimal | None = None
    available: Decimal | None = None
    peak: float | None = None
    day_start: float | None = None
    drawdown: BreakerRow | None = None
    daily_loss: BreakerRow | None = None
    curve: tuple[tuple[int, float], ...] = ()


class PositionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One position.

    Attributes:
        stop_loss: the stop that is at the exchange; None when the position is unprotected.
        liquidation_distance: from the mark price to the liquidation price, as a fraction of the mark price.
    """

    symbol: str
    side: str
    size: Decimal
    entry_price: Decimal
    mark_price: Decimal
    value: Decimal
    unrealised_pnl: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None
    liquidation_price: Decimal | None
    liquidation_distance: float | None
    leverage: Decimal | None


class PositionsPanel(msgspec.Struct, frozen=True, kw_only=True):
    """The fourth panel; `unprotected` is the share of the exposure that has no stop at the exchange."""

    rows: tuple[PositionRow, ...] = ()
    exposure: Decimal = Decimal(0)
    worst_exposure: Decimal = Decimal(0)
    unprotected: float = 0.0


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order that may still trade."""

    order_link_id: str
    symbol: str
    side: str
    remaining: Decimal
    price: Decimal
    reduce_only: bool
    unknown: bool


class TradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A trade of the bot; `slippage_bps` is positive when it traded worse than at the price of the decision."""

    execution_id: str
    time_ms: int
    strategy_id: str
    symbol: str
    side: str
    status: str
    quantity: Decimal | None
    price: Decimal | None
    decided_price: Decimal
    slippage_bps: float | None
    realized_pnl: Decimal | None
    reason: str | None


class OrdersPanel(msgspec.Struct, frozen=True, kw_only=True):
    """The fifth panel."""

    open: tuple[OrderRow, ...] = ()
    trades: tuple[TradeRow, ...] = ()


class StrategyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy: its signals since the start of the program, and what happened to them.

    Attributes:
        failure: why it was stopped, where it was.
    """

    strategy_id: str
    active: bool | None
    signals: int
    refused: int
    traded: int
    last_refusal: str
    failure: str | None
    closed: int
    pnl: Decimal


class BreakersPanel(msgspec.Struct, frozen=True, kw_only=True):
    """The sixth panel."""

    rows: tuple[BreakerRow, ...] = ()
    strategies: tuple[StrategyRow, ...] = ()


class LogLine(msgspec.Struct, frozen=True):
    """One line of the log, without secrets."""

    time_ms: int
    level: str
    logger: str
    text: str


class LatenciesPanel(msgspec.Struct, frozen=True, kw_only=True):
    """The seventh panel; calls and errors are those of the last minute, warnings those since the start."""

    rows: tuple[Latency, ...] = ()
    calls: int | None = None
    errors: int | None = None
    warnings: int = 0
    failures: int = 0
    log: tuple[LogLine, ...] = ()


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A bot at one moment, in milliseconds of the exchange's clock where that is known.

    Attributes:
        problems: every reason why it is not healthy; empty when it is.
    """

    time_ms: int
    problems: tuple[Problem, ...]
    state: StatePanel
    trust: TrustPanel
    equity: EquityPanel
    positions: PositionsPanel
    orders: OrdersPanel
    breakers: BreakersPanel
    latency: LatenciesPanel

    @property
    def healthy(self) -> bool:
        """Whether there is no problem."""
        return not self.problems
