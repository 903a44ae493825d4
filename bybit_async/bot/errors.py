"""What the bot raises, in one tree with the connector's errors.

BybitError
├── BybitAPIError(message, code)        what its client raises about the exchange
│   ├── CallRefused                     also RequestRejected
│   │   ├── RateLimitError              also RateLimited
│   │   ├── InsufficientBalanceError    also InsufficientBalance
│   │   └── OrderNotFoundError          also OrderNotFound
│   ├── OutcomeUnknownError             also OutcomeUnknown: it may have happened
│   └── ExchangeUnreachable             also TransportError and ConnectionError
├── ConfigurationInvalid                also ValueError; `problems` lists them all
│   └── ConfigurationNotFound           also FileNotFoundError
├── JournalError                        the journal cannot be read or written, so nothing is traded
│   └── JournalTooNew                   it was written by a newer version
├── NothingToCompare                    also ValueError: a journal or data lack what a comparison needs
├── EngineRefused                       also RuntimeError: running already, or latched by an emergency stop
│   └── LeaseHeld                       another engine trades this account
└── DependencyMissing                   also ImportError: an extra is not installed
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bybit_async import (
    AuthenticationError,
    BybitError,
    ConnectionFailed,
    InsufficientBalance,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    TransportError,
)


class BybitAPIError(BybitError):
    """The exchange did not do what was asked for, or could not be asked.

    Attributes:
        message: what it said.
        code: its retCode; 0 where it sent none.
    """

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message, code)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} (code {self.code})" if self.code else self.message


class CallRefused(BybitAPIError, RequestRejected):
    """The exchange refused; what was asked for did not happen."""

    def __init__(self, message: str, code: int = 0) -> None:
        RequestRejected.__init__(self, code, message)
        self.args: tuple[Any, ...] = (message, code)
        self.message: str = message
        self.code: int = code


class RateLimitError(CallRefused, RateLimited):
    """Too many requests; `until` says when to go on, if the exchange said it."""


class InsufficientBalanceError(CallRefused, InsufficientBalance):
    """The balance or margin of the account does not carry the order."""


class OrderNotFoundError(CallRefused, OrderNotFound):
    """The order does not exist, or has ended; `order_status` says how, where that is known."""


class KeyRefused(CallRefused, AuthenticationError):
    """The key, its permissions, its address or its account was not accepted: no retry can help."""


class OutcomeUnknownError(BybitAPIError, OutcomeUnknown):
    """The answer to a write was lost: look the order up by `order_link_id` before anything is repeated."""

    def __init__(self, message: str, code: int = 0) -> None:
        OutcomeUnknown.__init__(self, message)
        self.args: tuple[Any, ...] = (message, code)
        self.code = code


class ExchangeUnreachable(BybitAPIError, TransportError, ConnectionError):
    """The exchange could not be reached, or gave no usable answer."""


class ConfigurationInvalid(BybitError, ValueError):
    """The configuration cannot be used; `problems` lists all that is wrong with it, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems: list[str] = list(problems)

    def __reduce__(self) -> tuple[type[ConfigurationInvalid], tuple[list[str]]]:
        return type(self), (self.problems,)


class ConfigurationNotFound(ConfigurationInvalid, FileNotFoundError):
    """The configuration file does not exist."""


class JournalError(BybitError):
    """The journal cannot be read or written."""


class JournalTooNew(JournalError):
    """The journal was written by a newer version, which may mean things that this one does not know."""


class NothingToCompare(BybitError, ValueError):
    """A journal or the candles lack what a comparison with a backtest needs."""


class EngineRefused(BybitError, RuntimeError):
    """The engine cannot do this in its present state."""


class LeaseHeld(EngineRefused):
    """Another engine trades this account."""


_KINDS: tuple[tuple[type[RequestRejected], type[CallRefused]], ...] = (
    (RateLimited, RateLimitError),
    (InsufficientBalance, InsufficientBalanceError),
    (OrderNotFound, OrderNotFoundError),
    (AuthenticationError, KeyRefused),
    (RequestRejected, CallRefused),
)


def translated(error: BybitError) -> BybitError:
    """Return the bot's name of what the connector raised; what has no other name is returned as it is."""
    made: BybitAPIError
    if isinstance(error, BybitAPIError):
        return error
    if isinstance(error, RequestRejected):
        refused = next(cls for kind, cls in _KINDS if isinstance(error, kind))
        made = refused(error.ret_msg, error.ret_code)
    elif isinstance(error, OutcomeUnknown):
        made = OutcomeUnknownError(error.message)
    elif isinstance(error, TransportError | ConnectionFailed):
        made = ExchangeUnreachable(str(error))
    else:
        return error
    # Ids, times, the trace id and added notes belong to the error under either name; the first note names its class.
    kept = {name: value for name, value in vars(error).items() if name not in ("message", "code", "__notes__")}
    made.__dict__.update(kept)
    for note in error.__notes__[1:]:
        made.add_note(note)
    return made


__all__ = [
    "BybitAPIError",
    "CallRefused",
    "ConfigurationInvalid",
    "ConfigurationNotFound",
    "EngineRefused",
    "ExchangeUnreachable",
    "InsufficientBalanceError",
    "JournalError",
    "JournalTooNew",
    "KeyRefused",
    "LeaseHeld",
    "OrderNotFoundError",
    "OutcomeUnknownError",
    "RateLimitError",
    "translated",
]
