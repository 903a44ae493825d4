"""The people of peer-to-peer trading and how they pay."""

from __future__ import annotations

from bybit_async.api.resource import Resource
from bybit_async.models import p2p as m
from bybit_async.transport.endpoint import post

GET_ACCOUNT_INFORMATION = post("/v5/p2p/user/personal/info", "p2p.get_account_information", m.P2PUser, write=False)
GET_COUNTERPARTY_INFO = post("/v5/p2p/user/order/personal/info", "p2p.get_counterparty_info", m.P2PUser, write=False)
GET_USER_PAYMENT_TYPES = post(
    "/v5/p2p/user/payment/list", "p2p.get_user_payment_types", list[m.UserPayment], write=False
)


class Users(Resource):
    """The users part of `P2P`."""

    __slots__ = ()

    async def get_account_information(self, *, timeout: float | None = None) -> m.P2PUser:
        """The account's own profile. `POST /v5/p2p/user/personal/info`."""
        return await self._call(GET_ACCOUNT_INFORMATION, timeout)

    async def get_counterparty_info(
        self, *, original_uid: str, order_id: str, timeout: float | None = None
    ) -> m.P2PUser:
        """The profile of an order's other side. `POST /v5/p2p/user/order/personal/info`."""
        return await self._call(
            GET_COUNTERPARTY_INFO, timeout, original_uid=original_uid, order_id=order_id,
        )  # fmt: skip

    async def get_user_payment_types(self, *, timeout: float | None = None) -> list[m.UserPayment]:
        """The account's payment methods. `POST /v5/p2p/user/payment/list`."""
        return await self._call(GET_USER_PAYMENT_TYPES, timeout)
