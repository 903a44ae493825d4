"""What a running engine does beside trading: breakers, unknown orders, changed rules, and the equity it writes down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec

from bybit_async import BybitError
from bybit_async.bot.engine.recovery import differences
from bybit_async.bot.engine.rooms import Rooms
from bybit_async.bot.engine.trades import BotTrade
from bybit_async.bot.errors import JournalError
from bybit_async.bot.journal import Put
from bybit_async.bot.journal.journal import event, meta

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

_EVERY = 0.25
_QUIET = 0.2
_MOST_BUSY = 8
_ASK_EVERY = 2.0
_EXPLAIN_EVERY = 0.25
_WRITE_EVERY = 60.0
_RENEW_EVERY = 300.0
_RENEW_STALE_EVERY = 10.0
_MISSING_AFTER = 2.0
_UNEXPLAINED_AFTER = 3.0
_REFRESHED_WITHIN = 5.0
_LEAVES_WITHIN = 0.5
_RESTS_FOR = 5.0
"""Seconds of a tripped breaker after which entries do not rest in the book any longer."""


class Supervision:
    """The rounds that are made while the engine runs.

    Args:
        rooms: the parts of the engine.
        alert: tells people.
        on_trip: called with the breakers that stay tripped, for as long as they do.
        on_impediment: called with what else keeps the engine from trading, for as long as it does.

    Attributes:
        round_at: when the last round ended, in seconds of the loop's clock.
    """

    def __init__(
        self,
        rooms: Rooms,
        *,
        alert: Callable[[str, str], None],
        on_trip: Callable[[list[str]], None],
        on_impediment: Callable[[list[str]], None],
    ) -> None:
        self._rooms = rooms
        self._alert = alert
        self._on_trip = on_trip
        self._on_impediment = on_impediment
        self._tripped_since: float | None = None
        self._busy = 0
        self._was_synced = True
        self._equity: Decimal | None = None
        self._state: dict[str, Any] | None = rooms.risk.state()
        self._tripped: frozenset[str] = frozenset()
        self._stuck: dict[str, float] = {}
        self._renewed_at = float("-inf")
        self._explained_flows_at = asyncio.get_running_loop().time()
        self._explained_at = asyncio.get_running_loop().time()
        self.round_at: float = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Make the rounds until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            # Each by itself: an exchange that does not answer must not delay the look at the breakers.
            tasks.create_task(self._look(), name="bybit_async bot looks at the breakers")
            tasks.create_task(self._outlive_the_lease(), name="bybit_async bot waits for the end of its lease")
            tasks.create_task(self._repeat(self._ask, _ASK_EVERY, at_once=True), name="bybit_async bot asks")
            tasks.create_task(self._repeat(self._explain, _EXPLAIN_EVERY), name="bybit_async bot looks for transfers")
            tasks.create_task(self._repeat(self._write, _WRITE_EVERY), name="bybit_async bot writes equity")
            tasks.create_task(self._repeat(self._renew, _RENEW_EVERY), name="bybit_async bot renews rules")

    async def _look(self) -> None:
        while True:
            try:
                self.observe()
            except Exception:
                log.exception("the account could not be looked at, trying again")
            else:
                self.round_at = asyncio.get_running_loop().time()
            await asyncio.sleep(_EVERY)

    async def _outlive_the_lease(self) -> None:
        await self._rooms.lease.lost()
        self._rooms.desk.withdraw()
        self._on_impediment(self._rooms.impediments())

    async def _repeat(self, step: Callable[[], Awaitable[None]], every: float, *, at_once: bool = False) -> None:
        pause = 0.0 if at_once else every
        while True:
            await asyncio.sleep(pause)
            pause = every
            await self._tried(step())

    async def _tried(self, step: Awaitable[None]) -> None:
        try:
            await step
        except (BybitError, JournalError) as error:
            log.warning("trying again later: %s", error)
        except Exception:
            log.exception("trying again later")

    def observe(self) -> None:
        """Show the account to the breakers, unless news of it are just coming in."""
        rooms = self._rooms
        if impediments := rooms.impediments():
            self._on_impediment(impediments)
            rooms.desk.withdraw()
        since = asyncio.get_running_loop().time() - rooms.desk.last_event
        # The position of a fill is reported before the wallet: in between equity is wrong.
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
        self._hold_back(stopped=bool(rooms.risk.check(snapshot) or impediments))
        tripped = frozenset(rooms.risk.tripped)
        fresh = sorted(tripped - self._tripped)
        self._tripped = tripped
        if fresh:
            words = ", ".join(str(rooms.risk.tripped[name]) for name in fresh)
            self._alert("critical", f"breaker tripped: {words}")
            rooms.journal.post(event(snapshot.time_ms, "breaker", names=fresh, words=words))
            self.save()
        if tripped and rooms.lease.held:
            self._on_trip(sorted(tripped))

    def _hold_back(self, *, stopped: bool) -> None:
        """Keep what was decided before a breaker tripped from leaving afterwards, and from resting unwatched."""
        now = asyncio.get_running_loop().time()
        if not stopped:
            self._tripped_since = None
            return
        desk = self._rooms.desk
        desk.withdraw(older_than=_LEAVES_WITHIN)
        if self._tripped_since is None:
            self._tripped_since = now
        lasting = now - self._tripped_since >= _RESTS_FOR
        # Without the lease they are another engine's to look after.
        if self._rooms.lease.held and (lasting or self._rooms.risk.tripped):
            desk.cancel_entries()

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
        """Ask about what the account's news do not settle."""
        rooms, desk = self._rooms, self._rooms.desk
        active = desk.trades.active
        doubtful = [trade for trade in active if self._is_doubtful(trade)]
        self._stuck = {
            trade.execution_id: self._stuck[trade.execution_id] for trade in active if trade.execution_id in self._stuck
        }
        questions = [self._tried(rooms.recovery.ask(trade)) for trade in doubtful]
        if not desk.account.synced or self._differs_for_long():
            # Its news do not come, or explain each other no more: what is held now has to be asked for.
            questions.append(self._tried(self._refreshed()))
        if not rooms.journal.is_healthy:
            # Nothing is traded meanwhile, so nothing else would find out that the disk has room again.
            questions.append(self._tried(rooms.journal.write(meta("tried_ms", rooms.now_ms()))))
        if rooms.recovery.unflattened:
            questions.append(self._tried(rooms.recovery.flatten()))
        if self._is_due_for_new_rules():
            questions.append(self._tried(self._renew()))
        two_sided = {held.symbol for held in desk.account.positions.open if held.position_idx}
        questions += [self._tried(rooms.look_at_mode(symbol)) for symbol in two_sided | rooms.hedged]
        await asyncio.gather(*questions)

    def _is_due_for_new_rules(self) -> bool:
        """Return whether prices fail to come in, as of a symbol that was delisted; true once in a while."""
        age_ms, now = self._rooms.portfolio().data_age_ms, asyncio.get_running_loop().time()
        fresh = age_ms is not None and age_ms <= self._rooms.settings.risk.max_data_age * 1000
        if fresh or now - self._renewed_at < _RENEW_STALE_EVERY:
            return False
        self._renewed_at = now
        return True

    async def _explain(self) -> None:
        """Find out why the balance changed, where no execution says so, and look for transfers now and then."""
        now = asyncio.get_running_loop().time()
        if not self._rooms.flows.is_certain or now - self._explained_flows_at > _WRITE_EVERY:
            self._explained_flows_at = now
            await self._rooms.flows.catch_up(self._rooms.now_ms())

    async def _refreshed(self) -> None:
        try:
            async with asyncio.timeout(_REFRESHED_WITHIN):
                await self._rooms.desk.account.refresh()
        except TimeoutError:
            log.warning("the account could not be asked for within %g s, trying again", _REFRESHED_WITHIN)

    def _is_doubtful(self, trade: BotTrade) -> bool:
        """Return whether what happened to a trade has to be asked for."""
        listed = self._rooms.desk.account.orders.find(order_link_id=trade.execution_id) is not None
        if listed and trade.ending is None and not trade.is_unknown:
            self._stuck.pop(trade.execution_id, None)
            return False
        # By the loop's clock: the exchange's may stand still, or be set back.
        now = asyncio.get_running_loop().time()
        since = self._stuck.setdefault(trade.execution_id, now)
        return trade.is_unknown or now - since >= _MISSING_AFTER

    def _differs_for_long(self) -> bool:
        """Return whether positions have been others than executions explain for a while."""
        now = asyncio.get_running_loop().time()
        if not differences(self._rooms.portfolio().positions, self._rooms.desk.lots):
            self._explained_at = now
            return False
        if now - self._explained_at < _UNEXPLAINED_AFTER:
            return False
        self._explained_at = now
        return True

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
