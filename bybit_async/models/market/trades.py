"""Public trades."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bybit_async.enums import Side
from bybit_async.wire import Rows, Wire


class PublicTrade(Wire):
    """A trade that happened in the market.

    Attributes:
        exec_id: unique per symbol.
        side: the taker's side.
        time: milliseconds.
        seq: cross sequence; several trades can share one.
    """

    exec_id: str
    symbol: str
    price: Decimal
    size: Decimal
    side: Side
    time: int
    is_block_trade: bool | None = None
    is_rpi_trade: bool | None = None
    seq: int | None = None


class OptionTrade(PublicTrade):
    """A public trade of an option, with the prices and volatilities it was made at."""

    mark_price: Decimal | None = msgspec.field(default=None, name="mP")
    index_price: Decimal | None = msgspec.field(default=None, name="iP")
    mark_iv: Decimal | None = msgspec.field(default=None, name="mIv")
    iv: Decimal | None = None


class PublicTrades(Rows[PublicTrade]):
    """The latest public trades, newest first."""


class OptionTrades(Rows[OptionTrade]):
    """The latest public trades of options, newest first."""
