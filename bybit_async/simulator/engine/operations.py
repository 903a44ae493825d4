"""The frame that every operation runs in: what it sets off is settled before its events are handed out."""

from contextlib import AbstractContextManager
from types import TracebackType

from bybit_async.simulator.engine.exits import Exits
from bybit_async.simulator.engine.liquidation import Liquidation
from bybit_async.simulator.engine.market_making import MarketMaking
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.triggers import Triggers

ROUNDS = 10_000


class Operation(AbstractContextManager[None]):
    """One operation of an engine, perhaps within another one; one instance serves them all.

    When the outermost ends, exit orders follow their positions, prices set off conditional orders, accounts that can
    no longer carry their positions are liquidated, and so on until nothing is left to happen. Then sinks hear of it.
    """

    def __init__(
        self, state: State, exits: Exits, triggers: Triggers, liquidation: Liquidation, market_making: MarketMaking
    ) -> None:
        self._state = state
        self._exits = exits
        self._triggers = triggers
        self._liquidation = liquidation
        self._market_making = market_making
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._depth == 1 and kind is None:
                self._settle_down()
        finally:
            self._depth -= 1
            if not self._depth:
                self._state.outbox.flush()

    def _settle_down(self) -> None:
        state = self._state
        for _ in range(ROUNDS):
            if state.tripped:
                account, coin = next(iter(state.tripped))
                del state.tripped[account, coin]
                self._market_making.pull(account, coin)
            elif state.dirty:
                position = next(iter(state.dirty))
                del state.dirty[position]
                self._exits.follow(position)
            elif state.moved:
                listing, kind = next(iter(state.moved))
                del state.moved[listing, kind]
                state.outbox.prices(listing)
                self._triggers.price_moved(listing, kind)
                if kind == "MarkPrice":
                    self._liquidation.unwind(listing)
            elif state.suspects:
                account = next(iter(state.suspects))
                del state.suspects[account]
                self._liquidation.check(account)
            else:
                return
        raise AssertionError("one operation set off an endless chain of consequences")
