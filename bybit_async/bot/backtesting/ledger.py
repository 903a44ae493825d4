"""What a run writes down: orders, executions, and the trades that they make."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from bybit_async.bot.engine.decisions import OrderPlan
from bybit_async.bot.engine.lots import Lots, Realized
from bybit_async.bot.records import OrderSide, TradeSignal
from bybit_async.simulator.engine import AccountExecution

ZERO = Decimal(0)
_FORCED = frozenset({"CreateByLiq", "CreateByTakeOver_PassThrough"})
_EXITS = {"StopLoss": "stop", "TakeProfit": "target", "PartialStopLoss": "stop", "PartialTakeProfit": "target"}


class OrderRecord(NamedTuple):
    """An order that was decided on; times in milliseconds.

    Attributes:
        decided_ms: when; `sent_ms` when it reached the exchange, None if it was never sent.
        refused: why it was refused, in words; empty for an order that was accepted.
        price: its limit; None for a market order.
    """

    execution_id: str
    strategy_id: str
    symbol: str
    side: str
    qty: Decimal
    price: Decimal | None
    stop_loss: Decimal | None
    take_profit: Decimal | None
    reduce_only: bool
    decided_ms: int
    decided_price: Decimal
    sent_ms: int | None
    refused: str = ""


class Fill(NamedTuple):
    """One execution; `fee` is positive when paid, a funding too.

    `reason`: ``order``, ``stop``, ``target``, ``liquidation`` or ``funding``.
    """

    time_ms: int
    symbol: str
    side: str
    price: Decimal
    qty: Decimal
    fee: Decimal
    is_maker: bool
    reason: str
    execution_id: str


@dataclass
class BacktestTrade:
    """A position that one order opened, until nothing is left of it.

    Attributes:
        side: ``"BUY"`` for a long one.
        qty: what was opened in all; prices are averages over it.
        fees: of both sides, in USDT, contained in `pnl`. Fundings are not.
        exit_reason: what closed the last of it: ``order``, ``stop``, ``target`` or ``liquidation``.
    """

    strategy_id: str
    symbol: str
    side: str
    qty: Decimal
    entry_time: int
    entry_price: Decimal
    exit_time: int
    exit_price: Decimal
    fees: Decimal
    pnl: Decimal
    exit_reason: str
    execution_id: str


@dataclass
class _Open:
    side: OrderSide
    qty: Decimal
    value: Decimal
    time_ms: int
    out: Decimal = ZERO
    out_value: Decimal = ZERO
    pnl: Decimal = ZERO


class RunLedger:
    """Takes orders and executions as they come.

    Args:
        on_closed: called with each trade that has ended.
    """

    def __init__(self, on_closed: Callable[[BacktestTrade], None]) -> None:
        self.orders: list[OrderRecord] = []
        self.fills: list[Fill] = []
        self.trades: list[BacktestTrade] = []
        self.fees: Decimal = ZERO
        self.funding: Decimal = ZERO
        self._on_closed = on_closed
        self._lots = Lots()
        self._open: dict[str, _Open] = {}
        self._strategies: dict[str, str] = {}

    def expect(self, execution_id: str, strategy_id: str) -> None:
        """Take note whose an order is, before it executes."""
        self._strategies[execution_id] = strategy_id

    def order(
        self, signal: TradeSignal, plan: OrderPlan | None, decided_ms: int, sent_ms: int | None, refused: str
    ) -> None:
        """Write down what happened to a signal: the order that was sent, or why there was none."""
        self.orders.append(
            OrderRecord(
                execution_id="" if plan is None else plan.execution_id,
                strategy_id=signal.strategy_id,
                symbol=signal.symbol,
                side=signal.action,
                qty=signal.quantity if plan is None else plan.qty,
                price=None if plan is None else plan.price,
                stop_loss=signal.stop_loss if plan is None else plan.stop_loss,
                take_profit=signal.take_profit if plan is None else plan.take_profit,
                reduce_only=bool(signal.metadata.get("reduce_only")) if plan is None else plan.reduce_only,
                decided_ms=decided_ms,
                decided_price=signal.price,
                sent_ms=sent_ms,
                refused=refused,
            )
        )

    def execution(self, execution: AccountExecution) -> None:
        """Write an execution down, and what it closes."""
        kind = execution.exec_type
        forced = kind == "BustTrade" or execution.create_type in _FORCED
        reason = "funding" if kind == "Funding" else "liquidation" if forced else ""
        reason = reason or _EXITS.get(execution.stop_order_type, "order")
        fill = Fill(
            execution.time_ms,
            execution.symbol,
            execution.side,
            execution.price,
            execution.qty,
            execution.fee,
            execution.is_maker,
            reason,
            execution.order_link_id,
        )
        self.fills.append(fill)
        if reason == "funding":
            self.funding -= execution.fee
            return
        self.fees += execution.fee
        side = OrderSide(execution.side)
        opener = execution.order_link_id
        before = self._lots.size(fill.symbol)
        closed = self._lots.take(
            fill.symbol,
            side,
            fill.qty,
            fill.price,
            fill.fee,
            execution_id=opener,
            strategy_id=self._strategies.get(opener, ""),
        )
        self._close(fill, closed)
        opened = abs(self._lots.size(fill.symbol)) if before * side.sign < 0 else fill.qty
        if self._lots.size(fill.symbol) * side.sign > 0 and opened:
            held = self._open.setdefault(opener, _Open(side, ZERO, ZERO, fill.time_ms))
            held.qty += opened
            held.value += opened * fill.price

    def _close(self, fill: Fill, closed: list[Realized]) -> None:
        for part in closed:
            held = self._open.get(part.execution_id)
            if held is None:
                continue
            held.out += part.size
            held.out_value += part.size * fill.price
            held.pnl += part.pnl
            # An order that was filled in parts may have opened several lots.
            if held.out == held.qty:
                self._end(fill, part, self._open.pop(part.execution_id))

    def _end(self, fill: Fill, part: Realized, held: _Open) -> None:
        gross = (held.out_value - held.value) * held.side.sign
        trade = BacktestTrade(
            strategy_id=part.strategy_id,
            symbol=fill.symbol,
            side=held.side.name,
            qty=held.qty,
            entry_time=held.time_ms,
            entry_price=held.value / held.qty,
            exit_time=fill.time_ms,
            exit_price=held.out_value / held.out,
            fees=gross - held.pnl,
            pnl=held.pnl,
            exit_reason=fill.reason,
            execution_id=part.execution_id,
        )
        self.trades.append(trade)
        self._on_closed(trade)

    def digest(self, balance: Decimal) -> str:
        """Return a hash of all orders, fills, fees and the balance that is left."""
        made = hashlib.sha256()
        for order in self.orders:
            if order.sent_ms is not None:
                made.update(_line("order", *order).encode())
        for fill in self.fills:
            made.update(_line("fill", *fill).encode())
        made.update(_line("balance", balance).encode())
        return made.hexdigest()


def _line(*values: object) -> str:
    texts = (format(value.normalize(), "f") if isinstance(value, Decimal) else str(value) for value in values)
    return "|".join(texts) + "\n"
