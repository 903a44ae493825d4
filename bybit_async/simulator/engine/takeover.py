"""Books a position's end outside the order book: liquidation and delivery."""

from decimal import Decimal

from bybit_async.simulator.engine.accounts import Order, Position
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.journal import Change, LogEntry
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.matching import Side
from bybit_async.simulator.engine.settling import Settling
from bybit_async.simulator.engine.state import State


class Takeover:
    """Closes positions at a value that someone else decided."""

    def __init__(self, state: State, lifecycle: Lifecycle, settling: Settling) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._settling = settling

    def close(
        self, position: Position, price: Decimal, value: Decimal, fee: Decimal, *, kind: str, create_type: str
    ) -> Change:
        """Close a whole position worth `value`; `kind` is the execution type (`BustTrade`, `Delivery`)."""
        side: Side = "Sell" if position.net > 0 else "Buy"
        size = position.size
        change = self._settling.book_position(position, side, size, value, fee)
        if position.account.house:
            return change
        order = self._order(position, side, size, price, create_type)
        order.filled, order.filled_value = size, value
        order.fees[position.listing.instrument.settle] = fee
        self._settling.record_closed(position, order, change, fee, kind)
        self._lifecycle.register(order)
        self._lifecycle.finish(order, "Filled")
        execution = self._execution(order, price, value, fee, kind)
        execution.closed_size, execution.pnl = change.closed, change.pnl
        position.account.executions.append(execution)
        self._state.outbox.execution(position.account, execution)
        self._log(position, order, execution, change)
        return change

    def receive(self, position: Position, side: Side, size: Decimal, value: Decimal) -> None:
        """Book the other half of a takeover into the fund's position."""
        self._settling.book_position(position, side, size, value, ZERO)

    def _order(self, position: Position, side: Side, qty: Decimal, price: Decimal, create_type: str) -> Order:
        now = self._state.clock.now_ms()
        return Order(
            account=position.account,
            listing=position.listing,
            order_id=self._state.ids.unique(),
            link_id="",
            side=side,
            order_type="Market",
            qty=qty,
            price=price,
            time_in_force="IOC",
            created_ms=now,
            updated_ms=now,
            position_idx=position.idx,
            reduce_only=True,
            create_type=create_type,
            market_limit=price,
            last_on_created=position.listing.last_price,
        )

    def _execution(self, order: Order, price: Decimal, value: Decimal, fee: Decimal, kind: str) -> AccountExecution:
        listing = order.listing
        return AccountExecution(
            category=order.category,
            symbol=order.symbol,
            exec_id=self._state.ids.unique(),
            order_id=order.order_id,
            order_link_id="",
            side=order.side,
            exec_type=kind,
            order_type="Market",
            price=price,
            qty=order.qty,
            value=value,
            fee=fee,
            fee_rate=ZERO,
            fee_coin=listing.instrument.settle,
            is_maker=False,
            time_ms=self._state.clock.now_ms(),
            seq=listing.seq,
            order_price=price,
            order_qty=order.qty,
            mark_price=listing.mark_price,
            index_price=listing.index_price,
            create_type=order.create_type,
        )

    def _log(self, position: Position, order: Order, execution: AccountExecution, change: Change) -> None:
        instrument = position.listing.instrument
        cash = change.pnl
        if instrument.category == "option":
            cash = execution.value if order.side == "Sell" else -execution.value
        entry = LogEntry(
            id=f"{position.account.uid}_{order.symbol}_{position.listing.seq}",
            time_ms=execution.time_ms,
            type="DELIVERY" if execution.exec_type == "Delivery" else "LIQUIDATION",
            currency=instrument.settle,
            category=order.category,
            symbol=order.symbol,
            side=order.side,
            qty=order.qty,
            size=position.net,
            price=execution.price,
            cash_flow=cash,
            fee=execution.fee,
            base=instrument.base,
            trade_id=execution.exec_id,
            order_id=order.order_id,
        )
        self._state.log(position.account, entry)
