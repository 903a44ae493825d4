"""Why Bybit refused an order, where its instrument or the position mode shows it.

Bybit's own words name neither the argument nor what would fit ("Qty invalid"). The steps of an instrument change, so
that an order is never refused here over what was known of them earlier; they are asked for after the refusal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bybit_async.api.market.instruments import GET_INSTRUMENTS_INFO
from bybit_async.api.position import GET_POSITIONS
from bybit_async.api.resource import Caller
from bybit_async.errors import BybitError, InvalidParameter, RequestRejected
from bybit_async.models.trade import AmendOrder, PlaceOrder

_GENERIC = 10001
_OF_STEPS = frozenset({
    _GENERIC, 110017, 110094, 170124, 170132, 170133, 170134, 170136, 170137, 170140, 170148, 170341, 170381, 170382,
})  # fmt: skip
_REMEMBERED = 60.0
_PATIENCE = 2.0


class Explainer:
    """Explains refusals; what it asked about a symbol it remembers for a minute, for those that come in floods."""

    __slots__ = ("_caller", "_known")

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._known: dict[tuple[str, str, str], tuple[float, Any]] = {}

    async def explained(self, refusal: RequestRejected, order: PlaceOrder | AmendOrder) -> RequestRejected:
        """Return the refusal with the argument and the cure added; what cannot be found out leaves it as it is."""
        if refusal.ret_code not in _OF_STEPS:
            return refusal
        try:
            found = await self._cause(order, asks_mode=refusal.ret_code == _GENERIC)
        except BybitError:
            # The refusal itself is what must reach the caller.
            return refusal
        if found is not None:
            refusal.parameter, refusal.hint = found.parameter, str(found)
        return refusal

    async def _cause(self, order: PlaceOrder | AmendOrder, *, asks_mode: bool) -> InvalidParameter | None:
        instrument = await self._remembered("instrument", order, self._instrument)
        if instrument is not None:
            try:
                instrument.validate(order)
            except InvalidParameter as error:
                return error
        if asks_mode and isinstance(order, PlaceOrder) and order.category in ("linear", "inverse"):
            return contradiction(order.position_idx, await self._remembered("mode", order, self._sides))
        return None

    async def _remembered(
        self, what: str, order: PlaceOrder | AmendOrder, ask: Callable[[str, str], Awaitable[Any]]
    ) -> Any:
        key, now = (what, order.category, order.symbol), asyncio.get_running_loop().time()
        until, value = self._known.get(key, (0.0, None))
        if now >= until:
            value = await ask(order.category, order.symbol)
            self._known[key] = (now + _REMEMBERED, value)
        return value

    async def _instrument(self, category: str, symbol: str) -> Any:
        params = {"category": category, "symbol": symbol}
        answer = await self._caller.call(GET_INSTRUMENTS_INFO, params, timeout=_PATIENCE)
        return next((row for row in answer.result if row.symbol == symbol), None)

    async def _sides(self, category: str, symbol: str) -> frozenset[int]:
        params = {"category": category, "symbol": symbol}
        answer = await self._caller.call(GET_POSITIONS, params, timeout=_PATIENCE)
        return frozenset(row.position_idx for row in answer.result)


def contradiction(position_idx: int | None, sides: frozenset[int]) -> InvalidParameter | None:
    """Say how a position index contradicts the position mode; `sides` are the indices that the symbol has."""
    if sides == {1, 2} and position_idx not in sides:
        cure = "the symbol is in hedge mode: pass position_idx=1 (long side) or 2 (short side)"
    elif sides == {0} and position_idx not in (None, 0):
        cure = "the symbol is in one-way mode: leave position_idx out, or switch with position.switch_position_mode"
    else:
        return None
    return InvalidParameter("position_idx", f"got {position_idx}, but {cure}")
