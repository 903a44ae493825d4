"""What an account can set: leverage, position mode, margin mode, isolated margin, take profit and stop loss."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account, MarginMode, Position
from bybit_async.simulator.engine.amounts import ZERO, grain, plain
from bybit_async.simulator.engine.fields import Fields
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.margin import available_for, coin_figures, position_margin, standing, tier_of
from bybit_async.simulator.engine.refusals import (
    Refused,
    auto_margin_only_isolated,
    hedge_not_supported,
    insufficient_margin,
    leverage_above_limit,
    leverage_not_modified,
    margin_mode_not_modified,
    margin_removal_too_large,
    margin_without_position,
    mode_blocked_by_orders,
    mode_blocked_by_position,
    mode_not_modified,
    only_isolated,
    parameter,
    position_idx_mismatch,
)
from bybit_async.simulator.engine.state import State

ONE_WAY, HEDGE = 0, 3
FIXED_COLLATERAL = frozenset({"USDT", "USDC"})
"""Coins that always are collateral."""


class AccountSettings:
    """Changes account settings."""

    def __init__(self, state: State) -> None:
        self._state = state

    def set_leverage(self, account: Account, fields: Fields) -> None:
        """Set buy and sell leverage of a contract; positions and orders follow at once."""
        listing = self._contract(fields)
        buy, sell = _leverage(fields, "buyLeverage", listing), _leverage(fields, "sellLeverage", listing)
        hedged = account.is_hedged(listing)
        if buy != sell and not (hedged and account.isolated):
            raise parameter("buy leverage not equal sell leverage")
        before = account.leverage_for(listing, 1), account.leverage_for(listing, 2)
        if before == (buy, sell):
            raise leverage_not_modified()
        self._check_tiers(account, listing, buy, sell)
        self._apply_leverage(account, listing, buy, sell)
        if self._overdrawn(account, listing.instrument.settle) and (buy < before[0] or sell < before[1]):
            self._apply_leverage(account, listing, *before)
            raise insufficient_margin()
        for position in _positions(account, listing):
            self._state.outbox.position(position)

    def switch_mode(self, account: Account, fields: Fields) -> None:
        """Switch a contract, or all contracts settled in a coin, between one-way and hedge mode."""
        category = fields.choice("category", ("linear", "inverse"))
        mode = fields.integer("mode", -1)
        if mode not in (ONE_WAY, HEDGE):
            raise parameter("mode invalid")
        symbol, coin = fields.text("symbol"), fields.text("coin")
        if symbol:
            self._switch(account, self._state.listing(category, symbol), hedge=mode == HEDGE)
        elif coin:
            self._switch_coin(account, category, coin, hedge=mode == HEDGE)
        else:
            raise parameter("symbol or coin is required")

    def set_margin_mode(self, account: Account, mode: MarginMode) -> None:
        """Switch between cross (`REGULAR_MARGIN`) and isolated margin for the whole account."""
        if mode not in ("REGULAR_MARGIN", "ISOLATED_MARGIN"):
            raise Refused(110073, "Set margin mode failed")
        if mode == account.margin_mode:
            raise margin_mode_not_modified()
        if mode == "ISOLATED_MARGIN" and any(
            position.listing.instrument.category == "option" for position in account.exposed.values()
        ):
            raise Refused(110073, "Set margin mode failed: options need cross margin")
        if mode == "ISOLATED_MARGIN" and account.spot_leverage is not None:
            raise Refused(110073, "Set margin mode failed: switch spot margin off first")
        before = account.margin_mode
        self._apply_mode(account, mode)
        coins = {p.listing.instrument.settle for p in account.exposed.values()}
        if any(self._overdrawn(account, coin) for coin in coins):
            self._apply_mode(account, before)
            raise insufficient_margin()
        account.updated_ms = self._state.clock.now_ms()
        for position in account.exposed.values():
            self._state.outbox.position(position)

    def set_collateral(self, account: Account, switches: Mapping[str, bool]) -> None:
        """Let coins count as collateral, or not; all of the switches are set, or none."""
        if not FIXED_COLLATERAL.isdisjoint(switches):
            raise Refused(182111, "The switch of this currency cannot be changed")
        before = set(account.uncounted)
        account.uncounted -= {coin for coin, counts in switches.items() if counts}
        account.uncounted |= {coin for coin, counts in switches.items() if not counts}
        try:
            self._check_collateral(account, account.uncounted - before)
        except Refused:
            account.uncounted = before
            raise
        for coin in switches:
            self._state.outbox.wallet(account, coin)

    def _check_collateral(self, account: Account, dropped: set[str]) -> None:
        if account.isolated or not dropped:
            return
        exposed = (position.listing.instrument for position in account.exposed.values())
        if any(instrument.category == "inverse" and instrument.settle in dropped for instrument in exposed):
            raise Refused(182110, "Failed to switch: inverse contracts are settled in this currency")
        if account.exposed and standing(account, self._state.usd).available < 0:
            raise Refused(182108, "Switching failed, margin verification failed")

    def add_margin(self, account: Account, fields: Fields) -> Position:
        """Add (or, negative, remove) margin of an isolated position."""
        position = self._isolated_position(account, fields)
        if not position.net:
            raise margin_without_position()
        amount = fields.signed("margin")
        if amount != round(amount, 4) or not amount:
            raise parameter("margin invalid")
        coin = position.listing.instrument.settle
        if amount > 0:
            if amount > available_for(account, coin, self._state.usd):
                raise insufficient_margin()
        else:
            loss = min(ZERO, position.unrealised(position.listing.fair_price))
            least = max(position.entry_value / position.leverage, position_margin(position)[1] - loss)
            if position.margin + amount < least:
                raise margin_removal_too_large()
        position.margin += amount
        self._state.touch(account)
        self._state.outbox.position(position)
        return position

    def set_auto_add_margin(self, account: Account, fields: Fields) -> None:
        """Turn drawing of margin by itself on or off."""
        if not account.isolated:
            raise auto_margin_only_isolated()
        position = self._isolated_position(account, fields)
        position.auto_add_margin = fields.flag("autoAddMargin")

    def set_risk_limit(self, account: Account, fields: Fields) -> dict[str, object]:
        """Accept a risk id without effect: tiers follow the size of the position."""
        listing = self._contract(fields)
        risk_id = fields.integer("riskId", 0)
        for tier in listing.instrument.risk_tiers:
            if tier.id == risk_id:
                return {
                    "category": listing.instrument.category,
                    "riskId": risk_id,
                    "riskLimitValue": plain(tier.limit),
                }
        raise Refused(110031, "Non-existing risk limit info")

    def _contract(self, fields: Fields) -> Listing:
        return self._state.listing(fields.choice("category", ("linear", "inverse")), fields.required("symbol"))

    def _isolated_position(self, account: Account, fields: Fields) -> Position:
        listing = self._contract(fields)
        if not account.isolated:
            raise only_isolated()
        idx = fields.integer("positionIdx", 0)
        if idx not in ((1, 2) if account.is_hedged(listing) else (0,)):
            raise position_idx_mismatch()
        return account.position(listing, idx)

    def _check_tiers(self, account: Account, listing: Listing, buy: Decimal, sell: Decimal) -> None:
        for position in _positions(account, listing):
            tier = tier_of(position)
            wanted = sell if position.idx == 2 else buy
            if position.net and tier is not None and wanted > tier.max_leverage:
                raise leverage_above_limit()

    def _apply_leverage(self, account: Account, listing: Listing, buy: Decimal, sell: Decimal) -> None:
        account.leverages[listing.instrument.key] = (buy, sell)
        for position in _positions(account, listing):
            position.leverage = sell if position.idx == 2 else buy
            if account.isolated and position.net:
                position.margin = grain(position.entry_value / position.leverage)

    def _overdrawn(self, account: Account, coin: str) -> bool:
        if account.isolated:
            figures = coin_figures(account).get(coin)
            return figures is not None and account.free(coin) < figures.isolated + figures.order_im
        return standing(account, self._state.usd).available < 0

    def _switch_coin(self, account: Account, category: str, coin: str, *, hedge: bool) -> None:
        if category != "linear" or coin != "USDT":
            raise hedge_not_supported()
        affected = [
            listing
            for listing in self._state.listings.values()
            if listing.instrument.category == category and listing.instrument.settle == coin
        ]
        # A coin-wide switch leaves contracts alone that are in use, and rules all others, future ones too.
        for listing in affected:
            if _in_use(account, listing):
                account.hedged[listing.instrument.key] = account.is_hedged(listing)
            else:
                account.hedged.pop(listing.instrument.key, None)
        if hedge:
            account.hedged_coins.add(coin)
        else:
            account.hedged_coins.discard(coin)

    def _switch(self, account: Account, listing: Listing, *, hedge: bool) -> None:
        instrument = listing.instrument
        if account.is_hedged(listing) == hedge:
            raise mode_not_modified()
        if hedge and (instrument.category != "linear" or instrument.settle != "USDT"):
            raise hedge_not_supported()
        if any(position.net for position in _positions(account, listing)):
            raise mode_blocked_by_position()
        if any(order.listing is listing for order in account.orders.values()):
            raise mode_blocked_by_orders()
        account.hedged[instrument.key] = hedge

    def _apply_mode(self, account: Account, mode: MarginMode) -> None:
        account.margin_mode = mode
        for position in account.positions.values():
            isolated = mode == "ISOLATED_MARGIN" and position.net
            position.margin = grain(position.entry_value / position.leverage) if isolated else ZERO


def _leverage(fields: Fields, name: str, listing: Listing) -> Decimal:
    instrument = listing.instrument
    leverage = fields.number(name)
    if leverage is None or leverage < 1 or leverage % instrument.leverage_step:
        raise parameter(f"{name} invalid")
    if leverage > instrument.max_leverage:
        raise leverage_above_limit()
    return leverage


def _positions(account: Account, listing: Listing) -> Iterator[Position]:
    for idx in (0, 1, 2):
        found = account.positions.get((*listing.instrument.key, idx))
        if found is not None:
            yield found


def _in_use(account: Account, listing: Listing) -> bool:
    return any(position.net for position in _positions(account, listing)) or any(
        order.listing is listing for order in account.orders.values()
    )
