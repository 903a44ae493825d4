"""Prediction markets: events, their order books and sports."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.models import alpha as m
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Numbered, Pager
from bybit_async.wire import Number, Time, none_or_milliseconds, plain

GET_PREDICTION_ENGINE_STATUS = get(
    "/v5/alpha/prediction/engine-status", "alpha.get_prediction_engine_status", m.PredictionEngine
)
GET_PREDICTION_EVENT_DETAIL = post(
    "/v5/alpha/prediction/event-detail", "alpha.get_prediction_event_detail", m.PredictionEvent, write=False
)
GET_PREDICTION_ORDER_BOOK = post(
    "/v5/alpha/prediction/order-book", "alpha.get_prediction_order_book", list[m.PredictionOrderBook], write=False
)
GET_PREDICTION_TOKEN_PRICE = post(
    "/v5/alpha/prediction/token-price", "alpha.get_prediction_token_price", list[m.PredictionTokenPrice], write=False
)
GET_PREDICTION_PRICE_HISTORY = post(
    "/v5/alpha/prediction/price-history", "alpha.get_prediction_price_history", m.PredictionPriceHistory, write=False
)
GET_PREDICTION_SIDE_MARKET_LIST = post(
    "/v5/alpha/prediction/side-market-list", "alpha.get_prediction_side_market_list", m.SideMarkets, write=False
)
GET_PREDICTION_PAY_TOKEN_LIST = get(
    "/v5/alpha/prediction/pay-token-list", "alpha.get_prediction_pay_token_list", list[m.PredictionPayToken]
)
GET_PREDICTION_ORDER_ESTIMATE = post(
    "/v5/alpha/prediction/order-estimate", "alpha.get_prediction_order_estimate", m.PredictionEstimate, write=False
)
BUY_PREDICTION = post("/v5/alpha/prediction/buy", "alpha.buy_prediction", m.PredictionOrderAck)
SELL_PREDICTION = post("/v5/alpha/prediction/sell", "alpha.sell_prediction", m.PredictionOrderAck)
GET_PREDICTION_ORDER_LIST = post(
    "/v5/alpha/prediction/order-list", "alpha.get_prediction_order_list", m.PredictionOrders, write=False
)
GET_PREDICTION_POSITION_LIST = post(
    "/v5/alpha/prediction/position-list", "alpha.get_prediction_position_list", m.PredictionPositions, write=False
)
GET_PREDICTION_POSITION_HISTORY = post(
    "/v5/alpha/prediction/position-history",
    "alpha.get_prediction_position_history",
    m.PredictionPositionHistory,
    write=False,
)
GET_PREDICTION_PORTFOLIO_SUMMARY = post(
    "/v5/alpha/prediction/portfolio-summary",
    "alpha.get_prediction_portfolio_summary",
    m.PredictionPortfolio,
    write=False,
)
GET_SPORTS_GROUP_STAGE_DETAIL = post(
    "/v5/alpha/prediction/sports/group-stage-detail", "alpha.get_sports_group_stage_detail", m.GroupStage, write=False
)
GET_SPORTS_MATCH_LIST = post(
    "/v5/alpha/prediction/sports/match-list", "alpha.get_sports_match_list", m.SportsMatches, write=False
)
GET_SPORTS_TIMELINE_STAGES = get(
    "/v5/alpha/prediction/sports/timeline-stages", "alpha.get_sports_timeline_stages", m.SportsTimeline
)

_PAGES = Numbered("pageIndex", "total")


class AlphaPrediction(Resource):
    """The prediction part of `Alpha`."""

    __slots__ = ()

    async def get_prediction_engine_status(self, *, timeout: float | None = None) -> m.PredictionEngine:
        """Whether the matching engine takes orders. `GET /v5/alpha/prediction/engine-status`."""
        return await self._call(GET_PREDICTION_ENGINE_STATUS, timeout)

    async def get_prediction_event_detail(
        self,
        *,
        event_id: str | None = None,
        slug: str | None = None,
        has_more_markets: bool | None = None,
        timeout: float | None = None,
    ) -> m.PredictionEvent:
        """An event and its markets, named by `slug` or `event_id`. `POST /v5/alpha/prediction/event-detail`."""
        any_of({"slug": slug, "event_id": event_id})
        return await self._call(
            GET_PREDICTION_EVENT_DETAIL, timeout, event_id=event_id, slug=slug, has_more_markets=has_more_markets,
        )  # fmt: skip

    async def get_prediction_order_book(
        self, *, token_ids: list[str], timeout: float | None = None
    ) -> list[m.PredictionOrderBook]:
        """Order books of up to 20 outcome tokens. `POST /v5/alpha/prediction/order-book`."""
        return await self._call(GET_PREDICTION_ORDER_BOOK, timeout, token_ids=token_ids)

    async def get_prediction_token_price(
        self, *, token_ids: list[str], timeout: float | None = None
    ) -> list[m.PredictionTokenPrice]:
        """Prices of up to 20 outcome tokens. `POST /v5/alpha/prediction/token-price`."""
        return await self._call(
            GET_PREDICTION_TOKEN_PRICE, timeout, token_ids=token_ids,
        )  # fmt: skip

    async def get_prediction_price_history(
        self, *, token_id: str, interval: Literal["1H", "6H", "1D", "1W", "1M", "ALL"], timeout: float | None = None
    ) -> m.PredictionPriceHistory:
        """Candles of an outcome token, newest first. `POST /v5/alpha/prediction/price-history`."""
        return await self._call(
            GET_PREDICTION_PRICE_HISTORY, timeout, token_id=token_id, interval=interval,
        )  # fmt: skip

    def get_prediction_side_market_list(
        self,
        *,
        event_id: str,
        sort_by: Literal["volume", "liquidity", "endDate"] | None = None,
        market_type: Literal[1, 2] | None = None,
        limit: int | None = None,
        page_index: int | None = None,
        timeout: float | None = None,
    ) -> Pager[m.SideMarkets, m.SideMarket]:
        """Markets beside the main one of an event, by page number. `POST /v5/alpha/prediction/side-market-list`."""
        return self._numbered(
            GET_PREDICTION_SIDE_MARKET_LIST, timeout, _PAGES, event_id=event_id, sort_by=sort_by,
            market_type=market_type, limit=limit, page_index=page_index,
        )  # fmt: skip

    async def get_prediction_pay_token_list(self, *, timeout: float | None = None) -> list[m.PredictionPayToken]:
        """Coins that predictions are paid with. `GET /v5/alpha/prediction/pay-token-list`."""
        return await self._call(GET_PREDICTION_PAY_TOKEN_LIST, timeout)

    async def get_prediction_order_estimate(
        self,
        *,
        token_id: str,
        side: Literal[1, 2],
        event_id: str,
        amount: Number,
        order_type: int,
        pay_token_code: str | None = None,
        timeout: float | None = None,
    ) -> m.PredictionEstimate:
        """What an order would cost and pay.

        `amount` is USDC when buying and shares when selling; only fill-or-kill orders (1) exist so far.
        `POST /v5/alpha/prediction/order-estimate`.
        """
        return await self._call(
            GET_PREDICTION_ORDER_ESTIMATE, timeout, token_id=token_id, side=side, event_id=event_id,
            amount=plain(amount, "amount"), order_type=order_type, pay_token_code=pay_token_code,
        )  # fmt: skip

    async def buy_prediction(
        self,
        *,
        token_id: str,
        amount: Number,
        pay_token_code: str,
        order_type: int,
        slippage: Number,
        event_id: str,
        timeout: float | None = None,
    ) -> m.PredictionOrderAck:
        """Buy shares of an outcome for `amount` USDC.

        `slippage` is the largest tolerated one, ``0.05`` for 5 %. `POST /v5/alpha/prediction/buy`.
        """
        return await self._call(
            BUY_PREDICTION, timeout, token_id=token_id, amount=plain(amount, "amount"),
            pay_token_code=pay_token_code, order_type=order_type, slippage=plain(slippage, "slippage"),
            event_id=event_id,
        )  # fmt: skip

    async def sell_prediction(
        self,
        *,
        token_id: str,
        size: Number,
        order_type: int,
        slippage: Number,
        event_id: str,
        to_token_code: str | None = None,
        timeout: float | None = None,
    ) -> m.PredictionOrderAck:
        """Sell `size` shares of an outcome.

        `slippage` is the largest tolerated one, ``0.05`` for 5 %. `POST /v5/alpha/prediction/sell`.
        """
        return await self._call(
            SELL_PREDICTION, timeout, token_id=token_id, size=plain(size, "size"), order_type=order_type,
            slippage=plain(slippage, "slippage"), event_id=event_id, to_token_code=to_token_code,
        )  # fmt: skip

    def get_prediction_order_list(
        self,
        *,
        status: Literal[1, 2, 3, 4, 5] | None = None,
        token_id: str | None = None,
        event_id: str | None = None,
        side: Literal[1, 2] | None = None,
        days: int | None = None,
        limit: int | None = None,
        page_index: int | None = None,
        timeout: float | None = None,
    ) -> Pager[m.PredictionOrders, m.PredictionOrder]:
        """Orders of the last `days` (at most 90), by page number. `POST /v5/alpha/prediction/order-list`."""
        return self._numbered(
            GET_PREDICTION_ORDER_LIST, timeout, _PAGES, status=status, token_id=token_id, event_id=event_id, side=side,
            days=days, limit=limit, page_index=page_index,
        )  # fmt: skip

    def get_prediction_position_list(
        self,
        *,
        token_id: str | None = None,
        event_id: str | None = None,
        limit: int | None = None,
        page_index: int | None = None,
        timeout: float | None = None,
    ) -> Pager[m.PredictionPositions, m.PredictionPosition]:
        """Open positions, by page number. `POST /v5/alpha/prediction/position-list`."""
        return self._numbered(
            GET_PREDICTION_POSITION_LIST, timeout, _PAGES, token_id=token_id, event_id=event_id, limit=limit,
            page_index=page_index,
        )  # fmt: skip

    def get_prediction_position_history(
        self,
        *,
        token_id: str | None = None,
        event_id: str | None = None,
        result: Literal[1, 2, 3] | None = None,
        days: int | None = None,
        limit: int | None = None,
        page_index: int | None = None,
        timeout: float | None = None,
    ) -> Pager[m.PredictionPositionHistory, m.ClosedPredictionPosition]:
        """Closed positions of the last `days` (at most 90), by page number.

        `POST /v5/alpha/prediction/position-history`.
        """
        return self._numbered(
            GET_PREDICTION_POSITION_HISTORY, timeout, _PAGES, token_id=token_id, event_id=event_id, result=result,
            days=days, limit=limit, page_index=page_index,
        )  # fmt: skip

    async def get_prediction_portfolio_summary(
        self, *, event_type: int | None = None, timeout: float | None = None
    ) -> m.PredictionPortfolio:
        """Value and success of all positions. `POST /v5/alpha/prediction/portfolio-summary`."""
        return await self._call(
            GET_PREDICTION_PORTFOLIO_SUMMARY, timeout, event_type=event_type,
        )  # fmt: skip

    async def get_sports_group_stage_detail(
        self, *, event_type: int, group_name: str | None = None, timeout: float | None = None
    ) -> m.GroupStage:
        """Groups of a tournament with their tables and matches.

        `POST /v5/alpha/prediction/sports/group-stage-detail`.
        """
        return await self._call(
            GET_SPORTS_GROUP_STAGE_DETAIL, timeout, event_type=event_type, group_name=group_name,
        )  # fmt: skip

    def get_sports_match_list(
        self,
        *,
        event_type: int,
        status: Literal[1, 2, 3] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        stage_code: Literal["Groups", "R32", "R16", "QF", "SF", "Final"] | None = None,
        limit: int | None = None,
        page_index: int | None = None,
        timeout: float | None = None,
    ) -> Pager[m.SportsMatches, m.SportsMatch]:
        """Matches of a tournament, by page number. `POST /v5/alpha/prediction/sports/match-list`."""
        return self._numbered(
            GET_SPORTS_MATCH_LIST, timeout, _PAGES, event_type=event_type, status=status,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"),
            stage_code=stage_code, limit=limit, page_index=page_index,
        )  # fmt: skip

    async def get_sports_timeline_stages(self, *, event_type: int, timeout: float | None = None) -> m.SportsTimeline:
        """Stages of a tournament. `GET /v5/alpha/prediction/sports/timeline-stages`."""
        return await self._call(GET_SPORTS_TIMELINE_STAGES, timeout, event_type=event_type)
