"""Every exception of the library, as one tree ordered by what the caller should do.

    BybitError
    ├── InvalidParameter            refused here, nothing was sent: fix the argument it names (also a ValueError)
    ├── MissingCredentials          the call needs an API key and secret
    ├── MissingExtra                a package is not installed: install the extra it names (also an ImportError)
    ├── LeaseTaken                  someone else holds the lease; `holder` says who
    ├── LeaseLost                   the lease is over: someone else may act now
    ├── LeaseUnavailable            the place where leases are kept does not answer
    ├── SessionClosed               the session was closed, or never opened
    ├── WrongEventLoop              used in another event loop than before: make one session per loop
    ├── CalledFromTheLoop           a blocking call from the event loop that would have to answer it
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
    │   │   └── AnswerMismatched    what came is the answer to another request
    │   └── AnswerUnreadable        an answer that is not V5: `status` and its first bytes are kept
    └── StreamError                 a stream cannot go on
        ├── SubscriptionRefused     Bybit does not accept the topic
        ├── SubscriptionOverflow    the consumer was too slow (policy "raise")
        ├── ConnectionFailed        no connection could be made or kept
        └── StreamClosed            it was closed here

The tables of `ret_codes` say which class a return code means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class BybitError(Exception):
    """Anything this library raises on purpose.

    Attributes:
        trace_id: Bybit's own id of the request, for its support; None if it sent no id.
    """

    trace_id: str | None = None

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        name = next(cls.__name__ for cls in type(self).__mro__ if cls.__module__.startswith("bybit_async."))
        self.add_note(f"More: reference/errors/#{name.lower()}, or `bybit-async explain {name}`")

    def __reduce__(self) -> tuple[object, ...]:
        # Without calling the constructor, whose arguments are not what `args` holds.
        return _rebuild, (type(self), self.args, self.__dict__)


class InvalidParameter(BybitError, ValueError):
    """An argument was refused locally, before anything was sent; `parameter` names it."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter
        self.message = message


class MissingCredentials(InvalidParameter):
    """The call is signed and the session has no key; pass api_key and api_secret, or use `from_env`."""


class MissingExtra(BybitError, ImportError):
    """An optional package is not installed; `extra` names what to install."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} need more packages: pip install 'bybit_async[{extra}]'")
        self.extra = extra
        self.purpose = purpose


class LeaseTaken(BybitError):
    """Someone else holds the lease."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(f"the lease of {name} is held by {holder}")
        self.name = name
        self.holder = holder


class LeaseLost(BybitError):
    """The lease ended, or may have ended: someone else may act now."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the lease of {name} is over; stop acting and take it again")
        self.name = name


class LeaseUnavailable(BybitError):
    """The place where leases are kept does not answer."""


class SessionClosed(BybitError, RuntimeError):
    """The session is closed, or was never entered with ``async with``."""

    def __init__(self, message: str = "the session is closed; make a new one: async with AsyncBybit(...)") -> None:
        super().__init__(message)


class WrongEventLoop(BybitError, RuntimeError):
    """A session, or a part of one, was used in another event loop than before; nothing was sent.

    Its connections and locks live in the event loop of its first use. Each loop, and so each `asyncio.run` and each
    thread, needs a session of its own; code without an event loop uses `Bybit`, which any thread may call.

    Attributes:
        owner: what was used, as ``"session"``.
        over: whether the loop that it belongs to is closed, as after `asyncio.run` has returned.
    """

    def __init__(self, owner: str, *, over: bool) -> None:
        before = "in one that is closed by now" if over else "in another one"
        super().__init__(
            f"this {owner} belongs to the event loop of its first use, {before}: make a new session inside each"
            " asyncio.run(...) or thread (async with AsyncBybit(...) as bybit), or use the blocking Bybit, which any"
            " thread may call"
        )
        self.owner = owner
        self.over = over


class CalledFromTheLoop(BybitError, RuntimeError):
    """A blocking call was made on the thread whose event loop has to answer it: it could never return."""


class RequestRejected(BybitError):
    """Bybit answered with a refusal: what was asked for did not happen.

    Attributes:
        ret_code: Bybit's code.
        ret_msg: Bybit's words.
        method: ``"GET"``, ``"POST"``, or the ``op`` of the order entry socket.
        path: the endpoint, or the channel.
        status: the HTTP status, where there was one.
        until: when a repetition may succeed, in milliseconds of the exchange's clock; None when unknown.
        parameter: the argument that Bybit refused; None where that is not known.
        hint: what would fit, found out after the refusal; part of the message.
    """

    sent_after: int | None = None
    parameter: str | None = None
    hint: str | None = None

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

    def __str__(self) -> str:
        words = super().__str__()
        return f"{words}; {self.hint}" if self.hint else words


class AuthenticationError(RequestRejected):
    """The key, its signature, its permissions, its address or its account was not accepted."""


class RegionBlocked(RequestRejected):
    """The site does not serve this address or this account's country."""


class ClockSkewed(RequestRejected):
    """The request's timestamp was outside the recv window."""


class RateLimited(RequestRejected):
    """Too many requests; `until` (exchange milliseconds) says when to go on, if Bybit said so."""


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
        self.order_link_ids: tuple[str, ...] = tuple(order_link_ids) or ((order_link_id,) if order_link_id else ())


class TransportError(BybitError):
    """No usable answer came, and the call was one that may simply be repeated."""


class NotSent(TransportError):
    """Nothing reached Bybit: the connection could not be made."""


class DeadlineExceeded(NotSent):
    """The time allowed ran out before the request could be sent."""


class AnswerLost(TransportError):
    """The request was sent, but no whole answer came back in time."""


class AnswerMismatched(AnswerLost):
    """The answer that came acknowledges another order than the request named; its own is lost."""


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
        self.body: bytes = body[:512]


class StreamError(BybitError):
    """A stream cannot go on."""


class SubscriptionRefused(StreamError):
    """Bybit does not accept a topic; `topic` names it."""

    def __init__(self, topic: str, message: str) -> None:
        super().__init__(f"{topic}: {message}")
        self.topic = topic
        self.message = message


class SubscriptionOverflow(StreamError):
    """A subscriber with the policy ``"raise"`` did not keep up."""


class ConnectionFailed(StreamError):
    """No connection could be made or kept."""


class StreamClosed(StreamError):
    """The stream was closed on this side."""


def expected(value: object, allowed: Iterable[object]) -> str:
    """Word the refusal of a value outside a closed set: the set, the value, and the member it was probably meant as."""
    words = [repr(word) for word in allowed]
    # Two letters or a number are near to anything: "7m" is not a misspelled "M".
    guess = isinstance(value, str) and len(value) > 2
    near = nearest(value, (word.strip("'") for word in words)) if guess else None
    return f"expected one of {', '.join(words)}; got {value!r}" + (f": did you mean {near!r}?" if near else "")


def nearest(value: object, names: Iterable[str]) -> str | None:
    """Return the name that a misspelled one was probably meant as; None when none is near."""
    by_folded = {name.casefold(): name for name in names}
    close = get_close_matches(str(value).casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def _rebuild(cls: type[BybitError], args: tuple[object, ...], state: dict[str, object]) -> BybitError:
    # Keyword-only attributes do not survive BaseException's own pickling.
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error
