"""What the public streams push; times are in exchange milliseconds."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bybit_async.enums import AuctionPhase, Side, TickDirection
from bybit_async.models.stream_message import Pushed
from bybit_async.wire import Wire


class OrderBookData(Wire, gc=False):
    """The levels of a snapshot, or the changed levels of a delta, as (price, size) strings; size ``"0"`` deletes.

    Attributes:
        update_id: counts up by one per message; 1 after a restart of Bybit's service.
        seq: the matching engine's cross sequence, comparable between depths; it grows, with holes.
    """

    symbol: str = msgspec.field(name="s")
    bids: list[tuple[str, str]] = msgspec.field(name="b", default_factory=list)
    asks: list[tuple[str, str]] = msgspec.field(name="a", default_factory=list)
    update_id: int = msgspec.field(name="u")
    seq: int | None = None


class RpiOrderBookData(Wire, gc=False):
    """Like `OrderBookData`, with levels as (price, size for everyone, size for retail orders only) strings."""

    symbol: str = msgspec.field(name="s")
    bids: list[tuple[str, str, str]] = msgspec.field(name="b", default_factory=list)
    asks: list[tuple[str, str, str]] = msgspec.field(name="a", default_factory=list)
    update_id: int = msgspec.field(name="u")
    seq: int | None = None


class TradeData(Pushed, gc=False):
    """A trade that happened in the market.

    Attributes:
        time: when it happened.
        side: the taker's side.
        tick_direction: contracts only.
        exec_id: unique per symbol; `seq` is not, many trades can share one.
        mark_price: at the time of the trade; like `index_price`, `mark_iv` and `iv` options only.
    """

    time: int = msgspec.field(name="T")
    symbol: str = msgspec.field(name="s")
    side: Side = msgspec.field(name="S")
    size: Decimal = msgspec.field(name="v")
    price: Decimal = msgspec.field(name="p")
    exec_id: str = msgspec.field(name="i")
    tick_direction: TickDirection | None = msgspec.field(default=None, name="L")
    is_block_trade: bool | None = msgspec.field(default=None, name="BT")
    is_rpi_trade: bool | None = msgspec.field(default=None, name="RPI")
    seq: int | None = None
    mark_price: Decimal | None = msgspec.field(default=None, name="mP")
    index_price: Decimal | None = msgspec.field(default=None, name="iP")
    mark_iv: Decimal | None = msgspec.field(default=None, name="mIv")
    iv: Decimal | None = None


class TickerData(Pushed):
    """What every ticker message has.

    Attributes:
        changed: names of the fields that the message carried, where it was a delta; the others have not changed.
    """

    symbol: str
    last_price: Decimal | None = None
    high_price_24h: Decimal | None = None
    low_price_24h: Decimal | None = None
    volume_24h: Decimal | None = None
    changed: tuple[str, ...] = msgspec.field(default=(), name="~changed")


class SpotTickerData(TickerData):
    """A spot pair's ticker; always whole.

    Attributes:
        price_24h_pcnt: change over 24 hours as a fraction, 0.01 is one percent.
        usd_index_price: what the base coin counts as collateral; None for coins that cannot be collateral.
    """

    prev_price_24h: Decimal | None = None
    turnover_24h: Decimal | None = None
    price_24h_pcnt: Decimal | None = None
    usd_index_price: Decimal | None = None


class ContractTickerData(TickerData):
    """A perpetual's or future's ticker: a snapshot, then deltas with the changed fields only.

    Attributes:
        price_24h_pcnt: change over 24 hours as a fraction, 0.01 is one percent.
        open_interest: both sides, in the base coin (inverse: in USD).
        funding_rate: per funding interval, as a fraction; None for dated futures.
        funding_interval_hour: hours between two fundings.
        funding_cap: the funding rate stays within plus and minus this.
        next_funding_time: None for dated futures.
        delivery_time: ISO 8601 text, dated futures only.
        basis_rate_year: annualised basis, dated futures only.
        cur_pre_listing_phase: the phase of a contract that is not fully listed yet.
    """

    tick_direction: TickDirection | None = None
    price_24h_pcnt: Decimal | None = None
    prev_price_24h: Decimal | None = None
    prev_price_1h: Decimal | None = None
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    open_interest: Decimal | None = None
    open_interest_value: Decimal | None = None
    single_open_interest: Decimal | None = None
    single_open_interest_value: Decimal | None = None
    turnover_24h: Decimal | None = None
    next_funding_time: int | None = None
    funding_rate: Decimal | None = None
    funding_interval_hour: int | None = None
    funding_cap: Decimal | None = None
    bid1_price: Decimal | None = None
    bid1_size: Decimal | None = None
    ask1_price: Decimal | None = None
    ask1_size: Decimal | None = None
    delivery_time: str | None = None
    delivery_fee_rate: Decimal | None = None
    predicted_delivery_price: Decimal | None = None
    basis: Decimal | None = None
    basis_rate: Decimal | None = None
    basis_rate_year: Decimal | None = None
    pre_open_price: Decimal | None = None
    pre_qty: Decimal | None = None
    cur_pre_listing_phase: AuctionPhase | None = None


class OptionTickerData(TickerData):
    """An option's ticker; always whole.

    Attributes:
        bid_iv: implied volatility at the best bid, as a fraction; `ask_iv` and `mark_price_iv` likewise.
        total_volume: traded size since listing; `total_turnover` the value.
        predicted_delivery_price: known half an hour before delivery.
        change_24h: change over 24 hours as a fraction.
    """

    bid_price: Decimal | None = None
    bid_size: Decimal | None = None
    bid_iv: Decimal | None = None
    ask_price: Decimal | None = None
    ask_size: Decimal | None = None
    ask_iv: Decimal | None = None
    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    mark_price_iv: Decimal | None = None
    underlying_price: Decimal | None = None
    open_interest: Decimal | None = None
    turnover_24h: Decimal | None = None
    total_volume: Decimal | None = None
    total_turnover: Decimal | None = None
    delta: Decimal | None = None
    gamma: Decimal | None = None
    vega: Decimal | None = None
    theta: Decimal | None = None
    predicted_delivery_price: Decimal | None = None
    change_24h: Decimal | None = None


class SpreadTickerData(TickerData):
    """A spread combination's ticker; always whole. Its prices can be negative."""

    bid_price: Decimal | None = None
    bid_size: Decimal | None = None
    ask_price: Decimal | None = None
    ask_size: Decimal | None = None
    prev_price_24h: Decimal | None = None


