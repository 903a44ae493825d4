"""The exchange's clock from bounds: never further off than the tightest round trip allows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bybit_async.transport.clock import Clock


class World:
    """Two clocks and a network between them."""

    def __init__(self, offset_ms: float) -> None:
        self.local = 1000.0
        self.offset_ms = offset_ms
        self.clock = Clock(lambda: self.local, lambda: self.local)

    @property
    def server_ms(self) -> float:
        return self.local * 1000 + self.offset_ms

    def exchange(self, out: float, back: float) -> None:
        sent = self.local
        self.local += out
        stamp = int(self.server_ms)
        self.local += back
        self.clock.learn(sent, self.local, stamp)

    @property
    def error_ms(self) -> float:
        return self.clock.now_ms() - self.server_ms


legs = st.floats(0.0005, 0.8)


@given(offset=st.integers(-(10**7), 10**7), trips=st.lists(st.tuples(legs, legs, st.floats(0, 30)), min_size=1))
def test_the_error_is_bounded_by_the_tightest_round_trip(offset: int, trips: list[tuple[float, float, float]]) -> None:
    world = World(offset)
    for out, back, pause in trips:
        world.exchange(out, back)
        tightest = min(o + b for o, b, _ in trips[: trips.index((out, back, pause)) + 1])
        assert abs(world.error_ms) <= tightest * 1000 / 2 + 2 + sum(p for *_, p in trips) * 0.3
        world.local += pause


@given(offset=st.integers(-6000, 6000), step=st.sampled_from([-6000, -1500, 1500, 6000]), out=legs, back=legs)
def test_a_step_is_followed_with_the_next_answer_that_contradicts(
    offset: int, step: int, out: float, back: float
) -> None:
    world = World(offset)
    world.exchange(0.01, 0.01)
    world.offset_ms += step
    world.exchange(out, back)
    assert abs(world.error_ms) <= (out + back) * 1000 / 2 + 2


def test_before_the_first_answer_the_local_clock_serves() -> None:
    clock = Clock(lambda: 5.0, lambda: 1_700_000_000.0)
    assert clock.now_ms() == 1_700_000_000_000
    assert not clock.synced
    assert clock.uncertainty == float("inf")


def test_distrust_makes_the_next_answer_count_alone() -> None:
    world = World(0)
    world.exchange(0.001, 0.001)
    world.clock.distrust()
    assert not world.clock.synced
    world.exchange(0.2, 0.2)
    assert world.clock.synced
    assert 199 <= world.clock.uncertainty <= 201


def test_a_step_of_the_computers_own_clock_changes_nothing() -> None:
    wall = [1_700_000_000.0]
    clock = Clock(lambda: 5.0, lambda: wall[0])
    before = clock.now_ms()
    wall[0] += 3600
    assert clock.now_ms() == before
