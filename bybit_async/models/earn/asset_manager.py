"""Funds and plans as their manager sees them."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from bybit_async.models.earn.wealth import PlanSummary
from bybit_async.models.part import Part
from bybit_async.wire import Number, Wire


class ManagedFund(Wire):
    """A fund.

    Attributes:
        profit_share_rate: per cent.
        management_fee_rate: per cent a year.
    """

    fund_id: str
    coin: str
    fund_name: str | None = None
    status: str | None = None
    total_equity: Decimal | None = None
    total_shares: Decimal | None = None
    current_nav: Decimal | None = None
    current_apr: Decimal | None = None
    account_uid: str | None = None
    sub_account_list: list[str] = msgspec.field(default_factory=list)
    profit_share_rate: Decimal | None = None
    management_fee_rate: Decimal | None = None
    uncollected_profit: Decimal | None = None
    collected_profit: Decimal | None = None
    total_loan: Decimal | None = None
    created_time: int | None = None


class FundOrder(Wire):
    """A subscription or redemption of a fund."""

    order_id: str
    fund_id: str
    coin: str
    fund_name: str | None = None
    account_uid: str | None = None
    order_type: Literal["Subscribe", "Redeem"] | None = None
    amount: Decimal | None = None
    shares: Decimal | None = None
    status: str | None = None
    created_time: int | None = None


class FundCreation(Wire):
    """A fund that was created."""

    fund_id: str
    coin: str
    fund_name: str | None = None
    status: str | None = None
    profit_share_rate: Decimal | None = None
    management_fee_rate: Decimal | None = None
    account_uid: str | None = None
    created_time: int | None = None


class FundSubAccount(Wire):
    """A sub account of a fund.

    Attributes:
        sub_account_uid: ``0`` while it is being created.
    """

    fund_id: str
    sub_account_uid: str | None = None
    created_time: int | None = None
    status: Literal["pending", "success", "destroyed"] | None = None


class PlanCreation(Wire):
    """A plan that was created."""

    plan_id: str
    plan_type: Literal["stable", "advanced"] | None = None
    account_uid: str | None = None
    status: str | None = None
    created_time: int | None = None


class PlanFund(Part):
    """A fund and the amount a plan puts into it."""

    product_id: str
    amount: Number


class ClientPlan(PlanSummary):
    """A plan of a client."""

    subscription_uid: str | None = None
    status: Literal["PendingSubscription", "Active", "Closed", "Deleted"] | None = None


class UpdatedFund(Wire):
    """A fund of a plan and the amount put into it."""

    fund_id: str
    amount: Decimal | None = None


class PlanUpdate(Wire):
    """A plan that was changed."""

    plan_id: str
    status: Literal["PendingSubscription", "Active", "Closed", "Deleted"] | None = None
    updated_time: int | None = None
    update_funds: list[UpdatedFund] = msgspec.field(default_factory=list)


class FundAmount(Part):
    """A fund of a plan and the amount to put into it."""

    fund_id: str
    amount: Number


class FundOrderDecision(Wire):
    """An order that was decided on."""

    order_id: str
    fund_id: str
    coin: str
    account_uid: str | None = None
    order_status: str | None = None
    order_type: Literal["Subscribe", "Redeem"] | None = None
    action: str | None = None
    amount: Decimal | None = None
    shares: Decimal | None = None
    updated_time: int | None = None


class ProfitSettlement(Wire):
    """A settlement of profit."""

    fund_id: str
    coin: str
    status: str | None = None
    total_profit_shared: Decimal | None = None
    inst_income: Decimal | None = None
    created_time: int | None = None


class FundTransferAck(Wire):
    """A transfer that was accepted."""

    transfer_id: str
    status: Literal["SUCCESS", "FAILED", "PROCESSING"] | None = None


class FundTransfer(Wire):
    """A transfer between sub accounts of a fund."""

    transfer_id: str
    coin: str
    status: Literal["SUCCESS", "FAILED", "PROCESSING"] | None = None
    from_user_id: int | None = None
    to_user_id: int | None = None
    amount: Decimal | None = None
