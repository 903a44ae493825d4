"""Market maker protection: option quotes are pulled when too much of them was taken within a short time."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from bybit_async.simulator.engine.accounts import Account, Order
from bybit_async.simulator.engine.amounts import ZERO, plain
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.engine.state import State

CANCEL_TYPE, REASON = "CancelByMmpTriggered", "EC_CancelByMMP"


class Taken(NamedTuple):
    """What one fill of a protected quote weighs."""

    time_ms: int
    qty: Decimal
    delta: Decimal
    vega: Decimal


@dataclass(slots=True)
class QuoteGuard:
    """The protection of one account for the options on one coin; times in milliseconds, limits in coins.

    `frozen_until` is None while quoting is allowed, and 0 while it is forbidden until someone resets it.
    """

    window: int = 5_000
    frozen_period: int = 100
    qty_limit: Decimal = Decimal(100)
    delta_limit: Decimal = Decimal(100)
    vega_limit: Decimal = Decimal(500_000)
    frozen_until: int | None = None
    taken: deque[Taken] = field(default_factory=deque)

    def is_frozen(self, now: int) -> bool:
        """Whether quotes are rejected now."""
        return self.frozen_until is not None and (self.frozen_until == 0 or now < self.frozen_until)

    def reset(self) -> None:
        """Allow quotes again and forget what was taken."""
        self.frozen_until = None
        self.taken.clear()

    def trips(self, fresh: Taken) -> bool:
        """Count what was taken; return whether it reaches a limit within the window."""
        taken = self.taken
        taken.append(fresh)
        while taken[0].time_ms <= fresh.time_ms - self.window:
            taken.popleft()
        return (
            sum((one.qty for one in taken), ZERO) >= self.qty_limit
            or abs(sum((one.delta for one in taken), ZERO)) >= self.delta_limit
            or abs(sum((one.vega for one in taken), ZERO)) >= self.vega_limit
        )

    def to_wire(self, coin: str, now: int) -> dict[str, object]:
        """Return the entry of `/v5/account/mmp-state`."""
        return {
            "baseCoin": coin,
            "mmpEnabled": True,
            "window": str(self.window),
            "frozenPeriod": str(self.frozen_period),
            "qtyLimit": plain(self.qty_limit),
            "deltaLimit": plain(self.delta_limit),
            "vegaLimit": plain(self.vega_limit),
            "mmpFrozenUntil": str(self.frozen_until or 0),
            "mmpFrozen": self.is_frozen(now),
        }


class MarketMaking:
    """Guards the quotes of accounts that are approved for it."""

    def __init__(self, state: State, lifecycle: Lifecycle) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._guards: dict[Account, dict[str, QuoteGuard]] = {}

    def approve(self, account: Account) -> None:
        """Let an account use the protection."""
        self._guards.setdefault(account, {})

    def guard(self, account: Account, coin: str) -> QuoteGuard:
        """Return the protection of an account for a coin; refused with 110065 when the account is not approved."""
        guards = self._guards.get(account)
        if guards is None:
            raise Refused(110065, "MMP hasn't yet been enabled for your account")
        return guards.setdefault(coin, QuoteGuard())

    def is_frozen(self, order: Order) -> bool:
        """Whether a new quote must be rejected; refused with 110065 when the account is not approved."""
        guard = self.guard(order.account, order.listing.instrument.base)
        now = self._state.clock.now_ms()
        if guard.frozen_until and now >= guard.frozen_until:
            guard.reset()
        return guard.is_frozen(now)

    def count(self, order: Order, qty: Decimal) -> None:
        """Count a fill of a resting quote, and freeze quoting when it is one too many."""
        coin, now = order.listing.instrument.base, self._state.clock.now_ms()
        guard = self.guard(order.account, coin)
        delta, vega = self._state.greeks_of(order.listing)
        signed = qty if order.side == "Buy" else -qty
        if guard.trips(Taken(now, qty, signed * delta, signed * vega)) and not guard.is_frozen(now):
            guard.frozen_until = now + guard.frozen_period if guard.frozen_period else 0
            guard.taken.clear()
            # The book is being walked: quotes are pulled when the operation settles.
            self._state.tripped[order.account, coin] = None

    def pull(self, account: Account, coin: str) -> None:
        """Cancel every protected quote of an account for a coin."""
        for order in list(account.orders.values()):
            if order.mmp and order.listing.instrument.base == coin and order.is_live:
                self._lifecycle.cancel(order, CANCEL_TYPE, REASON)
