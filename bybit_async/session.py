"""`AsyncBybit`: builds every room of the library for one account and environment, and closes them."""

from __future__ import annotations

import asyncio
import os
import ssl
import warnings
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import httpx
from typing_extensions import TypeVar, Unpack

from bybit_async import environments
from bybit_async.api.raw import raw_request
from bybit_async.api.resource import Caller
from bybit_async.environments import Environment
from bybit_async.errors import InvalidParameter, SessionClosed
from bybit_async.event_loop import HomeLoop
from bybit_async.extras import require
from bybit_async.models.checks import one_of
from bybit_async.redis_address import private_redis_address, redis_address
from bybit_async.secret import Secret, hidden, hide_secret
from bybit_async.session_options import OrdersVia, SessionOptions, from_variables
from bybit_async.session_rooms import SessionRooms
from bybit_async.transport.carrier import HttpxCarrier
from bybit_async.transport.client import RestClient, RestSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Method
from bybit_async.transport.hooks import Hooks
from bybit_async.transport.http1 import HttpPool
from bybit_async.transport.limits import RateLimitSettings, limits_of
from bybit_async.transport.resolution import OnUnknown
from bybit_async.transport.signing import Signer, signer_from
from bybit_async.transport.telemetry import with_spans
from bybit_async.wire import Response

if TYPE_CHECKING:
    from bybit_async.models.user import ApiKeyInformation
    from bybit_async.stream.settings import StreamSettings

R = TypeVar("R", default=dict[str, Any])
G = TypeVar("G")


def _chosen(environment: Environment | str | None, *, testnet: bool, demo: bool, region: str | None) -> Environment:
    if environment is None:
        return environments.choose(testnet=testnet, demo=demo, region=region)
    if testnet or demo or region is not None:
        raise InvalidParameter("environment", "give either an environment or testnet, demo, region")
    return environments.find(environment)


def _checked_source(address: str | None, parameter: Literal["stream_source", "private_source"]) -> Secret | None:
    if address is None:
        return None
    check = private_redis_address if parameter == "private_source" else redis_address
    checked = check(address, parameter)
    require("redis", "streams through Redis")
    return checked


