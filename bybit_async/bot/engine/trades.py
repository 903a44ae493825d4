"""The trades of the engine, moved on by what the exchange reports of their orders. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from bybit_async.bot.engine.decisions import OrderPlan
from bybit_async.bot.errors import JournalError
from bybit_async.bot.journal.tables import Put, Row
from bybit_async.bot.records import (
    ExecutionStatus,
    OrderSide,
    OrderType,
    SignalStrength,
    TradeExecution,
    TradeSignal,
    WorkingOrder,
)
from bybit_async.models.trade import Order

ZERO = Decimal(0)

_STATUS = {
    "Filled": ExecutionStatus.FILLED,
    "Cancelled": ExecutionStatus.CANCELLED,
    "PartiallyFilledCanceled": ExecutionStatus.CANCELLED,
    "Deactivated": ExecutionStatus.CANCELLED,
    "Rejected": ExecutionStatus.REJECTED,
}


class BotTrade:
    """One signal that became an order.

    Sizes and prices come from executions alone; the order says only whether more of them may come.
    """

    __slots__ = (
        "arrived_ms", "created_ms", "ending", "executed_by_order", "fees", "filled", "is_unknown", "order_id", "plan",
        "realized", "reason", "signal", "updated_ms", "value",
    )  # fmt: skip

    def __init__(self, plan: OrderPlan, signal: TradeSignal, created_ms: int) -> None:
        self.plan: OrderPlan = plan
        self.signal: TradeSignal = signal
        self.created_ms: int = created_ms
        self.updated_ms: int = created_ms
        self.arrived_ms: int | None = None
        self.order_id: str | None = None
        self.filled: Decimal = ZERO
        self.value: Decimal = ZERO
        self.fees: Decimal = ZERO
        self.realized: Decimal | None = None
        self.reason: str | None = None
        self.ending: ExecutionStatus | None = None
        self.executed_by_order: Decimal = ZERO
        self.is_unknown: bool = False

    @property
    def execution_id(self) -> str:
        """The id of the trade, and the order link id of its order."""
        return self.plan.execution_id

    @property
    def is_final(self) -> bool:
        """Whether its order has ended and every execution of it has been seen."""
        return self.ending is not None and self.filled >= self.executed_by_order

    @property
    def status(self) -> ExecutionStatus:
        """How far it got."""
        if self.is_final:
            assert self.ending is not None
            return self.ending
        if self.is_unknown:
            return ExecutionStatus.UNKNOWN
        return ExecutionStatus.PARTIALLY_FILLED if self.filled else ExecutionStatus.PENDING

    def take_order(self, order: Order, now_ms: int) -> None:
        """Take a report of its order."""
        self.order_id = order.order_id
        self.arrived_ms = self.arrived_ms or order.created_time
        self.is_unknown = False
        self.executed_by_order = max(self.executed_by_order, order.cum_exec_qty or ZERO)
        self.updated_ms = now_ms
        if not order.is_open:
            self.ending = _STATUS.get(order.order_status, ExecutionStatus.CANCELLED)
            if self.ending is not ExecutionStatus.FILLED:
                self.reason = order.reject_reason if order.reject_reason not in (None, "EC_NoError") else None
                self.reason = self.reason or order.cancel_type or order.order_status

    def take_fill(self, qty: Decimal, price: Decimal, fee: Decimal, now_ms: int) -> None:
        """Take one execution of its order."""
        self.filled += qty
        self.value += qty * price
        self.fees += fee
        self.is_unknown = False
        self.updated_ms = now_ms
        if self.filled >= self.plan.qty:
            self.ending = ExecutionStatus.FILLED

    def end(self, status: ExecutionStatus, reason: str, now_ms: int) -> None:
        """Note that no order lives: it was refused, or never reached the exchange."""
        self.ending, self.reason, self.updated_ms, self.is_unknown = status, reason, now_ms, False

    def doubt(self, reason: str, now_ms: int) -> None:
        """Note that the outcome of its order is unknown."""
        self.is_unknown = True
        self.reason = reason
        self.updated_ms = now_ms

    def report(self) -> TradeExecution:
        """Return what happened to it, as a record of its own."""
        return TradeExecution(
            execution_id=self.execution_id,
            signal=self.signal,
            order_id=self.order_id,
            status=self.status,
            timestamp=datetime.fromtimestamp(self.updated_ms / 1000, UTC),
            fill_price=self.value / self.filled if self.filled else None,
            filled_quantity=self.filled if self.filled or self.is_final else None,
            realized_pnl=self.realized,
            rejection_reason=self.reason,
        )

    def working(self) -> WorkingOrder | None:
        """Return what of it may still trade; None when it has ended."""
        if self.ending is not None:
            return None
        return self.plan.working(self.plan.qty - self.filled, unknown=self.is_unknown)

    def row(self) -> Put:
        """Return what the journal keeps of it."""
        plan = self.plan
        return Put(
            "trades",
            {
                "execution_id": self.execution_id,
                "created_ms": self.created_ms,
                "updated_ms": self.updated_ms,
                "strategy_id": self.signal.strategy_id,
                "symbol": plan.symbol,
                "side": plan.side.value,
                "order_type": plan.order_type.value,
                "qty": str(plan.qty),
                "price": _text(plan.price),
                "stop_loss": _text(plan.stop_loss),
                "take_profit": _text(plan.take_profit),
                "reduce_only": int(plan.reduce_only),
                "signal": written(self.signal),
                "status": self.status.value,
                "order_id": self.order_id,
                "filled_qty": str(self.filled),
                "filled_value": str(self.value),
                "fees": str(self.fees),
                "realized_pnl": _text(self.realized),
                "reason": self.reason,
                "arrived_ms": self.arrived_ms,
            },
        )

    @classmethod
    def from_row(cls, row: Row) -> BotTrade:
        """Return the trade that the journal kept.

        Raises:
            JournalError: the row is damaged.
        """
        try:
            return cls._read(row)
        except (msgspec.MsgspecError, ValueError, TypeError, ArithmeticError) as error:
            raise JournalError(f"the trade {row['execution_id']} in the journal is damaged: {error}") from error

    @classmethod
    def _read(cls, row: Row) -> BotTrade:
        signal = msgspec.json.decode(row["signal"], type=TradeSignal)
        price = _number(row["price"])
        plan = OrderPlan(
            execution_id=row["execution_id"],
            symbol=row["symbol"],
            side=OrderSide(row["side"]),
            order_type=OrderType(row["order_type"]),
            qty=Decimal(row["qty"]),
            price=price,
            decided_price=signal.price,
            stop_loss=_number(row["stop_loss"]),
            take_profit=_number(row["take_profit"]),
            reduce_only=bool(row["reduce_only"]),
        )
        trade = cls(plan, signal, row["created_ms"])
        status = ExecutionStatus(row["status"])
        trade.updated_ms, trade.order_id, trade.reason = row["updated_ms"], row["order_id"], row["reason"]
        trade.arrived_ms = row["arrived_ms"]
        trade.filled, trade.value = Decimal(row["filled_qty"]), Decimal(row["filled_value"])
        trade.fees, trade.realized = Decimal(row["fees"]), _number(row["realized_pnl"])
        trade.ending = status if status.is_final else None
        trade.is_unknown = status is ExecutionStatus.UNKNOWN
        return trade


class TradeBook:
    """All trades that have not ended or are still held, and the last `keep` that have."""

    def __init__(self, *, keep: int = 500) -> None:
        self._keep = keep
        self._trades: dict[str, BotTrade] = {}
        self._ended: dict[str, None] = {}
        self._pinned: set[str] = set()

    def pin(self, execution_ids: set[str]) -> None:
        """Keep these trades, and no longer those that were pinned before."""
        self._pinned = execution_ids

    def add(self, trade: BotTrade) -> None:
        """Take a trade."""
        self._trades[trade.execution_id] = trade
        self.note(trade)

    def note(self, trade: BotTrade) -> None:
        """Take notice that a trade moved on, and forget the oldest of those that have ended."""
        if trade.is_final:
            self._ended[trade.execution_id] = None
        if len(self._ended) > self._keep:
            oldest = next((name for name in self._ended if name not in self._pinned), None)
            if oldest is not None:
                del self._ended[oldest], self._trades[oldest]

    def remove(self, execution_id: str) -> None:
        """Forget a trade whose order was never sent."""
        self._trades.pop(execution_id, None)
        self._ended.pop(execution_id, None)

    def __len__(self) -> int:
        return len(self._trades)

    def get(self, execution_id: str | None) -> BotTrade | None:
        """Return one trade."""
        return self._trades.get(execution_id or "")

    @property
    def active(self) -> list[BotTrade]:
        """Those that have not ended, oldest first."""
        return [trade for trade in self._trades.values() if not trade.is_final]

    def history(self, symbol: str | None, limit: int) -> list[BotTrade]:
        """Return the newest trades, newest first."""
        found = [trade for trade in self._trades.values() if symbol in (None, trade.plan.symbol)]
        return sorted(found, key=lambda trade: trade.created_ms, reverse=True)[: max(limit, 0)]

    def load(self, rows: Iterable[Row]) -> None:
        """Take trades from the journal, oldest first."""
        for row in rows:
            self.add(BotTrade.from_row(row))


def rejected(signal: TradeSignal, execution_id: str, reason: str, now_ms: int) -> TradeExecution:
    """Return the record of a signal that led to no order."""
    when = datetime.fromtimestamp(now_ms / 1000, UTC)
    return TradeExecution(execution_id, signal, None, ExecutionStatus.REJECTED, when, rejection_reason=reason)


def written(signal: TradeSignal) -> str:
    """Return a signal as the journal keeps it."""
    # Strategies compute with numpy, whose numbers would be written as text, and not be read again.
    plain = replace(signal, confidence=float(signal.confidence))
    return msgspec.json.encode(plain, enc_hook=str).decode()


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _number(text: Any) -> Decimal | None:
    return None if text is None else Decimal(text)


__all__ = ["BotTrade", "SignalStrength", "TradeBook", "rejected", "written"]
