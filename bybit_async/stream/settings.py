"""Every number of the stream side in one place."""

from __future__ import annotations

import ssl
from typing import Any

import msgspec

from bybit_async.errors import InvalidParameter


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How streams behave in time and size; times are in seconds.

    Attributes:
        ping_interval: between two pings; Bybit asks for 20.
        pong_timeout: how long a ping may stay unanswered before the connection counts as dead.
        open_timeout: for one connection, from the first packet to the end of authentication.
        close_timeout: for the closing handshake; after it the socket is dropped.
        ack_timeout: for the answer to a subscription; it is asked for a second time, then given up.
        snapshot_timeout: how long entering an order book may take until its first snapshot.
        first_connect: how long a channel may take to connect for the first time before its subscribers get an error.
        backoff: wait before the second attempt to reconnect; doubled for each further one.
        max_backoff: the longest wait between two attempts.
        refused_backoff: wait after the server refused to talk to us at all (HTTP 403 or 429).
        maintenance_backoff: shortest wait before an attempt to reconnect while Bybit says that it is being maintained,
            order entry included; known where `system_status` is subscribed to.
        jitter: the fraction of each wait that is random.
        stable_after: a connection that lived this long starts over with the shortest wait.
        linger: how long a connection without topics is kept for the next subscriber.
        rotate_after: age at which a connection is replaced by a fresh one, before it is closed; None for never.
        rotation_overlap: how long both are read while one replaces the other.
        max_active_time: how long the server keeps a silent private connection, 30 to 600; None for its own default.
        stale_after: silence after which a topic that should never be silent (books, tickers, klines) is asked for
            again; ten times that for options and spreads.
        resync_wait: the shortest time between two such requests for one topic; doubled while they do not help.
        auth_margin: how far in the future an authentication expires.
        watch_interval: how often deadlines and silence are looked at.
        buffer: items a subscription holds for its consumer.
        max_frame: bytes of the largest frame that is read; a larger one ends the connection.
        connects: connections per `connects_window` to one host; Bybit allows 500 in 5 minutes.
        proxy: address of a proxy; True for the one of the environment variables, None for none.
        ssl_context: for hosts with a private certificate; the session's own unless given here.
    """

    ping_interval: float = 20.0
    pong_timeout: float = 10.0
    open_timeout: float = 10.0
    close_timeout: float = 2.0
    ack_timeout: float = 5.0
    snapshot_timeout: float = 15.0
    first_connect: float = 30.0
    backoff: float = 0.25
    max_backoff: float = 20.0
    refused_backoff: float = 60.0
    maintenance_backoff: float = 5.0
    jitter: float = 0.3
    stable_after: float = 30.0
    linger: float = 2.0
    rotate_after: float | None = None
    rotation_overlap: float = 1.0
    max_active_time: int | None = None
    stale_after: float = 60.0
    resync_wait: float = 1.0
    auth_margin: float = 10.0
    watch_interval: float = 0.5
    buffer: int = 10_000
    max_frame: int = 8 * 1024 * 1024
    connects: int = 450
    connects_window: float = 300.0
    proxy: Any = True
    ssl_context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if self.max_active_time is not None and not 30 <= self.max_active_time <= 600:
            raise InvalidParameter("max_active_time", f"expected 30 to 600 seconds, got {self.max_active_time!r}")
        if self.buffer < 1:
            raise InvalidParameter("buffer", f"expected at least 1, got {self.buffer!r}")

    def __repr__(self) -> str:
        # A proxy's address may hold a password.
        hidden = msgspec.structs.replace(self, proxy="…") if isinstance(self.proxy, str) else self
        return msgspec.Struct.__repr__(hidden)

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return [(name, "…" if name == "proxy" and isinstance(value, str) else value) for name, value in values]
