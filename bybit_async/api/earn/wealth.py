"""Private wealth management, from the client's side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import no_longer, wires
from bybit_async.models import earn as m
from bybit_async.models.building import Fields
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Number, Page, Time, none_or_milliseconds, none_or_plain, plain

PWM_LIST_INVESTMENT_PLANS = get(
    "/v5/earn/pwm/investment-plan/all", "earn.pwm_list_investment_plans", Page[m.InvestmentPlan]
)
PWM_GET_PLAN_DETAIL = get("/v5/earn/pwm/investment-plan/detail", "earn.pwm_get_plan_detail", m.InvestmentPlanDetail)
PWM_GET_NEW_PLAN_DETAIL = get("/v5/earn/pwm/investment-plan/new-plan", "earn.pwm_get_new_plan_detail", m.PendingPlan)
PWM_SUBSCRIBE = post("/v5/earn/pwm/investment-plan/subscribe", "earn.pwm_subscribe", m.PlanAck)
PWM_INVEST_MORE = post("/v5/earn/pwm/investment-plan/invest-more", "earn.pwm_invest_more", m.PlanInvestment)
PWM_REDEEM = post("/v5/earn/pwm/investment-plan/redeem", "earn.pwm_redeem", m.PlanRedemption)
PWM_CLAIM = post("/v5/earn/pwm/investment-plan/claim", "earn.pwm_claim", m.PlanClaim)
PWM_LIST_ORDER = get("/v5/earn/pwm/investment-plan/order", "earn.pwm_list_order", Page[m.PlanOrder])
PWM_ASSET_TREND = get("/v5/earn/pwm/investment-plan/asset-trend", "earn.pwm_asset_trend", m.PlanTrend)
PWM_FUND_NAV = get("/v5/earn/pwm/investment-plan/fund-nav", "earn.pwm_fund_nav", m.FundNavs)
PWM_CREATE_CUSTOM_PLAN = post("/v5/earn/pwm/customize-plan/create", "earn.pwm_create_custom_plan", m.CustomPlanAck)
PWM_LIST_PRODUCT_CARDS = get(
    "/v5/earn/pwm/customize-plan/product", "earn.pwm_list_product_cards", m.PlanProductCards, signed=False
)


class WealthManagement(Resource):
    """The wealth part of `Earn`."""

    __slots__ = ()

    def pwm_list_investment_plans(
        self,
        *,
        plan_id: str | None = None,
        status: Literal["PendingSubscription", "Active", "Closed"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.InvestmentPlan], m.InvestmentPlan]:
        """Investment plans; `limit` is at most 50 (20 when left out). `GET /v5/earn/pwm/investment-plan/all`."""
        return self._pages(
            PWM_LIST_INVESTMENT_PLANS, timeout, plan_id=plan_id, status=status, limit=limit, cursor=cursor,
        )  # fmt: skip

    async def pwm_get_plan_detail(self, *, plan_id: str, timeout: float | None = None) -> m.InvestmentPlanDetail:
        """What an active or closed plan holds. `GET /v5/earn/pwm/investment-plan/detail`."""
        return await self._call(PWM_GET_PLAN_DETAIL, timeout, plan_id=plan_id)

    async def pwm_get_new_plan_detail(self, *, plan_id: str, timeout: float | None = None) -> m.PendingPlan:
        """What a plan that waits for subscription would hold. `GET /v5/earn/pwm/investment-plan/new-plan`."""
        return await self._call(PWM_GET_NEW_PLAN_DETAIL, timeout, plan_id=plan_id)

    async def pwm_subscribe(
        self, *, plan_id: str, order_link_id: str, account_type: str | None = None, timeout: float | None = None
    ) -> m.PlanAck:
        """Subscribe to a plan.

        `order_link_id` is an id of your own of at most 36 characters. `POST /v5/earn/pwm/investment-plan/subscribe`.
        """
        return await self._call(
            PWM_SUBSCRIBE, timeout, plan_id=plan_id, order_link_id=no_longer(order_link_id, 36, "order_link_id"),
            account_type=account_type,
        )  # fmt: skip

    async def pwm_invest_more(
        self,
        *,
        plan_id: str,
        category: str,
        product_id: str,
        amount: Number,
        order_link_id: str,
        account_type: str | None = None,
        timeout: float | None = None,
    ) -> m.PlanInvestment:
        """Put more into one product of an active plan.

        `order_link_id` is an id of your own of at most 36 characters. `POST /v5/earn/pwm/investment-plan/invest-more`.
        """
        return await self._call(
            PWM_INVEST_MORE, timeout, plan_id=plan_id, category=category, product_id=product_id,
            amount=plain(amount, "amount"), order_link_id=no_longer(order_link_id, 36, "order_link_id"),
            account_type=account_type,
        )  # fmt: skip

    async def pwm_redeem(
        self,
        *,
        plan_id: str,
        category: str,
        product_id: str,
        order_link_id: str,
        shares: Number | None = None,
        amount: Number | None = None,
        position_id: str | None = None,
        timeout: float | None = None,
    ) -> m.PlanRedemption:
        """Take money out of one product of a plan.

        Give `shares` for funds and `amount` for the others; fund pools and on-chain earn need `position_id`.
        `POST /v5/earn/pwm/investment-plan/redeem`.
        """
        any_of({"shares": shares, "amount": amount})
        return await self._call(
            PWM_REDEEM, timeout, plan_id=plan_id, category=category, product_id=product_id,
            order_link_id=no_longer(order_link_id, 36, "order_link_id"), shares=none_or_plain(shares, "shares"),
            amount=none_or_plain(amount, "amount"), position_id=position_id,
        )  # fmt: skip

    async def pwm_claim(
        self, *, plan_id: str, order_link_id: str, to_account_type: str | None = None, timeout: float | None = None
    ) -> m.PlanClaim:
        """Move what a plan has paid out to an account. `POST /v5/earn/pwm/investment-plan/claim`."""
        return await self._call(
            PWM_CLAIM, timeout, plan_id=plan_id, order_link_id=no_longer(order_link_id, 36, "order_link_id"),
            to_account_type=to_account_type,
        )  # fmt: skip

    def pwm_list_order(
        self,
        *,
        plan_id: str | None = None,
        category: Literal["flexibleSavings", "fundPool", "fundPoolPremium", "equityFund", "onchainEarn"] | None = None,
        type: Literal["Subscribe", "Redeem"] | None = None,
        status: Literal["Completed", "Pending", "Failed"] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        order_link_id: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.PlanOrder], m.PlanOrder]:
        """Orders of one plan or of all, newest first; `limit` is at most 50 (20 when left out).

        `GET /v5/earn/pwm/investment-plan/order`.
        """
        return self._pages(
            PWM_LIST_ORDER, timeout, plan_id=plan_id, category=category, type=type, status=status,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor, order_link_id=order_link_id,
        )  # fmt: skip

    async def pwm_asset_trend(
        self, *, plan_id: str, start: Time | None = None, end: Time | None = None, timeout: float | None = None
    ) -> m.PlanTrend:
        """Value of a plan, one figure per day; the last 7 days when the bounds are left out.

        `GET /v5/earn/pwm/investment-plan/asset-trend`.
        """
        return await self._call(
            PWM_ASSET_TREND, timeout, plan_id=plan_id, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"),
        )  # fmt: skip

    def pwm_fund_nav(
        self, *, fund_id: str, start: Time | None = None, end: Time | None = None, timeout: float | None = None
    ) -> Pager[m.FundNavs, m.FundNav]:
        """Net asset values of a fund, one per day; the last 7 days when the bounds are left out.

        `GET /v5/earn/pwm/investment-plan/fund-nav`.
        """
        return self._pages(
            PWM_FUND_NAV, timeout, fund_id=fund_id, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"),
        )  # fmt: skip

    async def pwm_create_custom_plan(
        self,
        *,
        products: Sequence[m.PlanProduct | Fields],
        account_type: str | None = None,
        timeout: float | None = None,
    ) -> m.CustomPlanAck:
        """Put together a plan of your own and subscribe to it. `POST /v5/earn/pwm/customize-plan/create`."""
        return await self._call(
            PWM_CREATE_CUSTOM_PLAN,
            timeout,
            products=wires(m.PlanProduct, products, "products"),
            account_type=account_type,
        )

    async def pwm_list_product_cards(self, *, timeout: float | None = None) -> m.PlanProductCards:
        """Products that a plan of your own may hold. `GET /v5/earn/pwm/customize-plan/product`."""
        return await self._call(PWM_LIST_PRODUCT_CARDS, timeout)
