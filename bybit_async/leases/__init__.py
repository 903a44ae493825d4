"""Leases: what must run alone (a bot on an account, a leading relay, one download of a month) holds one.

A lease is held by one process at a time, for as long as it renews it, and ends by itself when that process dies or
stands still. Each holder gets a larger *fencing token* than every holder before it: what is written under a lease can
carry the token, and a write with a smaller one than was seen before comes from a holder that has lost the lease
without knowing it.

`hold` takes the address of a place: ``redis://host:6379/0`` for many machines, a folder for one.
"""

from __future__ import annotations

from bybit_async.leases.lease import Lease, LeasePlace
from bybit_async.leases.places import hold, place_at

__all__ = ["Lease", "LeasePlace", "hold", "place_at"]
