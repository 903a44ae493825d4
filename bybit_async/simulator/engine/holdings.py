"""Option positions from their opening to their end, for the list of closed ones."""

from decimal import Decimal

from bybit_async.simulator.engine.accounts import Position
from bybit_async.simulator.engine.journal import Change, ClosedOption
from bybit_async.simulator.engine.matching import Side


def follow_holding(
    position: Position, side: Side, change: Change, fee: Decimal, now: int, delivery_price: Decimal | None
) -> None:
    """Add what a trade of `side`, or the delivery, closed; what has ended joins the account's closed positions."""
    holding = position.holding
    if holding is None:
        held: Side = "Buy" if side == "Sell" else "Sell"
        holding = position.holding = ClosedOption(position.listing.instrument.symbol, held, position.opened_ms)
    holding.closed_ms = now
    holding.qty += change.closed
    holding.entry_value += change.entry_value
    holding.exit_value += change.exit_value
    holding.pnl += change.pnl - change.open_fee - fee
    holding.open_fee += change.open_fee
    if delivery_price is None:
        holding.close_fee += fee
    else:
        holding.delivery_fee += fee
        holding.delivery_price = delivery_price
    if not position.reducible(side):
        position.account.closed_options.append(holding)
        position.holding = None
        # A trade that turned the position has opened the other one.
        position.opened_ms = now
