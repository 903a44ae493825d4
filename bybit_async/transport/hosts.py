"""What the sessions of this process share about a host: how fast it may be asked, and whether it has shut us out.

Bybit counts by address, over all hosts of mainnet and its regions: those are one host here.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from bybit_async.environments import counted_as
from bybit_async.errors import HostBanned
from bybit_async.transport.meter import LoopMeter

_PORTS = {"http": 80, "https": 443}


class Host:
    """One host, as long as a session uses it or it bans us.

    Attributes:
        name: scheme, host and port; empty for one that nobody shares.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._meters: dict[tuple[int, float], LoopMeter] = {}
        # One attribute, because a thread may set what the loop reads.
        self._shut: tuple[HostBanned, Callable[[], bool]] | None = None

    def meter(self, requests: int, seconds: float) -> LoopMeter:
        """Return the meter of those who believe that the host allows so many requests in so many seconds."""
        return self._meters.setdefault((requests, seconds), LoopMeter(requests, seconds))

    @property
    def ban(self) -> HostBanned | None:
        """The refusal that shut us out, until it is over."""
        shut = self._shut
        if shut is None:
            return None
        error, over = shut
        if not over():
            return error
        if self._shut is shut:
            self._shut = None
        return None

    def shut(self, error: HostBanned, over: Callable[[], bool]) -> None:
        """Note that the host has shut us out; `over` says when no more. Of two bans the longer one counts."""
        ban = self.ban
        if ban is not None and (ban.until or 0) >= (error.until or 0):
            return
        self._shut = error, over
        if self.name and not _is_loopback(self.name):
            with _lock:
                _shut[self.name] = self


_hosts: WeakValueDictionary[str, Host] = WeakValueDictionary()
_shut: dict[str, Host] = {}
"""Hosts whose ban must be remembered although no session may be left: a new one must not run into it."""
_lock = threading.Lock()


def host_at(url: str) -> Host:
    """Return the one host of an address."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    name = f"{parts.scheme}://{counted_as(parts.hostname or '') if port == 443 else parts.hostname}:{port}"
    with _lock:
        for over in [other for other, host in _shut.items() if host.ban is None]:
            del _shut[over]
        return _hosts.setdefault(name, Host(name))


def _is_loopback(name: str) -> bool:
    # What listens on a port of this computer is another exchange a moment later.
    hostname = urlsplit(name).hostname or ""
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return hostname == "localhost"
