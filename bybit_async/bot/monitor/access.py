"""Who may see and steer a bot: the address rule, the token, the checks of each request. Pure, except for the file."""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from bybit_async.bot.configuration.sections import MonitorSettings
from bybit_async.bot.errors import ConfigurationInvalid

TOKEN_FILE = "monitor.token"
_PROTOCOL = "token."
_LEAST = 32


class Address(NamedTuple):
    """Where the monitor listens."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only programs of this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def shown(self) -> str:
        """As it is written in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address_of(settings: MonitorSettings) -> Address:
    """Return where to listen.

    Raises:
        ConfigurationInvalid: it is no host and port, or may be reached from other machines and that is not allowed, or
            would be without TLS.
    """
    try:
        parts = urlsplit(f"//{settings.address}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or port is None or parts.path or parts.username is not None:
        raise ConfigurationInvalid(
            [f"monitor.address: {settings.address!r} is not a host and a port, as 127.0.0.1:8080 or [::1]:8080"]
        )
    if bool(settings.certificate) != bool(settings.private_key):
        missing = "private_key" if settings.certificate else "certificate"
        raise ConfigurationInvalid([f"monitor.{missing}: missing; a certificate and its private key go together"])
    address = Address(host, port)
    if not address.is_loopback:
        _allow_public(address, settings)
    return address


def _allow_public(address: Address, settings: MonitorSettings) -> None:
    if not settings.public:
        raise ConfigurationInvalid(
            [
                f"monitor.address: {address.shown} can be reached from other machines, and anyone with the token can "
                "stop the bot. Keep 127.0.0.1 and use an SSH tunnel, or set monitor.public with a certificate"
            ]
        )
    if not settings.certificate:
        raise ConfigurationInvalid(
            [
                f"monitor.certificate: missing; {address.shown} can be reached from other machines, and without TLS "
                "anyone on the way reads the token"
            ]
        )


def token_in(folder: Path) -> tuple[str, bool]:
    """Return the token that a folder keeps, and whether it was made just now; its file is of mode 600.

    Raises:
        ConfigurationInvalid: others can read the file, or it holds no token.
    """
    path = folder / TOKEN_FILE
    folder.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(32)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_token(path), False
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(made + "\n")
    return made, True


def read_token(path: Path) -> str:
    """Return the token of a file.

    Raises:
        ConfigurationInvalid: there is no such file, others can read it, or it holds no token.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationInvalid(
            [
                f"{path}: the token of the monitor cannot be read ({error.strerror}); "
                "has the bot been run with --monitor?"
            ]
        ) from None
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationInvalid(
            [f"{path}: others can read the token of the monitor; remove the file, the next start makes another"]
        )
    if len(text) < _LEAST or not text.isascii() or not all(c.isalnum() or c in "-_" for c in text):
        raise ConfigurationInvalid(
            [f"{path}: not a token of {_LEAST} or more letters, digits, - and _; remove the file"]
        )
    return text


class Denial(NamedTuple):
    """Why a request is not answered."""

    status: int
    reason: str


class Gate:
    """Decides whether a request may pass.

    Args:
        token: what it must carry.
        address: where the monitor listens; port 0 is replaced by `listening`.
        names: host names besides the address that people reach it by.
        tls: whether it is reached by https.
    """

    def __init__(self, token: str, address: Address, *, names: tuple[str, ...] = (), tls: bool = False) -> None:
        self._token = token.encode()
        self._scheme = "https" if tls else "http"
        self._address = address
        self._names = frozenset(name.lower() for name in names) | {address.host}
        if address.is_loopback:
            self._names |= {"localhost", "127.0.0.1", "::1"}

    def listening(self, port: int) -> None:
        """Take note of the port that the system chose."""
        self._address = self._address._replace(port=port)

    @property
    def address(self) -> Address:
        """Where the monitor listens."""
        return self._address

    def place(self, headers: Mapping[str, str]) -> Denial | None:
        """Return why a request is not for us, or comes from another site's page; None when it may pass.

        A name that an attacker lets point at this machine reaches us with that name in ``Host``.
        """
        host = headers.get("Host", "")
        if not self._is_ours(host):
            return Denial(421, "this monitor has another name; see monitor.hosts")
        origin = headers.get("Origin")
        if origin is not None and origin != f"{self._scheme}://{host}":
            return Denial(403, "the request comes from another site")
        if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            return Denial(403, "the request comes from another site")
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            parts = urlsplit(f"//{host}")
            name, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return False
        default = 443 if self._scheme == "https" else 80
        if (default if port is None else port) != self._address.port:
            return False
        if name in self._names:
            return True
        return self._address.host in ("0.0.0.0", "::") and _is_number(name)

    def bearer(self, headers: Mapping[str, str]) -> Denial | None:
        """Return why a request is not allowed; its token comes in ``Authorization``, which no other page can send."""
        kind, _, given = headers.get("Authorization", "").partition(" ")
        return None if kind.lower() == "bearer" and self._matches(given) else _UNAUTHORIZED

    def protocol(self, headers: Mapping[str, str]) -> Denial | None:
        """Return why a WebSocket is not allowed; a browser can send its token only as the name of a protocol."""
        offered = [name.strip() for name in headers.get("Sec-WebSocket-Protocol", "").split(",")]
        given = next((name.removeprefix(_PROTOCOL) for name in offered if name.startswith(_PROTOCOL)), "")
        return None if self._matches(given) else _UNAUTHORIZED

    def _matches(self, given: str) -> bool:
        return hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), self._token)


_UNAUTHORIZED = Denial(401, "the token is missing or wrong")


def _is_number(name: str) -> bool:
    # A name that is an address cannot be made to point elsewhere.
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
