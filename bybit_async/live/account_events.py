"""What a live account reports, and who listens to it."""

from __future__ import annotations

import time
from typing import Literal, Self

import msgspec

from bybit_async.models.account import Wallet
from bybit_async.models.position import Position
from bybit_async.models.trade import Execution, Order
from bybit_async.stream.buffer import Buffer

AccountEventKind = Literal["order", "execution", "position", "wallet", "lost", "synced"]
"""What happened.

`order`, `execution`, `position`, `wallet`: the account changed. `lost`: the private stream ended, or messages of it
were dropped here; what is known may be old. `synced`: it is certain again that what is known is what Bybit knows.
"""


class AccountEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A change of an account; the field that its kind names is filled.

    Attributes:
        recovered: it happened while the stream was away, and was found out by REST.
        order: as it is now; `previous_order` as it was, None for a new one.
        became_final: whether this is the change that ended the order; there is exactly one.
        position: as it is now; `previous_position` as it was.
        wallet: as it is now; `coins` names the coins that changed.
        reason: why the stream was lost.
        at_ns: when it became known here, in nanoseconds of `time.monotonic_ns`.
    """

    kind: AccountEventKind
    recovered: bool = False
    order: Order | None = None
    previous_order: Order | None = None
    became_final: bool = False
    execution: Execution | None = None
    position: Position | None = None
    previous_position: Position | None = None
    wallet: Wallet | None = None
    coins: tuple[str, ...] = ()
    reason: str = ""
    at_ns: int = msgspec.field(default_factory=time.monotonic_ns)


class AccountEvents:
    """Iterates the events of a live account, from the moment it was made; ends with the account or with `close`."""

    def __init__(self, listeners: set[Buffer[AccountEvent]], buffer: int) -> None:
        self._listeners = listeners
        self._mailbox: Buffer[AccountEvent] = Buffer(buffer, "drop_oldest")
        listeners.add(self._mailbox)

    @property
    def dropped(self) -> int:
        """Events that were dropped because they were not taken in time."""
        return self._mailbox.dropped

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AccountEvent:
        return await self._mailbox.get()

    def close(self) -> None:
        """End it. Idempotent."""
        self._listeners.discard(self._mailbox)
        self._mailbox.discard()

    async def aclose(self) -> None:
        """Like `close`, for ``contextlib.aclosing``."""
        self.close()
