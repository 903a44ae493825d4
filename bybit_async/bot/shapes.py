"""What the simple client takes and gives: words, and plain dictionaries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from bybit_async import InvalidParameter
from bybit_async.bot.records import OrderSide, OrderType, TimeInForce, TradeSignal

Word = TypeVar("Word", OrderSide, OrderType, TimeInForce)


def choice(kind: type[Word], value: Word | str, parameter: str) -> Word:
    """Return the member that a word means; raises `InvalidParameter` for others."""
    if isinstance(value, kind):
        return value
    words = {word.lower(): member for member in kind for word in (member.value, member.name)}
    found = words.get(str(value).lower())
    if found is None:
        raise InvalidParameter(parameter, f"expected {' or '.join(member.value for member in kind)}, got {value!r}")
    return found


def order_of(signal: TradeSignal) -> dict[str, Any]:
    """Return the arguments of `BybitClient.place_order` that a signal means."""
    market = str(signal.metadata.get("order_type", "limit")).lower() == "market"
    return {
        "symbol": signal.symbol,
        "side": signal.action,
        "order_type": OrderType.MARKET if market else OrderType.LIMIT,
        "qty": signal.quantity,
        "price": None if market else signal.price,
        "stop_loss": signal.stop_loss,
        "take_profit": signal.take_profit,
    }


def balance_of(row: Any) -> dict[str, Decimal]:
    """Return one coin's balance, as `BybitClient.get_wallet_balance` shows it."""
    zero = Decimal(0)
    wallet, loss = row.wallet_balance or zero, min(row.unrealised_pnl or zero, zero)
    held = (row.locked or zero) + (row.total_order_im or zero) + (row.total_position_im or zero)
    return {
        "wallet_balance": wallet,
        "available_balance": max(wallet + loss - held, zero),
        "equity": wallet if row.equity is None else row.equity,
        "unrealised_pnl": row.unrealised_pnl or zero,
        "locked": row.locked or zero,
    }


def plain_of(struct: msgspec.Struct) -> dict[str, Any]:
    """Return an answer under Bybit's own names."""
    made: dict[str, Any] = msgspec.to_builtins(struct)
    return made
