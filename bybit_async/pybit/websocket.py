"""`WebSocket`: pybit's streams with callbacks."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from bybit_async.bridge.derive import turned
from bybit_async.bridge.link import Link
from bybit_async.environments import Environment
from bybit_async.errors import InvalidParameter
from bybit_async.pybit.exceptions import InvalidChannelTypeError, TopicMismatchError, UnauthorizedExceptionError
from bybit_async.pybit.feeds import Callback, Feeds, TopicFeed, start_worker
from bybit_async.pybit.places import environment_of
from bybit_async.pybit.raw import RawSession
from bybit_async.secret import hidden, hide_secret
from bybit_async.stream import topics
from bybit_async.stream.settings import StreamSettings

log: logging.Logger = logging.getLogger("bybit_async.pybit")

_CHANNELS = {
    "inverse": "inverse", "linear": "linear", "spot": "spot", "option": "option", "misc/status": "status",
    "private": "private",
}  # fmt: skip
_SIDES = {"private": {"private"}, "system": {"status"}, "public": {*_CHANNELS.values(), "spread"} - {"private"}}

# Method: (side, topic). Its arguments are in braces, in this order; the callback follows.
_STREAMS = {
    "position_stream": ("private", "position"),
    "order_stream": ("private", "order"),
    "execution_stream": ("private", "execution"),
    "fast_execution_stream": ("private", "execution.fast"),
    "wallet_stream": ("private", "wallet"),
    "greek_stream": ("private", "greeks"),
    "spread_order_stream": ("private", "spread.order"),
    "spread_execution_stream": ("private", "spread.execution"),
    "orderbook_stream": ("public", "orderbook.{depth}.{symbol}"),
    "rpi_orderbook_stream": ("public", "orderbook.rpi.{symbol}"),
    "trade_stream": ("public", "publicTrade.{symbol}"),
    "ticker_stream": ("public", "tickers.{symbol}"),
    "kline_stream": ("public", "kline.{interval}.{symbol}"),
    "liquidation_stream": ("public", "liquidation.{symbol}"),
    "all_liquidation_stream": ("public", "allLiquidation.{symbol}"),
    "lt_kline_stream": ("public", "kline_lt.{interval}.{symbol}"),
    "lt_ticker_stream": ("public", "tickers_lt.{symbol}"),
    "lt_nav_stream": ("public", "lt.{symbol}"),
    "insurance_pool_stream": ("public", "insurance.{contract_group}"),
    "price_limit_stream": ("public", "priceLimit.{symbol}"),
    "system_status_stream": ("system", "system.status"),
}
_OF_SPREADS = {name: _STREAMS[name] for name in ("orderbook_stream", "trade_stream", "ticker_stream")}


class Socket:
    """What both of pybit's sockets share: its arguments, a session, and one thread for all callbacks.

    Args:
        testnet: use the testnet.
        tld: as ``"eu"``.
        domain: as ``"bytick"``.
        demo: use demo trading.
        rsa_authentication: accepted; an RSA key is recognised by itself.
        api_key: the key.
        api_secret: its secret.
        ping_interval: seconds between two pings.
        ping_timeout: seconds a ping may stay unanswered.
        retries: accepted; a lost connection comes back as long as the socket is open.
        restart_on_error: accepted, see `retries`.
        trace_logging: log connections at DEBUG.
        private_auth_expire: seconds an authentication stays valid.
        environment: any other place, as for `AsyncBybit`.
    """

    _session_class = RawSession

    def __init__(
        self,
        *,
        testnet: bool = False,
        tld: str = "",
        domain: str = "",
        demo: bool = False,
        rsa_authentication: bool = False,
        api_key: str | None = None,
        api_secret: str | None = None,
        ping_interval: float = 20,
        ping_timeout: float = 10,
        retries: int = 10,
        restart_on_error: bool = True,
        trace_logging: bool = False,
        private_auth_expire: float = 1,
        environment: Environment | str | None = None,
        recv_window: int = 5000,
        referral_id: str | None = None,
    ) -> None:
        api_secret = hidden(api_secret)
        place = environment_of(testnet=testnet, demo=demo, domain=domain, tld=tld, given=environment)
        if trace_logging:
            logging.getLogger("bybit_async").setLevel(logging.DEBUG)
        settings = StreamSettings(
            ping_interval=ping_interval, pong_timeout=ping_timeout, auth_margin=max(1.0, float(private_auth_expire))
        )
        self.exited: bool = False
        self._session = self._session_class(
            environment=place, api_key=api_key, api_secret=api_secret, stream_settings=settings,
            recv_window=recv_window, referer=referral_id,
        )  # fmt: skip
        self._link = Link(self._session.aclose, turned, place.rest_url)
        self._feeds = Feeds()
        self._worker = start_worker(self._link, self._feeds)

    def exit(self) -> None:
        """Close the socket; no callback runs afterwards. Idempotent."""
        self.exited = True
        self._worker.close()
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.exit()


class WebSocket(Socket):
    """Streams of one channel: ``"linear"``, ``"inverse"``, ``"spot"``, ``"option"``, ``"misc/status"``, ``"private"``.

    Every stream method takes its topic's arguments and a callback, which is given Bybit's message as a dict; books and
    tickers always come whole, as snapshots. `symbol` may be a list. The connection is made with the first stream.
    """

    _channels = _CHANNELS
    _streams = _STREAMS

    def __init__(self, channel_type: str, *, callback_function: Callback | None = None, **options: Any) -> None:
        hide_secret(options)
        if channel_type not in self._channels:
            raise InvalidChannelTypeError(f"Channel type is not correct. Available: {list(self._channels)}")
        if channel_type != "private":
            options |= {"api_key": None, "api_secret": None}
        elif not options.get("api_key") or not options.get("api_secret"):
            raise UnauthorizedExceptionError("private topics need api_key and api_secret")
        super().__init__(**options)
        self._channel: Any = self._channels[channel_type]
        self._all = callback_function
        self._topics: dict[str, TopicFeed] = {}

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in self._streams:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return _stream_method(self, name, *self._streams[name])

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._streams})

    def subscribe(self, topic: str, callback: Callback, symbol: str | list[str] | None = None) -> None:
        """Subscribe to any topic; ``{symbol}`` in it is replaced by each of `symbol`.

        Raises:
            InvalidParameter: one of the topics is subscribed to already.
        """
        symbols = [symbol] if isinstance(symbol, str) else symbol or []
        names = [topic.replace("{symbol}", each) for each in symbols] if "{symbol}" in topic else [topic]
        for name in names:
            if name in self._topics:
                raise InvalidParameter("topic", f"You have already subscribed to this topic: {name}")
        for name in names:
            feed = TopicFeed(
                self._feeds, self._session.messages, topics.raw(name, self._channel), self._all or callback
            )
            self._link.portal.run(feed.start)
            self._topics[name] = feed

    def unsubscribe(self, topic: str) -> None:
        """End a topic."""
        feed = self._topics.pop(topic, None)
        if feed is None:
            log.error("Couldn't find active subscription for topic: %s", topic)
            return
        self._link.portal.run(feed.stop)

    def get_subscription_topics(self) -> list[str]:
        """Return the topics that are subscribed to."""
        return list(self._topics)

    def is_connected(self) -> bool:
        """Say whether the socket is connected; it is not before the first subscription."""
        return not self.exited and bool(self._link.portal.run(getattr, self._session.messages, "connected"))


class WebsocketSpreadTrading(WebSocket):
    """Public streams of spread combinations: `orderbook_stream`, `trade_stream`, `ticker_stream`.

    Called like those of `WebSocket`; the depth is 25, and prices may be negative. Orders and executions of spreads are
    private: ``WebSocket("private")`` has them.
    """

    _channels = {"spread": "spread"}
    _streams = _OF_SPREADS

    def __init__(self, **options: Any) -> None:
        super().__init__("spread", **options)


def _stream_method(socket: WebSocket, name: str, side: str, topic: str) -> Callable[..., None]:
    wanted = [part.partition("}")[0] for part in topic.split("{")[1:]]
    names = [*wanted, "callback", *(["categorised_topic"] if name == "fast_execution_stream" else [])]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    signature = inspect.Signature(
        [inspect.Parameter(n, kind, default="" if n == "categorised_topic" else inspect._empty) for n in names]
    )

    def method(*args: Any, **kwargs: Any) -> None:
        if socket._channel not in _SIDES[side]:
            raise TopicMismatchError("Requested topic does not match channel_type")
        bound = signature.bind(*args, **kwargs)
        given = bound.arguments
        full = topic.replace("{contract_group}", "{symbol}")
        for argument in ("depth", "interval"):
            full = full.replace(f"{{{argument}}}", str(given.get(argument)))
        if given.get("categorised_topic"):
            full += f".{given['categorised_topic']}"
        socket.subscribe(full, given["callback"], given.get("symbol", given.get("contract_group")))

    method.__name__ = method.__qualname__ = name
    method.__signature__ = signature  # type: ignore[attr-defined]
    method.__doc__ = f"`{topic}`"
    return method
