"""API keys, subaccounts and referrals."""

from __future__ import annotations

from typing import Any, Literal

from bybit_async.api.resource import Resource
from bybit_async.api.setting import Setting, SettingResource
from bybit_async.models import user as m
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import Endpoint, get, post
from bybit_async.transport.pages import Pager
from bybit_async.wire import Nothing

GET_API_KEY_INFORMATION = get("/v5/user/query-api", "user.get_api_key_information", m.ApiKeyInformation)
MODIFY_MASTER_API_KEY = post("/v5/user/update-api", "user.modify_master_api_key", m.ApiKey)
DELETE_MASTER_API_KEY = post("/v5/user/delete-api", "user.delete_master_api_key", Nothing)
CREATE_SUB_API_KEY = post("/v5/user/create-sub-api", "user.create_sub_api_key", m.ApiKey)
MODIFY_SUB_API_KEY = post("/v5/user/update-sub-api", "user.modify_sub_api_key", m.ApiKey)
DELETE_SUB_API_KEY = post("/v5/user/delete-sub-api", "user.delete_sub_api_key", Nothing)
GET_ALL_SUB_API_KEYS = get("/v5/user/sub-apikeys", "user.get_all_sub_api_keys", m.SubApiKeyPage)
CREATE_SUB_UID = post("/v5/user/create-sub-member", "user.create_sub_uid", m.SubMember)
FREEZE_SUB_UID = post("/v5/user/frozen-sub-member", "user.freeze_sub_uid", Nothing)
DELETE_SUB_UID = post("/v5/user/del-submember", "user.delete_sub_uid", Nothing)
GET_SUB_UID_LIST = get("/v5/user/query-sub-members", "user.get_sub_uid_list", m.SubMembers)
GET_SUB_UID_LIST_UNLIMITED = get("/v5/user/submembers", "user.get_sub_uid_list_unlimited", m.SubMemberPage)
GET_ESCROW_SUB_MEMBERS = get("/v5/user/escrow_sub_members", "user.get_escrow_sub_members", m.SubMemberPage)
CREATE_DEMO_MEMBER = post("/v5/user/create-demo-member", "user.create_demo_member", m.DemoMember)
GET_UID_WALLET_TYPE = get("/v5/user/get-member-type", "user.get_uid_wallet_type", m.MemberTypes)
GET_FRIEND_REFERRALS = get("/v5/user/invitation/referrals", "user.get_friend_referrals", m.ReferralPage)
GET_AFFILIATE_USER_INFO = get("/v5/user/aff-customer-info", "user.get_affiliate_user_info", m.AffiliateCustomer)
SIGN_AGREEMENT = post("/v5/user/agreement", "user.sign_agreement", Nothing)


class _Keys(Resource):
    __slots__ = ()

    async def get_api_key_information(self, *, timeout: float | None = None) -> m.ApiKeyInformation:
        """The key this session signs with: permissions, addresses, expiry, account. `GET /v5/user/query-api`."""
        return await self._call(GET_API_KEY_INFORMATION, timeout)

    async def modify_master_api_key(
        self,
        *,
        read_only: Literal[0, 1] | None = None,
        ips: str | None = None,
        permissions: m.PermissionSet | None = None,
        timeout: float | None = None,
    ) -> m.ApiKey:
        """Change the master account's key that signs this call. `POST /v5/user/update-api`.

        `ips` are separated by commas, ``*`` allows every address; what is left out stays as it is.
        """
        return await self._call(MODIFY_MASTER_API_KEY, timeout, read_only=read_only, ips=ips, permissions=permissions)

    async def delete_master_api_key(self, *, timeout: float | None = None) -> Nothing:
        """Delete the master account's key that signs this call; no call works afterwards.

        `POST /v5/user/delete-api`.
        """
        return await self._call(DELETE_MASTER_API_KEY, timeout)

    async def create_sub_api_key(
        self,
        *,
        subuid: int,
        read_only: Literal[0, 1],
        permissions: m.PermissionSet,
        note: str | None = None,
        ips: str | None = None,
        timeout: float | None = None,
    ) -> m.ApiKey:
        """Create a key for a subaccount; its secret is shown in this answer only. `POST /v5/user/create-sub-api`.

        `ips` are separated by commas; without any the key expires after some months.
        """
        return await self._call(
            CREATE_SUB_API_KEY, timeout, subuid=subuid, note=note, read_only=read_only, ips=ips,
            permissions=permissions,
        )  # fmt: skip

    async def modify_sub_api_key(
        self,
        *,
        apikey: str | None = None,
        read_only: Literal[0, 1] | None = None,
        ips: str | None = None,
        permissions: m.PermissionSet | None = None,
        timeout: float | None = None,
    ) -> m.ApiKey:
        """Change a subaccount's key; the master account names it, the subaccount changes the key that signs.

        `POST /v5/user/update-sub-api`.
        """
        return await self._call(
            MODIFY_SUB_API_KEY, timeout, apikey=apikey, read_only=read_only, ips=ips, permissions=permissions
        )

    async def delete_sub_api_key(self, *, apikey: str | None = None, timeout: float | None = None) -> Nothing:
        """Delete a subaccount's key; the master account names it, the subaccount deletes the key that signs.

        `POST /v5/user/delete-sub-api`.
        """
        return await self._call(DELETE_SUB_API_KEY, timeout, apikey=apikey)

    def get_all_sub_api_keys(
        self,
        *,
        sub_member_id: str,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.SubApiKeyPage, m.SubApiKey]:
        """The keys of a subaccount; `limit` is 1 to 20 (20 when left out). `GET /v5/user/sub-apikeys`."""
        return self._pages(GET_ALL_SUB_API_KEYS, timeout, sub_member_id=sub_member_id, limit=limit, cursor=cursor)


