"""One engine for an account: its lease, on this machine or in Redis for many."""

from __future__ import annotations

import hashlib
from pathlib import Path

import platformdirs

from bybit_async.bot.configuration import BotSettings
from bybit_async.leases import Lease, hold

ON_THIS_MACHINE = "file"
_LIFE = 10.0


def account_lease(settings: BotSettings, account: str) -> Lease:
    """Return the lease of an account, to be taken.

    Args:
        settings: where it is kept.
        account: what identifies the account: host and account id.
    """
    name = "engine-" + hashlib.blake2b(account.encode(), digest_size=8).hexdigest()
    place = settings.engine.lease
    if place == ON_THIS_MACHINE:
        # The user's own state folder, the same for every bot of the machine.
        return hold(Path(platformdirs.user_state_dir("bybit_async")) / "leases", name, life=_LIFE)
    # One that was killed holds it for one life more, and so does, to be safe, a Redis that has no memory.
    return hold(place, name, life=_LIFE, wait=_LIFE * 1.2)
