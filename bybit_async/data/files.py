"""Where the store's bytes lie: a folder of this machine, or any place that fsspec knows."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from bybit_async.data.errors import StoreError, StoreUnwritable
from bybit_async.data.records import RECORDS
from bybit_async.errors import InvalidParameter

_LOCKS = ".locks"
_TEMPORARY = ".tmp"
_OBJECT_STORES = frozenset(["s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss", "memory"])


class Files(Protocol):
    """Whole files by path. A write is seen whole or not at all."""

    @property
    def address(self) -> str:
        """What a user calls the place."""
        ...

    @property
    def locks(self) -> bool:
        """Whether `lock` keeps every other writer out."""
        ...

    @property
    def readers(self) -> int:
        """How many files are worth reading side by side: each costs memory, and over a network time."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file, or None if it does not exist."""
        ...

    def write(self, path: str, content: bytes, *, durable: bool = True) -> None:
        """Put a file in place of whatever was there; raises `StoreUnwritable`.

        One that is not `durable` may be lost, or be empty, when the machine stops; it costs no wait for the disk.
        """
        ...

    def remove(self, path: str) -> None:
        """Remove a file; harmless if it does not exist."""
        ...

    def walk(self, below: str = "") -> list[str]:
        """Return every file below a folder, in order."""
        ...

    def lock(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Keep other processes from changing what `name` refers to."""
        ...

    def exists(self) -> bool:
        """Return whether there is such a place, and anything in it."""
        ...


def files_at(place: str | os.PathLike[str] | None) -> Files:
    """Return the files of a place: a folder, an fsspec address (``s3://…``), or None for the user's own data folder."""
    if place is None:
        from platformdirs import user_data_path

        return LocalFiles(user_data_path("bybit_async") / "data")
    text = os.fspath(place)
    if "://" in text and not text.startswith("file://"):
        return RemoteFiles(text)
    if not text:
        raise InvalidParameter("data_dir", "expected a folder or an address, got an empty text")
    return LocalFiles(Path(text.removeprefix("file://")).expanduser())


class LocalFiles:
    """A folder of this machine: temporary file, fsync, rename; locks that end with their process."""

    locks = True
    readers = 2

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @property
    def address(self) -> str:
        """The folder."""
        return str(self._root)

    def read(self, path: str) -> bytes | None:
        """See `Files`; the others likewise."""
        try:
            return (self._root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(f"cannot read {self._root / path}: {error.strerror or error}") from error

    def write(self, path: str, content: bytes, *, durable: bool = True) -> None:
        """Write beside the target, make it durable, then rename."""
        target = self._root / path
        temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}{_TEMPORARY}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as file:
                file.write(content)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            temporary.replace(target)
            if durable:
                _sync_folder(target.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise self._unwritable(error) from error

    def remove(self, path: str) -> None:
        """Remove a file."""
        try:
            (self._root / path).unlink(missing_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def walk(self, below: str = "") -> list[str]:
        """List files, ours to come included (temporary ones), locks left out."""
        found = []
        for folder, folders, names in os.walk(self._root / below):
            if _LOCKS in folders:
                folders.remove(_LOCKS)
            found += [(Path(folder) / name).relative_to(self._root).as_posix() for name in names]
        return sorted(found)

    def exists(self) -> bool:
        """See `Files`."""
        return self._root.is_dir()

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold a lock that the system releases when the process dies, and clear what dead writers left behind."""
        from filelock import FileLock

        path = self._root / _LOCKS / f"{name.replace('/', '~')}.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            held = FileLock(path).acquire()
        except OSError as error:
            raise self._unwritable(error) from error
        with held:
            self._sweep(name)
            yield

    def _sweep(self, name: str) -> None:
        # Under the lock no other process writes here, so a temporary file can only be what a killed one left.
        for folder in (self._root / name, self._root / RECORDS / name):
            for left in folder.rglob(f".*{_TEMPORARY}") if folder.is_dir() else ():
                with contextlib.suppress(OSError):
                    left.unlink()

    def _unwritable(self, error: OSError) -> StoreUnwritable:
        reasons = {errno.ENOSPC: "the disk is full", errno.EROFS: "it is read-only", errno.EACCES: "no permission"}
        reason = reasons.get(error.errno or 0, error.strerror or str(error))
        return StoreUnwritable(
            f"cannot write to {self._root}: {reason}; choose another data_dir, or use_cache=False. "
            "What was stored before is untouched"
        )


class RemoteFiles:
    """A place that fsspec reaches. Object stores put whole objects, so a write is atomic there without a rename.

    There are no locks between machines; see `parts` for how writers share a file anyway.
    """

    locks = False
    readers = 8

    def __init__(self, address: str) -> None:
        import fsspec

        try:
            self._system, self._root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise InvalidParameter("data_dir", f"{address!r}: {error}") from error
        self._root = self._root.rstrip("/")
        protocol = self._system.protocol
        self._protocols = {protocol} if isinstance(protocol, str) else set(protocol)
        self._address = address

    @property
    def address(self) -> str:
        """The address as it was given."""
        return self._address

    def read(self, path: str) -> bytes | None:
        """See `Files`; the others likewise."""
        try:
            return bytes(self._system.cat_file(self._full(path)))
        except FileNotFoundError:
            return None
        except Exception as error:
            # Every fsspec backend raises its own kinds of errors: no permission, no such host, no credentials.
            raise StoreError(f"cannot read {self._address}/{path}: {error}") from error

    def write(self, path: str, content: bytes, *, durable: bool = True) -> None:
        """Put one object."""
        full = self._full(path)
        try:
            # In an object store there are no folders, and to make one would make the bucket of a mistyped address.
            if not _OBJECT_STORES.intersection(self._protocols):
                self._system.makedirs(full.rsplit("/", 1)[0], exist_ok=True)
            self._system.pipe_file(full, content)
        except Exception as error:
            raise StoreUnwritable(f"cannot write to {self._address}: {error}") from error

    def remove(self, path: str) -> None:
        """Remove one object."""
        try:
            self._system.rm_file(self._full(path))
        except FileNotFoundError:
            return
        except Exception as error:
            raise StoreUnwritable(f"cannot remove {self._address}/{path}: {error}") from error

    def walk(self, below: str = "") -> list[str]:
        """List objects."""
        self._system.invalidate_cache()
        try:
            found: list[Any] = self._system.find(self._full(below) if below else self._root)
        except FileNotFoundError:
            return []
        except Exception as error:
            raise StoreError(f"cannot list {self._address}: {error}") from error
        root = self._root.lstrip("/")
        return sorted(name.lstrip("/").removeprefix(root).lstrip("/") for name in found)

    def exists(self) -> bool:
        """See `Files`."""
        return bool(self.walk())

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Nothing to hold; see the class."""
        yield

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}"


def _sync_folder(folder: Path) -> None:
    # Without this the rename itself may be lost when the machine stops.
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
