"""Private wealth management, from the asset manager's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer, none_or_wires, wires
from bybit_async.models import earn as m
from bybit_async.models.building import Fields
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Page, Time, none_or_milliseconds, plain

PWM_INST_LIST_FUNDS = get("/v5/earn/pwm/asset-manager/all-funds", "earn.pwm_inst_list_funds", Page[m.ManagedFund])
PWM_INST_LIST_ORDERS = get("/v5/earn/pwm/asset-manager/all-order", "earn.pwm_inst_list_orders", Page[m.FundOrder])
PWM_INST_CREATE_FUND = post("/v5/earn/pwm/asset-manager/create-fund", "earn.pwm_inst_create_fund", m.FundCreation)
PWM_INST_CREATE_SUB_ACCOUNT = post(
    "/v5/earn/pwm/asset-manager/create-sub-account", "earn.pwm_inst_create_sub_account", m.FundSubAccount
)
PWM_INST_CREATE_INVESTMENT_PLAN = post(
    "/v5/earn/pwm/asset-manager/create-investment-plan", "earn.pwm_inst_create_investment_plan", m.PlanCreation
)
PWM_INST_GET_INVESTMENT_PLANS = get(
    "/v5/earn/pwm/asset-manager/get-investment-plan", "earn.pwm_inst_get_investment_plans", Page[m.ClientPlan]
)
PWM_INST_MANAGE_INVESTMENT_PLAN = post(
    "/v5/earn/pwm/asset-manager/manage-investment-plan", "earn.pwm_inst_manage_investment_plan", m.PlanUpdate
)
PWM_INST_MANAGE_ORDER = post(
    "/v5/earn/pwm/asset-manager/manage-order", "earn.pwm_inst_manage_order", m.FundOrderDecision
)
PWM_INST_SETTLE_PROFIT = post(
    "/v5/earn/pwm/asset-manager/settle-profit", "earn.pwm_inst_settle_profit", m.ProfitSettlement
)
PWM_FUND_TRANSFER = post("/v5/earn/pwm/fund-transfer", "earn.pwm_fund_transfer", m.FundTransferAck)
PWM_QUERY_FUND_TRANSFER_RESULT = get(
    "/v5/earn/pwm/query-fund-transfer-result", "earn.pwm_query_fund_transfer_result", m.FundTransfer
)


class AssetManager(Resource):
    """The asset manager part of `Earn`."""

    __slots__ = ()

    def pwm_inst_list_funds(
        self,
        *,
        coin: str | None = None,
        fund_id: str | None = None,
        status: Literal["PendingSubscribe", "Active", "Closing", "Closed"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.ManagedFund], m.ManagedFund]:
        """Funds that the institution created; `limit` is at most 50 (20 when left out).

        `GET /v5/earn/pwm/asset-manager/all-funds`.
        """
        return self._pages(
            PWM_INST_LIST_FUNDS, timeout, coin=coin, fund_id=fund_id, status=status, limit=limit, cursor=cursor,
        )  # fmt: skip

    def pwm_inst_list_orders(
        self,
        *,
        fund_id: str | None = None,
        order_type: Literal["Subscribe", "Redeem"] | None = None,
        status: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.FundOrder], m.FundOrder]:
        """Subscriptions and redemptions of managed funds.

        `limit` is at most 50 (20 when left out), a span at most 7 days, the last 7 days when left out.
        `GET /v5/earn/pwm/asset-manager/all-order`.
        """
        return self._pages(
            PWM_INST_LIST_ORDERS, timeout, fund_id=fund_id, order_type=order_type, status=status,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    async def pwm_inst_create_fund(
        self,
        *,
        fund_name: str,
        coin: str,
        profit_share_rate: Number,
        management_fee_rate: Number,
        req_link_id: str,
        fund_introduction: str | None = None,
        timeout: float | None = None,
    ) -> m.FundCreation:
        """Create a fund.

        Rates are per cent; `req_link_id` is an id of your own of at most 36 characters that makes a repetition safe.
        `POST /v5/earn/pwm/asset-manager/create-fund`.
        """
        return await self._call(
            PWM_INST_CREATE_FUND, timeout, fund_name=fund_name, coin=coin,
            profit_share_rate=plain(profit_share_rate, "profit_share_rate"),
            management_fee_rate=plain(management_fee_rate, "management_fee_rate"),
            req_link_id=no_longer(req_link_id, 36, "req_link_id"), fund_introduction=fund_introduction,
        )  # fmt: skip

    async def pwm_inst_create_sub_account(
        self, *, fund_id: str, req_link_id: str, timeout: float | None = None
    ) -> m.FundSubAccount:
        """Create a sub account of a fund.

        Repeat the call with the same `req_link_id` until the status is ``success``.
        `POST /v5/earn/pwm/asset-manager/create-sub-account`.
        """
        return await self._call(
            PWM_INST_CREATE_SUB_ACCOUNT, timeout, fund_id=fund_id, req_link_id=req_link_id,
        )  # fmt: skip

    async def pwm_inst_create_investment_plan(
        self,
        *,
        account_uid: str,
        plan_name: str,
        plan_type: Literal["stable", "advanced"],
        investment_distribution: Sequence[m.PlanFund | Fields],
        req_link_id: str,
        timeout: float | None = None,
    ) -> m.PlanCreation:
        """Propose a plan to a client.

        `req_link_id` is an id of your own of at most 36 characters.
        `POST /v5/earn/pwm/asset-manager/create-investment-plan`.
        """
        return await self._call(
            PWM_INST_CREATE_INVESTMENT_PLAN,
            timeout,
            account_uid=account_uid,
            plan_name=plan_name,
            plan_type=plan_type,
            investment_distribution=wires(m.PlanFund, investment_distribution, "investment_distribution"),
            req_link_id=no_longer(req_link_id, 36, "req_link_id"),
        )

    def pwm_inst_get_investment_plans(
        self,
        *,
        plan_id: str | None = None,
        status: Literal["PendingSubscription", "Active", "Closed", "Deleted"] | None = None,
        subscription_uid: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.ClientPlan], m.ClientPlan]:
        """Plans of clients; `limit` is at most 50 (20 when left out).

        `GET /v5/earn/pwm/asset-manager/get-investment-plan`.
        """
        return self._pages(
            PWM_INST_GET_INVESTMENT_PLANS, timeout, plan_id=plan_id, status=status,
            subscription_uid=subscription_uid, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def pwm_inst_manage_investment_plan(
        self,
        *,
        plan_id: str,
        req_link_id: str,
        update_status: Literal["Closed", "Deleted"] | None = None,
        update_funds: Sequence[m.FundAmount | Fields] | None = None,
        timeout: float | None = None,
    ) -> m.PlanUpdate:
        """Change the funds of a plan, close it or delete it.

        `req_link_id` is an id of your own of at most 36 characters.
        `POST /v5/earn/pwm/asset-manager/manage-investment-plan`.
        """
        return await self._call(
            PWM_INST_MANAGE_INVESTMENT_PLAN, timeout, plan_id=plan_id,
            req_link_id=no_longer(req_link_id, 36, "req_link_id"), update_status=update_status,
            update_funds=none_or_wires(m.FundAmount, update_funds, "update_funds"),
        )  # fmt: skip

    async def pwm_inst_manage_order(
        self, *, order_id: str, action: Literal["approve", "reject"], req_link_id: str, timeout: float | None = None
    ) -> m.FundOrderDecision:
        """Approve or reject an order under review. `POST /v5/earn/pwm/asset-manager/manage-order`."""
        return await self._call(
            PWM_INST_MANAGE_ORDER, timeout, order_id=order_id, action=action,
            req_link_id=no_longer(req_link_id, 36, "req_link_id"),
        )  # fmt: skip

    async def pwm_inst_settle_profit(
        self, *, fund_id: str, req_link_id: str, timeout: float | None = None
    ) -> m.ProfitSettlement:
        """Settle the manager's share of a fund's profit. `POST /v5/earn/pwm/asset-manager/settle-profit`."""
        return await self._call(
            PWM_INST_SETTLE_PROFIT, timeout, fund_id=fund_id, req_link_id=no_longer(req_link_id, 36, "req_link_id"),
        )  # fmt: skip

    async def pwm_fund_transfer(
        self,
        *,
        transfer_id: str,
        from_user_id: int,
        to_user_id: int,
        amount: Number,
        coin: str,
        timeout: float | None = None,
    ) -> m.FundTransferAck:
        """Move coins between the custodian sub accounts of a fund. `POST /v5/earn/pwm/fund-transfer`."""
        return await self._call(
            PWM_FUND_TRANSFER, timeout, transfer_id=transfer_id, from_user_id=from_user_id, to_user_id=to_user_id,
            amount=plain(amount, "amount"), coin=coin,
        )  # fmt: skip

    async def pwm_query_fund_transfer_result(
        self, *, transfer_id: str | None = None, from_user_id: int | None = None, timeout: float | None = None
    ) -> m.FundTransfer:
        """How a transfer went, or the last 20 unfinished ones. `GET /v5/earn/pwm/query-fund-transfer-result`."""
        return await self._call(
            PWM_QUERY_FUND_TRANSFER_RESULT, timeout, transfer_id=transfer_id, from_user_id=from_user_id,
        )  # fmt: skip
