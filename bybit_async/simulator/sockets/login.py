"""Authentication of a socket: a signature over the moment it expires."""

from __future__ import annotations

from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.keys import IssuedKey, KeyRing
from bybit_async.simulator.rest.authentication import check_standing


def login(ring: KeyRing, args: object, address: str, now: int) -> IssuedKey:
    """Return the key of an `auth` request, or refuse it with 10001, 10003, 10004, 10008, 10010 or 33004."""
    if not isinstance(args, list) or len(args) != 3:
        raise Refused(10001, "Params Error")
    name, expires, signature = args
    try:
        moment = int(expires)
    except (TypeError, ValueError):
        raise Refused(10001, "Params Error") from None
    key = ring.find(str(name))
    if key is None:
        raise Refused(10003, "API key is invalid.")
    if moment <= now:
        raise Refused(10004, "Params Error: expires is in the past")
    if not key.accepts(f"GET/realtime{expires}".encode(), str(signature)):
        raise Refused(10004, "Invalid sign")
    if key.expires_at and key.expires_at <= now:
        raise Refused(33004, "Your api key has expired.")
    check_standing(ring, key, address)
    return key
