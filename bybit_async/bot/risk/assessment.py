"""The judgement of one proposed trade: pure, from what is known at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bybit_async.bot.configuration.sections import BotSettings
from bybit_async.bot.records import OrderSide, PortfolioSnapshot, RiskAction, RiskLevel
from bybit_async.bot.risk import sizing
from bybit_async.bot.risk.record import Edge
from bybit_async.bot.risk.sizing import ZERO, OrderRules

ABSURD = Decimal(10) ** 15


@dataclass
class TradeRiskAssessment:
    """What the risk manager says of a proposed trade; None where data do not carry a figure.

    Attributes:
        symbol: of the proposal, as are `side` (``"BUY"`` or ``"SELL"``), `size`, `entry_price`, `stop_loss` and
            `take_profit`.
        risk_amount: loss at the stop in the settle coin: ``size * |entry - stop|``; without a stop all of its value.
            100 at 50 with a stop at 48: 200.
        risk_percentage: the same in percent of equity.
        position_size_recommendation: what to trade at most, on the instrument's lot; 0 for nothing.
        risk_reward_ratio: ``|target - entry| / |entry - stop|``: what may be won per unit of what may be lost.
        probability_of_success: share of winning trades in this symbol, from the journal.
        expected_value: ``p * size * |target - entry| - (1 - p) * risk_amount``, in the settle coin.
        risk_level: `risk_amount` against the limit: up to a half, three quarters, all, or more of it.
        recommended_action: trade the size, trade less, or nothing.
        risk_factors: what spoke against it, or cut it.
    """

    symbol: str
    side: str
    size: Decimal
    entry_price: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None
    risk_amount: Decimal | None
    risk_percentage: float | None
    position_size_recommendation: Decimal
    risk_reward_ratio: float | None
    probability_of_success: float | None
    expected_value: float | None
    risk_level: RiskLevel
    recommended_action: RiskAction
    risk_factors: list[str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A trade that a strategy wants."""

    symbol: str
    side: OrderSide
    size: Decimal
    entry_price: Decimal
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    reduce_only: bool = False

    def problem(self) -> str | None:
        """Return what is wrong with the numbers themselves, or None."""
        named = {"size": self.size, "entry price": self.entry_price}
        exits = {"stop": self.stop_loss, "target": self.take_profit}
        for name, value in (named | {name: value for name, value in exits.items() if value is not None}).items():
            if value is None or not value.is_finite() or not 0 < value < ABSURD:
                return f"{name} must be a positive number, not {value}"
        sign = self.side.sign
        if self.stop_loss is not None and (self.entry_price - self.stop_loss) * sign <= 0:
            return f"stop {self.stop_loss} is on the wrong side of {self.entry_price} for {self.side.name}"
        if self.take_profit is not None and (self.take_profit - self.entry_price) * sign <= 0:
            return f"target {self.take_profit} is on the wrong side of {self.entry_price} for {self.side.name}"
        return None

    def distance(self, settings: BotSettings) -> Decimal:
        """Return how far the price may go against it: to the stop it names, the one it gets, or all the way."""
        if self.stop_loss is not None:
            return abs(self.entry_price - self.stop_loss)
        if settings.trading.enable_stop_loss:
            return self.entry_price * Decimal(str(settings.trading.stop_loss_distance))
        return self.entry_price


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a judgement may go by."""

    settings: BotSettings
    portfolio: PortfolioSnapshot | None = None
    rules: OrderRules | None = None
    edge: Edge | None = None
    daily_volatility: float | None = None
    objections: Sequence[str] = ()
    """Tripped breakers and the like: they refuse everything that does not reduce a position."""


def judge(proposal: Proposal, known: Circumstances) -> TradeRiskAssessment:
    """Return the assessment of a proposal.

    What only reduces a position is approved whatever else is wrong.
    """
    problem = proposal.problem()
    if problem is not None:
        return _made(proposal, known, [problem], size=ZERO, sound=False)
    held = ZERO if known.portfolio is None else known.portfolio.size_of(proposal.symbol)
    against = held * proposal.side.sign < 0
    if proposal.reduce_only or (against and proposal.size <= abs(held)):
        room = abs(held) if against else ZERO
        size = min(proposal.size, room)
        return _made(proposal, known, [] if size else ["there is no position to reduce"], size=size, reduces=True)
    factors = [*known.objections]
    if known.portfolio is None or known.portfolio.equity is None or not known.portfolio.synced:
        factors.append("equity is not known")
        return _made(proposal, known, factors, size=ZERO)
    size, cut = _recommended(proposal, known, known.portfolio, known.portfolio.equity)
    if _too_many(proposal, known.portfolio, known.settings):
        factors.append(f"{len(known.portfolio.positions)} positions are open, the most allowed")
    if factors:
        size = ZERO
    return _made(proposal, known, factors + cut, size=size)


def _recommended(
    proposal: Proposal, known: Circumstances, portfolio: PortfolioSnapshot, equity: Decimal
) -> tuple[Decimal, list[str]]:
    settings, price = known.settings, proposal.entry_price
    wanted, notes = _wanted(proposal, known, equity)
    held = portfolio.position(proposal.symbol)
    against = held is not None and held.side is not proposal.side
    worst = portfolio.worst_value(proposal.symbol)
    now = -held.value if held is not None and against else worst
    bounds = sizing.caps(
        equity=equity,
        price=price,
        distance=proposal.distance(settings),
        held=now,
        exposure=portfolio.worst_exposure - worst + now,
        risk_limit=Decimal(str(settings.risk.max_portfolio_risk)),
        position_limit=Decimal(str(settings.trading.max_position_size)),
        exposure_limit=Decimal(str(settings.risk.max_exposure)),
    )
    size, cut = bounds.least(wanted)
    notes += [f"cut by the limit of {name}" for name in cut]
    if known.rules is not None:
        whole = known.rules.size(size, price)
        if not whole:
            notes.append(f"{size:f} is less than the smallest order")
        size = whole
    return size, notes


def _wanted(proposal: Proposal, known: Circumstances, equity: Decimal) -> tuple[Decimal, list[str]]:
    """Return the size that the configured method asks for; the signal's own where it lacks data."""
    risk = known.settings.risk
    fraction = Decimal(str(risk.max_portfolio_risk))
    distance = proposal.distance(known.settings)
    if risk.sizing == "fixed_fraction":
        return sizing.fixed_fraction(equity, fraction, distance), []
    if risk.sizing == "volatility":
        if known.daily_volatility:
            daily = Decimal(repr(known.daily_volatility))
            return sizing.volatility_size(equity, fraction, proposal.entry_price, daily), []
        return proposal.size, ["volatility is not known: sized as the signal says"]
    if risk.sizing == "kelly":
        if known.edge is not None and known.edge.payoff is not None:
            staked = sizing.kelly_fraction(known.edge.probability, known.edge.payoff, risk.kelly_cap)
            return sizing.fixed_fraction(equity, Decimal(repr(staked)), distance), []
        return proposal.size, ["too few trades for Kelly's criterion: sized as the signal says"]
    return proposal.size, []


