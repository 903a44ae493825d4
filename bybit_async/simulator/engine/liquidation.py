"""Accounts that can no longer carry their positions: reduced in steps on the market, then taken over by the fund.

The position that needs the most margin is sold first, down to the value of the next lower risk tier, where less margin
is needed. In the lowest tier it is sold whole under cross margin, and taken over under isolated margin. Nothing is sold
beyond the price that leaves its owner nothing; what the book does not take there goes whole to the insurance fund,
which pays for its losses: no one is deleveraged.
"""

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.amounts import GRAIN, ZERO, grain
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.journal import LogEntry
from bybit_async.simulator.engine.ledger import INSURANCE
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.margin import position_margin, standing, tier_of
from bybit_async.simulator.engine.placing import Placing
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.takeover import Takeover

TAKEOVER, REDUCTION = "CreateByTakeOver_PassThrough", "CreateByLiq"


class Liquidation:
    """Keeps accounts solvent."""

    def __init__(self, state: State, lifecycle: Lifecycle, placing: Placing, takeover: Takeover) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._placing = placing
        self._takeover = takeover

    @property
    def fund(self) -> Account:
        """The insurance fund's account."""
        return self._state.accounts[INSURANCE]

    def check(self, account: Account) -> None:
        """Liquidate what must be, then see that spot orders are covered and that no one owes more than they have."""
        if account.isolated:
            for position in list(account.exposed.values()):
                self._check_isolated(position)
        elif account.exposed or account.spot_leverage is not None:
            self._check_cross(account)
        self._uncovered_spot_orders(account)
        if any(amount < 0 for amount in account.balances.values()):
            self._check_debt(account)

    def unwind(self, listing: Listing) -> None:
        """Let the fund sell what it took over, as far as the book goes."""
        position = self.fund.exposed.get((*listing.instrument.key, 0))
        if position is None or not position.net or listing.status != "Trading":
            return
        now = self._state.clock.now_ms()
        order = Order(
            account=self.fund,
            listing=listing,
            order_id=self._state.ids.house(),
            link_id="",
            side="Sell" if position.net > 0 else "Buy",
            order_type="Market",
            qty=position.size,
            price=ZERO,
            time_in_force="IOC",
            created_ms=now,
            updated_ms=now,
            reduce_only=True,
            create_type="CreateByLiq",
        )
        self._placing.accept(order)

    def _check_isolated(self, position: Position) -> None:
        if not position.net:
            return
        listing = position.listing
        left = position.margin + position.unrealised(listing.fair_price)
        needed = position_margin(position)[1]
        if left > needed:
            return
        if position.auto_add_margin and self._draw_margin(position, needed - left):
            return
        self._cancel_orders(position.account, [listing])
        if _step(position) == position.size or not self._reduce(position, left):
            self._take_over(position, left)
            self.unwind(listing)

    def _draw_margin(self, position: Position, short: Decimal) -> bool:
        account = position.account
        coin = position.listing.instrument.settle
        aside = sum((p.margin for p in account.exposed.values() if p.listing.instrument.settle == coin), ZERO)
        more = (short * 2).quantize(GRAIN, ROUND_UP)
        if account.free(coin) - aside < more:
            return False
        position.margin += more
        self._state.outbox.position(position)
        return True

    def _check_cross(self, account: Account) -> None:
        now = standing(account, self._state.usd)
        if not now.figures.position_mm or now.margin_balance > now.figures.position_mm:
            return
        self._cancel_orders(account, None)
        held = [p for p in account.exposed.values() if p.net and position_margin(p)[1] > 0]
        if not held:
            self._cover(account)
            return
        worst = max(held, key=lambda p: position_margin(p)[1] * self._state.usd(p.listing.instrument.settle))
        left = now.margin_balance * position_margin(worst)[1] / now.figures.position_mm
        if not self._reduce(worst, left):
            self._take_over(worst, left)
            self.unwind(worst.listing)
        if not any(position.net for position in account.exposed.values()):
            self._cover(account)

    def _reduce(self, position: Position, left: Decimal) -> bool:
        """Sell one step of a position on the market; False when the book takes nothing of it."""
        listing, size = position.listing, position.size
        if listing.status != "Trading":
            return False
        now = self._state.clock.now_ms()
        order = Order(
            account=position.account,
            listing=listing,
            order_id=self._state.ids.unique(),
            link_id="",
            side="Sell" if position.net > 0 else "Buy",
            order_type="Market",
            qty=_step(position),
            price=ZERO,
            time_in_force="IOC",
            created_ms=now,
            updated_ms=now,
            position_idx=position.idx,
            reduce_only=True,
            create_type=REDUCTION,
            market_limit=_bankruptcy(position, left)[0],
            last_on_created=listing.last_price,
        )
        position.status = "Liq"
        self._placing.accept(order)
        position.status = "Normal"
        # Whether that was enough is looked at again when the operation settles.
        self._state.touch(position.account)
        return position.size < size

    def _take_over(self, position: Position, left: Decimal) -> None:
        """Hand a position to the fund at the price that leaves its owner nothing of `left`."""
        listing, size = position.listing, position.size
        price, value = _bankruptcy(position, left)
        listing.seq += 1
        position.status = "Liq"
        fund_position = self.fund.position(listing, 0)
        side = position.side
        self._takeover.close(position, price, value, ZERO, kind="BustTrade", create_type=TAKEOVER)
        position.status = "Normal"
        if side:
            self._takeover.receive(fund_position, side, size, value)

    def _cancel_orders(self, account: Account, listings: Iterable[Listing] | None) -> None:
        only = None if listings is None else set(listings)
        for order in list(account.orders.values()):
            if (only is None or order.listing in only) and order.is_live:
                self._lifecycle.cancel(order, "CancelAllBeforeLiq")

    def _uncovered_spot_orders(self, account: Account) -> None:
        for coin in list(account.locked):
            if account.free(coin) >= 0:
                continue
            for order in reversed(list(account.orders.values())):
                instrument = order.listing.instrument
                held = instrument.quote if order.side == "Buy" else instrument.base
                if order.category == "spot" and order.locked and held == coin and account.free(coin) < 0:
                    self._lifecycle.cancel(order, "CancelByCannotAffordOrderCost")

    def _check_debt(self, account: Account) -> None:
        """Cover a debt that nothing backs any more; one backed by other coins or by profit may stand."""
        if not account.isolated:
            now = standing(account, self._state.usd)
            if now.figures.position_mm or now.margin_balance >= 0:
                return
        self._cover(account)

    def _cover(self, account: Account) -> None:
        """Pay off negative balances: with the account's other coins first, then from the fund."""
        for coin, amount in list(account.balances.items()):
            if amount < 0:
                self._sell_for(account, coin)
        for coin, amount in list(account.balances.items()):
            if amount < 0:
                self._pay(account, coin, -amount, "LIQUIDATION")

    def _sell_for(self, account: Account, coin: str) -> None:
        """Sell other coins to the fund, at their index price, to pay off a debt in `coin`."""
        for other, amount in list(account.balances.items()):
            debt = -account.balances[coin]
            rate, price = self._state.usd(coin), self._state.usd(other)
            if debt <= 0:
                return
            if amount <= 0 or not rate or not price or other == coin:
                continue
            sold = min(account.free(other), (debt * rate / price).quantize(GRAIN, ROUND_UP))
            if sold > 0:
                self._pay(account, other, -sold, "CURRENCY_SELL")
                self._pay(account, coin, min(debt, grain(sold * price / rate)), "CURRENCY_BUY")

    def _pay(self, account: Account, coin: str, amount: Decimal, kind: str) -> None:
        self._state.ledger.move(coin, amount, INSURANCE, account.uid)
        self._state.log(
            account,
            LogEntry(
                id=self._state.ids.unique(),
                time_ms=self._state.clock.now_ms(),
                type=kind,
                currency=coin,
                qty=amount,
                cash_flow=amount,
            ),
        )


def _bankruptcy(position: Position, left: Decimal) -> tuple[Decimal, Decimal]:
    """Return the price and value that leave a position's owner nothing of `left`."""
    instrument, size = position.listing.instrument, position.size
    worth = value_at(instrument, position.listing.fair_price, size)
    least = value_at(instrument, instrument.tick, size) if instrument.linear_price else GRAIN
    sinks = (position.net > 0) == instrument.linear_price
    value = max(least, grain(worth - left if sinks else worth + left))
    price = value / size if instrument.linear_price else size / value
    return max(instrument.tick, price.quantize(instrument.tick)), value


def _step(position: Position) -> Decimal:
    """Return how much must go to reach the next lower risk tier; all of it in the lowest one."""
    instrument, price = position.listing.instrument, position.listing.fair_price
    tier = tier_of(position)
    lower = [other.limit for other in instrument.risk_tiers if tier is not None and other.id < tier.id]
    if not lower:
        return position.size
    kept = lower[-1] * price if instrument.category == "inverse" else lower[-1] / price
    lots = (kept / instrument.lot).to_integral_value(ROUND_DOWN)
    return position.size - lots * instrument.lot
