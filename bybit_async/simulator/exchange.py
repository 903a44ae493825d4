"""`SimulatedExchange`: the whole exchange, on one loopback port over real HTTP and WebSocket, or within the process."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any

from bybit_async.environments import Environment
from bybit_async.errors import InvalidParameter
from bybit_async.event_loop import serves, serves_no_more
from bybit_async.simulator.administration import Administration
from bybit_async.simulator.blocking import BlockingExchange
from bybit_async.simulator.custody.members import Members
from bybit_async.simulator.durations import milliseconds_of
from bybit_async.simulator.engine.accounts import Order
from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.engine import Engine
from bybit_async.simulator.engine.feed import MarketFeed
from bybit_async.simulator.engine.instruments import Category, Instrument
from bybit_async.simulator.engine.ledger import Ledger
from bybit_async.simulator.faults import Faults
from bybit_async.simulator.feeds.cadences import Cadences
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.hub import SocketHub
from bybit_async.simulator.keys import Credentials, IssuedKey, KeyRing
from bybit_async.simulator.limits import CallLimit, HostLimiter, SocketLimits
from bybit_async.simulator.market import MarketSettings
from bybit_async.simulator.market.market import SimulatedMarket
from bybit_async.simulator.market.records import Deliveries
from bybit_async.simulator.market.selection import chosen_instruments
from bybit_async.simulator.replay import Replay
from bybit_async.simulator.replay.candles import CandleFills
from bybit_async.simulator.script import Script
from bybit_async.simulator.script.scene import Scene
from bybit_async.simulator.server import ExchangeServer, PortUnavailable
from bybit_async.simulator.venue import SimulatedVenue

DEFAULT_LATENCY = 2.0
_HOST = "127.0.0.1"
_BEAT = 0.01
_SLICES = 300
_SHORTEST_SLICE = 20
_HOST_LIMIT = CallLimit(600, 5_000)


class SimulatedExchange(Administration):
    """A local exchange that speaks V5: ``async with SimulatedExchange(seed=7) as exchange: ...``.

    Code without an event loop says ``with SimulatedExchange(seed=7) as exchange`` and is given a `BlockingExchange`.

    What it does not have: deleveraging, spread, RFQ, earn, loans, P2P and the like. Their endpoints answer
    10032, "not simulated" and the path, or what was registered with `respond`; never invented data. Portfolio
    margin and manual loans are refused with the codes that Bybit documents.

    Args:
        network: False listens on no port: only sessions of this process reach the exchange, with its `environment`,
            and no byte passes a socket. Everything else is the same.
        seed: what the market, ids and keys are made from; the same seed makes the same market.
        host: address to listen on.
        port: port to listen on; 0 picks a free one.
        ssl_context: speak TLS, with the certificate of this server-side context; it must be for `host`.
        speed: how fast exchange time runs, as a multiple of real time.
        manual: let time stand still except for `advance`.
        start: where exchange time starts, in milliseconds since 1970; None starts at the present.
        symbols: list only these symbols, in every category that has them; any real symbol will do.
        instruments: list these instruments instead of the default ones.
        market: how prices and books behave.
        cadences: how often streams publish.
        rate_limits: enforce the limits per account (10006).
        host_limit: requests in five seconds from one address before it is shut out (403); None for no limit.
        connection_limit: new sockets in five minutes before more are refused (403); None for no limit.
        latency: milliseconds of real time that every answer and every message is on its way, 2 by default. What a
            request sets off leaves so long after its answer: an acknowledgement arrives before the order's messages.
        demo: be like the demo trading service: no order entry socket, fewer endpoints, orders kept for seven days.
        socket_limits: how much order entry sockets may ask for; not enforced without `rate_limits`.
        script: what is going to happen (`bybit_async.simulator.script`); more can be added to `script` later.

    Raises:
        ValueError: a symbol is unknown, or a number out of range.
        InvalidParameter: `host`, `port` or `ssl_context` is given to an exchange without a network.
        PortUnavailable: on entering, when the port cannot be listened on.
    """

    def __init__(
        self,
        *,
        network: bool = True,
        seed: int = 0,
        host: str = _HOST,
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        speed: float = 1.0,
        manual: bool = False,
        start: int | None = None,
        symbols: Iterable[str] | None = None,
        instruments: Iterable[Instrument] | None = None,
        market: MarketSettings | None = None,
        cadences: Cadences | None = None,
        rate_limits: bool = True,
        host_limit: int | None = _HOST_LIMIT.calls,
        connection_limit: int | None = 500,
        latency: float | None = None,
        demo: bool = False,
        socket_limits: SocketLimits | None = None,
        script: Iterable[Scene] = (),
    ) -> None:
        self.seed = seed
        self.clock: ExchangeClock = ExchangeClock(start, speed=speed, manual=manual)
        # Another seed or another start is another market: history of the one must not pass for that of the other.
        self._identity = f"simulated-{seed}-{self.clock.now_ms()}"
        settings = market or MarketSettings()
        venue = SimulatedVenue(
            self.clock,
            chosen_instruments(instruments, symbols, settings, seed, self.clock.now_ms()),
            seed=seed,
            settings=settings,
            cadences=cadences or Cadences(),
            demo=demo,
            rate_limits=rate_limits,
            socket_limits=socket_limits or SocketLimits(),
        )
        super().__init__(venue)
        self.engine: Engine = venue.engine
        self.market: SimulatedMarket = venue.market
        self.keys: KeyRing = venue.keys
        self.faults: Faults = venue.faults
        self.hub: SocketHub = venue.hub
        self.members: Members = venue.members
        self.announcements: list[dict[str, Any]] = venue.records.announcements
        self.system_status: list[dict[str, Any]] = venue.records.system_status
        self._server = ExchangeServer(
            venue,
            _host_of(host, port, ssl_context, network=network),
            port,
            ssl_context,
            hosts=HostLimiter(CallLimit(host_limit, 5_000) if host_limit else None),
            connection_limit=connection_limit,
            latency=_seconds_of(latency),
        )
        self._heart: asyncio.Task[None] | None = None
        self._replays: list[Replay] = []
        self.script: Script = Script(venue)
        self.script.add(*script)

    # -- life

    async def __aenter__(self) -> SimulatedExchange:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __enter__(self) -> BlockingExchange:
        self._blocking = BlockingExchange(self)
        return self._blocking

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._blocking.close()

    async def open(self) -> None:
        """Start the market and listen.

        Raises:
            PortUnavailable: the port cannot be listened on.
        """
        self._venue.closing.clear()
        await self._server.open()
        serves(self.environment.rest_url)
        try:
            self._start()
        except BaseException:
            await self.close()
            raise

    def _start(self) -> None:
        self._venue.start()
        self._server.sockets.open()
        self.clock.run_due()
        if not self.clock.manual:
            self._heart = asyncio.create_task(self._beat(), name="exchange heart")

    async def close(self) -> None:
        """End every connection and stop; harmless when already closed."""
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)
            self._heart = None
        if self._server.listening:
            serves_no_more(self.environment.rest_url)
            self._venue.closing.set()
            for replay in self._replays:
                replay.stop()
            self._venue.stop()
            await self._server.close()

    async def _beat(self) -> None:
        while True:
            self.market.catch_up()
            self.clock.run_due()
            self.hub.flush(self.clock.now_ms())
            await asyncio.sleep(_BEAT)

    # -- what clients need

    @property
    def port(self) -> int:
        """The port that is listened on.

        Raises:
            InvalidParameter: it listens on none (``network=False``).
        """
        return self._server.port

    @property
    def environment(self) -> Environment:
        """Where clients find this exchange."""
        return self._server.environment(self._identity)

    # -- control

    async def advance(self, duration: str | int | timedelta) -> None:
        """Move exchange time forward (``"8h"``, ``"30s"``, milliseconds, a `timedelta`), with all that happens then."""
        total = milliseconds_of(duration)
        self.market.leaping(total)
        size = max(total // _SLICES, _SHORTEST_SLICE)
        while total > 0:
            step = min(size, total)
            self.clock.advance(step)
            total -= step
            self.hub.flush(self.clock.now_ms())
            await asyncio.sleep(0)
        self.market.landed()
        self.hub.flush(self.clock.now_ms())

    def drop_connections(self, channel: str | None = None, *, close_frame: bool = False) -> int:
        """Cut every socket, or those of one channel (``"linear"``, ``"private"``, ``"trade"`` …); return how many.

        Without `close_frame` the TCP connection is reset, as when a machine dies.
        """
        return self._venue.drop_connections(channel, close_frame=close_frame)

    def refuse_connections(self, *, refuse: bool = True) -> None:
        """Answer new sockets with HTTP 503 (or accept them again)."""
        self._server.sockets.refusing = refuse

    def replay(
        self,
        *sources: str | Path | Any,
        category: Category = "linear",
        symbol: str | None = None,
        speed: float = 1.0,
        spread: int = 1,
        depth: Decimal | None = None,
        touch: bool = True,
    ) -> Replay:
        """Play recordings of books or trades, or candles, in place of the simulated market, `speed` times as fast.

        Candles are a frame (open, high, low, close, volume; a time index) or rows that begin with the start's time:
        the price walks through them, from the open to the nearer extreme after a third of the time, to the other after
        two, and to the close at the end, as in a backtest. Bid and ask are `spread` ticks apart and offer `depth` of
        the base coin each (by default as much as the largest order); an order that rests fills when the price touches
        it, or with ``touch=False`` when it has gone through. Files hold stream frames or trades, one JSON
        object a line, or are CSV files of trades; ``.gz`` and ``.zip`` are read as they are. Recorded topics are sent
        as recorded, with their times moved to the present; the deepest recorded book of a symbol is what its orders
        trade with. `symbol` is for what does not name one. When the recording is over its last book stays until
        `Replay.stop`.

        Raises:
            RecordingError: a file holds no recording, or one that does not fit the symbol here.
            OSError: a file cannot be read.
            RuntimeError: the exchange is not open.
        """
        if not self._server.listening:
            raise RuntimeError("open the exchange first")
        fills = CandleFills(spread, depth, touch)
        replay = Replay(self._venue, sources, category=category, symbol=symbol, speed=speed, fills=fills)
        self._replays.append(replay)
        self._venue.stir()
        return replay

    def feed(self, symbol: str, *, category: Category = "linear") -> MarketFeed:
        """Take a symbol out of the simulated market and return the feed that brings its prices and books from now on.

        No one else quotes it or moves its prices any more. What the feed brings is what orders trade with and stops
        are triggered by; the rate of the next funding is set with ``engine.set_funding_rate``.

        Raises:
            ValueError: the exchange does not list the symbol, or it was taken before.
            RuntimeError: the exchange is not open.
        """
        if not self._server.listening:
            raise RuntimeError("open the exchange first")
        quotation = self.market.quotations.get((category, symbol))
        if quotation is None or quotation.given_up:
            raise ValueError(f"symbol: the simulated market has no {category} {symbol}, or no longer")
        self.market.hand_over(quotation.instrument.key, quotes=False)
        quotation.given_up = True
        return MarketFeed(self.engine, quotation.listing, marks=False)

    def restart(self) -> None:
        """Behave like a restarted exchange: reset every socket, forget recently closed orders, start books afresh."""
        self._venue.restart()

    def respond(self, path: str, result: Any) -> None:
        """Answer every call of `path` with this result from now on."""
        self._server.rest.fixtures[path] = result

    def settle(self) -> None:
        """Let streams publish soon what direct calls of `engine` changed while time stands still."""
        self._venue.settle()

    # -- what can be looked at

    @property
    def orders(self) -> list[Order]:
        """Every order of every user account, closed ones first."""
        users = [account for account in self.engine.accounts.values() if not account.house]
        closed = [order for account in users for order in account.history]
        return closed + [order for account in users for order in account.orders.values()]

    @property
    def ledger(self) -> Ledger:
        """Every balance, the exchange's own included; read only."""
        return self.engine.ledger

    @property
    def delivered(self) -> Deliveries:
        """Which instruments were delivered, and at which price."""
        return self._venue.records.deliveries

    @property
    def connections(self) -> list[SocketConnection]:
        """The open sockets, oldest first."""
        return list(self._venue.connections)

    @property
    def requests(self) -> int:
        """How many REST requests were served."""
        return self._server.rest.served

    def insurance(self, coin: str) -> Decimal:
        """Return what the insurance fund holds of a coin."""
        return self._venue.insurance(coin)


def _seconds_of(latency: float | None) -> float:
    if latency is not None and latency < 0:
        raise ValueError(f"latency: {latency} milliseconds; give 0 for none")
    return (DEFAULT_LATENCY if latency is None else latency) / 1_000


def _host_of(host: str, port: int, ssl_context: ssl.SSLContext | None, *, network: bool) -> str | None:
    given = {"host": host != _HOST, "port": port != 0, "ssl_context": ssl_context is not None}
    for name, is_given in given.items():
        if is_given and not network:
            raise InvalidParameter(name, "an exchange without a network has none: leave it out, or network=False")
    return host if network else None


__all__ = ["Credentials", "IssuedKey", "PortUnavailable", "SimulatedExchange"]
