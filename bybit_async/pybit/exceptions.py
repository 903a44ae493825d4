"""pybit's exceptions, with its attributes; the library's own exception is the ``__cause__``."""

from __future__ import annotations

from collections.abc import Mapping


class UnauthorizedExceptionError(Exception):
    """A private channel was asked for without a key."""


class InvalidChannelTypeError(Exception):
    """There is no such channel."""


class TopicMismatchError(Exception):
    """The topic is not pushed over this channel."""


class _RequestError(Exception):
    """What both kinds of failed requests carry.

    Attributes:
        request: the method, address and parameters.
        message: what went wrong.
        status_code: Bybit's retCode, or the HTTP status.
        time: when, as ``HH:MM:SS`` in UTC.
        resp_headers: the answer's headers; None when there was no answer.
    """

    def __init__(
        self, request: str, message: str, status_code: int, time: str, resp_headers: Mapping[str, str] | None
    ) -> None:
        super().__init__(f"{message} (ErrCode: {status_code}) (ErrTime: {time}).\nRequest → {request}.")
        self.request = request
        self.message = message
        self.status_code = status_code
        self.time = time
        self.resp_headers = resp_headers

    def __reduce__(self) -> tuple[type[_RequestError], tuple[object, ...]]:
        return type(self), (self.request, self.message, self.status_code, self.time, self.resp_headers)


class FailedRequestError(_RequestError):
    """No usable answer came; `status_code` is the HTTP status, or 408 when none came in time."""


class InvalidRequestError(_RequestError):
    """Bybit refused; `status_code` is its retCode."""
