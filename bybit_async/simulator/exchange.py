"""`SimulatedExchange`: the whole exchange on one loopback port, over real HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import errno
import random
import ssl
from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, TypedDict

from aiohttp import web

from bybit_async.environments import Environment
from bybit_async.errors import BybitError
from bybit_async.simulator.accounts import Account
from bybit_async.simulator.chains import chain_of
from bybit_async.simulator.clock import Clock
from bybit_async.simulator.conversions import Conversions
from bybit_async.simulator.deposits import Deposits
from bybit_async.simulator.durations import milliseconds_of
from bybit_async.simulator.engine import Engine, Number
from bybit_async.simulator.faults import Faults
from bybit_async.simulator.instruments import Category, Instrument
from bybit_async.simulator.keys import ApiKey, KeyRing
from bybit_async.simulator.ledger import INSURANCE, Ledger
from bybit_async.simulator.limits import AccountLimiter, HostLimiter, Limit, SocketLimiter, SocketLimits
from bybit_async.simulator.market import Market, MarketSettings
from bybit_async.simulator.market.selection import default_instruments
from bybit_async.simulator.members import Members
from bybit_async.simulator.orders import Order
from bybit_async.simulator.protection import Protection
from bybit_async.simulator.records import Deliveries, Liquidations
from bybit_async.simulator.replay import Replay
from bybit_async.simulator.rest.server import RestServer
from bybit_async.simulator.script import Script
from bybit_async.simulator.script.scene import Scene
from bybit_async.simulator.sockets.connection import Connection
from bybit_async.simulator.sockets.hub import Cadences, Hub
from bybit_async.simulator.sockets.private import PrivateHub
from bybit_async.simulator.sockets.server import SocketServer
from bybit_async.simulator.withdrawals import SavedAddress, Withdrawals

_BEAT = 0.01
_SLICES = 300
_SHORTEST_SLICE = 20
_HOST_LIMIT = Limit(600, 5_000)


class PortUnavailable(BybitError, OSError):
    """The port that the exchange was told to listen on is taken, or may not be used; `port` names it."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {reason}")
        self.port = port


class Credentials(TypedDict):
    """What a client signs with; fits ``AsyncBybit(**credentials)``."""

    api_key: str
    api_secret: str


