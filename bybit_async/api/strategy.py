"""Strategy orders: TWAP, chase, iceberg and participation of volume."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_seconds, none_or_wire
from bybit_async.enums import Side
from bybit_async.models import strategy as m
from bybit_async.models.building import Fields
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Time, none_or_plain

CREATE_STRATEGY = post("/v5/strategy/create", "strategy.create_strategy", m.StrategyAck)
GET_STRATEGY_LIST = get("/v5/strategy/list", "strategy.get_strategy_list", m.StrategyPage)
GET_STRATEGY_ORDER_LIST = get("/v5/strategy/order-list", "strategy.get_strategy_order_list", m.StrategyOrderPage)
STOP_STRATEGY = post("/v5/strategy/stop", "strategy.stop_strategy", m.StrategyStop)


class Strategy(Resource):
    """Starting, watching and stopping strategy orders."""

    __slots__ = ()

    async def create_strategy(
        self,
        *,
        category: Literal["UTA_USDT", "UTA_USDC", "UTA_SPOT", "UTA_INVERSE", "UTA_INVERSE_FUTURE", "UTA_USDT_FUTURE"],
        symbol: str,
        side: Side,
        strategy_type: Literal["twap", "chaseOrder", "iceberg", "pov"],
        size: Number | None = None,
        position_value: Number | None = None,
        duration: int | None = None,
        reduce_only: bool | None = None,
        position_idx: int | None = None,
        leverage_type: int | None = None,
        interval: int | None = None,
        is_random: bool | None = None,
        trigger_price: Number | None = None,
        max_chase_price: Number | None = None,
        chase_distance: Number | None = None,
        chase_percent_e4: int | None = None,
        sub_size: Number | None = None,
        order_count: int | None = None,
        sub_position_value: Number | None = None,
        post_only: int | None = None,
        limit_price: Number | None = None,
        pov_params: m.PovParams | Fields | None = None,
        chase_price: Number | None = None,
        timeout: float | None = None,
    ) -> m.StrategyAck:
        """Start a strategy. `POST /v5/strategy/create`.

        Give `size` in coins or `position_value`; `duration` and `interval` are seconds; ``pov`` takes `pov_params`.
        """
        any_of({"size": size, "position_value": position_value})
        return await self._call(
            CREATE_STRATEGY,
            timeout,
            category=category,
            symbol=symbol,
            side=side,
            strategy_type=strategy_type,
            size=none_or_plain(size, "size"),
            position_value=none_or_plain(position_value, "position_value"),
            duration=duration,
            reduce_only=reduce_only,
            position_idx=position_idx,
            leverage_type=leverage_type,
            interval=interval,
            is_random=is_random,
            trigger_price=none_or_plain(trigger_price, "trigger_price"),
            max_chase_price=none_or_plain(max_chase_price, "max_chase_price"),
            chase_distance=none_or_plain(chase_distance, "chase_distance"),
            chase_percent_e4=chase_percent_e4,
            sub_size=none_or_plain(sub_size, "sub_size"),
            order_count=order_count,
            sub_position_value=none_or_plain(sub_position_value, "sub_position_value"),
            post_only=post_only,
            limit_price=none_or_plain(limit_price, "limit_price"),
            pov_params=none_or_wire(m.PovParams, pov_params, "pov_params"),
            chase_price=none_or_plain(chase_price, "chase_price"),
        )

    def get_strategy_list(
        self,
        *,
        strategy_id: str | None = None,
        symbol: str | None = None,
        status: Literal["2", "3", "4", "5", "6"] | None = None,
        category: Literal[
            "UTA_USDT",
            "UTA_USDC",
            "UTA_USDC_FUTURE",
            "UTA_SPOT",
            "UTA_INVERSE",
            "UTA_INVERSE_FUTURE",
            "UTA_USDT_FUTURE",
        ]
        | None = None,
        strategy_type: Literal["twap", "chaseOrder", "iceberg", "pov"] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.StrategyPage, m.StrategyInfo]:
        """Strategies; `page_size` is at most 50 (20 when left out).

        Bounds are sent as whole seconds. `GET /v5/strategy/list`.
        """
        return self._pages(
            GET_STRATEGY_LIST, timeout, strategy_id=strategy_id, symbol=symbol, status=status, category=category,
            strategy_type=strategy_type, begin_time_e0=none_or_seconds(start, "start"),
            end_time_e0=none_or_seconds(end, "end"), page_size=page_size, cursor=cursor,
        )  # fmt: skip

    def get_strategy_order_list(
        self,
        *,
        strategy_id: str,
        status: Literal["2", "3", "4", "5", "6", "7"] | None = None,
        symbol: str | None = None,
        strategy_type: Literal["twap", "chaseOrder", "iceberg", "pov"] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.StrategyOrderPage, m.StrategyOrder]:
        """Orders that a strategy placed. Bounds are sent as whole seconds. `GET /v5/strategy/order-list`."""
        return self._pages(
            GET_STRATEGY_ORDER_LIST, timeout, strategy_id=strategy_id, status=status, symbol=symbol,
            strategy_type=strategy_type, begin_time_e0=none_or_seconds(start, "start"),
            end_time_e0=none_or_seconds(end, "end"), page_size=page_size, cursor=cursor,
        )  # fmt: skip

    async def stop_strategy(self, *, strategy_id: str, timeout: float | None = None) -> m.StrategyStop:
        """Stop a strategy. `POST /v5/strategy/stop`."""
        return await self._call(STOP_STRATEGY, timeout, strategy_id=strategy_id)
