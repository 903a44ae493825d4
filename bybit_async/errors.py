"""Every exception of the library, as one tree ordered by what the caller should do.

    BybitError
    ├── InvalidParameter            refused here, nothing was sent: fix the argument it names (also a ValueError)
    ├── MissingCredentials          the call needs an API key and secret
    ├── SessionClosed               the session was closed, or never opened
    ├── RequestRejected             Bybit refused; what was asked for did not happen
    │   ├── AuthenticationError     the key, its signature, permissions or address: no retry can help
    │   ├── RegionBlocked           this address or account may not use the site
    │   ├── ClockSkewed             the timestamp was outside the recv window, even after a resynchronisation
    │   ├── RateLimited             too many requests; `until` says when to go on
    │   │   └── HostBanned          the whole address is banned for a while; every request of the host waits
    │   ├── ServiceBusy             Bybit is overloaded or restarting and refused the work: try later
    │   ├── InsufficientBalance     the account cannot carry it
    │   ├── OrderNotFound           unknown, or already final
    │   ├── DuplicateOrderLinkId    an order with this order link id exists
    │   └── NotModified             the setting already has this value
    ├── OutcomeUnknown              the answer was lost: the write may have happened; ask before repeating it
    ├── TransportError              no usable answer to a call that may simply be repeated
    │   ├── NotSent                 nothing reached Bybit
    │   │   └── DeadlineExceeded    the time allowed ran out while still waiting here
    │   ├── AnswerLost              sent, but no whole answer came back in time
    │   └── AnswerUnreadable        an answer that is not V5: `status` and its first bytes are kept
    └── StreamError                 a stream cannot go on
        ├── SubscriptionRefused     Bybit does not accept the topic
        ├── SubscriptionOverflow    the consumer was too slow and asked to be told (policy "raise")
        ├── ConnectionFailed        no connection could be made or kept
        └── StreamClosed            it was closed here

The retCode tables say which class a code means. They are kept per channel, because the same number can mean different
things: 10003 is a bad key on REST and too many sessions on the order entry socket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class BybitError(Exception):
    """Anything this library raises on purpose.

    Attributes:
        trace_id: Bybit's own id of the request, for its support; None where it sent none.
    """

    trace_id: str | None = None


class InvalidParameter(BybitError, ValueError):
    """An argument was refused locally, before anything was sent; `parameter` names it."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter
        self.message = message

    def __reduce__(self) -> tuple[type[InvalidParameter], tuple[str, str]]:
        return type(self), (self.parameter, self.message)


class MissingCredentials(InvalidParameter):
    """The call is signed and the session has no key; pass api_key and api_secret, or use `from_env`."""


class SessionClosed(BybitError, RuntimeError):
    """The session is closed, or was never entered with ``async with``."""


class RequestRejected(BybitError):
    """Bybit answered with a refusal: what was asked for did not happen.

    Attributes:
        ret_code: Bybit's code.
        ret_msg: Bybit's words.
        method: ``"GET"``, ``"POST"``, or the ``op`` of the order entry socket.
        path: the endpoint, or the channel.
        status: the HTTP status, where there was one.
        until: when a repetition may succeed, in milliseconds of the exchange's clock; None when unknown.
    """

    def __init__(
        self,
        ret_code: int,
        ret_msg: str,
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        until: int | None = None,
    ) -> None:
        where = f" [{method} {path}]" if path else ""
        super().__init__(f"{ret_code}: {ret_msg}{where}")
        self.ret_code = ret_code
        self.ret_msg = ret_msg
        self.method = method
        self.path = path
        self.status = status
        self.until = until

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class AuthenticationError(RequestRejected):
    """The key, its signature, its permissions, its address or its account was not accepted."""


class RegionBlocked(RequestRejected):
    """The site does not serve this address or this account's country."""


class ClockSkewed(RequestRejected):
    """The request's timestamp was outside the recv window."""


class RateLimited(RequestRejected):
    """Too many requests; `until` (exchange milliseconds) says when to go on, where Bybit told."""


class HostBanned(RateLimited):
    """The address is banned for minutes; until then every request of this host fails at once, unsent."""


class ServiceBusy(RequestRejected):
    """Bybit is overloaded or restarting and did not take the request."""


class InsufficientBalance(RequestRejected):
    """The account's balance or margin does not carry the request."""


class OrderNotFound(RequestRejected):
    """The order does not exist, or is already filled or cancelled.

    Attributes:
        order_status: how it ended (``"Filled"``, ``"Cancelled"``, …), where that could be found out: a cancellation
            that meets ``"Cancelled"`` has nothing left to do. None when Bybit does not know the order.
    """

    order_status: str | None = None


class DuplicateOrderLinkId(RequestRejected):
    """An order with this order link id exists already."""


class NotModified(RequestRejected):
    """The setting already has the value that was asked for."""


