"""The arguments of a session, and which of them the variables of the process give."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import httpx
from typing_extensions import TypedDict

from bybit_async import environments
from bybit_async.environments import Environment
from bybit_async.errors import InvalidParameter, MissingCredentials
from bybit_async.secret import hide_secret
from bybit_async.transport.hooks import Hooks
from bybit_async.transport.limits import RateLimitSettings
from bybit_async.transport.resolution import OnUnknown
from bybit_async.transport.signing import Signer

if TYPE_CHECKING:
    from bybit_async.stream.settings import StreamSettings

OrdersVia = Literal["rest", "websocket"]


class SessionOptions(TypedDict, total=False):
    """The arguments of `AsyncBybit`."""

    api_key: str | None
    api_secret: str | None
    testnet: bool
    demo: bool
    region: str | None
    environment: Environment | str | None
    signer: Signer | None
    recv_window: int
    timeout: float
    attempts: int
    referer: str | None
    orders_via: OrdersVia
    stream_settings: StreamSettings | None
    stream_source: str | None
    private_source: str | None
    on_unknown: OnUnknown
    rate_limits: bool | RateLimitSettings
    transport: httpx.AsyncBaseTransport | None
    ssl_context: ssl.SSLContext | None
    hooks: Hooks | None
    data_dir: str | os.PathLike[str] | None
    data_leases: str | os.PathLike[str] | None


def from_variables(overrides: Mapping[str, Any], *, public: bool) -> dict[str, Any]:
    """Return the arguments of a session: those given, and from the variables of the process what they leave open.

    Raises:
        InvalidParameter: a variable has an invalid value; it is named.
        MissingCredentials: only one of key and secret is set.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    keyed = bool(given.keys() & {"api_key", "api_secret", "signer"})
    if public and keyed:
        raise InvalidParameter("public", "a public session takes no key: leave out api_key, api_secret and signer")
    if not (public or keyed):
        given |= _set(api_key="BYBIT_API_KEY", api_secret="BYBIT_API_SECRET")
        hide_secret(given)
        if len(given.keys() & {"api_key", "api_secret"}) == 1:
            missing = "BYBIT_API_SECRET" if "api_key" in given else "BYBIT_API_KEY"
            raise MissingCredentials(missing, "is not set, and key and secret go together")
    if not given.keys() & {"environment", "testnet", "demo", "region"}:
        given["environment"] = environments.from_variables(os.environ)
    return {**_set(data_dir="BYBIT_DATA_DIR", data_leases="BYBIT_DATA_LEASES"), **given}


def _set(**names: str) -> dict[str, Any]:
    """Return the arguments whose variables are set."""
    return {argument: os.environ[name] for argument, name in names.items() if os.environ.get(name)}
