"""How often each book has changed, and the update ids of the feeds that show it."""

from __future__ import annotations

from typing import NamedTuple

from bybit_async.simulator.engine.events import Sink
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.market.noise import make_key


class _Reading(NamedTuple):
    epoch: int
    version: int
    update_id: int


class BookVersions(Sink):
    """Counts the changes of books and numbers what shows them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._restarts = 0
        self._resets: dict[tuple[str, str], int] = {}
        self._versions: dict[tuple[str, str], int] = {}
        self._read: dict[tuple[str, str], _Reading] = {}

    def on_book(self, listing: Listing) -> None:
        """Note that a book has changed."""
        key = listing.instrument.key
        self._versions[key] = self._versions.get(key, 0) + 1

    def version(self, listing: Listing) -> int:
        """Return how often the book has changed."""
        return self._versions.get(listing.instrument.key, 0)

    def restart(self) -> None:
        """Number every book from 1 again."""
        self._restarts += 1

    def reset(self, listing: Listing) -> None:
        """Number one book from 1 again, as when its tick size changes: every subscriber gets a new snapshot."""
        key = listing.instrument.key
        self._resets[key] = self._resets.get(key, 0) + 1

    def epoch(self, listing: Listing) -> int:
        """Return how often the numbering of a book has begun afresh."""
        return self._restarts + self._resets.get(listing.instrument.key, 0)

    def first_id(self, listing: Listing) -> int:
        """Return where the update ids of a book begin."""
        return 1 if self.epoch(listing) else make_key(self._seed, *listing.instrument.key) % 1_000_000 + 1_000

    def read_id(self, listing: Listing) -> int:
        """Return the update id of a book that is read as it is now, from which its deepest feed numbers on."""
        key, epoch, version = listing.instrument.key, self.epoch(listing), self.version(listing)
        last = self._read.get(key)
        if last is None or last.epoch != epoch:
            number = self.first_id(listing)
        else:
            number = last.update_id + (last.version != version)
        self._read[key] = _Reading(epoch, version, number)
        return number
