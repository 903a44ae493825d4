"""An account, its positions and its orders: each of them refers to the other two, so they share a file.

A position knows how trades open, grow, shrink and turn it, exactly; `wires` shows all three as the wire does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from bybit_async.simulator.engine.amounts import ZERO, grain
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.journal import (
    Change,
    ClosedOption,
    ClosedPnlEntry,
    Delivery,
    InterestCharge,
    LogEntry,
    Settlement,
)
from bybit_async.simulator.engine.listing import Listing, PriceKind
from bybit_async.simulator.engine.matching import MatchingBook, Resting, Side, SmpType
from bybit_async.simulator.engine.terms import ExitPlan, OrderStatus, OrderType, TimeInForce

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
        self.moves_prices: dict[str, bool] = {"spot": False, "linear": True, "inverse": True}
        """Whether a limit price that reaches too far is moved to what is allowed, or the order refused."""
        self.auto_repaid: set[str] = set()
        """Coins whose debts are to be repaid out of what there is of them: nothing, for who owes a coin has none."""
        self.exit_modes: dict[tuple[str, str], Literal["Full", "Partial"]] = {}
        """The TP/SL mode of contracts for requests that do not say."""
        self.withheld: set[str] = set()
        """Categories that are not offered where the account is at home."""
        self.uncounted: set[str] = set()
        """Coins that back no orders or positions, because their collateral switch is off."""
        self.spot_leverage: Decimal | None = None
        """How much spot orders may borrow against collateral; None while spot margin is off."""
        self.borrowed: deque[InterestCharge] = deque(maxlen=HISTORY)
        self.rpi_maker = False
        """Whether it is approved to place RPI orders."""
        self.delta_neutral = False
        self.orders: dict[str, Order] = {}
        """Live orders by order id, oldest first."""
        self.link_ids: dict[tuple[str, str], Order] = {}
        """Every order ever placed with a link id, by (spot or contract, link id)."""
        self.recent: dict[str, deque[Order]] = {}
        """The last 500 closed orders of each category, until the exchange restarts."""
        self.history: deque[Order] = deque(maxlen=HISTORY)
        self.executions: deque[AccountExecution] = deque(maxlen=HISTORY)
        self.log: deque[LogEntry] = deque(maxlen=HISTORY)
        self.logged: dict[str, Decimal] = {}
        """Sum of all log changes by coin; must equal the balance."""
        self.closed: dict[str, ClosedPnlEntry] = {}
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


@dataclass(slots=True, eq=False)
class Position:
    """One account's position in one listing; `net` is negative for a short one.

    `entry_value` is what the open part cost (or was worth at the last settlement), exact to the grain; the average
    price is derived from it and never the other way round, so that profit and loss of all accounts sum to zero.
    `margin` is set aside under isolated margin only. `buy_qty` to `sell_value` sum up the resting orders that are not
    reduce-only.
    """

    account: Account
    listing: Listing
    idx: int
    leverage: Decimal
    key: tuple[str, str, int] = ("", "", 0)
    """(category, symbol, position idx)."""
    net: Decimal = ZERO
    entry_value: Decimal = ZERO
    settled: Decimal = ZERO
    """By how much sessions of USDC settlement have moved `entry_value` away from what the open part cost."""
    margin: Decimal = ZERO
    auto_add_margin: bool = False
    open_fees: Decimal = ZERO
    holding: ClosedOption | None = None
    """What an option position that is still open has closed so far."""
    cur_realised: Decimal = ZERO
    cum_realised: Decimal = ZERO
    created_ms: int = 0
    updated_ms: int = 0
    opened_ms: int = 0
    seq: int = -1
    """The sequence of its last trade; -1 while there was none."""
    status: Literal["Normal", "Liq", "Adl"] = "Normal"
    take_profit: Order | None = None
    stop_loss: Order | None = None
    trailing_stop: Order | None = None
    exits: dict[str, Order] = field(default_factory=dict)
    """Live TP/SL and trailing orders of this position by order id, Full and Partial."""
    reducers: dict[str, Order] = field(default_factory=dict)
    """Resting orders that may only reduce it, by order id."""
    buy_qty: Decimal = ZERO
    buy_value: Decimal = ZERO
    sell_qty: Decimal = ZERO
    sell_value: Decimal = ZERO

    @property
    def size(self) -> Decimal:
        """Quantity without direction."""
        return abs(self.net)

    @property
    def side(self) -> Side | Literal[""]:
        """`Buy` for long, `Sell` for short, empty for none."""
        if not self.net:
            return ""
        return "Buy" if self.net > 0 else "Sell"

    @property
    def avg_price(self) -> Decimal:
        """Average entry price, whatever has been settled since; zero without a position."""
        if not self.net or not self.entry_value:
            return ZERO
        if self.listing.instrument.category == "inverse":
            return self.size / self.entry_value
        return (self.entry_value - self.settled) / self.size

    @property
    def session_price(self) -> Decimal:
        """Average entry price as of the last session settlement; zero without a position."""
        return self.entry_value / self.size if self.net else ZERO

    def settle(self, mark: Decimal) -> Decimal:
        """Realise what the position has gained (or lost) by now, and go on from there; return that gain."""
        gain = self.unrealised(mark)
        worth = value_at(self.listing.instrument, mark, self.size)
        self.settled += worth - self.entry_value
        self.entry_value = worth
        return gain

    def reducible(self, side: Side) -> Decimal:
        """Return how much an order of `side` can reduce."""
        if side == "Buy":
            return -self.net if self.net < 0 else ZERO
        return self.net if self.net > 0 else ZERO

    def apply(self, side: Side, qty: Decimal, value: Decimal, fee: Decimal) -> Change:
        """Book a trade of `qty` worth `value`; profit and loss is realised on what it closes."""
        signed = qty if side == "Buy" else -qty
        closing = min(self.reducible(side), qty)
        if not closing:
            self._open(signed, value, fee)
            return Change(ZERO, ZERO, ZERO, ZERO, ZERO)
        exit_value = value if closing == qty else grain(value * closing / qty)
        closing_fee = fee if closing == qty else grain(fee * closing / qty)
        change = self._close(closing, exit_value)
        if closing < qty:
            rest = qty - closing
            self._open(rest if side == "Buy" else -rest, value - exit_value, fee - closing_fee)
        return change

    def unrealised(self, price: Decimal) -> Decimal:
        """Return the profit (negative: loss) that closing at `price` would realise, without fees."""
        if not self.net:
            return ZERO
        worth = value_at(self.listing.instrument, price, self.size)
        return self._gain(self.net > 0, self.entry_value, worth)

    def claim(self) -> Decimal:
        """Return the part of clearing's balance that this position accounts for (see `Engine.audit`)."""
        signed = self.entry_value if self.net > 0 else -self.entry_value
        return signed if self.listing.instrument.category == "inverse" else -signed

    def _open(self, signed: Decimal, value: Decimal, fee: Decimal) -> None:
        self.net += signed
        self.entry_value += value
        self.open_fees += fee

    def _close(self, qty: Decimal, exit_value: Decimal) -> Change:
        size = self.size
        was_long = self.net > 0
        if qty == size:
            removed, fee, settled = self.entry_value, self.open_fees, self.settled
        else:
            removed, fee, settled = (
                grain(part * qty / size) for part in (self.entry_value, self.open_fees, self.settled)
            )
        self.settled -= settled
        self.entry_value -= removed
        self.open_fees -= fee
        self.net += -qty if was_long else qty
        return Change(qty, removed, exit_value, self._gain(was_long, removed, exit_value), fee)

    def _gain(self, long: bool, entry_value: Decimal, exit_value: Decimal) -> Decimal:
        gain = exit_value - entry_value
        rises = long != (self.listing.instrument.category == "inverse")
        return gain if rises else -gain


