"""Records from before the account was upgraded to unified trading."""

from __future__ import annotations

from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.resource import Resource
from bybit_async.models import pre_upgrade as m
from bybit_async.models.checks import both_or_neither
from bybit_async.transport.endpoint import get
from bybit_async.transport.pages import Pager
from bybit_async.wire import Page, Time, none_or_milliseconds

GET_PRE_UPGRADE_ORDER_HISTORY = get(
    "/v5/pre-upgrade/order/history",
    "pre_upgrade.get_pre_upgrade_order_history",
    Page[m.PreUpgradeOrder],
    deprecated="Trade.get_order_history for anything newer",
)
GET_PRE_UPGRADE_TRADE_HISTORY = get(
    "/v5/pre-upgrade/execution/list",
    "pre_upgrade.get_pre_upgrade_trade_history",
    Page[m.PreUpgradeExecution],
    deprecated="Trade.get_executions for anything newer",
)
GET_PRE_UPGRADE_CLOSED_PNL = get(
    "/v5/pre-upgrade/position/closed-pnl",
    "pre_upgrade.get_pre_upgrade_closed_pnl",
    Page[m.PreUpgradeClosedPnl],
    deprecated="Position.get_closed_pnl for anything newer",
)
GET_PRE_UPGRADE_TRANSACTION_LOG = get(
    "/v5/pre-upgrade/account/transaction-log",
    "pre_upgrade.get_pre_upgrade_transaction_log",
    Page[m.PreUpgradeTransaction],
    deprecated="Account.get_transaction_log for anything newer",
)
GET_PRE_UPGRADE_OPTION_DELIVERY_RECORD = get(
    "/v5/pre-upgrade/asset/delivery-record",
    "pre_upgrade.get_pre_upgrade_option_delivery_record",
    Page[m.PreUpgradeDelivery],
    deprecated="Asset.get_option_delivery_record for anything newer",
)
GET_PRE_UPGRADE_USDC_SESSION_SETTLEMENT = get(
    "/v5/pre-upgrade/asset/settlement-record",
    "pre_upgrade.get_pre_upgrade_usdc_session_settlement",
    Page[m.PreUpgradeSettlement],
    deprecated="Asset.get_usdc_contract_settlement for anything newer",
)


class PreUpgrade(Resource):
    """Records that stayed behind in the classic account; all of it is deprecated."""

    __slots__ = ()

    @deprecated("Use Trade.get_order_history for anything newer.")
    def get_pre_upgrade_order_history(
        self,
        *,
        category: Literal["linear", "inverse", "option", "spot"],
        symbol: str | None = None,
        base_coin: str | None = None,
        order_id: str | None = None,
        order_link_id: str | None = None,
        order_filter: Literal["Order", "StopOrder"] | None = None,
        order_status: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.PreUpgradeOrder], m.PreUpgradeOrder]:
        """Orders from before the upgrade.

        `limit` is 1 to 50 (20 when left out), a span at most 7 days; both bounds or neither.
        `GET /v5/pre-upgrade/order/history`.
        """
        both_or_neither({"start": start, "end": end})
        return self._pages(
            GET_PRE_UPGRADE_ORDER_HISTORY, timeout, category=category, symbol=symbol, base_coin=base_coin,
            order_id=order_id, order_link_id=order_link_id, order_filter=order_filter, order_status=order_status,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    @deprecated("Use Trade.get_executions for anything newer.")
    def get_pre_upgrade_trade_history(
        self,
        *,
        category: Literal["linear", "inverse", "option", "spot"],
        symbol: str | None = None,
        order_id: str | None = None,
        order_link_id: str | None = None,
        base_coin: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        exec_type: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.PreUpgradeExecution], m.PreUpgradeExecution]:
        """Executions from before the upgrade; `limit` is 1 to 100 (50 when left out), a span at most 7 days.

        `GET /v5/pre-upgrade/execution/list`.
        """
        return self._pages(
            GET_PRE_UPGRADE_TRADE_HISTORY, timeout, category=category, symbol=symbol, order_id=order_id,
            order_link_id=order_link_id, base_coin=base_coin, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), exec_type=exec_type, limit=limit, cursor=cursor,
        )  # fmt: skip

    @deprecated("Use Position.get_closed_pnl for anything newer.")
    def get_pre_upgrade_closed_pnl(
        self,
        *,
        category: Literal["linear", "inverse"],
        symbol: str,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.PreUpgradeClosedPnl], m.PreUpgradeClosedPnl]:
        """Closed profit and loss from before the upgrade.

        `limit` is 1 to 100 (50 when left out), a span at most 7 days. `GET /v5/pre-upgrade/position/closed-pnl`.
        """
        return self._pages(
            GET_PRE_UPGRADE_CLOSED_PNL, timeout, category=category, symbol=symbol,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    @deprecated("Use Account.get_transaction_log for anything newer.")
    def get_pre_upgrade_transaction_log(
        self,
        *,
        category: Literal["linear", "option"],
        base_coin: str | None = None,
        type: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.PreUpgradeTransaction], m.PreUpgradeTransaction]:
        """Transactions from before the upgrade; `limit` is 1 to 50 (20 when left out), a span at most 7 days.

        `GET /v5/pre-upgrade/account/transaction-log`.
        """
        return self._pages(
            GET_PRE_UPGRADE_TRANSACTION_LOG, timeout, category=category, base_coin=base_coin, type=type,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    @deprecated("Use Asset.get_option_delivery_record for anything newer.")
    def get_pre_upgrade_option_delivery_record(
        self,
        *,
        category: Literal["option"],
        symbol: str | None = None,
        exp_date: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.PreUpgradeDelivery], m.PreUpgradeDelivery]:
        """Option deliveries from before the upgrade; `limit` is 1 to 50 (20 when left out).

        `GET /v5/pre-upgrade/asset/delivery-record`.
        """
        return self._pages(
            GET_PRE_UPGRADE_OPTION_DELIVERY_RECORD, timeout, category=category, symbol=symbol, exp_date=exp_date,
            limit=limit, cursor=cursor,
        )  # fmt: skip

    @deprecated("Use Asset.get_usdc_contract_settlement for anything newer.")
    def get_pre_upgrade_usdc_session_settlement(
        self,
        *,
        category: Literal["linear"],
        symbol: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.PreUpgradeSettlement], m.PreUpgradeSettlement]:
        """USDC session settlements from before the upgrade; `limit` is 1 to 50 (20 when left out).

        `GET /v5/pre-upgrade/asset/settlement-record`.
        """
        return self._pages(
            GET_PRE_UPGRADE_USDC_SESSION_SETTLEMENT, timeout, category=category, symbol=symbol, limit=limit,
            cursor=cursor,
        )  # fmt: skip
