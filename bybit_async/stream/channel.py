"""One channel: its topics, and which connection carries what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Any

from bybit_async.stream.buffer import Buffer
from bybit_async.stream.context import StreamContext
from bybit_async.stream.plan import LIMITS, NO_LIMITS, Connect, Subscribe, Unsubscribe, plan
from bybit_async.stream.supervisor import Supervisor
from bybit_async.stream.topic_state import Listener, TopicState
from bybit_async.stream.topic_table import TopicTable

_SILENT_PER_TURN = 10


class Channel:
    """One channel.

    Args:
        context: what the channels of the session share.
        name: ``"linear"`` and so on.
        waits_for: the buffer of the one subscriber that the channel is for; while it is full, nothing is read.

    Attributes:
        topics: its topics, and who listens to them.
        supervisors: what keeps its connections alive, by number.
    """

    def __init__(self, context: StreamContext, name: str, *, waits_for: Buffer[Any] | None = None) -> None:
        self.name = name
        self.topics: TopicTable = TopicTable(context, name, self._replan_soon)
        self.supervisors: dict[int, Supervisor] = {}
        self._context = context
        self._waits_for = waits_for
        self._limits = LIMITS.get(name, NO_LIMITS)
        self._made = 0
        self._planned: asyncio.Handle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def attach(self, names: Sequence[str], listener: Listener, *, fresh: bool) -> list[TopicState]:
        """Deliver topics to a listener; with `fresh`, a topic that is live already sends its snapshot again."""
        states = []
        for name in names:
            known = name in self.topics.states
            state = self.topics.attach(name, listener)
            if not known:
                self._revive(state)
            elif fresh and state.never_silent and state.phase != "asked":
                self._ask_again(state, patiently=False)
            states.append(state)
        return states

    def _revive(self, state: TopicState) -> None:
        # Its last listener left a moment ago and it was not unsubscribed from yet: the new one needs its own snapshot.
        for supervisor in self.supervisors.values():
            if state.name in supervisor.topics:
                state.connection = supervisor.number
                supervisor.resync(state.name)

    @property
    def idle(self) -> bool:
        """Whether nothing is left of it."""
        return not self.topics.states and not self.supervisors and not self._closing

    # Which connection carries what.

    def _replan_soon(self) -> None:
        # Subscriptions that begin in the same turn of the loop go out in the same request.
        if self._planned is None:
            self._planned = asyncio.get_running_loop().call_soon(self._replan)

    def _replan(self) -> None:
        self._planned = None
        have = {number: supervisor.topics.keys() for number, supervisor in self.supervisors.items()}
        for command in plan(self.topics.states, have, self._limits, next_connection=self._made + 1):
            if isinstance(command, Connect):
                self._connect(command.connection)
                continue
            supervisor = self.supervisors[command.connection]
            if isinstance(command, Subscribe):
                supervisor.subscribe(command.topics)
                for name in command.topics:
                    self.topics.states[name].connection = command.connection
            elif isinstance(command, Unsubscribe):
                supervisor.unsubscribe(command.topics)
            else:
                supervisor.empty_since = supervisor.empty_since or self._context.clock.monotonic()
                if self._waits_for is not None:
                    self._retire(supervisor)

    def _connect(self, number: int) -> None:
        self._made = number
        supervisor = self.supervisors[number] = Supervisor(self._context, self.topics, number, self._waits_for)
        supervisor.task.add_done_callback(partial(self._given_up, supervisor))

    def _given_up(self, supervisor: Supervisor, task: asyncio.Task[None]) -> None:
        # Whatever it was (a signer of the user's that raised, say), subscribers must hear of it.
        error = None if task.cancelled() else task.exception()
        if not isinstance(error, Exception) or self.supervisors.get(supervisor.number) is not supervisor:
            return
        names = tuple(name for name, state in self.topics.states.items() if state.connection == supervisor.number)
        del self.supervisors[supervisor.number]
        self.topics.emit("failed", 0, names, str(error), error)
        self.topics.end(names, error)

    def _retire(self, supervisor: Supervisor) -> None:
        del self.supervisors[supervisor.number]
        task = asyncio.create_task(supervisor.aclose(), name=f"bybit_async closing {self.name}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    # Deadlines, silence, fresh snapshots.

    def tick(self, now: float) -> None:
        """Look at deadlines, silence and unused connections."""
        for supervisor in list(self.supervisors.values()):
            supervisor.tick(now)
            if supervisor.empty_since is not None and now - supervisor.empty_since >= self._context.settings.linger:
                self._retire(supervisor)
        for state in list(self.topics.states.values()):
            if now >= state.resync_from and (state.resync_due or self._still_wrong(state)):
                self._ask_again(state, patiently=state.phase != "live")
        self._look_for_silence(time.monotonic_ns())

    def _still_wrong(self, state: TopicState) -> bool:
        supervisor = self.supervisors.get(state.connection)
        return state.phase in ("unsettled", "silent") and supervisor is not None and supervisor.carries(state.name)

    def _look_for_silence(self, now_ns: int) -> None:
        # Options and spreads without any change for minutes are common.
        limit = self._context.settings.stale_after * (10 if self.name in ("option", "spread") else 1)
        since = now_ns - int(limit * 1e9)
        quiet = (
            state
            for state in self.topics.states.values()
            if state.heard_ns < since and state.never_silent and state.phase in ("live", "unsettled")
        )
        # A few per turn: when a whole market falls silent, it is not asked for all at once.
        for state in list(islice(quiet, _SILENT_PER_TURN)):
            self.topics.silent(state, limit)
            self._ask_again(state, patiently=True)

    def resync(self, name: str) -> None:
        """Ask for a topic again, now or as soon as the last time is long enough ago, until it is settled."""
        self._ask_again(self.topics.unsettle(name), patiently=True)

    def _ask_again(self, state: TopicState, *, patiently: bool) -> None:
        supervisor = self.supervisors.get(state.connection)
        if state.may_resync(self._context.clock.monotonic(), patiently=patiently) and supervisor is not None:
            supervisor.resync(state.name)

    async def aclose(self) -> None:
        """Close every connection and end every listener."""
        self.topics.close()
        for supervisor in list(self.supervisors.values()):
            self._retire(supervisor)
        if self._closing:
            await asyncio.wait(self._closing)