class User(_Keys, SettingResource):
    """API keys, subaccounts, referrals and agreements."""

    __slots__ = ()

    async def create_sub_uid(
        self,
        *,
        username: str,
        member_type: Literal[1, 6],
        password: str | None = None,
        switch: Literal[0, 1] | None = None,
        is_uta: bool | None = None,
        note: str | None = None,
        timeout: float | None = None,
    ) -> m.SubMember:
        """Create a standard (1) or custodial (6) subaccount. `POST /v5/user/create-sub-member`.

        `username` has 6 to 16 letters and digits, both; `password` 8 to 30 characters with digits and letters of both
        cases. ``switch=1`` allows quick login. `is_uta` no longer does anything.
        """
        return await self._call(
            CREATE_SUB_UID, timeout, username=username, password=password, member_type=member_type, switch=switch,
            is_uta=is_uta, note=note,
        )  # fmt: skip

    async def freeze_sub_uid(self, *, subuid: int, frozen: Literal[0, 1], timeout: float | None = None) -> Setting:
        """Freeze (1) or unfreeze (0) a subaccount. `POST /v5/user/frozen-sub-member`."""
        return await self._set(FREEZE_SUB_UID, timeout, subuid=subuid, frozen=frozen)

    async def delete_sub_uid(self, *, sub_member_id: str, timeout: float | None = None) -> Nothing:
        """Delete a subaccount that holds nothing. `POST /v5/user/del-submember`."""
        return await self._call(DELETE_SUB_UID, timeout, sub_member_id=sub_member_id)

    async def get_sub_uid_list(self, *, timeout: float | None = None) -> m.SubMembers:
        """Subaccounts, up to ten thousand. `GET /v5/user/query-sub-members`."""
        return await self._call(GET_SUB_UID_LIST, timeout)

    def get_sub_uid_list_unlimited(
        self, *, page_size: int | None = None, next_cursor: str | None = None, timeout: float | None = None
    ) -> Pager[m.SubMemberPage, m.SubMember]:
        """Every subaccount, by pages of up to 100. `GET /v5/user/submembers`."""
        return self._member_pages(GET_SUB_UID_LIST_UNLIMITED, page_size, next_cursor, timeout)

    def get_escrow_sub_members(
        self, *, page_size: int | None = None, next_cursor: str | None = None, timeout: float | None = None
    ) -> Pager[m.SubMemberPage, m.SubMember]:
        """Every fund custodial subaccount, by pages of up to 100. `GET /v5/user/escrow_sub_members`."""
        return self._member_pages(GET_ESCROW_SUB_MEMBERS, page_size, next_cursor, timeout)

    def _member_pages(
        self, endpoint: Endpoint, page_size: int | None, next_cursor: str | None, timeout: float | None
    ) -> Pager[Any, Any]:
        params = self._spelled(endpoint, {"page_size": page_size, "next_cursor": next_cursor})
        return Pager(self._caller.call, endpoint, params, timeout, cursor="nextCursor")

    async def create_demo_member(self, *, timeout: float | None = None) -> m.DemoMember:
        """Create a demo account; call it on the real site, not on the demo one. `POST /v5/user/create-demo-member`."""
        return await self._call(CREATE_DEMO_MEMBER, timeout)

    async def get_uid_wallet_type(
        self, *, member_ids: str | None = None, timeout: float | None = None
    ) -> m.MemberTypes:
        """The wallets of this user, or of subaccounts separated by commas. `GET /v5/user/get-member-type`."""
        return await self._call(GET_UID_WALLET_TYPE, timeout, member_ids=member_ids)

    def get_friend_referrals(
        self,
        *,
        status: Literal["0", "1"] | None = None,
        size: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.ReferralPage, m.Referral]:
        """Users who were invited: alive (0), no longer valid (1), or all.

        `size` is 1 to 100 (20 when left out). `GET /v5/user/invitation/referrals`.
        """
        return self._pages(GET_FRIEND_REFERRALS, timeout, status=status, size=size, cursor=cursor)

    async def get_affiliate_user_info(
        self,
        *,
        uid: str,
        coin: str | None = None,
        business: Literal["1", "2", "3", "4", "5"] | None = None,
        timeout: float | None = None,
    ) -> m.AffiliateCustomer:
        """Volumes and deposits of an affiliate's customer.

        `business`: 1 derivatives, 2 spot, 3 ByFi, 4 USDC, 5 options. `GET /v5/user/aff-customer-info`.
        """
        return await self._call(GET_AFFILIATE_USER_INFO, timeout, uid=uid, coin=coin, business=business)

    async def sign_agreement(
        self,
        *,
        agree: Literal[True] = True,
        category: Literal[2, 3] | None = None,
        category_v2: Literal[1, 2] | None = None,
        timeout: float | None = None,
    ) -> Nothing:
        """Sign the agreement that commodity and stock contracts need. `POST /v5/user/agreement`.

        `category_v2`: 1 metals and stocks, 2 crude oil; `category` is the older numbering, 2 and 3.
        """
        any_of({"category_v2": category_v2, "category": category})
        return await self._call(SIGN_AGREEMENT, timeout, category=category, category_v2=category_v2, agree=agree)
