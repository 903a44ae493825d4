"""What every channel of a session shares: where to connect, with which key, and who hears of events."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from bybit_async.environments import Environment
from bybit_async.errors import MissingCredentials
from bybit_async.event_loop import HomeLoop
from bybit_async.stream.budget import budget_for
from bybit_async.stream.buffer import Buffer
from bybit_async.stream.connection import Connection, OnFrame
from bybit_async.stream.events import StreamEvent
from bybit_async.stream.frame_source import OpenSource
from bybit_async.stream.frames import Junk
from bybit_async.stream.handshake import open_socket
from bybit_async.stream.maintenance import OngoingMaintenance
from bybit_async.stream.router import ReadFrame, route
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.signing import Signer


class StreamContext:
    """Shared by the channels of a session.

    Args:
        environment: where the sockets are.
        clock: the exchange's clock.
        signer: the key, for private channels.
        settings: times and sizes.
        ensure_clock: measures the clock unless it is known; awaited before each authentication.
        maintenance: takes what the status channel says.
        sleep: waits; tests that skip time put their own here.
        read_frame: says what a frame is; `router.route`, unless whole frames are wanted as they came.
        relay: the Redis from which public topics come instead, by way of a relay.
        private_relay: the Redis from which private topics come instead.

    Attributes:
        home: the event loop of the first use.
        junk_frames: how many frames meant nothing, by reason.
        last_junk: the latest of them.
    """

    def __init__(
        self,
        environment: Environment,
        clock: Clock,
        signer: Signer | None,
        settings: StreamSettings,
        *,
        ensure_clock: Callable[[], Awaitable[None]] | None = None,
        maintenance: OngoingMaintenance | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        read_frame: ReadFrame = route,
        relay: str | None = None,
        private_relay: str | None = None,
    ) -> None:
        self.environment = environment
        self.clock = clock
        self.signer = signer
        self.settings = settings
        self.sleep = sleep
        self.read_frame = read_frame
        self.maintenance: OngoingMaintenance = maintenance or OngoingMaintenance()
        self.home: HomeLoop = HomeLoop()
        self.junk_frames: Counter[str] = Counter()
        self.last_junk: deque[Junk] = deque(maxlen=20)
        self._ensure_clock = ensure_clock
        self._watchers: set[Buffer[StreamEvent]] = set()
        self._connections = 0
        self._relay = relay
        self._private_relay = private_relay

    def check(self, channel: str) -> None:
        """Refuse a channel that cannot be opened.

        Raises:
            MissingCredentials: it is private and there is no key.
            InvalidParameter: the environment does not offer it.
        """
        if channel in ("private", "trade") and self.signer is None:
            raise MissingCredentials(
                "api_key", f"the {channel} channel needs a key: pass api_key and api_secret, or use from_env()"
            )
        self.environment.stream_url(channel)

    def new_connection(self, channel: str, on_frame: OnFrame) -> Connection:
        """Make the next connection of a channel, not opened yet."""
        self._connections += 1
        url, open_source = self._source_of(channel)
        # A relay has authenticated already, for everyone who can read what it publishes.
        authenticates = channel in ("private", "trade") and open_source is open_socket
        if authenticates and self.settings.max_active_time is not None:
            url = f"{url}?max_active_time={self.settings.max_active_time}s"
        return Connection(
            url,
            channel,
            self._connections,
            settings=self.settings,
            clock=self.clock,
            signer=self.signer,
            on_frame=on_frame,
            read_frame=self.read_frame,
            open_source=open_source,
            authenticates=authenticates,
        )

    def _source_of(self, channel: str) -> tuple[str, OpenSource]:
        redis = {"private": self._private_relay, "trade": None}.get(channel, self._relay)
        if redis is None:
            return self.environment.stream_url(channel), open_socket
        from bybit_async.stream.relayed.messages import Keys
        from bybit_async.stream.relayed.relay_socket import relayed
        from bybit_async.stream.relayed.seal import Seal

        seal = Seal(self.signer) if channel == "private" and self.signer is not None else None
        # Not its address, which may hold a password.
        return f"relay of {channel}", relayed(redis, Keys(self.environment, seal), channel)

    async def before_open(self, connection: Connection) -> None:
        """Wait for the connect budget and, on private channels, for the exchange's clock."""
        budget = budget_for(urlsplit(connection.url).netloc, self.settings.connects, self.settings.connects_window)
        await budget.turn(self.clock.monotonic(), self.sleep)
        if connection.authenticates and self._ensure_clock is not None:
            await self._ensure_clock()

    def under_maintenance(self) -> bool:
        """Whether Bybit says that it is being maintained."""
        return self.maintenance.ongoing(self.clock.now_ms())

    def count_junk(self, frame: Junk) -> None:
        """Count a frame that means nothing."""
        self.junk_frames[frame.reason if len(self.junk_frames) < 100 else "other"] += 1
        self.last_junk.append(frame)

    def publish(self, event: StreamEvent) -> None:
        """Give an event to everyone who watches all of them."""
        for buffer in tuple(self._watchers):
            buffer.put(event, event.at_ns)

    def watch_events(self, buffer: Buffer[StreamEvent]) -> None:
        """Put every event into a buffer from now on."""
        self._watchers.add(buffer)

    def forget_events(self, buffer: Buffer[StreamEvent]) -> None:
        """Stop that. Idempotent."""
        self._watchers.discard(buffer)

    def close(self) -> None:
        """End the buffers of everyone who watches events."""
        for buffer in tuple(self._watchers):
            buffer.close()
        self._watchers.clear()
