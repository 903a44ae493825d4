"""Turns fills into money: balances, positions, fees, executions and log entries of both sides."""

from decimal import Decimal
from typing import NamedTuple

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.amounts import ZERO, grain
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.holdings import follow_holding
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.journal import Change, ClosedPnlEntry, LogEntry
from bybit_async.simulator.engine.ledger import CLEARING, FEES
from bybit_async.simulator.engine.lifecycle import Lifecycle, mark_exposed
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.market_making import MarketMaking
from bybit_async.simulator.engine.matching import Side
from bybit_async.simulator.engine.state import State

OPTION_FEE_CAP = Decimal("0.07")
"""An option's trading fee is at most this part of its premium."""


class FillTerms(NamedTuple):
    """One trade between two orders, in terms both sides share."""

    listing: Listing
    price: Decimal
    qty: Decimal
    value: Decimal
    trade_id: str
    time_ms: int
    moves: bool = False
    """Whether it moves a position between the accounts of one master, which costs nothing."""

    def rate(self, *, is_maker: bool) -> Decimal:
        """Return the fee rate that a side pays."""
        if self.moves:
            return ZERO
        return self.listing.instrument.maker_fee if is_maker else self.listing.instrument.taker_fee


class Settling:
    """Books fills."""

    def __init__(self, state: State, lifecycle: Lifecycle, market_making: MarketMaking) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._market_making = market_making

    def fill(self, maker: Order, taker: Order, price: Decimal, qty: Decimal) -> FillTerms:
        """Book one fill for both sides, the maker first."""
        listing = taker.listing
        state = self._state
        value = value_at(listing.instrument, price, qty)
        trade_id = state.ids.unique()
        fill = FillTerms(listing, price, qty, value, trade_id, state.clock.now_ms())
        self.book(fill, maker, taker)
        return fill

    def book(self, fill: FillTerms, maker: Order, taker: Order) -> None:
        """Book a fill for both sides, the maker first."""
        if fill.listing.instrument.category == "spot":
            self._exchange_coins(fill, maker, taker)
        else:
            self._derivative(fill, maker, is_maker=True)
            self._derivative(fill, taker, is_maker=False)

    def book_position(self, position: Position, side: Side, qty: Decimal, value: Decimal, fee: Decimal) -> Change:
        """Book a trade into a position and move its money; logging is the caller's."""
        account, listing = position.account, position.listing
        coin = listing.instrument.settle
        before = position.size
        if not before:
            self._open_period(position)
        change = position.apply(side, qty, value, fee)
        self._move_margin(position, change, before, qty, value)
        if listing.instrument.category == "option":
            self._state.ledger.move(coin, -value if side == "Buy" else value, CLEARING, account.uid)
        else:
            self._state.ledger.move(coin, change.pnl, CLEARING, account.uid)
        self._state.ledger.move(coin, fee, account.uid, FEES)
        gain = change.pnl - fee
        position.cur_realised += gain
        position.cum_realised += gain
        account.realised[coin] = account.realised.get(coin, ZERO) + gain
        listing.open_interest += (position.size - before) / 2
        position.updated_ms = self._state.clock.now_ms()
        position.seq = listing.seq
        mark_exposed(position)
        self._state.dirty[position] = None
        self._state.touch(account)
        self._state.outbox.position(position)
        self._state.outbox.wallet(account, coin)
        return change

    def record_closed(
        self, position: Position, order: Order, change: Change, fee: Decimal, exec_type: str = "Trade"
    ) -> None:
        """Add what a trade closed to the closed-pnl record of its order."""
        account = position.account
        if account.house or not change.closed:
            return
        now = self._state.clock.now_ms()
        delivered = exec_type == "Delivery"
        if order.category == "option":
            follow_holding(position, order.side, change, fee, now, position.listing.index_price if delivered else None)
        record = account.closed.get(order.order_id)
        if record is None:
            record = account.closed[order.order_id] = ClosedPnlEntry(
                category=order.category,
                symbol=order.symbol,
                order_id=order.order_id,
                side=order.side,
                qty=order.qty,
                order_price=order.shown_price(),
                order_type=order.order_type,
                exec_type="Settle" if delivered else exec_type,
                leverage=position.leverage,
                created_ms=now,
                updated_ms=now,
            )
        record.updated_ms = now
        record.closed_size += change.closed
        record.entry_value += change.entry_value
        record.exit_value += change.exit_value
        record.pnl += change.pnl - change.open_fee - fee
        record.open_fee += change.open_fee
        record.close_fee += fee
        record.fills += 1
        order.closed_pnl = record.pnl
        self._state.remember_closed(account, order.order_id)

    def _derivative(self, fill: FillTerms, order: Order, *, is_maker: bool) -> None:
        instrument = fill.listing.instrument
        account = order.account
        position = self._lifecycle.position(order)
        rate = fill.rate(is_maker=is_maker)
        fee = self._fee(fill, rate)
        change = self.book_position(position, order.side, fill.qty, fill.value, fee)
        self._advance(order, fill, instrument.settle, fee)
        if account.house:
            return
        if is_maker and order.mmp:
            self._market_making.count(order, fill.qty)
        closing_fee = fee if change.closed == fill.qty else grain(fee * change.closed / fill.qty)
        self.record_closed(position, order, change, closing_fee, "MovePosition" if fill.moves else "Trade")
        execution = self._execution(fill, order, fee, rate, instrument.settle, is_maker=is_maker)
        execution.closed_size, execution.pnl = change.closed, change.pnl
        self._publish(account, execution)
        cash = change.pnl
        if instrument.category == "option":
            cash = -fill.value if order.side == "Buy" else fill.value
        entry = self._entry(fill, order, instrument.settle, execution.exec_id)
        entry.qty, entry.size, entry.cash_flow, entry.fee, entry.fee_rate = fill.qty, position.net, cash, fee, rate
        self._state.log(account, entry)

    def _fee(self, fill: FillTerms, rate: Decimal) -> Decimal:
        if fill.listing.instrument.category != "option":
            return grain(fill.value * rate)
        index = fill.listing.index_price or ZERO
        return grain(min(index * rate * fill.qty, fill.value * OPTION_FEE_CAP))

    def _exchange_coins(self, fill: FillTerms, maker: Order, taker: Order) -> None:
        buyer, seller = (maker, taker) if maker.side == "Buy" else (taker, maker)
        instrument = fill.listing.instrument
        ledger = self._state.ledger
        ledger.move(instrument.base, fill.qty, seller.account.uid, buyer.account.uid)
        ledger.move(instrument.quote, fill.value, buyer.account.uid, seller.account.uid)
        for order in (maker, taker):
            is_maker = order is maker
            rate = fill.rate(is_maker=is_maker)
            coin, gained = (instrument.base, fill.qty) if order.side == "Buy" else (instrument.quote, fill.value)
            fee = grain(gained * rate)
            ledger.move(coin, fee, order.account.uid, FEES)
            self._advance(order, fill, coin, fee)
            if order.account.house:
                continue
            execution = self._execution(fill, order, fee, rate, coin, is_maker=is_maker)
            self._publish(order.account, execution)
            self._log_coins(fill, order, fee, rate, execution.exec_id)
            self._state.touch(order.account)

    def _log_coins(self, fill: FillTerms, order: Order, fee: Decimal, rate: Decimal, exec_id: str) -> None:
        instrument = fill.listing.instrument
        bought = order.side == "Buy"
        base = self._entry(fill, order, instrument.base, exec_id)
        base.qty = base.cash_flow = fill.qty if bought else -fill.qty
        quote = self._entry(fill, order, instrument.quote, exec_id)
        quote.qty = quote.cash_flow = -fill.value if bought else fill.value
        gained = base if bought else quote
        gained.fee, gained.fee_rate = fee, rate
        self._state.log(order.account, base)
        self._state.log(order.account, quote)

    def _advance(self, order: Order, fill: FillTerms, coin: str, fee: Decimal) -> None:
        order.filled += fill.qty
        order.filled_value += fill.value
        order.fees[coin] = order.fees.get(coin, ZERO) + fee
        order.status = "PartiallyFilled"
        self._lifecycle.hold(order)
        self._lifecycle.changed(order)

    def _execution(
        self, fill: FillTerms, order: Order, fee: Decimal, rate: Decimal, coin: str, *, is_maker: bool
    ) -> AccountExecution:
        return AccountExecution(
            category=order.category,
            symbol=order.symbol,
            exec_id=self._state.ids.unique() if is_maker else fill.trade_id,
            order_id=order.order_id,
            order_link_id=order.link_id,
            side=order.side,
            exec_type="MovePosition" if fill.moves else "Trade",
            order_type=order.order_type,
            price=fill.price,
            qty=fill.qty,
            value=fill.value,
            fee=fee,
            fee_rate=rate,
            fee_coin=coin,
            is_maker=is_maker,
            time_ms=fill.time_ms,
            seq=fill.listing.seq,
            order_price=order.price if order.order_type == "Limit" else order.market_limit or ZERO,
            order_qty=order.qty,
            leaves_qty=order.leaves,
            mark_price=fill.listing.mark_price,
            index_price=fill.listing.index_price,
            mark_iv=fill.listing.mark_iv,
            create_type=order.create_type,
            stop_order_type=order.stop_order_type,
            market_unit=order.market_unit,
        )

    def _publish(self, account: Account, execution: AccountExecution) -> None:
        account.executions.append(execution)
        self._state.outbox.execution(account, execution)

    def _entry(self, fill: FillTerms, order: Order, coin: str, exec_id: str) -> LogEntry:
        return LogEntry(
            id=f"{order.account.uid}_{order.symbol}_{fill.listing.seq}",
            time_ms=fill.time_ms,
            type="LIQUIDATION" if order.create_type == "CreateByLiq" else "TRADE",
            currency=coin,
            category=order.category,
            symbol=order.symbol,
            side=order.side,
            price=fill.price,
            base=fill.listing.instrument.base,
            trade_id=exec_id,
            order_id=order.order_id,
            order_link_id=order.link_id,
            sub_type="movePosition" if fill.moves else "",
        )

    def _open_period(self, position: Position) -> None:
        now = self._state.clock.now_ms()
        position.created_ms = position.created_ms or now
        position.opened_ms = now
        position.cur_realised = ZERO

    def _move_margin(self, position: Position, change: Change, before: Decimal, qty: Decimal, value: Decimal) -> None:
        if not position.account.isolated:
            return
        if change.closed:
            kept = position.margin * (before - change.closed) / before
            position.margin = grain(kept) if change.closed < before else ZERO
        if change.closed < qty:
            position.margin += grain((value - change.exit_value) / position.leverage)
