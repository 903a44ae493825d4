"""How far the exchange's clock has got: asked for, not assumed, where the end of history depends on it."""

from __future__ import annotations

from bybit_async.api.market import Market
from bybit_async.transport.clock import Clock


class ExchangeTime:
    """Exchange time in milliseconds, by the clock, by what the exchange answered, and by what its messages say.

    A clock that was measured a while ago is not proof: a simulated exchange may have leapt since, and a computer may
    have slept.

    Args:
        clock: the session's measure of exchange time.
        market: asks the exchange for its time.
    """

    def __init__(self, clock: Clock, market: Market) -> None:
        self._clock = clock
        self._market = market
        self._reached = 0
        self._messaged = 0

    @property
    def messaged(self) -> int:
        """The latest time that a message says is over: what ended by then is final."""
        return self._messaged

    def now(self) -> int:
        """Return the exchange's time to the best of what is known."""
        return max(self._clock.now_ms(), self._reached)

    async def ask(self) -> int:
        """Ask the exchange for its time, and return it."""
        self._reached = max(self._reached, (await self._market.get_server_time()).time_nano // 1_000_000)
        return self.now()

    def has_passed(self, time: int) -> None:
        """Take note that a message of the exchange says that a time is over."""
        self._messaged = max(self._messaged, time)
        self._reached = max(self._reached, time)
