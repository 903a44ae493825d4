"""The rooms of a session, each built when it is first used: streams, history, order entry, the live account."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from bybit_async.api.domains import Domains
from bybit_async.environments import Environment
from bybit_async.errors import SessionClosed
from bybit_async.secret import Secret
from bybit_async.session_options import OrdersVia
from bybit_async.transport.client import RestClient, RestSettings
from bybit_async.transport.clock import Clock
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.limits import RateLimits
from bybit_async.transport.signing import Signer
from bybit_async.wire import Response

if TYPE_CHECKING:
    from bybit_async.api.trade import Trade
    from bybit_async.data.data import Data
    from bybit_async.enums import Category
    from bybit_async.errors import OutcomeUnknown, RequestRejected
    from bybit_async.live.account import LiveAccount
    from bybit_async.live.order_inquiry import OrderInquiry
    from bybit_async.live.order_routing import SocketOrders
    from bybit_async.models.market import Kline, OrderBook
    from bybit_async.stream.maintenance import OngoingMaintenance
    from bybit_async.stream.settings import StreamSettings
    from bybit_async.stream.streams import Streams
    from bybit_async.transport.resolution import FirstSending

_KLINES_AT_ONCE = 1000


class SessionRooms(Domains):
    """What a session offers beside its domains; `AsyncBybit` gives the parts that the rooms share.

    Attributes:
        environment: where the session connects.
        clock: the exchange's time.
    """

    environment: Environment
    clock: Clock
    _rest: RestClient
    _settings: RestSettings
    _signer: Signer | None
    _limits: RateLimits
    _given_stream_settings: StreamSettings | None
    _stream_source: Secret | None
    _private_source: Secret | None
    _ssl_context: ssl.SSLContext | None
    _data_dir: str | os.PathLike[str] | None
    _data_leases: str | os.PathLike[str] | None
    _orders_via: OrdersVia
    _state: Literal["new", "open", "closed"]

    @cached_property
    def _stream_settings(self) -> StreamSettings | None:
        from bybit_async.stream.settings import StreamSettings

        given = self._given_stream_settings
        if self._ssl_context is None or (given is not None and given.ssl_context is not None):
            return given
        return msgspec.structs.replace(given or StreamSettings(), ssl_context=self._ssl_context)

    @cached_property
    def stream(self) -> Streams:
        """Live data: public topics, and the private ones of the key."""
        from bybit_async.stream.streams import Streams

        self._refuse_closed()
        return Streams(
            self.environment,
            self.clock,
            self._signer,
            self._stream_settings,
            ensure_clock=self._rest.ensure_clock,
            fetch_full_book=self._fetch_full_book,
            fetch_klines=self._fetch_klines,
            maintenance=self._maintenance,
            relay=self._stream_source,
            private_relay=self._private_source,
        )

    @cached_property
    def data(self) -> Data:
        """History as frames, downloaded once and kept, and live helpers; needs the ``data`` extra."""
        from bybit_async.data.data import Data

        self._refuse_closed()
        return Data(
            self._rest,
            self.environment,
            self.clock,
            lambda: self.stream,
            place=self._data_dir,
            leases=self._data_leases,
            ssl_context=self._ssl_context,
        )

    @cached_property
    def order_entry(self) -> SocketOrders:
        """Orders over a socket: the order methods of `trade`, without an HTTP request for each.

        Raises:
            MissingCredentials: the session has no key.
            InvalidParameter: the environment offers no order entry (demo).
        """
        from bybit_async.live.order_routing import SocketOrders
        from bybit_async.stream.orders.entry import OrderEntry

        self._refuse_closed()
        entry = OrderEntry(
            self.environment,
            clock=self.clock,
            signer=self._signer,
            settings=self._stream_settings,
            timeout=self._settings.timeout,
            recv_window=self._settings.recv_window,
            referer=self._settings.referer,
            pace=self._limits,
            ensure_clock=self._rest.ensure_clock,
            on_unknown=self._settings.on_unknown,
            maintenance=self._maintenance,
            resolution=self._rest.resolution,
        )
        return SocketOrders(entry)

    @cached_property
    def trade(self) -> Trade:
        """Orders and executions; order calls go where `orders_via` says."""
        from bybit_async.api.trade import Trade

        if self._orders_via == "rest" or self.environment.trade_url is None:
            return Trade(self._rest)
        from bybit_async.live.order_routing import OrderRouter

        return Trade(OrderRouter(self._rest, self.order_entry.entry, timeout=self._settings.timeout))

    def live_account(
        self,
        *,
        categories: Sequence[Category] = ("linear", "inverse", "spot", "option"),
        settle_coins: Sequence[str] = ("USDT", "USDC"),
        option_coins: Sequence[str] = ("BTC", "ETH", "SOL"),
        lookback: float = 300.0,
        keep: int = 5000,
    ) -> LiveAccount:
        """Orders, positions, wallet and executions, kept current: ``async with bybit.live_account() as account``.

        Args:
            categories: what the account trades; fewer are quicker to reconcile.
            settle_coins: settle coins of its linear contracts.
            option_coins: base coins of its options.
            lookback: seconds of past executions and ended orders to start with.
            keep: how many executions, and a fifth as many ended orders, are remembered.
        """
        from bybit_async.live.account import LiveAccount

        return LiveAccount(
            self.trade,
            self.position,
            self.account,
            self.stream,
            self.clock,
            categories=categories,
            settle_coins=settle_coins,
            option_coins=option_coins,
            lookback=lookback,
            keep=keep,
        )

    @cached_property
    def _maintenance(self) -> OngoingMaintenance:
        from bybit_async.stream.maintenance import OngoingMaintenance

        return OngoingMaintenance()

    async def _find_out(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        error: OutcomeUnknown | RequestRejected,
        first: FirstSending,
    ) -> Response[Any]:
        # Awaited, even to say that the session is closed: an order on its way then stays unknown.
        return await self._inquiry(endpoint, params, error, first)

    @cached_property
    def _inquiry(self) -> OrderInquiry:
        from bybit_async.live.order_inquiry import OrderInquiry

        self._refuse_closed()
        return OrderInquiry(
            self._rest, self.clock, self._rest.resolution.acknowledged, recv_window=self._settings.recv_window
        )

    async def _fetch_full_book(self, category: str, symbol: str) -> OrderBook:
        return await self.market.get_full_orderbook(category=category, symbol=symbol)  # type: ignore[arg-type]

    async def _fetch_klines(self, category: str, symbol: str, interval: str, first: int, last: int) -> list[Kline]:
        klines = await self.market.get_kline(
            category=category,  # type: ignore[arg-type]
            symbol=symbol,
            interval=interval,  # type: ignore[arg-type]
            start=first,
            end=last,
            limit=_KLINES_AT_ONCE,
        )
        return klines.rows

    def _refuse_closed(self) -> None:
        if self._state == "closed":
            raise SessionClosed()
