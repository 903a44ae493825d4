"""Orders of peer-to-peer trading and the chat that belongs to them."""

from __future__ import annotations

from mimetypes import guess_type
from typing import Literal

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import none_or_text
from bybit_async.models import p2p as m
from bybit_async.models.checks import any_of
from bybit_async.transport.endpoint import post
from bybit_async.transport.pages import Numbered, Pager
from bybit_async.wire import Nothing, Time, none_or_milliseconds

GET_ORDERS = post("/v5/p2p/order/simplifyList", "p2p.get_orders", m.P2POrders, write=False)
GET_PENDING_ORDERS = post("/v5/p2p/order/pending/simplifyList", "p2p.get_pending_orders", m.P2POrders, write=False)
GET_ORDER_DETAILS = post("/v5/p2p/order/info", "p2p.get_order_details", m.P2POrder, write=False)
MARK_AS_PAID = post("/v5/p2p/order/pay", "p2p.mark_as_paid", Nothing)
RELEASE_ASSETS = post("/v5/p2p/order/finish", "p2p.release_assets", Nothing)
REVIEW_SELLER_CANCEL_ORDER_APPLY = post(
    "/v5/p2p/order/buyer/examine/sellerCancelOrderApply", "p2p.review_seller_cancel_order_apply", Nothing
)
SEND_CHAT_MESSAGE = post("/v5/p2p/order/message/send", "p2p.send_chat_message", Nothing)
GET_CHAT_MESSAGES = post("/v5/p2p/order/message/listpage", "p2p.get_chat_messages", m.ChatMessages, write=False)
UPLOAD_CHAT_FILE = post("/v5/p2p/oss/upload_file", "p2p.upload_chat_file", m.UploadedFile)

_PAGES = Numbered("page", "count")


class AdOrders(Resource):
    """The orders part of `P2P`."""

    __slots__ = ()

    def get_orders(
        self,
        *,
        page: int = 1,
        size: int = 30,
        status: int | None = None,
        start: Time | None = None,
        end: Time | None = None,
        token_id: str | None = None,
        side: Literal[0, 1] | None = None,
        timeout: float | None = None,
    ) -> Pager[m.P2POrders, m.P2POrderSummary]:
        """Orders, newest first, by page number; `size` is at most 30. `POST /v5/p2p/order/simplifyList`."""
        return self._numbered(
            GET_ORDERS, timeout, _PAGES, page=page, size=size, status=status,
            begin_time=none_or_text(none_or_milliseconds(start, "start")),
            end_time=none_or_text(none_or_milliseconds(end, "end")), token_id=token_id, side=side,
        )  # fmt: skip

    def get_pending_orders(
        self,
        *,
        page: int = 1,
        size: int = 30,
        status: Literal[5, 10, 20, 30, 90, 100, 110] | None = None,
        start: Time | None = None,
        end: Time | None = None,
        token_id: str | None = None,
        side: Literal[0, 1] | None = None,
        timeout: float | None = None,
    ) -> Pager[m.P2POrders, m.P2POrderSummary]:
        """Orders that still need something done, by page number; `size` is at most 30.

        `POST /v5/p2p/order/pending/simplifyList`.
        """
        return self._numbered(
            GET_PENDING_ORDERS, timeout, _PAGES, page=page, size=size, status=status,
            begin_time=none_or_text(none_or_milliseconds(start, "start")),
            end_time=none_or_text(none_or_milliseconds(end, "end")), token_id=token_id, side=side,
        )  # fmt: skip

    async def get_order_details(self, *, order_id: str, timeout: float | None = None) -> m.P2POrder:
        """One order in detail. `POST /v5/p2p/order/info`."""
        return await self._call(GET_ORDER_DETAILS, timeout, order_id=order_id)

    async def mark_as_paid(
        self, *, order_id: str, payment_type: str, payment_id: str, timeout: float | None = None
    ) -> Nothing:
        """Say that the fiat money has been sent. `POST /v5/p2p/order/pay`."""
        return await self._call(
            MARK_AS_PAID, timeout, order_id=order_id, payment_type=payment_type, payment_id=payment_id,
        )  # fmt: skip

    async def release_assets(self, *, order_id: str, timeout: float | None = None) -> Nothing:
        """Release the coins to the buyer. This cannot be undone. `POST /v5/p2p/order/finish`."""
        return await self._call(RELEASE_ASSETS, timeout, order_id=order_id)

    async def review_seller_cancel_order_apply(
        self,
        *,
        order_id: str,
        examine_result: Literal["PASS", "REJECT"],
        reject_reason: str | None = None,
        reject_proofs: str | None = None,
        reject_remark: str | None = None,
        timeout: float | None = None,
    ) -> Nothing:
        """Answer the seller's wish to cancel; a rejection needs a reason and proofs.

        `POST /v5/p2p/order/buyer/examine/sellerCancelOrderApply`.
        """
        if examine_result == "REJECT":
            any_of({"reject_reason": reject_reason}, "to reject")
        return await self._call(
            REVIEW_SELLER_CANCEL_ORDER_APPLY, timeout, order_id=order_id, examine_result=examine_result,
            reject_reason=reject_reason, reject_proofs=reject_proofs, reject_remark=reject_remark,
        )  # fmt: skip

    async def send_chat_message(
        self,
        *,
        message: str,
        content_type: Literal["str", "pic", "pdf", "video"],
        order_id: str,
        msg_uuid: str,
        file_name: str | None = None,
        timeout: float | None = None,
    ) -> Nothing:
        """Send a message.

        `message` is the text or the address that `upload_chat_file` answered, `msg_uuid` an id of your own.
        `POST /v5/p2p/order/message/send`.
        """
        return await self._call(
            SEND_CHAT_MESSAGE, timeout, message=message, content_type=content_type, order_id=order_id,
            msg_uuid=msg_uuid, file_name=file_name,
        )  # fmt: skip

    async def get_chat_messages(
        self, *, order_id: str, size: int, current_page: int | None = None, timeout: float | None = None
    ) -> m.ChatMessages:
        """Messages of an order, by page number; `size` is at most 30. `POST /v5/p2p/order/message/listpage`."""
        return await self._call(
            GET_CHAT_MESSAGES, timeout, order_id=order_id, size=str(size), current_page=none_or_text(current_page),
        )  # fmt: skip

    async def upload_chat_file(
        self, *, filename: str, content: bytes, mime: str | None = None, timeout: float | None = None
    ) -> m.UploadedFile:
        """Upload a file for the chat; jpg, jpeg, png, pdf or mp4. The media type follows from the name when left out.

        `POST /v5/p2p/oss/upload_file`.
        """
        media_type = mime or guess_type(filename)[0] or "application/octet-stream"
        files = {"upload_file": (filename, content, media_type)}
        response = await self._caller.call(UPLOAD_CHAT_FILE, {}, timeout=timeout, files=files)
        return response.result
