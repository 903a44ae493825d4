"""Which order of the journal is which one of the backtest."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from bybit_async.bot.backtesting import BacktestResult, OrderRecord
from bybit_async.bot.comparing.recorded import RecordedOrder, RecordedRun
from bybit_async.data import intervals


class OrderPair(NamedTuple):
    """One decision: what the journal has of it and what the backtest; one of them may be None.

    Attributes:
        closed_ms: the close that was decided at.
    """

    closed_ms: int
    journal: RecordedOrder | None
    backtest: OrderRecord | None


def pairs_of(
    run: RecordedRun, result: BacktestResult, interval: str, span: tuple[int, int], apart: Collection[str]
) -> list[OrderPair]:
    """Return the decisions of a span of closes, in order of time, but for those of the strategies `apart`.

    A decision has the same order link id on both sides. Limit orders at another price have another one: they are found
    by strategy, symbol, side and close.
    """
    mine = {
        order.execution_id: order
        for order in run.orders
        if span[0] <= order.decided_ms <= span[1] and order.strategy_id not in apart
    }
    theirs = {record.execution_id: record for record in result.orders if record.strategy_id}
    # Of two orders of one close the second is decided on when the first has been answered.
    closes = {name: intervals.floor(interval, record.decided_ms) for name, record in theirs.items()}
    theirs = {name: record for name, record in theirs.items() if closes[name] <= span[1]}
    pairs = [OrderPair(mine[name].decided_ms, mine[name], theirs[name]) for name in mine if name in theirs]
    left = {name: record for name, record in theirs.items() if name not in mine}
    for name, order in mine.items():
        if name in theirs:
            continue
        wanted = (order.strategy_id, order.symbol, order.side, order.decided_ms)
        same = (
            other
            for other, record in left.items()
            if (record.strategy_id, record.symbol, record.side.capitalize(), closes[other]) == wanted
        )
        match = next(same, None)
        pairs.append(OrderPair(order.decided_ms, order, None if match is None else left.pop(match)))
    pairs += [OrderPair(closes[name], None, record) for name, record in left.items()]
    return sorted(pairs, key=lambda pair: pair.closed_ms)
