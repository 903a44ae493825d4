"""Why an order of the journal is not the backtest's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import numpy as np

from bybit_async.bot.backtesting import BacktestResult, Fill, OrderRecord
from bybit_async.bot.backtesting.history import when
from bybit_async.bot.comparing.candles import SeenCandles
from bybit_async.bot.comparing.comparison import Cause, Difference, FilledOrder
from bybit_async.bot.comparing.matching import OrderPair
from bybit_async.bot.comparing.recorded import RecordedExit, RecordedOrder, RecordedRun

ZERO = Decimal(0)


class Traded(NamedTuple):
    """What an order traded in all; the price is an average, None where nothing did."""

    qty: Decimal
    price: Decimal | None


class Judge:
    """Judges pair by pair, in order of time.

    Args:
        run: as it was recorded.
        result: its backtest.
        seen: what is known of the candles.
        slack: milliseconds that an order may arrive later than assumed.
    """

    def __init__(self, run: RecordedRun, result: BacktestResult, seen: SeenCandles, slack: int) -> None:
        self._run = run
        self._result = result
        self._seen = seen
        self._slack = slack
        self._fills: dict[str, list[Fill]] = {}
        self._last: dict[str, Cause] = {}
        for fill in result.fills:
            if fill.reason == "order":
                self._fills.setdefault(fill.execution_id, []).append(fill)

    def order(self, pair: OrderPair) -> Difference | None:
        """Return what differs between two orders, and why; None where nothing does."""
        found = self._judged(pair)
        if found is None:
            return None
        cause, words = found
        known = pair.journal or pair.backtest
        assert known is not None
        self._last[known.symbol] = cause
        return Difference(
            cause=cause,
            strategy_id=known.strategy_id,
            symbol=known.symbol,
            side=known.side.capitalize(),
            decided_ms=pair.closed_ms,
            words=f"{known.side.upper()} {known.symbol} at {when(pair.closed_ms)}: {words}",
            execution_id=known.execution_id,
            journal=None if pair.journal is None else self._mine(pair.journal),
            backtest=None if pair.backtest is None else self._theirs(pair.backtest),
        )

    def slippage(self, pair: OrderPair) -> FilledOrder | None:
        """Return the slippage of an order of the journal; None where nothing was filled."""
        order = pair.journal
        if order is None or order.price is None:
            return None
        other = None if pair.backtest is None else self._traded(pair.backtest).price
        decided, price = order.signal.price, order.price
        return FilledOrder(
            execution_id=order.execution_id,
            symbol=order.symbol,
            side=order.side,
            decided_ms=order.decided_ms,
            decided_price=decided,
            price=price,
            backtest_price=other,
            against_decision=_bps(price, decided, order.side),
            against_backtest=None if other is None else _bps(price, other, order.side),
        )

    # -- why

    def _judged(self, pair: OrderPair) -> tuple[Cause, str] | None:
        mine, theirs = pair.journal, pair.backtest
        i_have, they_have = mine is not None and mine.taken, theirs is not None and not theirs.refused
        if mine is not None and theirs is not None and i_have and they_have:
            return self._both(pair.closed_ms, mine, theirs)
        if i_have and mine is not None:
            return self._only_mine(pair.closed_ms, mine, theirs)
        if they_have and theirs is not None:
            return self._only_theirs(pair.closed_ms, mine, theirs)
        return None

    def _only_mine(self, closed_ms: int, mine: RecordedOrder, theirs: OrderRecord | None) -> tuple[Cause, str]:
        if not mine.has_signal:
            return "extra", "the journal has an order that no strategy asked for"
        if (words := self._seen.differ(mine.symbol, closed_ms)) is not None:
            return "data", words
        if theirs is not None:
            return "decision", f"the backtest refuses it: {theirs.refused}"
        return "decision", f"the bot wanted {mine.qty:f}, the backtest does not want it"

    def _only_theirs(self, closed_ms: int, mine: RecordedOrder | None, theirs: OrderRecord) -> tuple[Cause, str]:
        if mine is not None and mine.refusal is None:
            return "missing", "a strategy wanted it and nothing refused it, but the journal has no order"
        if mine is None and (theirs.symbol, closed_ms) not in self._run.decisions:
            return "missing", "strategies were not asked at this close: the bot did not run, or had no data"
        if (words := self._seen.differ(theirs.symbol, closed_ms)) is not None:
            return "data", words
        if mine is not None:
            return "decision", f"the bot refused it: {mine.refusal}"
        return "decision", f"the backtest wants {theirs.qty:f}, the bot did not want it"

    def _both(self, closed_ms: int, mine: RecordedOrder, theirs: OrderRecord) -> tuple[Cause, str] | None:
        other = list(_other(mine, theirs))
        if other:
            words = "; ".join(f"{name} {ours}, in the backtest {its}" for name, ours, its in other)
            if (seen := self._seen.differ(mine.symbol, closed_ms)) is not None:
                return "data", f"{seen}; {words}"
            if [name for name, _, _ in other] == ["size"]:
                return self._other_size(closed_ms, mine, theirs, words)
            return "decision", words
        return self._traded_otherwise(closed_ms, mine, theirs)

    def _other_size(self, closed_ms: int, mine: RecordedOrder, theirs: OrderRecord, words: str) -> tuple[Cause, str]:
        """A size that follows from what was held or earned before is no other decision."""
        before = self._last.get(mine.symbol)
        if theirs.reduce_only and before is not None:
            return before, f"{words}: it closes a position of another size"
        equity, its = mine.equity, self._equity_at(closed_ms)
        rules = self._run.instruments.get(mine.symbol)
        if equity is not None and its is not None and equity != its and rules is not None:
            scaled = theirs.qty * equity / its
            if abs(mine.qty - scaled) <= 2 * rules.lot_size_filter.step:
                return "fill", f"{words}: equity was {equity:.2f}, in the backtest {its:.2f}"
        return "decision", words

    def _traded_otherwise(self, closed_ms: int, mine: RecordedOrder, theirs: OrderRecord) -> tuple[Cause, str] | None:
        traded, its = Traded(mine.filled, mine.price), self._traded(theirs)
        words = f"filled {_said(traded)}, in the backtest {_said(its)}"
        if traded.price is not None and its.price is not None:
            words += f", {_bps(traded.price, its.price, mine.side):+.1f} bps"
        arrived, assumed = mine.arrived_ms, theirs.sent_ms
        if arrived is not None and assumed is not None and arrived - assumed > self._slack:
            delay = f"arrived {arrived - closed_ms} ms after the close, assumed {assumed - closed_ms}"
            return "latency", f"{delay}; {words}"
        return None if traded == its else ("fill", words)

    def _equity_at(self, closed_ms: int) -> Decimal | None:
        equity = self._result.equity
        closes = equity.index.as_unit("ms").asi8  # type: ignore[attr-defined]
        place = int(np.count_nonzero(closes <= closed_ms)) - 1
        return None if place < 0 else Decimal(repr(float(equity.iloc[place])))

    # -- exits

    def exits(self, end_ms: int, length_ms: int) -> list[Difference]:
        """Return where stops, targets and liquidations differ: those of a symbol are compared one after the other."""
        found: list[Difference] = []
        for symbol in self._run.symbols:
            mine = [item for item in self._run.exits if item.symbol == symbol and item.time_ms <= end_ms]
            theirs = [item for item in _exits(self._result.fills, symbol) if item.time_ms <= end_ms]
            while mine or theirs:
                found += _exit_difference(mine, theirs, 2 * length_ms)
        return found

    # -- what is shown

    def _traded(self, record: OrderRecord) -> Traded:
        fills = self._fills.get(record.execution_id, ())
        qty = sum((fill.qty for fill in fills), ZERO)
        value = sum((fill.qty * fill.price for fill in fills), ZERO)
        return Traded(qty, value / qty if qty else None)

    def _mine(self, order: RecordedOrder) -> dict[str, Any]:
        return {
            "side": order.side,
            "qty": order.qty,
            "filled": order.filled,
            "price": order.price,
            "arrived_ms": order.arrived_ms,
            "refused": order.refusal,
        }

    def _theirs(self, record: OrderRecord) -> dict[str, Any]:
        traded = self._traded(record)
        return {
            "side": record.side.capitalize(),
            "qty": record.qty,
            "filled": traded.qty,
            "price": traded.price,
            "arrived_ms": record.sent_ms,
            "refused": record.refused or None,
        }


def _other(mine: RecordedOrder, theirs: OrderRecord) -> Iterable[tuple[str, object, object]]:
    """Yield what differs between two orders, with both values; prices of the moment do not count."""
    trade, signal = mine.trade, mine.signal
    assert trade is not None
    found: list[tuple[str, object, object]] = [
        ("decided price", signal.price, theirs.decided_price),
        ("limit", _number(trade["price"]), theirs.price),
        ("reduce only", bool(trade["reduce_only"]), theirs.reduce_only),
    ]
    if signal.stop_loss is not None:
        found.append(("stop", _number(trade["stop_loss"]), theirs.stop_loss))
    if signal.take_profit is not None:
        found.append(("target", _number(trade["take_profit"]), theirs.take_profit))
    found.append(("size", mine.qty, theirs.qty))
    yield from ((name, ours, its) for name, ours, its in found if ours != its)


def _exits(fills: Iterable[Fill], symbol: str) -> list[RecordedExit]:
    """Return the backtest's exits; the parts of one are joined."""
    found: list[RecordedExit] = []
    for fill in fills:
        if fill.symbol != symbol or fill.reason not in ("stop", "target", "liquidation"):
            continue
        last = found[-1] if found else None
        if last is not None and (last.side, last.time_ms) == (fill.side, fill.time_ms):
            value = last.price * last.qty + fill.price * fill.qty
            last.qty += fill.qty
            last.price = value / last.qty
        else:
            found.append(RecordedExit(symbol, fill.side, fill.time_ms, fill.qty, fill.price))
    return found


