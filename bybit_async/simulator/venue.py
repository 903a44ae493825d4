"""Everything of one exchange but its doors: what REST, sockets, scripts and replays are handed."""

from __future__ import annotations

import asyncio
import random
from asyncio import Event
from collections.abc import Iterable
from decimal import Decimal

from aiohttp import WSCloseCode

from bybit_async.simulator.custody.conversions import ConversionDesk
from bybit_async.simulator.custody.deposits import DepositDesk
from bybit_async.simulator.custody.members import Members
from bybit_async.simulator.custody.withdrawals import WithdrawalDesk
from bybit_async.simulator.engine import Engine, ExchangeClock, Instrument
from bybit_async.simulator.engine.ledger import INSURANCE
from bybit_async.simulator.faults import Faults
from bybit_async.simulator.feeds.account_hub import AccountHub
from bybit_async.simulator.feeds.cadences import Cadences
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.departure import Departures
from bybit_async.simulator.feeds.hub import SocketHub
from bybit_async.simulator.feeds.topics import TOPICS
from bybit_async.simulator.keys import KeyRing
from bybit_async.simulator.limits import AccountLimiter, SocketLimiter, SocketLimits
from bybit_async.simulator.market import MarketSettings, SimulatedMarket
from bybit_async.simulator.market.records import PublicRecords
from bybit_async.simulator.protection import DisconnectionProtection


class SimulatedVenue:
    """One exchange without a server: engine, market, custody, feeds, and the connections that are open to it.

    `closing` is set when the exchange is about to end.
    """

    def __init__(
        self,
        clock: ExchangeClock,
        instruments: Iterable[Instrument],
        *,
        seed: int,
        settings: MarketSettings,
        cadences: Cadences,
        demo: bool,
        rate_limits: bool,
        socket_limits: SocketLimits,
    ) -> None:
        self.seed = seed
        self.demo = demo
        self.clock = clock
        self.engine: Engine = Engine(clock, instruments, seed)
        self.keys: KeyRing = KeyRing(seed)
        self.account_limiter: AccountLimiter | None = AccountLimiter() if rate_limits else None
        self.socket_limiter: SocketLimiter = SocketLimiter(socket_limits if rate_limits else SocketLimits.none())
        self.members: Members = Members(self.engine)
        self.deposits: DepositDesk = DepositDesk(self.engine, self.members, seed)
        self.withdrawals: WithdrawalDesk = WithdrawalDesk(self.engine, self.members, self.deposits, seed)
        self.conversions: ConversionDesk = ConversionDesk(self.engine, self.members)
        self.market: SimulatedMarket = SimulatedMarket(self.engine, settings, seed, pace=max(clock.speed, 1.0))
        self.records: PublicRecords = PublicRecords(clock)
        self.hub: SocketHub = SocketHub(self.market, cadences, TOPICS, self.records)
        self.account_hub: AccountHub = AccountHub(self.market)
        self.protection: DisconnectionProtection = DisconnectionProtection(self.engine, self.account_hub)
        self.faults: Faults = Faults(seed, clock.now_ms())
        self.closing: Event = asyncio.Event()
        self.connections: dict[SocketConnection, None] = {}
        """The open sockets, oldest first."""
        self.departures: Departures = Departures()
        self._ids = random.Random(f"{seed}/ids")
        self._running = False
        self._settling = False

    # -- life

    def start(self) -> None:
        """Start the market; everything that happens is published from now on."""
        records = self.records
        for sink in (self.hub.books, self.hub.trades, self.account_hub, records.liquidations, records.deliveries):
            self.engine.add_sink(sink)
        self.market.open()
        self._running = True

    def stop(self) -> None:
        """Stop the market."""
        self._running = False
        self.market.close()

    def stir(self) -> None:
        """Carry out at once what is due by now, when the market runs."""
        if self._running:
            self.clock.run_due()
            self.settle()

    def settle(self) -> None:
        """Let streams publish what a request changed, when time stands still and no heart does it."""
        if self.clock.manual and not self._settling:
            self._settling = True
            asyncio.get_running_loop().call_soon(self._publish)

    def _publish(self) -> None:
        self._settling = False
        self.hub.flush(self.clock.now_ms())

    # -- what an operator may do

    def drop_connections(self, channel: str | None = None, *, close_frame: bool = False) -> int:
        """End every connection (of one channel); return how many."""
        chosen = [connection for connection in self.connections if channel in (None, connection.channel)]
        for connection in chosen:
            if close_frame:
                connection.close(WSCloseCode.SERVICE_RESTART)
            else:
                connection.abort()
        return len(chosen)

    def restart(self) -> None:
        """Behave like a restarted exchange: reset every socket, forget recently closed orders, start books afresh."""
        self.engine.forget_closed_orders()
        self.hub.books.restart()
        for connection in self.connections:
            self.hub.leave(connection)
        self.drop_connections()

    # -- what can be looked up

    def coins(self) -> list[str]:
        """Return every coin that an instrument is made of."""
        instruments = [listing.instrument for listing in self.engine.listings.values()]
        named = {coin for instrument in instruments for coin in (instrument.base, instrument.settle)}
        return sorted(named | {"USDT"})

    def insurance(self, coin: str) -> Decimal:
        """Return what the insurance fund holds of a coin."""
        return self.engine.ledger.balance(INSURANCE, coin)

    def trace_id(self) -> str:
        """Return a new trace id."""
        return f"{self._ids.getrandbits(128):032x}"

    def connection_id(self, number: int) -> str:
        """Return the id of the connection with this number."""
        return f"{self._ids.getrandbits(80):020x}-{number:x}"
