"""Instruments: what may be traded and in which steps, one shape per category."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.enums import AuctionPhase, ContractType
from bybit_async.models.market.rules import ContractPriceFilter, Instrument, LotSize, SpotPriceFilter, check_amount
from bybit_async.models.trade.requests import AmendOrder, PlaceOrder
from bybit_async.wire import Page, Wire


class OptionLotSize(LotSize):
    """The steps and bounds of an option order's size."""

    qty_step: Decimal
    min_order_qty: Decimal | None = None
    max_order_qty: Decimal | None = None

    @property
    def step(self) -> Decimal:
        """The step of a size."""
        return self.qty_step

    @property
    def least(self) -> Decimal | None:
        """The smallest size."""
        return self.min_order_qty

    def most(self, order: PlaceOrder) -> Decimal | None:
        """The largest size of such an order."""
        return self.max_order_qty


class ContractLotSize(OptionLotSize):
    """The steps and bounds of a contract order's size.

    Attributes:
        max_order_qty: the largest limit order.
        max_mkt_order_qty: the largest market order.
        min_notional_value: the smallest price times size.
        post_only_max_order_qty: superseded by `max_order_qty`.
    """

    max_mkt_order_qty: Decimal | None = None
    min_notional_value: Decimal | None = None
    post_only_max_order_qty: Decimal | None = None

    @property
    def least_value(self) -> Decimal | None:
        """The smallest price times size."""
        return self.min_notional_value

    def most(self, order: PlaceOrder) -> Decimal | None:
        """The largest size of such an order; Bybit splits what only reduces a position by itself."""
        if order.reduce_only:
            return None
        return self.max_mkt_order_qty if order.order_type == "Market" else self.max_order_qty


class SpotLotSize(LotSize):
    """The steps and bounds of a spot order's size.

    Attributes:
        base_precision: the step of a size in the base coin.
        quote_precision: the step of an amount in the quote coin.
        min_order_amt: the smallest order, in the quote coin.
        max_limit_order_qty: the largest limit order, in the base coin.
        max_market_order_qty: the largest market order, in the base coin.
        post_only_max_limit_order_size: the largest PostOnly or RPI order.
        min_order_qty: no longer checked by Bybit.
        max_order_qty: superseded by the limit and market maxima.
        max_order_amt: no longer checked by Bybit.
    """

    base_precision: Decimal
    quote_precision: Decimal | None = None
    min_order_amt: Decimal | None = None
    max_limit_order_qty: Decimal | None = None
    max_market_order_qty: Decimal | None = None
    post_only_max_limit_order_size: Decimal | None = None
    min_order_qty: Decimal | None = None
    max_order_qty: Decimal | None = None
    max_order_amt: Decimal | None = None

    @property
    def step(self) -> Decimal:
        """The step of a size in the base coin."""
        return self.base_precision

    @property
    def least_value(self) -> Decimal | None:
        """The smallest order in the quote coin."""
        return self.min_order_amt

    def most(self, order: PlaceOrder) -> Decimal | None:
        """The largest size of such an order in the base coin."""
        if order.order_type == "Market":
            return self.max_market_order_qty
        passive = order.time_in_force in ("PostOnly", "RPI")
        return self.post_only_max_limit_order_size if passive else self.max_limit_order_qty


class LeverageFilter(Wire):
    """The steps and bounds of leverage."""

    min_leverage: Decimal | None = None
    max_leverage: Decimal | None = None
    leverage_step: Decimal | None = None


class RiskParameters(Wire):
    """How far from the mark price a limit order may be, as two ratios of Bybit's formula."""

    price_limit_ratio_x: Decimal | None = None
    price_limit_ratio_y: Decimal | None = None


class AuctionPeriod(Wire):
    """One phase of a pre-market contract; times in milliseconds."""

    phase: AuctionPhase | None = None
    start_time: int | None = None
    end_time: int | None = None


class AuctionFees(Wire):
    """Fee rates of a pre-market contract, as fractions."""

    auction_fee_rate: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    maker_fee_rate: Decimal | None = None


