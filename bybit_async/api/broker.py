"""For brokers: earnings, vouchers, limits and addresses of their clients."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

from typing_extensions import deprecated

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_compact_day, wires
from bybit_async.models import broker as m
from bybit_async.models.building import Fields
from bybit_async.models.checks import both_or_neither
from bybit_async.transport.endpoint import get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing, Number, Page, Rows, Time, none_or_milliseconds, plain

GET_EXCHANGE_BROKER_ACCOUNT_INFO = get(
    "/v5/broker/account-info", "broker.get_exchange_broker_account_info", m.BrokerAccount
)
GET_EXCHANGE_BROKER_EARNINGS = get(
    "/v5/broker/earnings-info", "broker.get_exchange_broker_earnings", m.BrokerEarningsPage
)
GET_BROKER_EARNINGS = get(
    "/v5/broker/earning-record",
    "broker.get_broker_earnings",
    Page[m.ClassicBrokerEarning],
    deprecated="Broker.get_exchange_broker_earnings",
)
GET_SUBACCOUNT_DEPOSIT_RECORDS = get(
    "/v5/broker/asset/query-sub-member-deposit-record", "broker.get_subaccount_deposit_records", m.SubDepositPage
)
GET_VOUCHER_SPEC = post("/v5/broker/award/info", "broker.get_voucher_spec", m.Voucher, write=False)
ISSUE_VOUCHER = post("/v5/broker/award/distribute-award", "broker.issue_voucher", Nothing)
GET_ISSUED_VOUCHER = post(
    "/v5/broker/award/distribution-record", "broker.get_issued_voucher", m.IssuedVoucher, write=False
)
GET_BROKER_RATE_LIMIT_CAP = get(
    "/v5/broker/apilimit/query-cap", "broker.get_broker_rate_limit_cap", Rows[m.BrokerRateCap]
)
GET_BROKER_ALL_RATE_LIMITS = get(
    "/v5/broker/apilimit/query-all", "broker.get_broker_all_rate_limits", Page[m.BrokerRate]
)
SET_BROKER_RATE_LIMIT = post("/v5/broker/apilimit/set", "broker.set_broker_rate_limit", m.BrokerRateResults)
GET_BROKER_IP_CHANGE_LOG = get("/v5/broker/ip/changelog", "broker.get_broker_ip_change_log", Page[m.BrokerIpChange])
GET_BROKER_WHITELIST_IP = get("/v5/broker/whitelist/ip", "broker.get_broker_whitelist_ip", list[m.BrokerIpWhitelist])


class Broker(Resource):
    """What brokers may ask and set."""

    __slots__ = ()

    async def get_exchange_broker_account_info(self, *, timeout: float | None = None) -> m.BrokerAccount:
        """The broker's sub account quota and rebate rates. `GET /v5/broker/account-info`."""
        return await self._call(GET_EXCHANGE_BROKER_ACCOUNT_INFO, timeout)

    def get_exchange_broker_earnings(
        self,
        *,
        biz_type: Literal["SPOT", "DERIVATIVES", "OPTIONS", "CONVERT"] | None = None,
        start: date | str | None = None,
        end: date | str | None = None,
        uid: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.BrokerEarningsPage, m.BrokerEarning]:
        """Earnings by client and by kind of product; `limit` is 1 to 1000.

        Days are given as dates, both or neither, at most a month back; `end` is included.
        `GET /v5/broker/earnings-info`.
        """
        both_or_neither({"start": start, "end": end})
        return self._pages(
            GET_EXCHANGE_BROKER_EARNINGS, timeout, biz_type=biz_type, begin=none_or_compact_day(start, "start"),
            end=none_or_compact_day(end, "end"), uid=uid, limit=limit, cursor=cursor,
        )  # fmt: skip

    @deprecated("Use Broker.get_exchange_broker_earnings.")
    def get_broker_earnings(
        self,
        *,
        biz_type: Literal["SPOT", "DERIVATIVES", "OPTIONS"] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.ClassicBrokerEarning], m.ClassicBrokerEarning]:
        """Earnings of classic brokers, up to six months back; `limit` is 1 to 1000.

        Both bounds or neither. `GET /v5/broker/earning-record`.
        """
        both_or_neither({"start": start, "end": end})
        return self._pages(
            GET_BROKER_EARNINGS, timeout, biz_type=biz_type, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip

    def get_subaccount_deposit_records(
        self,
        *,
        id: str | None = None,
        tx_id: str | None = None,
        sub_member_id: str | None = None,
        coin: str | None = None,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.SubDepositPage, m.SubDeposit]:
        """On-chain deposits of sub accounts, newest first; `limit` is 1 to 50, a span at most 30 days.

        `GET /v5/broker/asset/query-sub-member-deposit-record`.
        """
        return self._pages(
            GET_SUBACCOUNT_DEPOSIT_RECORDS, timeout, id=id, tx_id=tx_id, sub_member_id=sub_member_id, coin=coin,
            start_time=none_or_milliseconds(start, "start"), end_time=none_or_milliseconds(end, "end"), limit=limit,
            cursor=cursor,
        )  # fmt: skip

    async def get_voucher_spec(self, *, id: str, timeout: float | None = None) -> m.Voucher:
        """What a voucher is worth and how much of it is used. `POST /v5/broker/award/info`."""
        return await self._call(GET_VOUCHER_SPEC, timeout, id=id)

    async def issue_voucher(
        self,
        *,
        account_id: str,
        award_id: str,
        spec_code: str,
        amount: Number,
        broker_id: str,
        timeout: float | None = None,
    ) -> Nothing:
        """Give a voucher to a client.

        `spec_code` is a code of your own of at most 8 characters, unique per issue.
        `POST /v5/broker/award/distribute-award`.
        """
        return await self._call(
            ISSUE_VOUCHER, timeout, account_id=account_id, award_id=award_id, spec_code=spec_code,
            amount=plain(amount, "amount"), broker_id=broker_id,
        )  # fmt: skip

    async def get_issued_voucher(
        self,
        *,
        account_id: str,
        award_id: str,
        spec_code: str,
        with_used_amount: bool | None = None,
        timeout: float | None = None,
    ) -> m.IssuedVoucher:
        """What happened to a voucher. `POST /v5/broker/award/distribution-record`."""
        return await self._call(
            GET_ISSUED_VOUCHER, timeout, account_id=account_id, award_id=award_id, spec_code=spec_code,
            with_used_amount=with_used_amount,
        )  # fmt: skip

    async def get_broker_rate_limit_cap(self, *, timeout: float | None = None) -> Rows[m.BrokerRateCap]:
        """The broker's rate limits and how much of them is given away. `GET /v5/broker/apilimit/query-cap`."""
        return await self._call(GET_BROKER_RATE_LIMIT_CAP, timeout)

    def get_broker_all_rate_limits(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        uids: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.BrokerRate], m.BrokerRate]:
        """The rate limits of all clients; `limit` is 1 to 1000. `GET /v5/broker/apilimit/query-all`."""
        return self._pages(GET_BROKER_ALL_RATE_LIMITS, timeout, limit=limit, cursor=cursor, uids=uids)

    async def set_broker_rate_limit(
        self, *, settings: Sequence[m.BrokerRateSetting | Fields], timeout: float | None = None
    ) -> m.BrokerRateResults:
        """Set rate limits of clients, in requests per second. `POST /v5/broker/apilimit/set`."""
        return await self._call(
            SET_BROKER_RATE_LIMIT, timeout, list=wires(m.BrokerRateSetting, settings, "settings"),
        )  # fmt: skip

    def get_broker_ip_change_log(
        self,
        *,
        start: Time | None = None,
        end: Time | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.BrokerIpChange], m.BrokerIpChange]:
        """Changes of the broker's address whitelist; `limit` is 1 to 50 (20 when left out).

        `GET /v5/broker/ip/changelog`.
        """
        return self._pages(
            GET_BROKER_IP_CHANGE_LOG, timeout, start_time=none_or_milliseconds(start, "start"),
            end_time=none_or_milliseconds(end, "end"), limit=limit, cursor=cursor,
        )  # fmt: skip

    async def get_broker_whitelist_ip(self, *, timeout: float | None = None) -> list[m.BrokerIpWhitelist]:
        """The broker's whitelisted addresses. `GET /v5/broker/whitelist/ip`."""
        return await self._call(GET_BROKER_WHITELIST_IP, timeout)