@dataclass(slots=True, eq=False)
class Order:
    """One order of one account.

    `qty` is in base coin (contracts for inverse), except that a spot market order by value has `qty` in quote
    coin. `market_limit` is the protection price of a market order. `resting` is set while it is in the book.
    """

    account: Account
    listing: Listing
    order_id: str
    link_id: str
    side: Side
    order_type: OrderType
    qty: Decimal
    price: Decimal
    time_in_force: TimeInForce
    created_ms: int
    updated_ms: int
    position_idx: int = 0
    reduce_only: bool = False
    close_on_trigger: bool = False
    smp: SmpType = "None"
    by_value: bool = False
    market_unit: str = ""
    slippage_type: str = "UNKNOWN"
    slippage: str = ""
    order_filter: str = "Order"
    stop_order_type: str = ""
    create_type: str = "CreateByUser"
    trigger_price: Decimal | None = None
    trigger_by: PriceKind | None = None
    trigger_direction: int = 0
    order_iv: str = ""
    mmp: bool = False
    """Whether market maker protection may pull it."""
    exit_plan: ExitPlan = field(default_factory=ExitPlan)
    trail: Decimal | None = None
    active_price: Decimal | None = None
    trail_extreme: Decimal | None = None
    parent_link_id: str = ""
    pair: Order | None = None
    oco_trigger_by: str = ""
    market_limit: Decimal | None = None
    last_on_created: Decimal | None = None
    status: OrderStatus = "New"
    cancel_type: str = "UNKNOWN"
    reject_reason: str = "EC_NoError"
    smp_order_id: str = ""
    filled: Decimal = ZERO
    filled_value: Decimal = ZERO
    fees: dict[str, Decimal] = field(default_factory=dict)
    closed_pnl: Decimal = ZERO
    locked: Decimal = ZERO
    """What it holds: spot coins, or the value of its resting part in settle coin."""
    exposed: Decimal = ZERO
    """The resting quantity that its position counts for margin."""
    covered: Decimal = ZERO
    """Filled quantity for which partial exit orders exist already."""
    resting: Resting | None = None
    position: Position | None = None
    """The position it belongs to, once looked up; None for spot."""

    leverage: bool = False
    """Whether a spot order may borrow."""
    rpi_access: bool = False
    """Whether it may trade with retail price improvement (RPI) quotes."""
    rpi_matched: Decimal = ZERO
    """How much of it has traded with them."""

    @property
    def book(self) -> MatchingBook:
        """The book that it rests in: RPI orders have one of their own, which most orders do not see."""
        return self.listing.rpi_book if self.time_in_force == "RPI" else self.listing.book

    @property
    def category(self) -> str:
        """Product category."""
        return self.listing.instrument.category

    @property
    def symbol(self) -> str:
        """Symbol name."""
        return self.listing.instrument.symbol

    @property
    def is_live(self) -> bool:
        """Whether it can still trade, or be triggered."""
        return self.status in ("New", "PartiallyFilled", "Untriggered", "Triggered")

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its trigger."""
        return self.status == "Untriggered"

    @property
    def closes_only(self) -> bool:
        """Whether it may only ever reduce its position (flags, or the closing side in hedge mode)."""
        if self.reduce_only or self.close_on_trigger:
            return True
        return self.position_idx != 0 and (self.position_idx == 1) != (self.side == "Buy")

    @property
    def leaves(self) -> Decimal:
        """What is left to trade (base coin, or quote coin for a spot order by value)."""
        return self.qty - (self.filled_value if self.by_value else self.filled)

    @property
    def avg_price(self) -> Decimal | None:
        """Average price of its fills, or None without any."""
        if not self.filled:
            return None
        if self.listing.instrument.category == "inverse":
            return self.filled / self.filled_value
        return self.filled_value / self.filled

    def shown_price(self) -> Decimal:
        """Return the limit price; for a market order the price that protects it, and zero for a spot one."""
        if self.order_type == "Limit":
            return self.price
        if self.category == "spot" or self.market_limit is None:
            return ZERO
        return self.market_limit
