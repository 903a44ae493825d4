"""Loan products, loans and risk units of institutions."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.wire import Rows, Wire


class LoanSymbolLeverage(Wire):
    """The largest leverage of one symbol."""

    symbol: str | None = None
    leverage: Decimal | None = None


class LoanTerms(Wire):
    """What a loan allows, and the loan-to-value lines at which it restricts the account.

    Attributes:
        usdt_perpetual_leverage: limits of single symbols, empty without such limits.
    """

    leverage: Decimal | None = None
    support_spot: bool | None = None
    support_contract: bool | None = None
    support_margin_trading: bool | None = None
    deferred_liquidation_line: Decimal | None = None
    deferred_liquidation_time: int | None = None
    withdraw_line: Decimal | None = None
    transfer_line: Decimal | None = None
    spot_buy_line: Decimal | None = None
    spot_sell_line: Decimal | None = None
    contract_open_line: Decimal | None = None
    liquidation_line: Decimal | None = None
    stop_liquidation_line: Decimal | None = None
    contract_leverage: Decimal | None = None
    transfer_ratio: Decimal | None = None
    spot_symbols: list[str] = msgspec.field(default_factory=list)
    contract_symbols: list[str] = msgspec.field(default_factory=list)
    support_usdc_contract: bool | None = None
    support_usdc_options: bool | None = None
    usdt_perpetual_open_line: Decimal | None = msgspec.field(default=None, name="USDTPerpetualOpenLine")
    usdc_contract_open_line: Decimal | None = msgspec.field(default=None, name="USDCContractOpenLine")
    usdc_options_open_line: Decimal | None = msgspec.field(default=None, name="USDCOptionsOpenLine")
    usdt_perpetual_close_line: Decimal | None = msgspec.field(default=None, name="USDTPerpetualCloseLine")
    usdc_contract_close_line: Decimal | None = msgspec.field(default=None, name="USDCContractCloseLine")
    usdc_options_close_line: Decimal | None = msgspec.field(default=None, name="USDCOptionsCloseLine")
    usdc_contract_symbols: list[str] = msgspec.field(default_factory=list, name="USDCContractSymbols")
    usdc_options_symbols: list[str] = msgspec.field(default_factory=list, name="USDCOptionsSymbols")
    margin_leverage: Decimal | None = None
    usdt_perpetual_leverage: list[LoanSymbolLeverage] = msgspec.field(
        default_factory=list, name="USDTPerpetualLeverage"
    )
    usdc_contract_leverage: list[LoanSymbolLeverage] = msgspec.field(default_factory=list, name="USDCContractLeverage")


class LoanProduct(LoanTerms):
    """A loan product and its restriction lines."""

    product_id: str
    product_type: Literal["0", "1", "2"] | None = None


class LoanProducts(Rows[LoanProduct]):
    """Loan products."""

    rows: list[LoanProduct] = msgspec.field(default_factory=list, name="marginProductInfo")


class ConvertRatio(Wire):
    """The share of the value that counts, for one range of amounts."""

    ladder: str | None = None
    convert_ratio: Decimal | None = None


class MarginToken(Wire):
    """A margin coin."""

    token: str | None = None
    convert_ratio_list: list[ConvertRatio] = msgspec.field(default_factory=list)


class ProductMarginTokens(Wire):
    """The margin coins of one product."""

    product_id: str
    token_info: list[MarginToken] = msgspec.field(default_factory=list)


class MarginTokens(Rows[ProductMarginTokens]):
    """Margin coins of loan products."""

    rows: list[ProductMarginTokens] = msgspec.field(default_factory=list, name="marginToken")


class FlatMarginToken(Wire):
    """A margin coin and the share of its value that counts."""

    token: str | None = None
    convert_ratio: Decimal | None = None


class FlatProductMarginTokens(Wire):
    """The margin coins of one product."""

    product_id: str
    spot_token: list[FlatMarginToken] = msgspec.field(default_factory=list)
    contract_token: list[FlatMarginToken] = msgspec.field(default_factory=list)


class FlatMarginTokens(Rows[FlatProductMarginTokens]):
    """Margin coins of loan products, without tiers."""

    rows: list[FlatProductMarginTokens] = msgspec.field(default_factory=list, name="marginToken")


class LoanOrder(LoanTerms):
    """An institutional loan.

    Attributes:
        status: ``1`` outstanding, ``2`` paid off.
        interest_rate: per day.
    """

    order_id: str
    order_product_id: str | None = None
    parent_uid: str | None = None
    loan_time: int | None = None
    loan_coin: str | None = None
    loan_amount: Decimal | None = None
    unpaid_amount: Decimal | None = None
    unpaid_interest: Decimal | None = None
    repaid_amount: Decimal | None = None
    repaid_interest: Decimal | None = None
    interest_rate: Decimal | None = None
    status: Literal["1", "2"] | None = None
    reserve_token: str | None = None
    reserve_quantity: Decimal | None = None


class LoanOrders(Rows[LoanOrder]):
    """Institutional loans."""

    rows: list[LoanOrder] = msgspec.field(default_factory=list, name="loanInfo")


class LoanRepayment(Wire):
    """A repayment.

    Attributes:
        business_type: ``1`` by the client, ``2`` by liquidation.
        status: ``1`` done, ``2`` failed.
    """

    repay_order_id: str | None = None
    repaid_time: int | None = None
    token: str | None = None
    quantity: Decimal | None = None
    interest: Decimal | None = None
    business_type: Literal["1", "2"] | None = None
    status: Literal["1", "2"] | None = None


class LoanRepayments(Rows[LoanRepayment]):
    """Repayments of institutional loans."""

    rows: list[LoanRepayment] = msgspec.field(default_factory=list, name="repayInfo")


class UnpaidDebt(Wire):
    """What is owed in one coin."""

    token: str | None = None
    unpaid_qty: Decimal | None = None
    unpaid_interest: Decimal | None = None


class RiskUnitAsset(Wire):
    """A margin coin of the risk unit."""

    token: str | None = None
    price: Decimal | None = None
    qty: Decimal | None = None
    converted_amount: Decimal | None = None


class RiskUnitLtv(Wire):
    """The loan-to-value of one risk unit.

    Attributes:
        rst: seconds left before liquidation, None when not triggered.
        liq_status: 0 normal, 1 under liquidation, 2 manual repayment, 3 transfer under way.
    """

    ltv: Decimal | None = None
    rst: str | None = None
    parent_uid: str | None = None
    sub_account_uids: list[str] = msgspec.field(default_factory=list)
    unpaid_amount: Decimal | None = None
    unpaid_info: list[UnpaidDebt] = msgspec.field(default_factory=list)
    balance: Decimal | None = None
    balance_info: list[RiskUnitAsset] = msgspec.field(default_factory=list)
    liq_status: Literal[0, 1, 2, 3] | None = None


class RiskUnitLtvs(Rows[RiskUnitLtv]):
    """The risk units of the client.

    Attributes:
        liq_status: 0 normal, 1 under liquidation, 2 manual repayment, 3 transfer under way.
    """

    rows: list[RiskUnitLtv] = msgspec.field(default_factory=list, name="ltvInfo")
    liq_status: Literal[0, 1, 2, 3] | None = None


class FlatAsset(Wire):
    """A margin coin and its amount."""

    token: str | None = None
    price: Decimal | None = None
    qty: Decimal | None = None


class FlatLtv(Wire):
    """The loan-to-value of one risk unit."""

    ltv: Decimal | None = None
    parent_uid: str | None = None
    sub_account_uids: list[str] = msgspec.field(default_factory=list)
    unpaid_amount: Decimal | None = None
    unpaid_info: list[UnpaidDebt] = msgspec.field(default_factory=list)
    balance: Decimal | None = None
    spot_balance_info: list[FlatAsset] = msgspec.field(default_factory=list)
    contract_info: list[FlatAsset] = msgspec.field(default_factory=list)


class FlatLtvs(Rows[FlatLtv]):
    """The risk units of the client, without tiers."""

    rows: list[FlatLtv] = msgspec.field(default_factory=list, name="ltvInfo")


class CoinDelta(Wire):
    """The delta limit of one coin."""

    coin: str
    coin_delta_size: Decimal | None = None
    coin_delta_available_amount: Decimal | None = None
    coin_delta_amount: Decimal | None = None


class DeltaAmounts(Rows[CoinDelta]):
    """The delta limits of a risk unit."""

    risk_unit_delta_amount: Decimal | None = None
    risk_unit_delta_available_amount: Decimal | None = None


class UidBinding(Wire):
    """A user bound or unbound.

    Attributes:
        operate: ``0`` bound, ``1`` unbound.
    """

    uid: str | None = None
    operate: Literal["0", "1"] | None = None


class RepayAck(Wire):
    """A repayment that was accepted.

    Attributes:
        repay_order_status: ``P`` while it is being processed.
    """

    repay_order_status: str | None = None


class IpChange(Wire):
    """One change of the whitelist.

    Attributes:
        created_at: ISO 8601.
    """

    operation_type: Literal["ADD", "REMOVE", "ENABLE", "DISABLE"] | None = None
    ip_address: str | None = None
    domain_type: Literal["GW", "WS"] | None = None
    change_reason: str | None = None
    created_at: str | None = None


class IpWhitelist(Wire):
    """The addresses allowed on one host name."""

    name: str | None = None
    endpoint_domain: str | None = None
    ip_list: list[str] = msgspec.field(default_factory=list)
