"""What can go wrong with the store.

BybitError
└── StoreError              the store cannot do what was asked; nothing that it held is lost
    ├── StoreUnwritable     the folder is read-only or full, or its address leads nowhere
    ├── StoreIncomplete     rows are missing, and were not to be downloaded
    ├── StoreMissing        there is no store in that place
    ├── StoreTooNew         a newer version of this library wrote it
    ├── StoreTooOld         an older one wrote it, which did not record which exchange its rows are of
    └── StoreDamaged        a file cannot be read; `path` names it, `repair` fetches it again

None of them is about Bybit: those are in `bybit_async.errors`.
"""

from __future__ import annotations

from bybit_async.errors import BybitError


class StoreError(BybitError):
    """The store cannot do what was asked; what it holds is untouched."""


class StoreUnwritable(StoreError):
    """Nothing can be written: the place is read-only, full or does not exist. What was written before stays."""


class StoreTooNew(StoreError):
    """A newer version of the library wrote this store; it is neither read nor changed."""


class StoreTooOld(StoreError):
    """A version of the library that did not record which exchange its rows are of wrote this store; it is not read."""


class StoreMissing(StoreError):
    """There is no store in that place, which a mistyped folder may be the reason for."""


class StoreIncomplete(StoreError):
    """Rows of a range are missing where only stored ones were asked for."""


class StoreDamaged(StoreError):
    """A file of the store cannot be read.

    Attributes:
        path: the file, below the store's root.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}; `repair` fetches it again")
        self.path = path
        self.reason = reason

    def __reduce__(self) -> tuple[type[StoreDamaged], tuple[str, str]]:
        return type(self), (self.path, self.reason)
