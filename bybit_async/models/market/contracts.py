"""What surrounds a contract: funding, open interest, risk tiers, delivery, insurance, fee groups."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bybit_async.wire import Page, Rows, Wire


class FundingRate(Wire):
    """A funding that was settled; the time is in milliseconds."""

    symbol: str
    funding_rate: Decimal
    funding_rate_timestamp: int


class FundingRates(Rows[FundingRate]):
    """Settled fundings, newest first."""


class OpenInterest(Wire):
    """Open interest at one moment.

    Attributes:
        open_interest: both sides, in the base coin (inverse: in USD).
        single_open_interest: one side.
        timestamp: milliseconds.
    """

    open_interest: Decimal
    timestamp: int
    single_open_interest: Decimal | None = None


class OpenInterestPage(Page[OpenInterest]):
    """One page of open interest, newest first."""

    symbol: str | None = None


class Volatility(Wire):
    """The historical volatility of an option's base coin, as a fraction.

    Attributes:
        period: days it was averaged over.
        time: milliseconds.
    """

    period: int
    value: Decimal
    time: int


class InsurancePool(Wire):
    """One insurance pool.

    Attributes:
        symbols: the contracts that share the pool, separated by commas.
        value: the balance in USD.
    """

    coin: str
    symbols: str | None = None
    balance: Decimal | None = None
    value: Decimal | None = None


class InsurancePools(Rows[InsurancePool]):
    """Insurance pools; the time is in milliseconds."""

    updated_time: int | None = None


class RiskLimit(Wire):
    """One risk tier of a contract.

    Attributes:
        risk_limit_value: the largest position value of the tier.
        maintenance_margin: rate as a fraction.
        initial_margin: rate as a fraction.
        mm_deduction: subtracted from the maintenance margin at this tier.
    """

    id: int
    symbol: str
    risk_limit_value: Decimal | None = None
    maintenance_margin: Decimal | None = None
    initial_margin: Decimal | None = None
    is_lowest_risk: bool | None = None
    max_leverage: Decimal | None = None
    mm_deduction: Decimal | None = None


class RiskLimitPage(Page[RiskLimit]):
    """One page of risk tiers (15 symbols when no symbol was asked for)."""


class DeliveryPrice(Wire):
    """The price at which an expired contract was settled; the time is in milliseconds."""

    symbol: str
    delivery_price: Decimal
    delivery_time: int


class DeliveryPricePage(Page[DeliveryPrice]):
    """One page of delivery prices, newest first."""


class NewDeliveryPrice(Wire):
    """A base coin's daily option delivery price; the time is in milliseconds."""

    delivery_price: Decimal
    delivery_time: int


class NewDeliveryPrices(Rows[NewDeliveryPrice]):
    """The latest fifty daily option delivery prices, newest first."""


class AccountRatio(Wire):
    """Which fractions of the accounts that hold the symbol are long and short; the time is in milliseconds."""

    symbol: str
    buy_ratio: Decimal
    sell_ratio: Decimal
    timestamp: int


class AccountRatioPage(Page[AccountRatio]):
    """One page of account ratios, newest first."""


class PriceLimit(Wire):
    """The furthest prices that orders are accepted at.

    Attributes:
        buy_lmt: the highest bid.
        sell_lmt: the lowest ask.
        ts: milliseconds.
    """

    symbol: str
    buy_lmt: Decimal
    sell_lmt: Decimal
    ts: int | None = None


class AdlAlert(Wire):
    """How close a contract's insurance pool is to auto-deleveraging.

    Attributes:
        balance: of the insurance pool.
        max_balance: no longer filled by Bybit.
        insurance_pnl_ratio: drawdown at which deleveraging starts.
        pnl_ratio: the drawdown of the last eight hours.
        adl_trigger_threshold: pool balance above which the drawdown rule applies.
        adl_stop_ratio: drawdown at which deleveraging ends.
    """

    symbol: str
    coin: str | None = None
    balance: Decimal | None = None
    max_balance: Decimal | None = None
    insurance_pnl_ratio: Decimal | None = None
    pnl_ratio: Decimal | None = None
    adl_trigger_threshold: Decimal | None = None
    adl_stop_ratio: Decimal | None = None


class AdlAlerts(Rows[AdlAlert]):
    """Auto-deleveraging figures; times in milliseconds, under either of the names that Bybit uses."""

    updated_time: int | None = None
    update_time: int | None = None


class FeeLevel(Wire):
    """Fee rates of one level, as fractions."""

    level: str | None = None
    taker_fee_rate: Decimal | None = None
    maker_fee_rate: Decimal | None = None
    maker_rebate: Decimal | None = None


class GroupFeeRates(Wire):
    """Fee rates of a group, per kind of account."""

    pro: list[FeeLevel] = msgspec.field(default_factory=list)
    market_maker: list[FeeLevel] = msgspec.field(default_factory=list)


class FeeGroup(Wire):
    """Contracts that share fee rates; the time is in milliseconds."""

    group_name: str
    weighting_factor: Decimal | None = None
    symbols_numbers: int | None = None
    symbols: list[str] = msgspec.field(default_factory=list)
    fee_rates: GroupFeeRates | None = None
    update_time: int | None = None


class FeeGroups(Rows[FeeGroup]):
    """Fee groups of contracts."""


class IndexComponent(Wire):
    """One exchange's part in an index price.

    Attributes:
        equivalent_price: the price times the multiplier.
        weight: as a fraction.
    """

    exchange: str
    spot_pair: str | None = None
    equivalent_price: Decimal | None = None
    multiplier: Decimal | None = None
    price: Decimal | None = None
    weight: Decimal | None = None


class IndexPriceComponents(Wire):
    """What an index price is made of; the time is in milliseconds."""

    index_name: str
    last_price: Decimal | None = None
    update_time: int | None = None
    components: list[IndexComponent] = msgspec.field(default_factory=list)
