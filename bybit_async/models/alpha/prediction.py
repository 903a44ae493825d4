"""Prediction markets: events, orders, positions and sports."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Rows, Wire


class PredictionEngine(Wire):
    """Whether the matching engine takes orders."""

    available: bool | None = None


class PredictionMarket(Wire):
    """One outcome of an event; its price is a probability.

    Attributes:
        side: 1 yes, 2 no.
    """

    token_id: str
    side: int
    outcome: str | None = None
    price: Decimal | None = None
    volume: Decimal | None = None
    liquidity: Decimal | None = None


class PredictionEvent(Wire):
    """An event that is bet on."""

    event_id: str | None = None
    slug: str | None = None
    title: str | None = None
    description: str | None = None
    category: str | None = None
    end_date: int | None = None
    resolved: bool | None = None
    volume: Decimal | None = None
    liquidity: Decimal | None = None
    markets: list[PredictionMarket] = msgspec.field(default_factory=list)


class PredictionLevel(Wire):
    """A price and the shares offered at it."""

    price: Decimal | None = None
    size: Decimal | None = None


class PredictionOrderBook(Wire):
    """The order book of one outcome token."""

    token_id: str
    bids: list[PredictionLevel] = msgspec.field(default_factory=list)
    asks: list[PredictionLevel] = msgspec.field(default_factory=list)


class PredictionTokenPrice(Wire):
    """The price of one outcome token, 0 to 1."""

    token_id: str
    best_bid: Decimal | None = None
    best_ask: Decimal | None = None
    last_price: Decimal | None = None
    volume_24h: Decimal | None = None
    update_time: int | None = None


class PredictionCandle(Wire):
    """One candle."""

    open_time: int | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    close: Decimal | None = None
    volume: Decimal | None = None


class PredictionPriceHistory(Rows[PredictionCandle]):
    """The candles of one outcome token."""

    token_id: str
    interval: str | None = None


class SideMarketToken(Wire):
    """One outcome of a side market."""

    token_id: str
    outcome: str | None = None
    price: Decimal | None = None
    liquidity: Decimal | None = None


class SideMarket(Wire):
    """A market beside the main one.

    Attributes:
        status: 1 open, 2 closed, 3 resolved.
    """

    market_id: str | None = None
    event_id: str | None = None
    market_type: int | None = None
    question: str | None = None
    tokens: list[SideMarketToken] = msgspec.field(default_factory=list)
    volume_24h: Decimal | None = None
    end_date: int | None = None
    status: Literal[1, 2, 3] | None = None


class SideMarkets(Rows[SideMarket]):
    """A numbered page of side markets."""

    total: int | None = None
    page_index: int | None = None
    page_size: int | None = None


class PredictionPayToken(Wire):
    """A coin to pay with."""

    symbol: str
    token_code: str | None = None
    token_decimals: int | None = None
    token_icon_url_day: str | None = None
    token_icon_url_night: str | None = None
    support_chains: list[str] = msgspec.field(default_factory=list)


class PredictionFees(Wire):
    """What the fee is made of."""

    server_fee: Decimal | None = None
    polymarket_fee: Decimal | None = None


class PredictionEstimate(Wire):
    """The expected outcome of an order."""

    avg_price: Decimal | None = None
    estimated_cost: Decimal | None = None
    estimated_receive: Decimal | None = None
    to_win: Decimal | None = None
    fee_amount: Decimal | None = None
    fee_detail: PredictionFees | None = None
    slippage: Decimal | None = None


class PredictionOrderAck(Wire):
    """The number of an order."""

    order_no: str


class PredictionOrder(Wire):
    """An order.

    Attributes:
        side: 1 bought, 2 sold.
        order_amount: USDC when buying, shares when selling.
        status: 1 pending, 2 filled, 3 partly filled, 4 cancelled, 5 rejected.
    """

    order_no: str
    token_id: str
    side: int
    event_id: str | None = None
    order_type: int | None = None
    order_amount: Decimal | None = None
    filled_size: Decimal | None = None
    filled_price: Decimal | None = None
    total_fee: Decimal | None = None
    status: int | None = None
    created_at: int | None = None
    updated_at: int | None = None


class PredictionOrders(Rows[PredictionOrder]):
    """A numbered page of orders."""

    rows: list[PredictionOrder] = msgspec.field(default_factory=list, name="orders")
    total: int | None = None
    page_index: int | None = None


class PredictionPosition(Wire):
    """An open position."""

    position_id: str
    token_id: str
    event_id: str | None = None
    outcome_name: str | None = None
    shares: Decimal | None = None
    cost: Decimal | None = None
    avg_price: Decimal | None = None
    current_price: Decimal | None = None
    value: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    unrealized_pnl_rate: Decimal | None = None
    created_at: int | None = None
    finished: bool | None = None


class PredictionPositions(Rows[PredictionPosition]):
    """A numbered page of open positions."""

    rows: list[PredictionPosition] = msgspec.field(default_factory=list, name="positions")
    total: int | None = None
    total_asset_usd: Decimal | None = None


class ClosedPredictionPosition(Wire):
    """A closed position.

    Attributes:
        result: 1 won, 2 lost, 3 closed by hand.
    """

    position_id: str
    token_id: str
    event_id: str | None = None
    outcome_name: str | None = None
    shares: Decimal | None = None
    cost: Decimal | None = None
    avg_price: Decimal | None = None
    exit_price: Decimal | None = None
    realized_pnl: Decimal | None = None
    realized_pnl_rate: Decimal | None = None
    result: int | None = None
    closed_at: int | None = None


class PredictionPositionHistory(Rows[ClosedPredictionPosition]):
    """A numbered page of closed positions."""

    rows: list[ClosedPredictionPosition] = msgspec.field(default_factory=list, name="positions")
    total: int | None = None


class PredictionPortfolio(Wire):
    """Value and success of all positions."""

    position_value: Decimal | None = None
    position_value_usd: Decimal | None = None
    biggest_win: Decimal | None = None
    win_rate: Decimal | None = None
    win_count: int | None = None
    loss_count: int | None = None


class GroupStanding(Wire):
    """A team's place in its group."""

    rank: int | None = None
    team_name: str | None = None
    played: int | None = None
    won: int | None = None
    drawn: int | None = None
    lost: int | None = None
    goals_for: int | None = None
    goals_against: int | None = None
    goal_difference: int | None = None
    points: int | None = None


