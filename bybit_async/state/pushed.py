"""What the private streams push, as the Structs that REST answers with: the rest of the library knows one of each."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from bybit_async.models.account import CoinBalance, Wallet
from bybit_async.models.position import Position
from bybit_async.models.stream_private import ExecutionData, OrderData, PositionData, WalletData
from bybit_async.models.trade import Execution, Order

S = TypeVar("S", bound=msgspec.Struct)


def order_of(data: OrderData) -> Order:
    """Return a pushed order as an `Order`."""
    leverage = None if data.is_leverage is None else data.is_leverage == "1"
    return _shared(data, Order, is_leverage=leverage)


def execution_of(data: ExecutionData) -> Execution:
    """Return a pushed execution as an `Execution`; its extra fees are only on the stream's own Struct."""
    return _shared(data, Execution, order_id=data.order_id or "", extra_fees=None)


def position_of(data: PositionData) -> Position:
    """Return a pushed position as a `Position`."""
    return _shared(data, Position, avg_price=data.entry_price)


def wallet_of(data: WalletData) -> Wallet:
    """Return a pushed wallet, which has only the coins that changed, as a `Wallet`."""
    coins = [_shared(coin, CoinBalance) for coin in data.coin]
    return _shared(data, Wallet, account_type=data.account_type or "UNIFIED", coin=coins)


def _shared(source: msgspec.Struct, target: type[S], **special: Any) -> S:
    # Same names mean the same thing on both sides; what is special is named by the caller.
    names = _names(type(source)) & _names(target)
    values = {name: getattr(source, name) for name in names - special.keys()}
    return target(**values, **special)


_fields: dict[type[msgspec.Struct], frozenset[str]] = {}


def _names(struct: type[msgspec.Struct]) -> frozenset[str]:
    if struct not in _fields:
        _fields[struct] = frozenset(struct.__struct_fields__)
    return _fields[struct]