class KlineData(Pushed):
    """A kline as it grows.

    Attributes:
        symbol: taken from the topic.
        start: when it opened; `end` its last millisecond.
        interval: minutes, or ``"D"``, ``"W"``, ``"M"``.
        close: the latest price.
        volume: traded size, in the base coin (inverse: in USD).
        turnover: traded value, in the quote coin (inverse: in the base coin).
        confirm: True once the kline is closed.
        timestamp: when its last trade happened.
    """

    start: int
    end: int
    interval: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal
    confirm: bool
    timestamp: int | None = None
    symbol: str = msgspec.field(default="", name="~symbol")


class LiquidationData(Pushed):
    """A position that was liquidated.

    Attributes:
        time: when it was.
        side: the side of the position: ``"Buy"`` is a long that was liquidated.
        price: the bankruptcy price.
    """

    time: int = msgspec.field(name="T")
    symbol: str = msgspec.field(name="s")
    side: Side = msgspec.field(name="S")
    size: Decimal = msgspec.field(name="v")
    price: Decimal = msgspec.field(name="p")


class InsuranceData(Pushed):
    """The balance of one insurance pool after a change.

    Attributes:
        symbols: the contract that the pool insures.
    """

    coin: str
    symbols: str
    balance: Decimal
    update_time: int | None = None


class PriceLimitData(Pushed):
    """The furthest prices that orders are accepted at.

    Attributes:
        buy_lmt: the highest bid; `sell_lmt` the lowest ask.
    """

    symbol: str
    buy_lmt: Decimal
    sell_lmt: Decimal


class AdlAlertData(Pushed):
    """How close a contract's insurance pool is to auto-deleveraging.

    Attributes:
        balance: of the insurance pool; that of a shared pool is renewed once a day.
        max_balance: no longer maintained by Bybit.
        insurance_pnl_ratio: drawdown at which deleveraging starts, as a fraction.
        pnl_ratio: the drawdown of the last eight hours.
        adl_trigger_threshold: pool balance above which the drawdown rule applies.
        adl_stop_ratio: drawdown at which deleveraging ends.
    """

    symbol: str = msgspec.field(name="s")
    coin: str | None = msgspec.field(default=None, name="c")
    balance: Decimal | None = msgspec.field(default=None, name="b")
    max_balance: Decimal | None = msgspec.field(default=None, name="mb")
    insurance_pnl_ratio: Decimal | None = msgspec.field(default=None, name="i_pr")
    pnl_ratio: Decimal | None = msgspec.field(default=None, name="pr")
    adl_trigger_threshold: Decimal | None = msgspec.field(default=None, name="adl_tt")
    adl_stop_ratio: Decimal | None = msgspec.field(default=None, name="adl_sr")


class SystemStatusData(Pushed):
    """A maintenance, announced, running or over.

    Attributes:
        begin: when it starts; `end` when it is expected to end, or did.
        href: a page about it.
        service_types: affected services; `product` affected products, by Bybit's numbers.
        uid_suffix: last digits of the affected accounts; all when empty.
    """

    id: str
    title: str | None = None
    state: str | None = None
    begin: int | None = None
    end: int | None = None
    href: str | None = None
    service_types: list[int] = msgspec.field(default_factory=list)
    product: list[int] = msgspec.field(default_factory=list)
    uid_suffix: list[int] = msgspec.field(default_factory=list)
    maintain_type: int | None = None
    env: int | None = None


class RfqPublicLegData(Wire):
    """One leg of a block trade.

    Attributes:
        mark_price: at the time of the trade; the index price for spot.
    """

    category: str | None = None
    symbol: str
    side: Side
    price: Decimal | None = None
    qty: Decimal | None = None
    mark_price: Decimal | None = None


class RfqPublicTradeData(Pushed):
    """A block trade that was made through a request for quotes."""

    rfq_id: str
    strategy_type: str | None = None
    legs: list[RfqPublicLegData] = msgspec.field(default_factory=list)
    created_at: int | None = None
    updated_at: int | None = None
