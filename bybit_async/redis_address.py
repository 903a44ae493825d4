"""Addresses of Redis servers: checked before anything connects, and never shown, for they may hold a password."""

from __future__ import annotations

import os
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

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


def private_redis_address(url: str, parameter: str) -> Secret:
    """Return an address that what belongs to an account may pass through: TLS, a Unix socket or loopback.

    Raises:
        InvalidParameter: it is no address of Redis, or one where others could read along; `parameter` is named.
    """
    address = redis_address(url, parameter)
    fault = _exposure_of(address)
    if fault:
        raise InvalidParameter(
            parameter,
            f"{fault}, and what belongs to an account goes over nothing else than TLS (rediss://host:6379/0, with the "
            "server's certificate in ssl_ca_certs= where no public authority signed it), unix:///path or a loopback "
            "address as redis://127.0.0.1:6379/0",
        )
    return address


def _exposure_of(address: Secret) -> str:
    parts = urlsplit(address)
    options = parse_qs(parts.query)
    if parts.scheme == "unix":
        return ""
    if parts.scheme == "rediss":
        unchecked = "none" in [value.lower() for value in options.get("ssl_cert_reqs", ())]
        return "ssl_cert_reqs=none trusts any server that answers" if unchecked else ""
    # Both can be given as options too, which count where the address itself names none.
    if {"host", "path"} & options.keys():
        return "redis:// with host= or path= is not encrypted"
    return "" if _is_loopback(parts.hostname or "localhost") else "redis:// to another machine is not encrypted"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


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
