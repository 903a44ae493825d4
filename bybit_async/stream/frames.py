"""What a frame can be, besides a data message: pongs, acknowledgements, authentication, order entry, junk."""

from __future__ import annotations

from typing import Any

import msgspec

from bybit_async.models.stream_message import StreamMessage


class Pong(msgspec.Struct, frozen=True):
    """The server answers our ping.

    Attributes:
        req_id: the ping's id, where the channel echoes it.
        time: the exchange's clock in milliseconds, where the channel tells it.
    """

    req_id: str | None = None
    time: int | None = None


class ServerPing(msgspec.Struct, frozen=True):
    """The server asks whether we are there."""

    req_id: str | None = None


class Acknowledgement(msgspec.Struct, frozen=True):
    """The answer to a subscribe or unsubscribe request.

    Attributes:
        op: ``"subscribe"`` or ``"unsubscribe"``; empty where the channel does not say.
        success: whether the request as a whole was taken.
        req_id: the request's id; None on channels that do not echo it.
        message: Bybit's words.
        succeeded: topics that were taken; `failed` those that were not. Both empty where the channel does not tell.
    """

    op: str
    success: bool
    req_id: str | None = None
    message: str = ""
    succeeded: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class AuthAnswer(msgspec.Struct, frozen=True):
    """The answer to an authentication.

    Attributes:
        success: whether the socket is authenticated now.
        code: Bybit's retCode, where the channel has one.
        message: Bybit's words.
    """

    success: bool
    code: int | None = None
    message: str = ""


class OrderEntryAnswer(msgspec.Struct, frozen=True):
    """The answer to an order sent over the trade socket.

    Attributes:
        req_id: the request's id, the only thing to match it by.
        ret_code: 0 when accepted; None when Bybit left it out.
        data: ids of the order, or the list of a batch; `ret_ext_info` holds a batch's codes, item by item.
        header: rate limit and time, under Bybit's header names.
        args: only in recorded requests.
    """

    op: str = ""
    req_id: str | None = None
    ret_code: int | None = None
    ret_msg: str | None = None
    data: Any = None
    ret_ext_info: Any = None
    header: dict[str, Any] = msgspec.field(default_factory=dict)
    conn_id: str | None = None
    args: Any = None


class Junk(msgspec.Struct, frozen=True):
    """A frame that means nothing here.

    Attributes:
        reason: what is wrong with it.
        head: its first bytes.
        unreadable: whether it may have been a message of a topic, which is lost with it.
    """

    reason: str
    head: bytes
    unreadable: bool = False


Answer = Pong | ServerPing | Acknowledgement | AuthAnswer | OrderEntryAnswer
Frame = StreamMessage[Any] | Answer | Junk