def _too_many(proposal: Proposal, portfolio: PortfolioSnapshot, settings: BotSettings) -> bool:
    open_now = {held.symbol for held in portfolio.positions}
    coming = {order.symbol for order in portfolio.orders if not order.reduce_only}
    taken = open_now | coming
    return proposal.symbol not in taken and len(taken) >= settings.trading.max_open_positions


def _made(
    proposal: Proposal,
    known: Circumstances,
    factors: list[str],
    *,
    size: Decimal,
    sound: bool = True,
    reduces: bool = False,
) -> TradeRiskAssessment:
    """Write the assessment down; an unsound proposal has no figures, one that reduces has no risk."""
    risk = _risk(proposal, known, reduces=reduces) if sound else None
    reward = None
    if sound and not reduces and proposal.take_profit is not None:
        reward = abs(proposal.take_profit - proposal.entry_price)
    equity = None if known.portfolio is None else known.portfolio.equity
    share = None if risk is None or not equity or equity <= 0 else float(risk / equity)
    chance = None if known.edge is None else known.edge.probability
    expected = None
    if chance is not None and reward is not None and risk is not None:
        expected = chance * float(proposal.size * reward) - (1.0 - chance) * float(risk)
    return TradeRiskAssessment(
        symbol=proposal.symbol,
        side=proposal.side.name,
        size=proposal.size,
        entry_price=proposal.entry_price,
        stop_loss=proposal.stop_loss,
        take_profit=proposal.take_profit,
        risk_amount=risk,
        risk_percentage=None if share is None else share * 100.0,
        position_size_recommendation=size,
        risk_reward_ratio=None if reward is None else float(reward / proposal.distance(known.settings)),
        probability_of_success=chance if sound else None,
        expected_value=expected,
        risk_level=RiskLevel.EXTREME if share is None else level_of(share / known.settings.risk.max_portfolio_risk),
        recommended_action=_action(proposal, size),
        risk_factors=factors,
    )


def _risk(proposal: Proposal, known: Circumstances, *, reduces: bool) -> Decimal:
    return ZERO if reduces else proposal.size * proposal.distance(known.settings)


def _action(proposal: Proposal, size: Decimal) -> RiskAction:
    if not size:
        return RiskAction.REJECT
    return RiskAction.APPROVE if size >= proposal.size else RiskAction.REDUCE


def level_of(used: float) -> RiskLevel:
    """Return the level of a figure that uses this fraction of its limit: up to 0.5, 0.75, 1, or more."""
    for bound, level in ((0.5, RiskLevel.LOW), (0.75, RiskLevel.MEDIUM), (1.0, RiskLevel.HIGH)):
        if used <= bound:
            return level
    return RiskLevel.EXTREME
