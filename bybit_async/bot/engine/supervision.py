"""What a running engine does beside trading: breakers, unknown orders, changed rules, and the equity it writes down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from bybit_async import BybitError
from bybit_async.bot.engine.rooms import Rooms
from bybit_async.bot.errors import JournalError
from bybit_async.bot.journal import Put
from bybit_async.bot.journal.journal import event, meta

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

_EVERY = 0.25
_QUIET = 0.2
_MOST_BUSY = 8
_ASK_EVERY = 2.0
_WRITE_EVERY = 60.0
_RENEW_EVERY = 300.0
_MISSING_AFTER_MS = 2_000


class Supervision:
    """The rounds that are made while the engine runs.

    Args:
        rooms: the parts of the engine.
        alert: tells people.
        on_trip: called with the breakers that have just tripped for good.

    Attributes:
        round_at: when the last round ended, in seconds of the loop's clock.
    """

    def __init__(
        self, rooms: Rooms, *, alert: Callable[[str, str], None], on_trip: Callable[[list[str]], None]
    ) -> None:
        self._rooms = rooms
        self._alert = alert
        self._on_trip = on_trip
        self._busy = 0
        self._was_synced = True
        self._equity: Decimal | None = None
        self._state: dict[str, Any] | None = rooms.risk.state()
        self._tripped: frozenset[str] = frozenset()
        self.round_at: float = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Make the rounds until cancelled."""
        loop = asyncio.get_running_loop()
        due = {self._ask: loop.time(), self._write: loop.time() + _WRITE_EVERY, self._renew: loop.time() + _RENEW_EVERY}
        every = {self._ask: _ASK_EVERY, self._write: _WRITE_EVERY, self._renew: _RENEW_EVERY}
        while True:
            for step, at in list(due.items()):
                if loop.time() >= at:
                    due[step] = loop.time() + every[step]
                    await self._tried(step())
            try:
                self.observe()
            except Exception:
                log.exception("the account could not be looked at, trying again")
            else:
                self.round_at = loop.time()
            await asyncio.sleep(_EVERY)

    async def _tried(self, step: Any) -> None:
        try:
            await step
        except (BybitError, JournalError) as error:
            log.warning("trying again later: %s", error)
        except Exception:
            log.exception("trying again later")

    def observe(self) -> None:
        """Show the account to the breakers, unless news of it are just coming in."""
        rooms = self._rooms
        since = asyncio.get_running_loop().time() - rooms.desk.last_event
        # Of one fill the position is told before the wallet: in between equity looks as it never was.
        if since < _QUIET and self._busy < _MOST_BUSY:
            self._busy += 1
            self.refresh()
            return
        self._busy = 0
        snapshot = rooms.portfolio()
        self._equity = snapshot.equity
        if snapshot.synced != self._was_synced:
            self._was_synced = snapshot.synced
            self._alert("info" if snapshot.synced else "warning", f"account {'' if snapshot.synced else 'not '}synced")
        rooms.risk.check(snapshot)
        tripped = frozenset(rooms.risk.tripped)
        fresh = sorted(tripped - self._tripped)
        self._tripped = tripped
        if fresh:
            words = ", ".join(str(rooms.risk.tripped[name]) for name in fresh)
            self._alert("critical", f"breaker tripped: {words}")
            rooms.journal.post(event(snapshot.time_ms, "breaker", names=fresh, words=words))
            self.save()
        if tripped:
            self._on_trip(sorted(tripped))

    def refresh(self) -> None:
        """Show the risk manager what is held now, at the equity that was last certain."""
        self._rooms.risk.observe(msgspec.structs.replace(self._rooms.portfolio(), equity=self._equity))

    def save(self) -> None:
        """Write down what the risk manager has to remember, if it changed."""
        state = self._rooms.risk.state()
        if state != self._state:
            self._rooms.journal.post(meta("risk", state))
            self._state = state

    async def _ask(self) -> None:
        """Ask about trades that the account's news do not settle."""
        desk, now_ms = self._rooms.desk, self._rooms.now_ms()
        if not self._rooms.journal.is_healthy:
            # Nothing is traded meanwhile, so nothing else would find out that the disk has room again.
            await self._rooms.journal.write(meta("tried_ms", now_ms))
        for trade in desk.trades.active:
            listed = desk.account.orders.find(order_link_id=trade.execution_id) is not None
            stuck = trade.ending is not None or not listed
            if trade.is_unknown or (stuck and now_ms - trade.updated_ms > _MISSING_AFTER_MS):
                await self._rooms.recovery.ask(trade)

    async def _write(self) -> None:
        rooms = self._rooms
        self.save()
        snapshot = rooms.portfolio()
        if not snapshot.synced:
            return
        rows = [meta("seen_ms", snapshot.time_ms)]
        if snapshot.equity is not None:
            rows.append(Put("equity", {"time_ms": snapshot.time_ms, "equity": str(snapshot.equity)}))
        rooms.journal.post(*rows)

    async def _renew(self) -> None:
        await self._rooms.renew_instruments()
