"""`HTTP`: pybit's REST session."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from bybit_async.bridge.derive import turned
from bybit_async.bridge.link import Link
from bybit_async.environments import Environment
from bybit_async.errors import BybitError, CalledFromTheLoop, MissingCredentials, RequestRejected
from bybit_async.pybit.exceptions import FailedRequestError, InvalidRequestError
from bybit_async.pybit.names import methods
from bybit_async.pybit.parameters import prepared, split_upload
from bybit_async.pybit.places import environment_of
from bybit_async.pybit.raw import Exchanged, RawSession
from bybit_async.secret import hidden
from bybit_async.transport.endpoint import Endpoint

log: logging.Logger = logging.getLogger("bybit_async.pybit")

_NO_ANSWER = 408


class HTTP:
    """Every endpoint as a flat method with Bybit's own parameter names; answers are Bybit's, as dicts.

    Takes pybit's arguments, as keywords. What the library does by itself (limits, clock, repeating what is safe to
    repeat) needs no `force_retry`; `retry_codes` adds refusals that are worth another attempt after `retry_delay`
    seconds.

    Args:
        testnet: use the testnet.
        domain: as ``"bytick"``.
        tld: as ``"eu"``.
        demo: use demo trading.
        rsa_authentication: accepted; an RSA key is recognised by itself.
        api_key: the key.
        api_secret: its secret.
        logging_level: level of the logger ``bybit_async.pybit``.
        log_requests: log every request at DEBUG.
        timeout: seconds per call.
        recv_window: in milliseconds.
        force_retry: accepted; a write is never sent twice.
        retry_codes: refusals that are tried again.
        ignore_codes: refusals that are returned instead of raised.
        max_retries: attempts per call.
        retry_delay: seconds between attempts after one of `retry_codes`.
        referral_id: a broker's id.
        record_request_time: return ``(answer, elapsed)``.
        return_response_headers: return ``(answer, elapsed, headers)``.
        environment: any other place, as for `AsyncBybit`.

    Raises:
        InvalidRequestError: from a call: Bybit refused.
        FailedRequestError: from a call: no usable answer came.
    """

    def __init__(
        self,
        *,
        testnet: bool = False,
        domain: str = "bybit",
        tld: str = "com",
        demo: bool = False,
        rsa_authentication: bool = False,
        api_key: str | None = None,
        api_secret: str | None = None,
        logging_level: int = logging.INFO,
        log_requests: bool = False,
        timeout: float = 10,
        recv_window: int = 5000,
        force_retry: bool = False,
        retry_codes: Collection[int] | None = None,
        ignore_codes: Collection[int] | None = None,
        max_retries: int = 3,
        retry_delay: float = 3,
        referral_id: str | None = None,
        record_request_time: bool = False,
        return_response_headers: bool = False,
        environment: Environment | str | None = None,
    ) -> None:
        api_secret = hidden(api_secret)
        place = environment_of(testnet=testnet, demo=demo, domain=domain, tld=tld, given=environment)
        self.testnet: bool = testnet
        self.demo: bool = demo
        self.endpoint: str = place.rest_url
        self.timeout: float = timeout
        self.recv_window: int = recv_window
        self.retry_codes: set[int] = set(retry_codes or ())
        self.ignore_codes: set[int] = set(ignore_codes or ())
        self.max_retries: int = max_retries
        self.retry_delay: float = retry_delay
        self.log_requests = log_requests
        self.record_request_time = record_request_time
        self.return_response_headers = return_response_headers
        log.setLevel(logging.DEBUG if log_requests else logging_level)
        self._session = RawSession(
            environment=place, api_key=api_key, api_secret=api_secret, timeout=timeout, recv_window=recv_window,
            attempts=max(1, max_retries), referer=referral_id,
        )  # fmt: skip
        self._link = Link(self._session.aclose, turned, place.rest_url)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        endpoint = None if name.startswith("_") else methods().get(name)
        if endpoint is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        method = _method(self, name, endpoint)
        self.__dict__[name] = method
        return method

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *methods()})

    def close(self) -> None:
        """Close every connection. Idempotent."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<HTTP {self.endpoint}>"

    def _call(self, endpoint: Endpoint, given: dict[str, Any]) -> Any:
        params, files = split_upload(endpoint, prepared(endpoint, given))
        request = f"{endpoint.method} {self.endpoint}{endpoint.path}: {params}"
        if self.log_requests:
            log.debug("Request -> %s", request)
        for left in reversed(range(max(1, self.max_retries))):
            kept = Exchanged()
            try:
                answer = self._link.portal.run(self._session.send, endpoint, params, kept, files=files)
            except CalledFromTheLoop:
                raise
            except MissingCredentials as error:
                raise PermissionError("Authenticated endpoints require keys.") from error
            except RequestRejected as error:
                if error.ret_code in self.ignore_codes and kept.answer is not None:
                    return self._returned(json.loads(kept.answer.body), kept)
                if not left or error.ret_code not in self.retry_codes:
                    raise _refused(error, request, kept) from error
                log.error("%s. Retrying...", error)
                time.sleep(self.retry_delay)
            except BybitError as error:
                raise _failed(error, request, kept) from error
            else:
                return self._returned(answer, kept)
        raise AssertionError("unreachable")

    def _returned(self, answer: dict[str, Any], kept: Exchanged) -> Any:
        elapsed = timedelta(seconds=kept.seconds)
        if self.return_response_headers:
            return answer, elapsed, kept.headers
        return (answer, elapsed) if self.record_request_time else answer


def _method(session: HTTP, name: str, endpoint: Endpoint) -> Callable[..., Any]:
    def method(**parameters: Any) -> Any:
        return session._call(endpoint, parameters)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{endpoint.method} {endpoint.path}`; parameters under Bybit's own names."
    return method


def _refused(error: RequestRejected, request: str, kept: Exchanged) -> FailedRequestError | InvalidRequestError:
    status = kept.answer.status if kept.answer is not None else error.status
    # pybit tells a refusal by HTTP status from a refusal by retCode.
    kind = InvalidRequestError if status in (None, 200) else FailedRequestError
    code = error.ret_code if kind is InvalidRequestError or status is None else status
    return kind(request, error.ret_msg, code, _now(), kept.headers)


def _failed(error: BybitError, request: str, kept: Exchanged) -> FailedRequestError:
    status = kept.answer.status if kept.answer is not None else _NO_ANSWER
    return FailedRequestError(request, f"{type(error).__name__}: {error}", status, _now(), kept.headers)


def _now() -> str:
    return datetime.now(UTC).strftime("%H:%M:%S")
