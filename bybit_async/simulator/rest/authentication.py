"""Who is calling: the checks that a signed request has to pass, in Bybit's order and with its codes."""

from __future__ import annotations

from collections.abc import Mapping

from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.keys import IssuedKey, KeyRing

_AHEAD = 1_000
_DEFAULT_WINDOW = 5_000
_LARGEST_WINDOW = 60_000


def authenticate(ring: KeyRing, headers: Mapping[str, str], payload: bytes, address: str, now: int) -> IssuedKey:
    """Return the key that signed the request, or refuse it.

    `payload` is what was signed after the header values: the raw query string of a GET or the raw body of a POST.
    Refusals: 10001 (a header is missing), 10003 (no such key), 33004 (expired), 10002 (the timestamp is outside the
    window), 10004 (wrong signature), 10010 (address not allowed), 10008 (the account is frozen).
    """
    name = headers.get("X-BAPI-API-KEY", "")
    timestamp = headers.get("X-BAPI-TIMESTAMP", "")
    signature = headers.get("X-BAPI-SIGN", "")
    window = headers.get("X-BAPI-RECV-WINDOW", "")
    if not name or not timestamp or not signature:
        raise Refused(10001, "empty value: apiTimestamp[] apiKey[] apiSignature[]")
    key = ring.find(name)
    if key is None:
        raise Refused(10003, "API key is invalid.")
    if key.expires_at and key.expires_at <= now:
        raise Refused(33004, "Your api key has expired.")
    check_time(timestamp, window, now)
    if not key.accepts(f"{timestamp}{name}{window}".encode() + payload, signature):
        raise Refused(10004, "error sign! please check your signature generation algorithm.")
    check_standing(ring, key, address)
    return key


def check_time(timestamp: str, window: str, now: int) -> None:
    """Refuse with 10002 unless now - window <= timestamp < now + 1000 (milliseconds)."""
    try:
        sent, width = int(timestamp), min(int(window or _DEFAULT_WINDOW), _LARGEST_WINDOW)
    except ValueError:
        raise Refused(10001, "params error: timestamp and recv window must be integers") from None
    if not now - width <= sent < now + _AHEAD:
        raise Refused(
            10002,
            "invalid request, please check your server timestamp or recv_window param. "
            f"req_timestamp[{sent}],server_timestamp[{now}],recv_window[{width}]",
        )


def check_standing(ring: KeyRing, key: IssuedKey, address: str) -> None:
    """Refuse with 10010 a key that is bound to other addresses, with 10008 one of a frozen account."""
    check_address(key, address)
    if ring.is_blocked(key.uid):
        raise Refused(10008, "Common banned, please check your account mode.")


def check_address(key: IssuedKey, address: str) -> None:
    """Refuse with 10010 when the key is bound to other addresses."""
    if key.ips and address not in key.ips and "*" not in key.ips:
        raise Refused(10010, "Unmatched IP, please check your API key's bound IP addresses.")


def check_permission(key: IssuedKey, permission: str, *, writes: bool) -> None:
    """Refuse with 10005 when the key may not do this; a read-only key may not change anything."""
    if permission and ((key.read_only and writes) or not key.may(permission)):
        raise Refused(10005, "Permission denied, please check your API key permissions.")
