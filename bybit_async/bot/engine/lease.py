"""One engine for an account: the second one on this machine is refused.

The lock is the operating system's and ends with the process, however that ends. It says nothing of other machines.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import filelock
import platformdirs

from bybit_async.bot.errors import LeaseHeld


class AccountLease:
    """The right to trade an account, from `take` until `release`.

    Args:
        account: what identifies it: host and account id.
        folder: where the locks lie; the user's own state folder by default, the same for every bot of the machine.
    """

    def __init__(self, account: str, folder: str | Path | None = None) -> None:
        place = Path(folder or platformdirs.user_state_dir("bybit_async")) / "leases"
        self.name: str = hashlib.blake2b(account.encode(), digest_size=8).hexdigest()
        self._path = place / f"{self.name}.lock"
        self._lock: filelock.FileLock | None = None

    def take(self) -> None:
        """Take it.

        Raises:
            LeaseHeld: another engine trades the account.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self._path, is_singleton=False)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise LeaseHeld(f"another engine trades this account (lock {self._path}); stop it first") from None
        self._lock = lock

    def release(self) -> None:
        """Give it back; harmless when it was not taken."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
