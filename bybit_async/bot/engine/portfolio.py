"""The account as decisions see it, put together from what is known of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from bybit_async.bot.engine.decisions import PriceQuote
from bybit_async.bot.records import HeldPosition, OrderSide, WorkingOrder
from bybit_async.models.account import Wallet
from bybit_async.models.position import Position
from bybit_async.models.trade import Order

ZERO = Decimal(0)

QuoteOf = Callable[[str], PriceQuote | None]


def held_positions(positions: Iterable[Position], quote_of: QuoteOf) -> tuple[HeldPosition, ...]:
    """Return the positions that are not flat, valued at the newest mark price."""
    return tuple(_held(position, quote_of(position.symbol)) for position in positions if position.size)


def _held(position: Position, quote: PriceQuote | None) -> HeldPosition:
    side = OrderSide(position.side)
    entry = position.avg_price or ZERO
    mark = quote.mark if quote is not None else position.mark_price or entry
    return HeldPosition(
        symbol=position.symbol,
        side=side,
        size=position.size,
        entry_price=entry,
        mark_price=mark,
        stop_loss=position.stop_loss or None,
        take_profit=position.take_profit or None,
        unrealised_pnl=(mark - entry) * position.size * side.sign,
        liquidation_price=position.liq_price or None,
        leverage=position.leverage or None,
    )


def working_orders(
    orders: Iterable[Order], trades: Iterable[WorkingOrder | None], quote_of: QuoteOf
) -> tuple[WorkingOrder, ...]:
    """Return all that may still trade: what the exchange lists, and what it was sent but has not listed yet."""
    listed = [_working(order, quote_of(order.symbol)) for order in orders]
    known = {order.order_link_id for order in listed if order.order_link_id}
    return (*listed, *(trade for trade in trades if trade is not None and trade.order_link_id not in known))


def untold(differences: Mapping[str, tuple[Decimal, Decimal]], quote_of: QuoteOf) -> tuple[WorkingOrder, ...]:
    """Return what was executed but is not in the positions yet, as orders that will trade.

    News of an execution, and of the position that it makes, come one after the other; in between, exposure would
    otherwise look as it was before.

    Args:
        differences: by symbol, what the position holds beyond the executions, and the price it counts at.
        quote_of: the market now.
    """
    return tuple(
        WorkingOrder(
            order_link_id="",
            symbol=symbol,
            side=OrderSide.SELL if extra > 0 else OrderSide.BUY,
            remaining=abs(extra),
            price=price if (quote := quote_of(symbol)) is None else quote.mark,
            unknown=True,
        )
        for symbol, (extra, price) in differences.items()
    )


def _working(order: Order, quote: PriceQuote | None) -> WorkingOrder:
    executed = order.cum_exec_qty or ZERO
    price = order.price or order.trigger_price or order.last_price_on_created
    return WorkingOrder(
        order_link_id=order.order_link_id or "",
        symbol=order.symbol,
        side=OrderSide(order.side),
        remaining=order.qty - executed,
        price=price or (quote.mark if quote is not None else ZERO),
        reduce_only=bool(order.reduce_only or order.close_on_trigger),
        stop_loss=order.stop_loss or None,
    )


def equity_of(wallet: Wallet | None, coin: str, positions: Iterable[HeldPosition]) -> Decimal | None:
    """Return wallet balance and unrealised profit; None while the wallet is not known."""
    balance = None if wallet is None else wallet.balance(coin)
    if balance is None:
        return None if wallet is None else ZERO
    return (balance.wallet_balance or ZERO) + sum((held.unrealised_pnl for held in positions), ZERO)
