"""Tickers: the latest prices, one shape per category."""

from __future__ import annotations

from decimal import Decimal

from bybit_async.enums import AuctionPhase
from bybit_async.wire import Rows, Wire


class Ticker(Wire):
    """What every category's ticker has.

    Attributes:
        bid1_price: best bid; None while the book has no bids.
        ask1_price: best ask; None while the book has no asks.
        turnover_24h: traded value of the last 24 hours.
        volume_24h: traded size of the last 24 hours.
    """

    symbol: str
    last_price: Decimal
    bid1_price: Decimal | None = None
    bid1_size: Decimal | None = None
    ask1_price: Decimal | None = None
    ask1_size: Decimal | None = None
    high_price_24h: Decimal | None = None
    low_price_24h: Decimal | None = None
    turnover_24h: Decimal | None = None
    volume_24h: Decimal | None = None


class SpotTicker(Ticker):
    """A spot pair's ticker.

    Attributes:
        price_24h_pcnt: change over 24 hours as a fraction, 0.01 is one percent.
        usd_index_price: what the base coin counts as collateral; None for coins that cannot be collateral.
    """

    prev_price_24h: Decimal | None = None
    price_24h_pcnt: Decimal | None = None
    usd_index_price: Decimal | None = None


class ContractTicker(Ticker):
    """A perpetual's or future's ticker.

    Attributes:
        price_24h_pcnt: change over 24 hours as a fraction, 0.01 is one percent.
        open_interest: both sides, in the base coin (inverse: in USD).
        funding_rate: per funding interval, as a fraction; None for dated futures.
        funding_interval_hour: hours between two fundings.
        funding_cap: the funding rate stays within plus and minus this.
        next_funding_time: milliseconds; 0 for dated futures.
        delivery_time: milliseconds; 0 for perpetuals.
        predicted_delivery_price: known half an hour before delivery.
        basis_rate_year: annualised basis, dated futures only.
        cur_pre_listing_phase: the phase of a contract that is not fully listed yet.
    """

    mark_price: Decimal
    index_price: Decimal
    prev_price_24h: Decimal | None = None
    prev_price_1h: Decimal | None = None
    price_24h_pcnt: Decimal | None = None
    open_interest: Decimal | None = None
    open_interest_value: Decimal | None = None
    single_open_interest: Decimal | None = None
    single_open_interest_value: Decimal | None = None
    funding_rate: Decimal | None = None
    funding_interval_hour: int | None = None
    funding_cap: Decimal | None = None
    next_funding_time: int | None = None
    predicted_delivery_price: Decimal | None = None
    basis: Decimal | None = None
    basis_rate: Decimal | None = None
    basis_rate_year: Decimal | None = None
    delivery_fee_rate: Decimal | None = None
    delivery_time: int | None = None
    pre_open_price: Decimal | None = None
    pre_qty: Decimal | None = None
    cur_pre_listing_phase: AuctionPhase | None = None


class LinearTicker(ContractTicker):
    """A USDT or USDC contract's ticker: volume in the base coin, turnover in the quote coin."""


class InverseTicker(ContractTicker):
    """An inverse contract's ticker: volume in USD, turnover in the base coin."""


class OptionTicker(Ticker):
    """An option's ticker.

    Attributes:
        bid1_iv: implied volatility at the best bid, as a fraction.
        ask1_iv: implied volatility at the best ask, as a fraction.
        mark_iv: implied volatility at the mark price, as a fraction.
        total_volume: traded size since listing.
        total_turnover: traded value since listing.
        change_24h: change over 24 hours as a fraction.
    """

    mark_price: Decimal
    index_price: Decimal
    bid1_iv: Decimal | None = None
    ask1_iv: Decimal | None = None
    mark_iv: Decimal | None = None
    underlying_price: Decimal | None = None
    open_interest: Decimal | None = None
    total_volume: Decimal | None = None
    total_turnover: Decimal | None = None
    delta: Decimal | None = None
    gamma: Decimal | None = None
    vega: Decimal | None = None
    theta: Decimal | None = None
    predicted_delivery_price: Decimal | None = None
    change_24h: Decimal | None = None


class Tickers(Rows[Ticker]):
    """Tickers of any category, with what they share."""


class SpotTickers(Rows[SpotTicker]):
    """Tickers of spot pairs."""


class LinearTickers(Rows[LinearTicker]):
    """Tickers of USDT and USDC contracts."""


class InverseTickers(Rows[InverseTicker]):
    """Tickers of inverse contracts."""


class OptionTickers(Rows[OptionTicker]):
    """Tickers of options."""