class Match(Wire):
    """A match between two teams.

    Attributes:
        status: 1 live, 2 upcoming, 3 ended.
    """

    match_id: str | None = None
    home_team: str | None = None
    away_team: str | None = None
    match_time: int | None = None
    status: int | None = None
    event_id: str | None = None


class GroupMatch(Match):
    """A match within a group.

    Attributes:
        home_score: -1 before the match.
        away_score: -1 before the match.
    """

    home_score: int | None = None
    away_score: int | None = None


class SportsGroup(Wire):
    """One group."""

    group_name: str | None = None
    standings: list[GroupStanding] = msgspec.field(default_factory=list)
    matches: list[GroupMatch] = msgspec.field(default_factory=list)


class GroupStage(Rows[SportsGroup]):
    """The groups of a tournament."""

    rows: list[SportsGroup] = msgspec.field(default_factory=list, name="groups")


class SportsMatch(Match):
    """A match."""

    event_type: int | None = None
    stage_code: str | None = None


class SportsMatches(Rows[SportsMatch]):
    """A numbered page of matches."""

    total: int | None = None
    page_index: int | None = None
    page_size: int | None = None


class SportsStage(Wire):
    """One stage.

    Attributes:
        status: 1 done, 2 active, 3 upcoming.
    """

    stage_code: str | None = None
    stage_name: str | None = None
    status: int | None = None
    match_count: int | None = None
    start_time: int | None = None
    end_time: int | None = None


class SportsTimeline(Rows[SportsStage]):
    """The stages of a tournament."""

    rows: list[SportsStage] = msgspec.field(default_factory=list, name="stages")
    event_type: int | None = None
