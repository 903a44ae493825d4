"""What the private streams of spread trading and of requests for quotes push; times are in exchange milliseconds."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.enums import Side
from bybit_async.models.stream_message import Pushed
from bybit_async.wire import Wire

SpreadPart = Literal["combination", "spot_leg", "future_leg"]
"""Whether a message is about a combination or one of its legs."""


class SpreadOrderData(Pushed):
    """A spread order, or the order of one of its legs, after a change.

    Attributes:
        parent_order_id: the combination's order; legs only.
        cum_fee_detail: fee so far by coin.
        is_leverage: ``"1"`` for the spot leg of an account with spot margin.
    """

    category: SpreadPart | None = None
    symbol: str
    order_id: str
    order_link_id: str | None = None
    parent_order_id: str | None = None
    side: Side
    order_status: str
    order_type: str | None = None
    time_in_force: str | None = None
    cancel_type: str | None = None
    reject_reason: str | None = None
    create_type: str | None = None
    price: Decimal | None = None
    qty: Decimal | None = None
    avg_price: Decimal | None = None
    leaves_qty: Decimal | None = None
    leaves_value: Decimal | None = None
    cum_exec_qty: Decimal | None = None
    cum_exec_value: Decimal | None = None
    cum_exec_fee: Decimal | None = None
    cum_fee_detail: dict[str, Decimal] | None = None
    fee_currency: str | None = None
    closed_pnl: Decimal | None = None
    is_leverage: str | None = None
    created_time: int | None = None
    updated_time: int | None = None


class SpreadExecutionData(Pushed):
    """A fill of a spread order, or of one of its legs.

    Attributes:
        parent_exec_id: the combination's execution; legs only.
        exec_fee: a contract leg's fee; a spot leg's is in `exec_fee_v2`.
        order_id: None for legs.
    """

    category: SpreadPart | None = None
    symbol: str
    exec_id: str
    parent_exec_id: str | None = None
    order_id: str | None = None
    order_link_id: str | None = None
    side: Side
    exec_price: Decimal
    exec_qty: Decimal
    exec_value: Decimal | None = None
    exec_fee: Decimal | None = None
    exec_fee_v2: Decimal | None = None
    fee_coin: str | None = None
    fee_rate: Decimal | None = None
    exec_pnl: Decimal | None = None
    exec_type: str | None = None
    exec_time: int
    order_price: Decimal | None = None
    order_qty: Decimal | None = None
    order_type: str | None = None
    leaves_qty: Decimal | None = None
    create_type: str | None = None
    is_leverage: str | None = None
    is_maker: bool | None = None
    mark_price: Decimal | None = None
    closed_size: Decimal | None = None
    seq: int | None = None


class RfqLegData(Wire):
    """One leg that quotes are asked for."""

    category: str | None = None
    symbol: str
    side: Side | None = None
    qty: Decimal | None = None


class RfqData(Pushed):
    """A request for quotes that this account sent or received.

    Attributes:
        rfq_link_id: the requester's own id; None when the request is anonymous, like `desk_code`.
        counterparties: the desks that were asked.
        accept_other_quote_status: ``"true"`` when quotes of others are taken too.
    """

    rfq_id: str
    rfq_link_id: str | None = None
    counterparties: list[str] = msgspec.field(default_factory=list)
    strategy_type: str | None = None
    status: str | None = None
    accept_other_quote_status: str | None = None
    desk_code: str | None = None
    legs: list[RfqLegData] = msgspec.field(default_factory=list)
    expires_at: int | None = None
    created_at: int | None = None
    updated_at: int | None = None


class QuoteLegData(Wire):
    """The price for one leg."""

    category: str | None = None
    symbol: str
    price: Decimal | None = None
    qty: Decimal | None = None


class QuoteData(Pushed):
    """A quote that this account sent or received.

    Attributes:
        exec_quote_side: which side of the quote was executed; None until then.
        quote_buy_list: prices the quoter buys at; `quote_sell_list` prices it sells at.
    """

    rfq_id: str
    rfq_link_id: str | None = None
    quote_id: str
    quote_link_id: str | None = None
    status: str | None = None
    desk_code: str | None = None
    exec_quote_side: str | None = None
    quote_buy_list: list[QuoteLegData] = msgspec.field(default_factory=list)
    quote_sell_list: list[QuoteLegData] = msgspec.field(default_factory=list)
    expires_at: int | None = None
    created_at: int | None = None
    updated_at: int | None = None


class RfqTradeLegData(Wire):
    """One leg of this account's block trade.

    Attributes:
        mark_price: at the time of the trade; the index price for spot.
        result_code: 0 when the leg went through; `result_message` why it did not.
        reject_party: who refused it; None when filled.
    """

    category: str | None = None
    symbol: str
    side: Side | None = None
    price: Decimal | None = None
    qty: Decimal | None = None
    order_id: str | None = None
    exec_id: str | None = None
    exec_fee: Decimal | None = None
    mark_price: Decimal | None = None
    result_code: int | None = None
    result_message: str | None = None
    reject_party: str | None = None


class RfqTradeData(Pushed):
    """A block trade of this account; all legs in one message."""

    rfq_id: str
    rfq_link_id: str | None = None
    quote_id: str | None = None
    quote_link_id: str | None = None
    quote_side: str | None = None
    strategy_type: str | None = None
    status: str | None = None
    rfq_desk_code: str | None = None
    quote_desk_code: str | None = None
    legs: list[RfqTradeLegData] = msgspec.field(default_factory=list)
    created_at: int | None = None
    updated_at: int | None = None
