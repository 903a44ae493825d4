"""Initial and maintenance margin, and what an account can still afford."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account, Position
from bybit_async.simulator.engine.amounts import ZERO, grain_down
from bybit_async.simulator.engine.instruments import RiskTier, value_at
from bybit_async.simulator.engine.listing import Listing

BORROW_MM = Decimal("0.04")
"""Maintenance margin of what was borrowed for spot."""
OPTION_IM_MAX, OPTION_IM_MIN, OPTION_MM = Decimal("0.15"), Decimal("0.1"), Decimal("0.075")
Usd = Callable[[str], Decimal]


@dataclass(slots=True)
class Figures:
    """Sums over positions and orders, in one coin or in US dollars."""

    order_im: Decimal = ZERO
    position_im: Decimal = ZERO
    position_mm: Decimal = ZERO
    upl: Decimal = ZERO
    """Of perpetuals and futures."""
    option_value: Decimal = ZERO
    isolated: Decimal = ZERO
    """Margin set aside by isolated positions."""

    def add(self, other: "Figures", factor: Decimal) -> None:
        """Add another set of sums, converted by `factor`."""
        self.order_im += other.order_im * factor
        self.position_im += other.position_im * factor
        self.position_mm += other.position_mm * factor
        self.upl += other.upl * factor
        self.option_value += other.option_value * factor
        self.isolated += other.isolated * factor


@dataclass(frozen=True, slots=True)
class Standing:
    """An account in US dollars."""

    wallet: Decimal
    locked: Decimal
    figures: Figures
    idle: Decimal = ZERO
    """What the wallet holds of coins that are no collateral, over and above `wallet`."""

    @property
    def margin_balance(self) -> Decimal:
        """Wallet plus unrealised profit and loss of perpetuals."""
        return self.wallet + self.figures.upl

    @property
    def equity(self) -> Decimal:
        """Margin balance plus the value of options and of coins that are not collateral."""
        return self.margin_balance + self.figures.option_value + self.idle

    @property
    def initial(self) -> Decimal:
        """Initial margin of positions and orders."""
        return self.figures.order_im + self.figures.position_im

    @property
    def available(self) -> Decimal:
        """What can back new orders."""
        return self.margin_balance - self.initial - self.locked


def tier_of(position: Position) -> RiskTier | None:
    """Return the risk tier the position's value falls in, or None for options."""
    instrument = position.listing.instrument
    if not instrument.risk_tiers:
        return None
    return instrument.tier_for(value_at(instrument, position.listing.fair_price, position.size))


def position_margin(position: Position) -> tuple[Decimal, Decimal]:
    """Return initial and maintenance margin of the open part, in settle coin, at the mark price."""
    if not position.net:
        return ZERO, ZERO
    listing = position.listing
    instrument = listing.instrument
    if instrument.category == "option":
        if position.net > 0:
            return ZERO, ZERO
        return option_margin(listing, position.size)
    value = value_at(instrument, listing.fair_price, position.size)
    tier = instrument.tier_for(value)
    initial = position.margin if position.account.isolated else value / position.leverage
    return initial, value * tier.maintenance_rate - tier.deduction


def option_margin(listing: Listing, size: Decimal) -> tuple[Decimal, Decimal]:
    """Return initial and maintenance margin for `size` options sold, in settle coin."""
    terms = listing.instrument.option
    if terms is None:
        return ZERO, ZERO
    underlying = listing.index_price or terms.strike
    out_of_money = terms.strike - underlying if terms.side == "Call" else underlying - terms.strike
    mark = listing.fair_price if listing.mark_price is not None else terms.intrinsic(underlying)
    base = max(OPTION_IM_MAX * underlying - max(ZERO, out_of_money), OPTION_IM_MIN * underlying)
    return (base + mark) * size, (OPTION_MM * underlying + mark) * size


def order_margin(position: Position) -> Decimal:
    """Return the initial margin that the position's resting orders need on top, in settle coin."""
    return _order_margin(position, position.buy_qty, position.buy_value, position.sell_qty, position.sell_value)


def added_margin(position: Position, *, is_buy: bool, qty: Decimal, value: Decimal) -> Decimal:
    """Return how much initial margin an order of `qty` worth `value` would add, in settle coin."""
    now = order_margin(position)
    if is_buy:
        after = _order_margin(
            position, position.buy_qty + qty, position.buy_value + value, position.sell_qty, position.sell_value
        )
    else:
        after = _order_margin(
            position, position.buy_qty, position.buy_value, position.sell_qty + qty, position.sell_value + value
        )
    return after - now


def coin_figures(account: Account) -> dict[str, Figures]:
    """Return the sums of an account per settle coin."""
    coins: dict[str, Figures] = {}
    for position in account.exposed.values():
        listing = position.listing
        figures = coins.setdefault(listing.instrument.settle, Figures())
        initial, maintenance = position_margin(position)
        figures.position_im += initial
        figures.position_mm += maintenance
        figures.order_im += order_margin(position)
        figures.isolated += position.margin
        if listing.instrument.category == "option":
            figures.option_value += position.net * listing.fair_price
        else:
            figures.upl += position.unrealised(listing.fair_price)
    return coins


