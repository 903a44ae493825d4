"""A position: how trades open, grow, shrink and turn it, exactly."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from bybit_async.simulator.amounts import ZERO, grain
from bybit_async.simulator.instruments import Instrument

if TYPE_CHECKING:
    from bybit_async.simulator.accounts import Account
    from bybit_async.simulator.journal import ClosedOption
    from bybit_async.simulator.listing import Listing
    from bybit_async.simulator.matching import Side
    from bybit_async.simulator.orders import Order


def value_at(instrument: Instrument, price: Decimal, qty: Decimal) -> Decimal:
    """Return the value of a quantity in settle coin; inverse values are rounded to the grain."""
    if instrument.category == "inverse":
        return grain(qty / price)
    return price * qty


class Change(NamedTuple):
    """What one trade did: how much it closed, at what entry and exit value, and the profit without fees."""

    closed: Decimal
    entry_value: Decimal
    exit_value: Decimal
    pnl: Decimal
    open_fee: Decimal


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
