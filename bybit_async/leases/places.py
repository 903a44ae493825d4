"""From the address of a place to a lease kept there."""

from __future__ import annotations

import os
import socket

from bybit_async.errors import InvalidParameter
from bybit_async.leases.lease import Lease, LeasePlace
from bybit_async.redis_address import EXPECTED, is_redis, redis_address
from bybit_async.secret import hidden


def place_at(address: str | os.PathLike[str], *, fleeting: bool = False, parameter: str = "address") -> LeasePlace:
    """Return the place that an address means: ``redis://``, ``rediss://`` or ``unix://`` is Redis, else a folder.

    Args:
        address: the place.
        fleeting: see `hold`.
        parameter: what an error calls the address.

    Raises:
        InvalidParameter: the address is empty or has a scheme that is not known.
        MissingExtra: Redis is meant, and the ``redis`` extra is not installed.
    """
    address = hidden(os.fspath(address))
    if is_redis(address):
        address = redis_address(address, parameter)
        from bybit_async.leases.redis_place import RedisPlace

        return RedisPlace(address, fleeting=fleeting)
    if "://" in address or not address:
        raise InvalidParameter(parameter, f"expected a folder or {EXPECTED}")
    from bybit_async.leases.folder_place import FolderPlace

    return FolderPlace(address[:])


def hold(
    address: str | os.PathLike[str],
    name: str,
    *,
    life: float = 10.0,
    wait: float = 0.0,
    holder: str | None = None,
    fleeting: bool = False,
) -> Lease:
    """Return a lease to be taken by ``async with``.

    Args:
        address: where it is kept: ``redis://…`` for many machines, a folder for one.
        name: what it is a lease of; the same for everyone who competes for it.
        life: seconds until it ends when its holder dies or stands still, from 0.2; the same for everyone who competes
            for it. A lease in a folder ends with its process at once.
        wait: seconds to wait while someone else holds it.
        holder: who takes it, for the message that others get; machine and process by default.
        fleeting: for one of many names, where two holders cost work and spoil nothing. Redis gives a name that it has
            not seen at once, without waiting for a holder from before it lost its memory, and forgets it afterwards.

    Raises:
        InvalidParameter: an argument is invalid; it is named.
    """
    if not name or not name.isprintable() or "/" in name or name.startswith("."):
        raise InvalidParameter("name", f"expected printable text without a slash, got {name!r}")
    if not 0.2 <= life < 86_400:
        raise InvalidParameter("life", f"expected 0.2 to 86400 seconds, got {life}")
    if not wait >= 0:
        raise InvalidParameter("wait", f"expected zero or more seconds, got {wait}")
    who = holder if holder is not None else f"{socket.gethostname()} process {os.getpid()}"
    address = hidden(address) if isinstance(address, str) else address
    return Lease(place_at(address, fleeting=fleeting), name, holder=who, life=life, wait=wait)