def standing(account: Account, usd: Usd) -> Standing:
    """Return where the account stands, in US dollars."""
    total = Figures()
    for coin, figures in coin_figures(account).items():
        total.add(figures, usd(coin))
    wallet = sum((amount * usd(coin) for coin, amount in account.balances.items()), ZERO)
    if account.spot_leverage is not None:
        debt = sum((-amount * usd(coin) for coin, amount in account.balances.items() if amount < 0), ZERO)
        total.order_im += debt / account.spot_leverage
        total.position_mm += debt * BORROW_MM
    locked = sum((amount * usd(coin) for coin, amount in account.locked.items()), ZERO)
    if not account.uncounted:
        return Standing(wallet, locked, total)
    # A debt counts whatever the switch of its coin says.
    left_out = [coin for coin in account.uncounted if account.balances.get(coin, ZERO) > 0]
    idle = sum((account.balances[coin] * usd(coin) for coin in left_out), ZERO)
    idle_locked = sum((account.locked.get(coin, ZERO) * usd(coin) for coin in left_out), ZERO)
    return Standing(wallet - idle, locked - idle_locked, total, idle)


def available_for(account: Account, coin: str, usd: Usd) -> Decimal:
    """Return how much of a settle coin can back new derivative orders."""
    if account.isolated:
        figures = coin_figures(account).get(coin, Figures())
        return account.free(coin) - figures.isolated - figures.order_im
    rate = usd(coin)
    return standing(account, usd).available / rate if rate else ZERO


def borrowable(account: Account, coin: str, usd: Usd) -> Decimal:
    """Return how much of a coin the account's spare collateral lets it borrow; negative when there is too little."""
    rate = usd(coin)
    if account.spot_leverage is None or not rate:
        return ZERO
    return grain_down(standing(account, usd).available * account.spot_leverage / rate)


def withdrawable(account: Account, coin: str, usd: Usd) -> Decimal:
    """Return how much of a coin may leave the account: free, and not needed as margin."""
    free = account.free(coin)
    if free <= 0:
        return ZERO
    if not account.exposed and min(account.balances.values()) >= 0:
        return free
    if coin in account.uncounted and min(account.balances.values()) >= 0:
        return free
    if account.isolated:
        return max(ZERO, min(free, available_for(account, coin, usd)))
    now = standing(account, usd)
    # Unrealised profit may back orders but not leave.
    spare = now.wallet + min(ZERO, now.figures.upl) - now.initial - now.locked
    rate = usd(coin)
    return max(ZERO, min(free, spare / rate if rate else free))


def liquidation_price(position: Position, usd: Usd) -> Decimal | None:
    """Return `exact_liquidation_price` in the instrument's decimals."""
    price = exact_liquidation_price(position, usd)
    return None if price is None else price.quantize(position.listing.instrument.tick)


def exact_liquidation_price(position: Position, usd: Usd) -> Decimal | None:
    """Solve `equity(p) = maintenance margin(p)`, everything else standing still; None when no price does.

    The margin is that of the risk tier which the position's value is in at that price.
    """
    tier = tier_of(position)
    if not position.net or tier is None:
        return None
    instrument = position.listing.instrument
    equity, others = _equity_behind(position, usd)
    tiers, place = instrument.risk_tiers, instrument.risk_tiers.index(tier)
    grows = (position.net < 0) == instrument.linear_price
    price: Decimal | None = None
    for number in range(place, len(tiers)) if grows else range(place, -1, -1):
        lowest = tiers[number - 1].limit if number else ZERO
        price = _insolvent_at(position, equity, others, tiers[number])
        if price is None:
            continue
        value = price * position.size if instrument.linear_price else position.size / price
        if grows and number > place and value < lowest:
            # Tiers without deductions: the margin jumps where the tier begins.
            price = lowest / position.size if instrument.linear_price else position.size / lowest
            break
        if value <= tiers[number].limit if grows else value > lowest:
            break
    return price if price is not None and 0 < price <= instrument.max_price else None


def _insolvent_at(position: Position, equity: Decimal, others: Decimal, tier: RiskTier) -> Decimal | None:
    """Return the price at which a position has no more than the margin of one risk tier; None when none is positive."""
    mark, size, long = position.listing.fair_price, position.size, position.net > 0
    rate, deduction = tier.maintenance_rate, tier.deduction
    try:
        if position.listing.instrument.category == "inverse":
            worth = size / mark
            if long:
                inverse = (equity + worth + deduction - others) / (size * (1 + rate))
            else:
                inverse = (worth - equity - deduction + others) / (size * (1 - rate))
            price = 1 / inverse
        elif long:
            price = (size * mark - equity - deduction + others) / (size * (1 - rate))
        else:
            price = (equity + size * mark + deduction - others) / (size * (1 + rate))
    except ArithmeticError:
        return None
    return price if price > 0 else None


def _equity_behind(position: Position, usd: Usd) -> tuple[Decimal, Decimal]:
    """Return the equity that carries the position and the other positions' maintenance margin, in its coin."""
    account = position.account
    if account.isolated:
        return position.margin + position.unrealised(position.listing.fair_price), ZERO
    rate = usd(position.listing.instrument.settle) or Decimal(1)
    now = standing(account, usd)
    own = position_margin(position)[1]
    return now.margin_balance / rate, now.figures.position_mm / rate - own


def _order_margin(
    position: Position, buy_qty: Decimal, buy_value: Decimal, sell_qty: Decimal, sell_value: Decimal
) -> Decimal:
    if not buy_qty and not sell_qty:
        return ZERO
    buy_excess = buy_qty - max(ZERO, -position.net)
    sell_excess = sell_qty - max(ZERO, position.net)
    if position.listing.instrument.category == "option":
        # Premiums are paid in full even for buying back; selling more than is held needs margin.
        return buy_value + option_margin(position.listing, max(ZERO, sell_excess))[0]
    buys = buy_value * buy_excess / buy_qty if buy_excess > 0 else ZERO
    sells = sell_value * sell_excess / sell_qty if sell_excess > 0 else ZERO
    return max(buys, sells) / position.leverage
