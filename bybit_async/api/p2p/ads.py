"""Advertisements of peer-to-peer trading."""

from __future__ import annotations

from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_text
from bybit_async.models import p2p as m
from bybit_async.models.building import Fields, build
from bybit_async.transport.endpoint import post
from bybit_async.transport.pages import Numbered, Pager
from bybit_async.wire import Nothing, Number, none_or_plain, plain

GET_ONLINE_ADS = post("/v5/p2p/item/online", "p2p.get_online_ads", m.OnlineAds, write=False)
GET_ADS_LIST = post("/v5/p2p/item/personal/list", "p2p.get_ads_list", m.MyAds, write=False)
GET_AD_DETAILS = post("/v5/p2p/item/info", "p2p.get_ad_details", m.Ad, write=False)
POST_NEW_AD = post("/v5/p2p/item/create", "p2p.post_new_ad", m.AdAck)
UPDATE_AD = post("/v5/p2p/item/update", "p2p.update_ad", m.AdAck)
REMOVE_AD = post("/v5/p2p/item/cancel", "p2p.remove_ad", Nothing)

_PAGES = Numbered("page", "count", text=True)
# Its count is said to be that of the pages.
_PAGES_WITHOUT_TOTAL = Numbered("page", text=True)


class Ads(Resource):
    """The ads part of `P2P`."""

    __slots__ = ()

    def get_online_ads(
        self,
        *,
        token_id: str,
        currency_id: str,
        side: Literal["0", "1"],
        page: int | None = None,
        size: int | None = None,
        timeout: float | None = None,
    ) -> Pager[m.OnlineAds, m.Ad]:
        """Everyone's advertisements for a pair, by page number; `side` is ``0`` to buy, ``1`` to sell.

        `POST /v5/p2p/item/online`.
        """
        return self._numbered(
            GET_ONLINE_ADS, timeout, _PAGES, token_id=token_id, currency_id=currency_id, side=side,
            page=none_or_text(page), size=none_or_text(size),
        )  # fmt: skip

    def get_ads_list(
        self,
        *,
        item_id: str | None = None,
        status: Literal["1", "2"] | None = None,
        side: Literal["0", "1"] | None = None,
        token_id: str | None = None,
        page: int | None = None,
        size: int | None = None,
        currency_id: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.MyAds, m.Ad]:
        """The account's advertisements, by page number. `POST /v5/p2p/item/personal/list`."""
        return self._numbered(
            GET_ADS_LIST, timeout, _PAGES_WITHOUT_TOTAL, item_id=item_id, status=status, side=side, token_id=token_id,
            page=none_or_text(page), size=none_or_text(size), currency_id=currency_id,
        )  # fmt: skip

    async def get_ad_details(self, *, item_id: str, timeout: float | None = None) -> m.Ad:
        """One advertisement of the account. `POST /v5/p2p/item/info`."""
        return await self._call(GET_AD_DETAILS, timeout, item_id=item_id)

    async def post_new_ad(
        self,
        *,
        token_id: str,
        currency_id: str,
        side: Literal["0", "1"],
        price_type: Literal["0", "1"],
        premium: Number | None,
        price: Number,
        min_amount: Number,
        max_amount: Number,
        remark: str,
        trading_preference_set: m.AdPreferences | Fields,
        payment_ids: list[str],
        quantity: Number,
        payment_period: int,
        item_type: Literal["ORIGIN", "BULK"],
        timeout: float | None = None,
    ) -> m.AdAck:
        """Post an advertisement.

        `payment_ids` are ids of `get_user_payment_types`, at most five; `payment_period` is minutes; `premium` is the
        per cent of the reference price for floating prices, None for fixed ones. `POST /v5/p2p/item/create`.
        """
        return await self._call(
            POST_NEW_AD,
            timeout,
            token_id=token_id,
            currency_id=currency_id,
            side=side,
            price_type=price_type,
            premium=none_or_plain(premium, "premium") or "",
            price=plain(price, "price"),
            min_amount=plain(min_amount, "min_amount"),
            max_amount=plain(max_amount, "max_amount"),
            remark=remark,
            trading_preference_set=build(m.AdPreferences, trading_preference_set, "trading_preference_set").wire(),
            payment_ids=payment_ids,
            quantity=plain(quantity, "quantity"),
            payment_period=str(payment_period),
            item_type=item_type,
        )

    async def update_ad(
        self,
        *,
        id: str,
        price_type: Literal["0", "1"],
        premium: Number | None,
        price: Number,
        min_amount: Number,
        max_amount: Number,
        remark: str,
        trading_preference_set: m.AdPreferences | Fields,
        payment_ids: list[str],
        action_type: Literal["MODIFY", "ACTIVE"],
        quantity: Number,
        payment_period: int,
        timeout: float | None = None,
    ) -> m.AdAck:
        """Change an advertisement (``MODIFY``) or put it online again (``ACTIVE``); `premium` is None for fixed prices.

        `POST /v5/p2p/item/update`.
        """
        return await self._call(
            UPDATE_AD,
            timeout,
            id=id,
            price_type=price_type,
            premium=none_or_plain(premium, "premium") or "",
            price=plain(price, "price"),
            min_amount=plain(min_amount, "min_amount"),
            max_amount=plain(max_amount, "max_amount"),
            remark=remark,
            trading_preference_set=build(m.AdPreferences, trading_preference_set, "trading_preference_set").wire(),
            payment_ids=payment_ids,
            action_type=action_type,
            quantity=plain(quantity, "quantity"),
            payment_period=str(payment_period),
        )

    async def remove_ad(self, *, item_id: str, timeout: float | None = None) -> Nothing:
        """Remove an advertisement. `POST /v5/p2p/item/cancel`."""
        return await self._call(REMOVE_AD, timeout, item_id=item_id)
