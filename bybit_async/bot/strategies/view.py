"""What a strategy knows at the close of a candle, and what it may want then."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from bybit_async.bot.indicators import Floats
from bybit_async.bot.records import SignalStrength

Price = Decimal | float
ZERO = Decimal(0)
T = TypeVar("T")


class Decision(NamedTuple):
    """A trade that a strategy wants.

    Attributes:
        action: ``"BUY"`` or ``"SELL"``.
        quantity: in the base coin; None lets the risk manager say how much (with `reduce_only`: all of the position).
        price: the limit of a limit order; None trades at the market.
        stop_loss: where the loss is taken.
        take_profit: where the profit is taken.
        reduce_only: only make the position smaller.
        confidence: 0 to 1.
        strength: the same in words.
    """

    action: Literal["BUY", "SELL"]
    quantity: Decimal | None = None
    price: Price | None = None
    stop_loss: Price | None = None
    take_profit: Price | None = None
    reduce_only: bool = False
    confidence: float = 1.0
    strength: SignalStrength = SignalStrength.MODERATE


class View:
    """Candles and indicators of one symbol up to the last closed candle, and the position in it.

    ``view["close"]`` is the value at that candle, ``view.ago("close", 1)`` the one before, ``view.last("close", 20)``
    the newest twenty. Columns are ``open``, ``high``, ``low``, ``close``, ``volume`` and what `indicators` returned. A
    value that is not there yet is NaN.

    Attributes:
        symbol: as ``"BTCUSDT"``.
        time_ms: when the last candle closed, in milliseconds of the exchange's clock.
        position: signed size in the base coin, 0 when flat.
        entry_price: average price of the position; 0 when flat.
    """

    __slots__ = ("_columns", "_index", "entry_price", "position", "symbol", "time_ms")

    def __init__(
        self,
        symbol: str,
        columns: Mapping[str, ArrayLike],
        index: int = -1,
        time_ms: int = 0,
        position: Decimal = ZERO,
        entry_price: Decimal = ZERO,
    ) -> None:
        self.symbol: str = symbol
        # Reading an element of a memoryview costs half of what reading one of an array does.
        self._columns = {name: np.ascontiguousarray(column, dtype=np.float64).data for name, column in columns.items()}
        length = len(next(iter(self._columns.values()), ()))
        self._index = index if index >= 0 else length + index
        self.time_ms: int = time_ms
        self.position: Decimal = position
        self.entry_price: Decimal = entry_price

    def __getitem__(self, name: str) -> float:
        value: float = self._columns[name][self._index]
        return value

    def __len__(self) -> int:
        """Number of closed candles."""
        return self._index + 1

    def ago(self, name: str, candles: int) -> float:
        """Return the value some candles ago; NaN before the first one."""
        place = self._index - candles
        if 0 <= place <= self._index:
            value: float = self._columns[name][place]
            return value
        if candles < 0:
            raise ValueError(f"candles must not be negative, not {candles}: there is no looking ahead")
        return math.nan

    def last(self, name: str, candles: int) -> Floats:
        """Return the newest values, oldest first; fewer where there are fewer. The array is read-only."""
        if candles < 1:
            raise ValueError(f"candles must be 1 or more, not {candles}")
        found = np.frombuffer(self._columns[name][max(0, self._index + 1 - candles) : self._index + 1])
        found.flags.writeable = False
        return found

    def first(
        self, decide: Callable[[View], T], candles: Sequence[int], closings: Sequence[int]
    ) -> tuple[int, T | None]:
        """Go from candle to candle until something is wanted; for those who run strategies.

        Returns how many candles that took, and what is wanted, or None. This is the loop that runs for every decision
        of a backtest: nothing is in it that could be outside.
        """
        count = 0
        for count, (self._index, self.time_ms) in enumerate(zip(candles, closings, strict=True), 1):
            wanted = decide(self)
            if wanted:
                return count, wanted
        return count, None

    def move(self, index: int, time_ms: int) -> None:
        """Go to another candle; for those who run strategies."""
        self._index = index
        self.time_ms = time_ms

    @staticmethod
    def buy(
        quantity: Decimal | None = None,
        *,
        price: Price | None = None,
        stop_loss: Price | None = None,
        take_profit: Price | None = None,
        confidence: float = 1.0,
        strength: SignalStrength = SignalStrength.MODERATE,
    ) -> Decision:
        """Want to buy; see `Decision`."""
        return Decision("BUY", quantity, price, stop_loss, take_profit, False, confidence, strength)

    @staticmethod
    def sell(
        quantity: Decimal | None = None,
        *,
        price: Price | None = None,
        stop_loss: Price | None = None,
        take_profit: Price | None = None,
        confidence: float = 1.0,
        strength: SignalStrength = SignalStrength.MODERATE,
    ) -> Decision:
        """Want to sell; see `Decision`."""
        return Decision("SELL", quantity, price, stop_loss, take_profit, False, confidence, strength)

    def close(self) -> Decision | None:
        """Want the position closed; None without a position."""
        if not self.position:
            return None
        return Decision("SELL" if self.position > 0 else "BUY", reduce_only=True)