class OutcomeUnknown(BybitError):
    """A write was sent and its answer was lost: it may or may not have happened.

    Never repeat it blindly; look the order up by its id first.

    Attributes:
        order_link_id: the order link id the request carried.
        order_id: the order id the request named.
        reason: what went wrong, an exception class name or a retCode.
        order_link_ids: those of every order of the request; of a batch all of them, in its order.
        sent_at: the timestamp that the request carried, the earliest if there were several, in exchange milliseconds.
    """

    sent_at: int | None = None

    def __init__(
        self,
        message: str,
        *,
        order_link_id: str | None = None,
        order_id: str | None = None,
        reason: str = "",
        order_link_ids: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.order_link_id = order_link_id
        self.order_id = order_id
        self.reason = reason
        self.order_link_ids = tuple(order_link_ids) or ((order_link_id,) if order_link_id else ())

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class TransportError(BybitError):
    """No usable answer came, and the call was one that may simply be repeated."""


class NotSent(TransportError):
    """Nothing reached Bybit: the connection could not be made."""


class DeadlineExceeded(NotSent):
    """The time allowed ran out before the request could be sent."""


class AnswerLost(TransportError):
    """The request was sent, but no whole answer came back in time."""


class AnswerUnreadable(TransportError):
    """Something answered, but not V5.

    Attributes:
        status: the HTTP status.
        body: the first bytes of what came.
    """

    def __init__(self, message: str, *, status: int = 0, body: bytes = b"") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.body = body[:512]

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class StreamError(BybitError):
    """A stream cannot go on."""


class SubscriptionRefused(StreamError):
    """Bybit does not accept a topic; `topic` names it."""

    def __init__(self, topic: str, message: str) -> None:
        super().__init__(f"{topic}: {message}")
        self.topic = topic
        self.message = message

    def __reduce__(self) -> tuple[type[SubscriptionRefused], tuple[str, str]]:
        return type(self), (self.topic, self.message)


class SubscriptionOverflow(StreamError):
    """A subscriber with the policy ``"raise"`` did not keep up."""


class ConnectionFailed(StreamError):
    """No connection could be made or kept."""


class StreamClosed(StreamError):
    """The stream was closed on this side."""


def _rebuild(cls: type[BybitError], args: tuple[object, ...], state: dict[str, object]) -> BybitError:
    # Keyword-only attributes do not survive BaseException's own pickling.
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


def _table(*groups: tuple[type[RequestRejected], tuple[int, ...]]) -> Mapping[int, type[RequestRejected]]:
    table: dict[int, type[RequestRejected]] = {}
    for cls, codes in groups:
        for code in codes:
            if code in table:
                raise AssertionError(f"retCode {code} is listed twice")
            table[code] = cls
    return table


_BALANCE = (
    110004, 110006, 110007, 110012, 110014, 110044, 110045, 110047, 110051, 110052, 110053, 170033, 170131,
)  # fmt: skip
_GONE = (110001, 110008, 110010, 170139, 170142, 170143, 170190, 170213)

REST_CODES = _table(
    (AuthenticationError, (10003, 10004, 10005, 10007, 10008, 10010, 10027, 10028, 33004, -2015, 100028)),
    (RegionBlocked, (10009, 10024, 110132)),
    (ClockSkewed, (10002, -1)),
    (RateLimited, (10006, 170005, 170222)),
    (ServiceBusy, (429, 10429)),
    (InsufficientBalance, _BALANCE),
    (OrderNotFound, _GONE),
    (DuplicateOrderLinkId, (10014, 110072, 170141)),
    (NotModified, (110025, 110026, 110027, 110043, 34040)),
)

ORDER_ENTRY_CODES = _table(
    (AuthenticationError, (10004, 10005, 10010, 10027, 33004, 20001)),
    (ClockSkewed, (10002, -1)),
    (RateLimited, (10006, 10403, 20003, 170005, 170222)),
    (ServiceBusy, (429, 10429, 10003, 10019)),
    (InsufficientBalance, _BALANCE),
    (OrderNotFound, _GONE),
    (DuplicateOrderLinkId, (10014, 110072, 170141)),
)

# The answer says nothing about whether the write happened: the timeout and the internal error of Bybit's own back end,
# the same on the spot side, and orders that were in flight elsewhere when the answer was made.
AMBIGUOUS_CODES = frozenset(
    {
        10000,
        10016,
        40004,
        110079,
        170001,
        170007,
        170032,
        170035,
        170146,
        170147,
        170212,
        170234,
        170310,
        500000,
        500001,
        131003,
        131201,
        180000,
        180018,
        790000,
        3400214,
        34022001,
        34022003,
    }
)


def rejection(
    ret_code: int,
    ret_msg: str,
    *,
    method: str = "",
    path: str = "",
    status: int | None = None,
    until: int | None = None,
    codes: Mapping[int, type[RequestRejected]] = REST_CODES,
) -> RequestRejected:
    """Build the exception that a refusal code means on its channel."""
    cls = codes.get(ret_code, RequestRejected)
    return cls(ret_code, ret_msg, method=method, path=path, status=status, until=until)
