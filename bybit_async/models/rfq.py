"""Inquiries, quotes and block trades."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.enums import Side
from bybit_async.models.part import Part
from bybit_async.wire import Number, Page, Wire


class RfqAck(Wire):
    """An inquiry that was accepted."""

    rfq_id: str
    rfq_link_id: str | None = None
    status: Literal["Active", "Canceled", "Filled", "Expired", "Failed"] | None = None
    expires_at: int | None = None
    desk_code: str | None = None


class RfqLeg(Part):
    """A leg to be quoted."""

    category: Literal["spot", "linear", "option"]
    symbol: str
    side: str
    qty: Number


class RfqIds(Wire):
    """The ids of an inquiry."""

    rfq_id: str
    rfq_link_id: str | None = None


class RfqCancellation(Wire):
    """What happened to one inquiry.

    Attributes:
        code: 0 when it was cancelled.
    """

    rfq_id: str
    rfq_link_id: str | None = None
    code: int | None = None
    msg: str | None = None


class QuoteAck(Wire):
    """A quote that was accepted."""

    rfq_id: str
    quote_id: str
    quote_link_id: str | None = None
    expires_at: int | None = None
    desk_code: str | None = None
    status: Literal["Active", "Canceled", "Filled", "Expired", "Failed"] | None = None


class QuoteLeg(Part):
    """The price of one leg."""

    category: Literal["spot", "linear", "option"]
    symbol: str
    price: Number


class QuoteExecution(Wire):
    """A quote that is being executed."""

    rfq_id: str
    quote_id: str
    rfq_link_id: str | None = None
    status: Literal["PendingFill", "Failed"] | None = None


class QuoteIds(Wire):
    """The ids of a quote."""

    rfq_id: str
    quote_id: str
    quote_link_id: str | None = None


class QuoteCancellation(Wire):
    """What happened to one quote.

    Attributes:
        code: 0 when it was cancelled.
    """

    rfq_id: str
    quote_id: str
    quote_link_id: str | None = None
    code: int | None = None
    msg: str | None = None


class RfqId(Wire):
    """The id of an inquiry."""

    rfq_id: str


class RfqStrategy(Wire):
    """A kind of combination."""

    strategy_name: str | None = None


class Counterparty(Wire):
    """A desk that may be asked.

    Attributes:
        type: ``LP`` for an automated market maker.
    """

    trader_name: str | None = None
    desk_code: str | None = None
    type: str | None = None


class RfqConfig(Wire):
    """What the account's desk may do.

    Attributes:
        rfq_expire_time: minutes.
    """

    desk_code: str | None = None
    max_legs: int | None = None
    max_lp: int | None = None
    rfq_expire_time: int | None = None
    max_active_rfq: int | None = None
    min_limit_qty_spot_order: int | None = None
    min_limit_qty_contract_order: int | None = None
    min_limit_qty_option_order: int | None = None
    strategy_types: list[RfqStrategy] = msgspec.field(default_factory=list)
    counterparties: list[Counterparty] = msgspec.field(default_factory=list)


class TradedLeg(Wire):
    """What the legs of inquiries and trades have."""

    symbol: str
    side: Side
    category: Literal["linear", "option", "spot"] | None = None
    qty: Decimal | None = None


class RfqInquiryLeg(TradedLeg):
    """A leg of an inquiry."""


class RfqInquiry(Wire):
    """An inquiry."""

    rfq_id: str
    rfq_link_id: str | None = None
    counterparties: list[str] = msgspec.field(default_factory=list)
    expires_at: int | None = None
    strategy_type: str | None = None
    status: Literal["Active", "PendingFill", "Canceled", "Filled", "Expired", "Failed"] | None = None
    accept_other_quote_status: bool | None = None
    desk_code: str | None = None
    created_at: int | None = None
    updated_at: int | None = None
    legs: list[RfqInquiryLeg] = msgspec.field(default_factory=list)


class RfqInquiryPage(Page[RfqInquiry]):
    """A page of inquiries."""

    next_page_cursor: str | None = msgspec.field(default=None, name="cursor")


class QuotedLeg(Wire):
    """The price of one leg."""

    symbol: str
    category: Literal["spot", "linear", "option"] | None = None
    price: Decimal | None = None
    qty: Decimal | None = None


class Quote(Wire):
    """A quote on an inquiry."""

    rfq_id: str
    quote_id: str
    rfq_link_id: str | None = None
    quote_link_id: str | None = None
    expires_at: int | None = None
    desk_code: str | None = None
    status: Literal["Active", "PendingFill", "Canceled", "Filled", "Expired", "Failed"] | None = None
    exec_quote_side: Side | None = None
    created_at: int | None = None
    updated_at: int | None = None
    quote_buy_list: list[QuotedLeg] = msgspec.field(default_factory=list)
    quote_sell_list: list[QuotedLeg] = msgspec.field(default_factory=list)


class QuotePage(Page[Quote]):
    """A page of quotes."""

    next_page_cursor: str | None = msgspec.field(default=None, name="cursor")


class RfqTradeLeg(TradedLeg):
    """The execution of one leg.

    Attributes:
        result_code: 0 when the leg was filled.
    """

    order_id: str
    price: Decimal | None = None
    mark_price: Decimal | None = None
    exec_fee: Decimal | None = None
    exec_id: str | None = None
    result_code: int | None = None
    result_message: str | None = None
    reject_party: str | None = None


class RfqTrade(Wire):
    """A block trade of the account."""

    rfq_id: str
    quote_id: str
    rfq_link_id: str | None = None
    quote_link_id: str | None = None
    quote_side: Side | None = None
    strategy_type: str | None = None
    status: Literal["Filled", "Failed"] | None = None
    rfq_desk_code: str | None = None
    quote_desk_code: str | None = None
    created_at: int | None = None
    updated_at: int | None = None
    legs: list[RfqTradeLeg] = msgspec.field(default_factory=list)


class RfqTradePage(Page[RfqTrade]):
    """A page of block trades."""

    next_page_cursor: str | None = msgspec.field(default=None, name="cursor")


class RfqPublicLeg(TradedLeg):
    """A leg of a public block trade."""

    price: Decimal | None = None
    mark_price: Decimal | None = None


class RfqPublicTrade(Wire):
    """A public block trade."""

    rfq_id: str
    strategy_type: str | None = None
    created_at: int | None = None
    updated_at: int | None = None
    legs: list[RfqPublicLeg] = msgspec.field(default_factory=list)


class RfqPublicTradePage(Page[RfqPublicTrade]):
    """A page of public block trades."""

    next_page_cursor: str | None = msgspec.field(default=None, name="cursor")