class PreListing(Wire):
    """The pre-market life of a contract."""

    cur_auction_phase: AuctionPhase | None = None
    phases: list[AuctionPeriod] = msgspec.field(default_factory=list)
    auction_fee_info: AuctionFees | None = None
    skip_call_auction: bool | None = None


class SpotInstrument(Instrument):
    """A spot pair.

    Attributes:
        margin_trading: whether and for which accounts the pair can be traded on margin.
        st_tag: whether the pair carries a special treatment label.
        innovation: superseded by `symbol_type`.
        xstock_multiplier: how many tokens a share is.
    """

    price_filter: SpotPriceFilter
    lot_size_filter: SpotLotSize
    margin_trading: Literal["none", "both", "utaOnly", "normalSpotOnly"] | None = None
    st_tag: bool | None = None
    innovation: bool | None = None
    xstock_multiplier: Decimal | None = None
    risk_parameters: RiskParameters | None = None

    def _check_qty(self, order: PlaceOrder | AmendOrder, qty: Decimal, price: Decimal | None) -> None:
        if isinstance(order, AmendOrder):
            super()._check_qty(order, qty, price)
            return
        by_value = order.market_unit == "quoteCoin" or (order.market_unit is None and order.side == "Buy")
        if order.order_type == "Market" and by_value:
            check_amount(qty, self.lot_size_filter.quote_precision, self.lot_size_filter.min_order_amt)
        else:
            super()._check_qty(order, qty, price)


class ContractInstrument(Instrument):
    """A perpetual or future.

    Attributes:
        launch_time: milliseconds.
        delivery_time: milliseconds; 0 for perpetuals that are not being delisted.
        price_scale: digits after the point of a price.
        funding_interval: minutes between two fundings.
        upper_funding_rate: bound of the funding rate, as a fraction.
        copy_trading: on which sides it can be copied.
        forbid_upl_withdrawal: whether unrealised profit may not be withdrawn.
    """

    price_filter: ContractPriceFilter
    lot_size_filter: ContractLotSize
    contract_type: ContractType | None = None
    settle_coin: str | None = None
    launch_time: int | None = None
    delivery_time: int | None = None
    delivery_fee_rate: Decimal | None = None
    price_scale: int | None = None
    leverage_filter: LeverageFilter | None = None
    unified_margin_trade: bool | None = None
    funding_interval: int | None = None
    upper_funding_rate: Decimal | None = None
    lower_funding_rate: Decimal | None = None
    copy_trading: Literal["none", "both", "utaOnly", "normalOnly"] | None = None
    display_name: str | None = None
    forbid_upl_withdrawal: bool | None = None
    risk_parameters: RiskParameters | None = None
    is_pre_listing: bool | None = None
    pre_listing_info: PreListing | None = None
    skip_call_auction: bool | None = None


class LinearInstrument(ContractInstrument):
    """A contract that is settled in USDT or USDC; sizes are in the base coin."""


class InverseInstrument(ContractInstrument):
    """A contract that is settled in its base coin; sizes are in USD."""

    def _value(self, price: Decimal, qty: Decimal) -> Decimal:
        return qty


class OptionInstrument(Instrument):
    """An option; times in milliseconds."""

    price_filter: ContractPriceFilter
    lot_size_filter: OptionLotSize
    options_type: Literal["Call", "Put"] | None = None
    settle_coin: str | None = None
    launch_time: int | None = None
    delivery_time: int | None = None
    delivery_fee_rate: Decimal | None = None
    display_name: str | None = None


class Instruments(Page[Instrument]):
    """One page of instruments of any category, with what they share."""


class SpotInstruments(Page[SpotInstrument]):
    """Spot pairs; always one page."""


class LinearInstruments(Page[LinearInstrument]):
    """One page of USDT and USDC contracts."""


class InverseInstruments(Page[InverseInstrument]):
    """One page of inverse contracts."""


class OptionInstruments(Page[OptionInstrument]):
    """One page of options."""
