"""An account: its settings, live orders, positions and everything it can look up."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Literal

from bybit_async.simulator.amounts import ZERO
from bybit_async.simulator.executions import Execution
from bybit_async.simulator.journal import ClosedOption, ClosedPnl, Delivery, LogEntry, Settlement
from bybit_async.simulator.listing import Listing
from bybit_async.simulator.orders import Order
from bybit_async.simulator.positions import Position

MarginMode = Literal["REGULAR_MARGIN", "ISOLATED_MARGIN"]
HISTORY = 200_000
"""How many closed orders, executions and log entries an account remembers of each."""
DEFAULT_LEVERAGE = Decimal(10)


class Account:
    """One unified account. `balances` belongs to the ledger; change it only through the engine."""

    def __init__(
        self, uid: int, balances: dict[str, Decimal], created_ms: int, *, house: bool = False, smp_group: int = 0
    ) -> None:
        self.uid = uid
        self.house = house
        self.smp_group = smp_group
        self.created_ms = created_ms
        self.updated_ms = created_ms
        self.margin_mode: MarginMode = "REGULAR_MARGIN"
        self.balances = balances
        self.locked: dict[str, Decimal] = {}
        """Coins held by live spot orders."""
        self.positions: dict[tuple[str, str, int], Position] = {}
        """Keyed by (category, symbol, position idx); empty ones stay."""
        self.exposed: dict[tuple[str, str, int], Position] = {}
        """The positions that have a size or resting orders: what margin must be computed over."""
        self.leverages: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
        self.hedged: dict[tuple[str, str], bool] = {}
        """Contracts whose position mode was chosen by symbol, which counts for more than that of the coin."""
        self.hedged_coins: set[str] = set()
        self.moves_prices = {"spot": False, "linear": True, "inverse": True}
        """Whether a limit price that reaches too far is moved to what is allowed, or the order refused."""
        self.auto_repaid: set[str] = set()
        """Coins whose debts are to be repaid out of what there is of them: nothing, for who owes a coin has none."""
        self.exit_modes: dict[tuple[str, str], Literal["Full", "Partial"]] = {}
        """The TP/SL mode of contracts for requests that do not say."""
        self.withheld: set[str] = set()
        """Categories that are not offered where the account is at home."""
        self.uncounted: set[str] = set()
        """Coins that back no orders or positions, because their collateral switch is off."""
        self.delta_neutral = False
        """Whether delta-neutral positions rank lower for deleveraging, which never happens here."""
        self.orders: dict[str, Order] = {}
        """Live orders by order id, oldest first."""
        self.link_ids: dict[tuple[str, str], Order] = {}
        """Every order ever placed with a link id, by (spot or contract, link id)."""
        self.recent: dict[str, deque[Order]] = {}
        """The last 500 closed orders of each category, until the exchange restarts."""
        self.history: deque[Order] = deque(maxlen=HISTORY)
        self.executions: deque[Execution] = deque(maxlen=HISTORY)
        self.log: deque[LogEntry] = deque(maxlen=HISTORY)
        self.logged: dict[str, Decimal] = {}
        """Sum of all log changes by coin; must equal the balance."""
        self.closed: dict[str, ClosedPnl] = {}
        self.closed_options: deque[ClosedOption] = deque(maxlen=HISTORY)
        self.deliveries: deque[Delivery] = deque(maxlen=HISTORY)
        self.settlements: deque[Settlement] = deque(maxlen=HISTORY)
        self.realised: dict[str, Decimal] = {}
        """Cumulative realised profit and loss by coin."""

    def __repr__(self) -> str:
        return f"Account(uid={self.uid}{', house' if self.house else ''})"

    @property
    def smp_owner(self) -> int:
        """Whose orders may not meet: the group's number (negative) or the uid."""
        return -self.smp_group if self.smp_group else self.uid

    @property
    def isolated(self) -> bool:
        """Whether each position carries its own margin."""
        return self.margin_mode == "ISOLATED_MARGIN"

    def free(self, coin: str) -> Decimal:
        """Return the balance of a coin that no spot order holds."""
        return self.balances.get(coin, ZERO) - self.locked.get(coin, ZERO)

    def is_hedged(self, listing: Listing) -> bool:
        """Whether this listing is in hedge mode."""
        instrument = listing.instrument
        chosen = self.hedged.get(instrument.key)
        if chosen is not None:
            return chosen
        return instrument.category == "linear" and instrument.settle in self.hedged_coins

    def exit_mode(self, listing: Listing) -> Literal["Full", "Partial"]:
        """Return the TP/SL mode of requests for a listing that do not say."""
        return self.exit_modes.get(listing.instrument.key, "Full")

    def leverage_for(self, listing: Listing, idx: int) -> Decimal:
        """Return the leverage in force for a position idx."""
        instrument = listing.instrument
        if instrument.category == "option":
            return Decimal(1)
        default = min(DEFAULT_LEVERAGE, instrument.max_leverage)
        buy, sell = self.leverages.get(instrument.key, (default, default))
        return sell if idx == 2 else buy

    def position(self, listing: Listing, idx: int) -> Position:
        """Return the position record, made on first use."""
        key = (*listing.instrument.key, idx)
        found = self.positions.get(key)
        if found is None:
            found = Position(self, listing, idx, self.leverage_for(listing, idx), key)
            self.positions[key] = found
        return found
