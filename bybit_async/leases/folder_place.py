"""Leases of one machine: a locked file for each, which the system unlocks when the process ends."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from bybit_async.errors import LeaseUnavailable

if sys.platform == "win32":
    import msvcrt

    _BEHIND = 1 << 30
    """A lock there locks no one out of reading what is written at the beginning."""

    def _lock(file: int) -> None:
        os.lseek(file, _BEHIND, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def _content(file: int) -> bytes:
    os.lseek(file, 0, os.SEEK_SET)
    return os.read(file, 4096)


class FolderPlace:
    """A folder of one machine; files on a network are not locked reliably.

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
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._folder / f"{name}.lease", _FLAGS, 0o600)
        except OSError as error:
            raise LeaseUnavailable(f"cannot open {self._folder / name}.lease: {error.strerror}") from error
        try:
            _lock(file)
        except (BlockingIOError, PermissionError):
            content = _content(file)
            os.close(file)
            return content.decode(errors="replace").partition(" ")[2] or "another process"
        token = int(_content(file).partition(b" ")[0] or b"0") + 1
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, f"{token} {holder}".encode())
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