class SimulatedExchange:
    """A local exchange that speaks V5: ``async with SimulatedExchange(seed=7) as exchange: ...``.

    What it does not have: deleveraging, liquidation by steps, RPI orders, spread, RFQ, earn, loans, P2P and the like.
    Their endpoints answer 10032, "not simulated" and the path, or what was registered with `respond`; never invented
    data. Spot margin and borrowing are off and portfolio margin cannot be chosen: who asks for them is refused with the
    codes that Bybit documents for that.

    Args:
        seed: what the market, ids and keys are made from; the same seed makes the same market.
        host: address to listen on.
        port: port to listen on; 0 picks a free one.
        ssl_context: speak TLS, with the certificate of this server-side context; it must be for `host`.
        speed: how fast exchange time runs, as a multiple of real time.
        manual: let time stand still except for `advance`.
        start: where exchange time starts, in milliseconds since 1970; None starts at the present.
        symbols: list only these symbols (in every category that has them).
        instruments: list these instruments instead of the default ones.
        market: how prices and books behave.
        cadences: how often streams publish.
        rate_limits: enforce the limits per account (10006).
        host_limit: requests in five seconds from one address before it is shut out (403); None for no limit.
        connection_limit: new sockets in five minutes before more are refused (403); None for no limit.
        latency: milliseconds of real time that every answer and every message is on its way.
        demo: be like the demo trading service: no order entry socket, fewer endpoints, orders kept for seven days.
        socket_limits: how much order entry sockets may ask for; not enforced without `rate_limits`.
        script: what is going to happen (`bybit_async.simulator.script`); more can be added to `script` later.

    Raises:
        PortUnavailable: on entering, when the port cannot be listened on.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        host: str = "127.0.0.1",
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
        latency: int = 0,
        demo: bool = False,
        socket_limits: SocketLimits | None = None,
        script: Iterable[Scene] = (),
    ) -> None:
        self.seed = seed
        self.clock = Clock(start, speed=speed, manual=manual)
        settings = market or MarketSettings()
        chosen = (
            list(instruments) if instruments is not None else default_instruments(settings, seed, self.clock.now_ms())
        )
        wanted = None if symbols is None else set(symbols)
        chosen = [instrument for instrument in chosen if wanted is None or instrument.symbol in wanted]
        self.engine = Engine(self.clock, chosen, seed)
        self.keys = KeyRing(seed)
        self.account_limiter = AccountLimiter() if rate_limits else None
        self.socket_limiter = SocketLimiter((socket_limits or SocketLimits()) if rate_limits else SocketLimits.none())
        self.demo = demo
        self.members = Members(self.engine)
        self.deposits = Deposits(self.engine, self.members, seed)
        self.withdrawals = Withdrawals(self.engine, self.members, self.deposits, seed)
        self.conversions = Conversions(self.engine, self.members)
        self.protection = Protection(self)
        self.liquidations = Liquidations()
        self.announcements: list[dict[str, Any]] = []
        self.system_status: list[dict[str, Any]] = []
        self.market = Market(self.engine, settings, seed, pace=max(speed, 1.0))
        self.hub = Hub(self, cadences or Cadences())
        self.private_hub = PrivateHub(self)
        self.faults = Faults(seed, self.clock.now_ms())
        self.closing = asyncio.Event()
        self._deliveries = Deliveries(self.clock)
        self._rest = RestServer(self, HostLimiter(Limit(host_limit, 5_000) if host_limit else None), latency / 1_000)
        self._sockets = SocketServer(self, connection_limit, latency / 1_000)
        self._host, self._port, self._ssl_context = host, port, ssl_context
        self._ids = random.Random(f"{seed}/ids")
        self._runner: web.ServerRunner | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._heart: asyncio.Task[None] | None = None
        self._settling = False
        self._replays: list[Replay] = []
        self.script = Script(self)
        self.script.add(*script)

    # -- life

    async def __aenter__(self) -> SimulatedExchange:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Start the market and listen.

        Raises:
            PortUnavailable: the port cannot be listened on.
        """
        self.closing.clear()
        runner = web.ServerRunner(web.Server(self._serve, access_log=None), shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self._port, ssl_context=self._ssl_context)
            await site.start()
        except OSError as error:
            await runner.cleanup()
            reason = "the port is taken" if error.errno == errno.EADDRINUSE else str(error.strerror or error)
            raise PortUnavailable(self._host, self._port, reason) from error
        self._runner = runner
        self._port = runner.addresses[0][1]
        try:
            self._start()
        except BaseException:
            await self.close()
            raise

    def _start(self) -> None:
        for sink in (self.hub, self.private_hub, self.liquidations, self._deliveries):
            self.engine.add_sink(sink)
        self.market.open()
        self._sockets.open()
        self.clock.run_due()
        if not self.clock.manual:
            self._heart = asyncio.create_task(self._beat(), name="exchange heart")

    async def close(self) -> None:
        """End every connection and stop; harmless when already closed."""
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)
            self._heart = None
        if self._runner is not None:
            self.closing.set()
            for replay in self._replays:
                replay.stop()
            self.market.close()
            await self._sockets.shut()
            runner, self._runner = self._runner, None
            await runner.cleanup()
            if self._serving:
                # What was in the middle of an answer is cancelled there, but not waited for.
                await asyncio.wait(self._serving)

    async def _beat(self) -> None:
        while True:
            self.market.catch_up()
            self.clock.run_due()
            self.hub.flush(self.clock.now_ms())
            await asyncio.sleep(_BEAT)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.task not in self._serving:
            self._serving.add(request.task)
            request.task.add_done_callback(self._serving.discard)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            channel = self._sockets.channel(request.path)
            if channel is None or (self.demo and channel == "trade"):
                return web.Response(status=404, text=f"not simulated: {request.path}")
            return await self._sockets.handle(request, channel)
        return await self._rest.handle(request)

    # -- what clients need

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._port

    @property
    def environment(self) -> Environment:
        """Where clients find this exchange."""
        place, s = f"{self._host}:{self._port}", "s" if self._ssl_context else ""
        return Environment(
            name="simulated",
            rest_url=f"http{s}://{place}",
            public_url=f"ws{s}://{place}/v5/public",
            private_url=f"ws{s}://{place}/v5/private",
            trade_url=None if self.demo else f"ws{s}://{place}/v5/trade",
            archive_url=f"http{s}://{place}",
        )

    def new_account(
        self,
        *,
        usdt: Number = "0",
        coins: Mapping[str, Number] | None = None,
        read_only: bool = False,
        permissions: Mapping[str, list[str]] | None = None,
        ips: Iterable[str] = (),
        expires_at: int = 0,
        rsa_public_key: str = "",
        smp_group: int = 0,
    ) -> Credentials:
        """Open an account with these deposits and return its `api_key` and `api_secret`.

        `expires_at` is in milliseconds (0: never); with an RSA public key (PEM) the secret is not used. Accounts of one
        `smp_group` (0: of none) do not trade with each other where an order asks for self-match prevention.
        """
        balances = {"USDT": Decimal(usdt), **{coin: Decimal(amount) for coin, amount in (coins or {}).items()}}
        account = self.engine.create_account(
            balances={coin: amount for coin, amount in balances.items() if amount}, smp_group=smp_group
        )
        options: dict[str, Any] = {} if permissions is None else {"permissions": dict(permissions)}
        key = self.keys.issue(
            account.uid,
            self.clock.now_ms(),
            read_only=read_only,
            ips=tuple(ips),
            expires_at=expires_at,
            rsa_public_key=rsa_public_key,
            **options,
        )
        return {"api_key": key.key, "api_secret": key.secret}

    def deposit(
        self, api_key: str, coin: str, amount: Number, *, chain: str = "", duration: str | int | timedelta = 0
    ) -> str:
        """Let money arrive at an account's deposit address and return the transaction id.

        It is confirmed in steps while `duration` of exchange time passes, then credited to the funding wallet (or
        where `/v5/asset/deposit/deposit-to-account` says); with no duration at once. The chain is the coin's first
        one unless named.

        Raises:
            KeyError: the key is unknown.
            ValueError: the coin does not travel on that chain.
        """
        found = chain_of(coin, chain)
        if found is None:
            raise ValueError(f"{coin} does not travel on {chain}")
        uid = self.account(api_key).uid
        return self.deposits.announce(uid, found, Decimal(str(amount)), milliseconds_of(duration)).tx_id

    def allow_withdrawals(self, api_key: str, address: str, *, coin: str = "", chain: str = "", tag: str = "") -> None:
        """Put an address (or the uid of another account) into an account's address book; any coin unless named.

        Raises:
            KeyError: the key is unknown.
        """
        saved = SavedAddress(coin, chain, address, tag, self.clock.now_ms())
        self.withdrawals.save_address(self.account(api_key).uid, saved)

    def allow_market_making(self, api_key: str) -> None:
        """Approve an account for market maker protection of option quotes (`mmp`); others are refused with 110065.

        Raises:
            KeyError: the key is unknown.
        """
        self.engine.approve_market_making(self.account(api_key))

    def withhold(self, api_key: str, *categories: Category) -> None:
        """Treat an account as one of a region that has no such products; its orders are refused (110132, 170209).

        What was withheld before is offered again. For a region that is shut out of everything, let a fault answer with
        10009.

        Raises:
            KeyError: the key is unknown.
        """
        self.account(api_key).withheld = set(categories)

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
        return self._sockets.drop(channel, close_frame=close_frame)

    def refuse_connections(self, *, refuse: bool = True) -> None:
        """Answer new sockets with HTTP 503 (or accept them again)."""
        self._sockets.refusing = refuse

    def replay(
        self, *files: str | Path, category: Category = "linear", symbol: str | None = None, speed: float = 1.0
    ) -> Replay:
        """Play recordings of order books or trades in place of the simulated market, `speed` times as fast.

        Files hold stream frames or trades, one JSON object a line, or are CSV files of trades; ``.gz`` and ``.zip``
        are read as they are. Recorded topics are sent as recorded, with their times moved to the present; the deepest
        recorded book of a symbol is what its orders trade with. `symbol` is for files that do not name one. When the
        recording is over its last book stays until `Replay.stop`.

        Raises:
            RecordingError: a file holds no recording, or one that does not fit the symbol here.
            OSError: a file cannot be read.
            RuntimeError: the exchange is not open.
        """
        if self._runner is None:
            raise RuntimeError("open the exchange first")
        replay = Replay(self, files, category=category, symbol=symbol, speed=speed)
        self._replays.append(replay)
        self.stir()
        return replay

    def restart(self) -> None:
        """Behave like a restarted exchange: reset every socket, forget recently closed orders, start books afresh."""
        self.engine.forget_closed_orders()
        self.hub.books.restart()
        for connection in self.connections:
            self.hub.leave(connection)
        self.drop_connections()

    def respond(self, path: str, result: Any) -> None:
        """Answer every call of `path` with this result from now on."""
        self._rest.fixtures[path] = result

    def stir(self) -> None:
        """Carry out at once what is due by now, when the exchange is open."""
        if self._runner is not None:
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
    def connections(self) -> list[Connection]:
        """The open sockets, oldest first."""
        return list(self._sockets.connections)

    @property
    def requests(self) -> int:
        """How many REST requests were served."""
        return self._rest.served

    def account(self, api_key: str) -> Account:
        """Return the account that a key belongs to; raises `KeyError` for an unknown key."""
        key = self.keys.find(api_key)
        if key is None:
            raise KeyError("no such key")
        return self.engine.accounts[key.uid]

    def coins(self) -> list[str]:
        """Return every coin that an instrument is made of."""
        instruments = [listing.instrument for listing in self.engine.listings.values()]
        named = {coin for instrument in instruments for coin in (instrument.base, instrument.settle)}
        return sorted(named | {"USDT"})

    def insurance(self, coin: str) -> Decimal:
        """Return what the insurance fund holds of a coin."""
        return self.engine.ledger.balance(INSURANCE, coin)

    def delivered(self, category: str) -> list[dict[str, str]]:
        """Return the instruments that were delivered, as `/v5/market/delivery-price` shows them."""
        return self._deliveries.of(category)

    # -- identities

    def trace_id(self) -> str:
        """Return a new trace id."""
        return f"{self._ids.getrandbits(128):032x}"

    def connection_id(self, number: int) -> str:
        """Return the id of the connection with this number."""
        return f"{self._ids.getrandbits(80):020x}-{number:x}"


__all__ = ["ApiKey", "Credentials", "PortUnavailable", "SimulatedExchange"]
