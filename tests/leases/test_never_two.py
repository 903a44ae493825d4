"""Two clients, one lease, clocks that differ and a place that stops answering: never two holders."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from bybit_async import LeaseTaken, LeaseUnavailable
from bybit_async.leases import Lease
from bybit_async.leases import lease as lease_module

LIFE = 10.0
CLIENTS = st.integers(0, 1)
WAITS = st.sampled_from([0.0, 0.1, 1.0, 0.85 * LIFE, 0.96 * LIFE, LIFE, 2 * LIFE])


class Place:
    """Redis as its scripts define it, on a clock of its own, at times out of reach or without its memory."""

    endless = False

    def __init__(self) -> None:
        self.now = 0.0
        self.reachable = True
        self.answers_are_lost = False
        self.held: tuple[int, str, float] | None = None
        self.last: int | None = 0

    async def take(self, name: str, holder: str, life: float) -> int | str:
        self._reach()
        if self.last is None:
            self.last = int(self.now * 1000)
            self.held = (0, "before", self.now + life)
        if self.held is not None and self.held[2] > self.now:
            return self.held[1]
        self.last = max(self.last + 1, int(self.now * 1000))
        self.held = (self.last, holder, self.now + life)
        self._answer()
        return self.last

    async def renew(self, name: str, token: int, life: float) -> bool:
        self._reach()
        if self.held is None or self.held[0] != token or self.held[2] <= self.now:
            return False
        self.held = (token, self.held[1], self.now + life)
        self._answer()
        return True

    async def give_back(self, name: str, token: int) -> None:
        self._reach()
        if self.held is not None and self.held[0] == token:
            self.held = None

    async def aclose(self) -> None:
        pass

    def forget(self) -> None:
        self.held = self.last = None

    def _reach(self) -> None:
        if not self.reachable:
            raise LeaseUnavailable("out of reach")

    def _answer(self) -> None:
        if self.answers_are_lost:
            raise LeaseUnavailable("the answer was lost")


class TwoClients(RuleBasedStateMachine):
    """Renewing is a rule of its own, for time is."""

    def __init__(self) -> None:
        super().__init__()
        self.place = Place()
        self.now = 0.0
        self.leases: list[Lease | None] = [None, None]
        self.highest = 0
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(lease_module, "steady_seconds", lambda: self.now)

    @rule(client=CLIENTS, after=WAITS)
    def take(self, client: int, after: float) -> None:
        self._pass(after)
        mine = self.leases[client]
        if mine is not None and mine.held:
            return
        lease = Lease(self.place, "bot", holder=str(client), life=LIFE, wait=0)
        try:
            asyncio.run(lease._take())
        except (LeaseTaken, LeaseUnavailable):
            return
        assert lease.token > self.highest, "a later holder got a smaller token"
        self.highest = lease.token
        self.leases[client] = lease

    @rule(client=CLIENTS, late=st.floats(0, LIFE))
    def renew(self, client: int, late: float) -> None:
        """`late`: the answer was on its way for so long."""
        lease = self.leases[client]
        if lease is None or not lease.held:
            return
        asked = self.now
        try:
            kept = asyncio.run(self.place.renew("bot", lease.token, LIFE))
        except LeaseUnavailable:
            return
        self._pass(late)
        if kept:
            lease._extend(asked)
        else:
            lease._until = float("-inf")

    @rule(client=CLIENTS)
    def give_back(self, client: int) -> None:
        lease, self.leases[client] = self.leases[client], None
        if lease is not None:
            asyncio.run(lease.__aexit__(None, None, None))

    @rule(network=st.sampled_from(["good", "good", "good", "gone", "losing answers"]))
    def network(self, network: str) -> None:
        self.place.reachable, self.place.answers_are_lost = network != "gone", network == "losing answers"

    @rule()
    def restart_empty(self) -> None:
        self.place.forget()

    def _pass(self, seconds: float) -> None:
        # The two clocks run at speeds that differ by five percent.
        self.now += seconds
        self.place.now += seconds * 1.05

    @invariant()
    def never_two(self) -> None:
        assert sum(lease is not None and lease.held for lease in self.leases) <= 1

    def teardown(self) -> None:
        self.patch.undo()


def test_never_two_holders() -> None:
    run_state_machine_as_test(TwoClients, settings=settings(max_examples=200, stateful_step_count=30, deadline=None))
