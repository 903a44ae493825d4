"""Closing a position."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.position import GET_POSITIONS
from bybit_async.api.trade.orders import Orders
from bybit_async.enums import PositionIdx
from bybit_async.errors import BybitError
from bybit_async.models import trade as m
from bybit_async.models.position import Position


class Closing(Orders):
    """The part of `Trade` that closes positions."""

    __slots__ = ()

    async def close_position(
        self,
        *,
        category: Literal["linear", "inverse", "option"],
        symbol: str,
        position_idx: PositionIdx | None = None,
        timeout: float | None = None,
    ) -> list[m.OrderAck]:
        """Close the symbol's position at market, with a reduce-only order of its size.

        In hedge mode both sides are closed unless `position_idx` names one. The list is empty when there was nothing
        to close. An error of the second order names the first one in its notes (`__notes__`).
        `GET /v5/position/list`, `POST /v5/order/create`.
        """
        page = await self._call(GET_POSITIONS, timeout, category=category, symbol=symbol)
        wanted = [row for row in page if row.size and position_idx in (None, row.position_idx)]
        acks: list[m.OrderAck] = []
        for row in wanted:
            try:
                acks.append(await self.place(_closing_order(category, row), timeout=timeout))
            except BybitError as error:
                for ack in acks:
                    error.add_note(f"placed before: order id {ack.order_id}, order link id {ack.order_link_id}")
                raise
        return acks


def _closing_order(category: Literal["linear", "inverse", "option"], position: Position) -> m.PlaceOrder:
    return m.PlaceOrder(
        category=category,
        symbol=position.symbol,
        side="Sell" if position.side == "Buy" else "Buy",
        order_type="Market",
        qty=position.size,
        reduce_only=True,
        position_idx=position.position_idx,
    )