def _exit_difference(mine: list[RecordedExit], theirs: list[RecordedExit], apart_ms: int) -> Sequence[Difference]:
    """Take the first exit of either side, or both where they are the same one, and say what differs."""
    ours, its = mine[0] if mine else None, theirs[0] if theirs else None
    if ours is not None and its is not None and (ours.side != its.side or abs(ours.time_ms - its.time_ms) > apart_ms):
        ours, its = (ours, None) if ours.time_ms <= its.time_ms else (None, its)
    if ours is not None:
        mine.pop(0)
    if its is not None:
        theirs.pop(0)
    known = ours or its
    assert known is not None
    if ours is not None and its is not None and (ours.qty, ours.price) == (its.qty, its.price):
        return ()
    words = " ".join(
        (
            f"{known.side.upper()} {known.symbol} at {when(known.time_ms)}: an exit",
            "is only in the backtest" if ours is None else f"traded {ours.qty:f} at {_price(ours.price)}",
            "and not in the backtest" if its is None else f"in the backtest {its.qty:f} at {_price(its.price)}",
        )
    )
    shown: list[dict[str, Any] | None] = [
        None if item is None else {"qty": item.qty, "price": item.price, "time_ms": item.time_ms}
        for item in (ours, its)
    ]
    side: Literal["fill"] = "fill"
    return [Difference(side, "", known.symbol, known.side, known.time_ms, words, "", shown[0], shown[1])]


def _bps(price: Decimal, reference: Decimal, side: str) -> float:
    return float((price - reference) / reference * 10_000) * (1 if side.capitalize() == "Buy" else -1)


def _said(traded: Traded) -> str:
    return "nothing" if traded.price is None else f"{traded.qty:f} at {_price(traded.price)}"


def _price(price: Decimal) -> str:
    return f"{price:.8f}".rstrip("0").rstrip(".")


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
