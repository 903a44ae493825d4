"""Addresses of Redis servers: checked before anything connects, and never shown, for they may hold a password."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from bybit_async.errors import InvalidParameter
from bybit_async.secret import Secret, hidden

EXPECTED = "redis://host:6379/0, rediss:// over TLS or unix:///path"
_SCHEMES = ("redis", "rediss", "unix")


def is_redis(place: str | os.PathLike[str]) -> bool:
    """Return whether a place is an address of Redis and no file."""
    return os.fspath(place).partition("://")[0] in _SCHEMES and "://" in os.fspath(place)


def redis_address(url: str, parameter: str) -> Secret:
    """Return an address that hides itself.

    Raises:
        InvalidParameter: it is no address of Redis; `parameter` is named, the address is not quoted.
    """
    address = hidden(url)
    fault = _fault_of(address)
    if fault:
        raise InvalidParameter(parameter, f"expected {EXPECTED}; {fault} (not shown: it may hold a password)")
    return address


def _fault_of(address: Secret) -> str:
    # Nothing that is split off may stay in a frame that an error passes through.
    if not is_redis(address):
        return "the address begins in another way"
    try:
        parts = urlsplit(address)
        port, path = parts.port, parts.path.strip("/")
    except ValueError:
        return "its host or port is invalid"
    if parts.scheme == "unix":
        return "" if path else "it has no path"
    if port == 0:
        return "its host or port is invalid"
    return "" if not path or path.isdecimal() else "its database is no number"
