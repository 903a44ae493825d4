"""Leases of one machine: a locked file for each, which the system unlocks when the process ends."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from bybit_async.errors import LeaseUnavailable

try:
    import fcntl
except ImportError:  # Windows has other locks, which end with the process just as well
    fcntl = None  # type: ignore[assignment]


class FolderPlace:
    """A folder of one machine; what lies on a network is not locked reliably.

    Args:
        folder: made when it does not exist, readable for its owner only.
    """

    endless = True

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._files: dict[str, int] = {}

    async def take(self, name: str, holder: str, life: float) -> int | str:
        """Lock the file; it holds the last fencing token and who took it."""
        del life
        if fcntl is None:
            raise LeaseUnavailable("leases in a folder need a system with file locks; use redis://")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._folder / f"{name}.lease", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LeaseUnavailable(f"cannot open {self._folder / name}.lease: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            content = os.pread(file, 4096, 0)
            os.close(file)
            return content.decode(errors="replace").partition(" ")[2] or "another process"
        token = int(os.pread(file, 4096, 0).partition(b" ")[0] or b"0") + 1
        os.ftruncate(file, 0)
        os.pwrite(file, f"{token} {holder}".encode(), 0)
        os.fsync(file)
        self._files[name] = file
        return token

    async def renew(self, name: str, token: int, life: float) -> bool:
        """Return whether this process still has the file locked."""
        del token, life
        return name in self._files

    async def give_back(self, name: str, token: int) -> None:
        """Unlock the file. It stays, for its token."""
        del token
        with contextlib.suppress(KeyError):
            os.close(self._files.pop(name))

    async def aclose(self) -> None:
        """Unlock every file."""
        while self._files:
            os.close(self._files.popitem()[1])
