"""For affiliates: who they brought and what it earned."""

from __future__ import annotations

from datetime import date

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_day
from bybit_async.models import affiliate as m
from bybit_async.models.checks import both_or_neither
from bybit_async.transport.endpoint import get
from bybit_async.transport.pages import Pager
from bybit_async.wire import Page

GET_AFFILIATE_USER_LIST = get("/v5/affiliate/aff-user-list", "affiliate.get_affiliate_user_list", Page[m.AffiliateUser])
GET_AFFILIATE_SUB_LIST = get(
    "/v5/affiliate/affiliate-sub-list", "affiliate.get_affiliate_sub_list", Page[m.SubAffiliate]
)


class Affiliate(Resource):
    """What affiliates may ask."""

    __slots__ = ()

    def get_affiliate_user_list(
        self,
        *,
        size: int | None = None,
        cursor: str | None = None,
        need_deposit: bool | None = None,
        need30: bool | None = None,
        need365: bool | None = None,
        start: date | str | None = None,
        end: date | str | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.AffiliateUser], m.AffiliateUser]:
        """Users brought by the affiliate; `size` is at most 100.

        Days are given as dates. `GET /v5/affiliate/aff-user-list`.
        """
        return self._pages(
            GET_AFFILIATE_USER_LIST, timeout, size=size, cursor=cursor, need_deposit=need_deposit, need30=need30,
            need365=need365, start_date=none_or_day(start, "start"), end_date=none_or_day(end, "end"),
        )  # fmt: skip

    def get_affiliate_sub_list(
        self,
        *,
        cursor: str | None = None,
        size: int | None = None,
        start: date | str | None = None,
        end: date | str | None = None,
        sub_aff_id: int | None = None,
        timeout: float | None = None,
    ) -> Pager[Page[m.SubAffiliate], m.SubAffiliate]:
        """Sub-affiliates and their commissions; `size` is at most 100.

        Days are given as dates, both or neither. Iterated over more than three months, each sub-affiliate comes once
        for every three of them, with `start_date` and `end_date`. `GET /v5/affiliate/affiliate-sub-list`.
        """
        both_or_neither({"start": start, "end": end})
        return self._pages(
            GET_AFFILIATE_SUB_LIST, timeout, cursor=cursor, size=size, start_date=none_or_day(start, "start"),
            end_date=none_or_day(end, "end"), sub_aff_id=sub_aff_id,
        )  # fmt: skip