class AsyncBybit(SessionRooms):
    """A session with Bybit: ``async with AsyncBybit(...) as bybit``.

    Without a key only public data is available. Domains (`market`, `trade`, …) and `stream` are attributes; nothing is
    connected before the first call. A session belongs to the event loop that entered it and may be shared by its tasks.

    Args:
        api_key: the key, as Bybit shows it.
        api_secret: its secret, or the PEM text of an RSA private key.
        testnet: use the testnet.
        demo: use demo trading; its public streams are mainnet's.
        region: a regional site, as ``"eu"``; see `environments.REGIONS`.
        environment: instead of the three above: an `Environment`, a name (``"demo"``), or an address such as
            ``"http://127.0.0.1:8100"``, which serves REST and sockets alike; see `environments.find`.
        signer: signs instead of `api_key` and `api_secret`.
        recv_window: how long a signed request stays valid, in milliseconds, 1 to 60,000.
        timeout: seconds one call may take altogether, unless it says otherwise.
        attempts: how often one call is tried at most, where trying again is safe.
        referer: a broker's id.
        orders_via: ``"websocket"`` sends the order calls of `trade` over the order entry socket, and by REST only what
            was certainly not sent there. Ignored where the environment has no order entry (demo).
        stream_settings: times and sizes of the streams.
        stream_source: ``"redis://…"``, where a relay publishes public topics; Bybit itself by default.
        private_source: ``"rediss://…"`` (TLS), ``"unix://…"`` or a loopback address, where a relay with the same key
            publishes the private topics; Bybit itself by default. Orders go to Bybit directly in any case.
        on_unknown: what to do when the answer to an order request is lost, unless the call says otherwise:
            ``"resolve"`` asks Bybit what happened to it, for `recv_window` and two seconds more (and up to ten on top
            if Bybit answers slowly), before it raises `OutcomeUnknown`; ``"raise"`` raises at once.
        rate_limits: False leaves the pace to you; bans still stop every request of the host. A
            `RateLimitSettings` says what the host allows, and lets processes share it.
        transport: an httpx transport to send through (a proxy, a mock) instead of the library's own.
        ssl_context: what to trust instead of the usual certificates, for REST (unless a `transport` is given, which has
            its own), the streams and the archive of `data`.
        hooks: functions that watch requests and answers.
        data_dir: where `data` keeps history: a folder, or an fsspec address such as ``s3://bucket/history``; the
            user's own data folder by default.
        data_leases: where processes with the same `data_dir` divide what is missing of a series among themselves, month
            by month: ``"redis://…"``, or a folder for those of one machine. By default each downloads for itself.

    Raises:
        InvalidParameter: an argument is unusable; it is named.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        api_secret: str | None = None,
        testnet: bool = False,
        demo: bool = False,
        region: str | None = None,
        environment: Environment | str | None = None,
        signer: Signer | None = None,
        recv_window: int = 5000,
        timeout: float = 10.0,
        attempts: int = 4,
        referer: str | None = None,
        orders_via: OrdersVia = "rest",
        stream_settings: StreamSettings | None = None,
        stream_source: str | None = None,
        private_source: str | None = None,
        on_unknown: OnUnknown = "resolve",
        rate_limits: bool | RateLimitSettings = True,
        transport: httpx.AsyncBaseTransport | None = None,
        ssl_context: ssl.SSLContext | None = None,
        hooks: Hooks | None = None,
        data_dir: str | os.PathLike[str] | None = None,
        data_leases: str | os.PathLike[str] | None = None,
    ) -> None:
        api_secret, stream_source, private_source = hidden(api_secret), hidden(stream_source), hidden(private_source)
        data_leases = hidden(data_leases) if isinstance(data_leases, str) else data_leases
        self.environment: Environment = _chosen(environment, testnet=testnet, demo=demo, region=region)
        self.clock: Clock = Clock()
        self._signer = signer_from(api_key, api_secret, signer)
        settings = RestSettings(
            recv_window=recv_window, timeout=timeout, attempts=attempts, referer=referer, on_unknown=on_unknown
        )
        self._settings = settings
        self._given_stream_settings = stream_settings
        self._stream_source = _checked_source(stream_source, "stream_source")
        self._private_source = _checked_source(private_source, "private_source")
        self._ssl_context = ssl_context
        self._data_dir, self._data_leases = data_dir, data_leases
        self._orders_via = one_of(orders_via, get_args(OrdersVia), "orders_via")
        base_url = self.environment.rest_url
        self._limits, self._home = limits_of(self.clock, self._signer, rate_limits, base_url), HomeLoop()
        self._rest = RestClient(
            HttpPool(base_url, ssl_context=ssl_context)
            if transport is None
            else HttpxCarrier(transport, base_url, recv_window=recv_window),
            clock=self.clock,
            limits=self._limits,
            signer=self._signer,
            settings=settings,
            hooks=with_spans(hooks),
            home=self._home,
        )
        self._caller = self._rest
        self._rest.resolution.resolver = self._find_out
        self._state: Literal["new", "open", "closed"] = "new"
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    def from_env(cls, *, public: bool = False, **overrides: Unpack[SessionOptions]) -> Self:
        """Build a session from the variables of the process; arguments of `AsyncBybit` win over them.

        ``BYBIT_API_KEY`` and ``BYBIT_API_SECRET``; ``BYBIT_ENVIRONMENT`` (a name or an address, as for the argument),
        or ``BYBIT_TESTNET``, ``BYBIT_DEMO`` and ``BYBIT_REGION``; ``BYBIT_DATA_DIR`` and ``BYBIT_DATA_LEASES``. Truth
        is spelled ``1``, ``true``, ``yes`` or ``on``. An argument that says where to connect replaces all the variables
        that do.

        With neither key nor secret the session serves public data only, which is announced by a `UserWarning`;
        ``public=True`` asks for that, reads no key, and keeps quiet.

        Raises:
            InvalidParameter: a variable has an invalid value; it is named.
            MissingCredentials: only one of key and secret is set.
        """
        hide_secret(overrides)
        made = cls(**from_variables(overrides, public=public))
        if made._signer is None and not public:
            warnings.warn(
                "BYBIT_API_KEY and BYBIT_API_SECRET are not set: this session has no key and serves public data of "
                f"{made.environment.name} only. Set them, or say from_env(public=True)",
                UserWarning,
                stacklevel=2,
            )
        return made

    async def __aenter__(self) -> Self:
        if self._state == "closed":
            raise SessionClosed("a closed session cannot be entered again")
        self._home.check()
        self._state = "open"
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End every stream and connection; calls in flight end with an error. Idempotent.

        It takes a second or so at most, and goes on to its end when it is cancelled.

        Raises:
            WrongEventLoop: the session belongs to another event loop.
        """
        if self._closing is not None and self._closing.done():
            return
        self._home.check()
        self._state = "closed"
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="bybit_async closing")
        try:
            await asyncio.shield(self._closing)
        except asyncio.CancelledError:
            # A session that is half closed would leave tasks and sockets behind.
            await asyncio.wait({self._closing})
            raise

    async def _close(self) -> None:
        # What sends is closed last, and whatever fails on the way.
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._rest.aclose)
            if "_inquiry" in self.__dict__:
                stack.push_async_callback(self._inquiry.aclose)
            if "order_entry" in self.__dict__:
                stack.push_async_callback(self.order_entry.entry.aclose)
            if "stream" in self.__dict__:
                stack.push_async_callback(self.stream.aclose)
            if "data" in self.__dict__:
                stack.push_async_callback(self.data.aclose)

    async def request(
        self,
        method: Method,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        signed: bool = True,
        result: type[R] = dict,  # type: ignore[assignment]
        timeout: float | None = None,
    ) -> Response[R]:
        """Call any endpoint, with limits, signing, clock and errors as everywhere; for what is not wrapped yet.

        Orders placed this way get an order link id when they lack one.

        Args:
            method: ``"GET"`` or ``"POST"``.
            path: from the slash on, as ``"/v5/market/time"``.
            params: Bybit's own names and spellings.
            signed: False for public endpoints.
            result: the type to decode ``result`` into; plain objects by default.
            timeout: seconds for the whole call.

        Raises:
            InvalidParameter: the method or path is invalid.
        """
        endpoint, given = raw_request(method, path, params, signed=signed, result=result)
        return await self._rest.call(endpoint, given, timeout=timeout)

    async def verify_credentials(self, *, timeout: float | None = None) -> ApiKeyInformation:
        """Ask Bybit about the key of this session: its permissions, addresses and expiry. `GET /v5/user/query-api`.

        Raises:
            MissingCredentials: the session has no key.
            AuthenticationError: Bybit does not accept it.
        """
        return await self.user.get_api_key_information(timeout=timeout)

    async def get_server_time(self, *, timeout: float | None = None) -> int:
        """Bybit's clock, in milliseconds. `GET /v5/market/time`."""
        answer = await self.market.get_server_time(timeout=timeout)
        return answer.time_nano // 1_000_000

    def attach(self, name: str, group: Callable[[Caller], G]) -> G:
        """Add a group of endpoints of your own: a `Resource`, from then on also an attribute called `name`.

        Raises:
            InvalidParameter: the name is taken or not an identifier.
        """
        if not name.isidentifier() or name.startswith("_") or hasattr(type(self), name) or name in self.__dict__:
            raise InvalidParameter("name", f"{name!r} is taken, or cannot be an attribute")
        made = self.__dict__[name] = group(self._rest)
        return made

    def __repr__(self) -> str:
        if "_state" not in self.__dict__:
            return "<AsyncBybit, not opened>"  # its constructor failed
        key = "with a key" if self._signer is not None else "without a key"
        return f"<AsyncBybit {self.environment.name}, {key}, {self._state}>"
