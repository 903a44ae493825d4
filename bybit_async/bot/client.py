"""`BybitClient`: the exchange in plain calls, with the category and the keys taken from the configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from decimal import Decimal
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast

from bybit_async import AsyncBybit, BybitError, Hooks, InvalidParameter
from bybit_async.bot.calls import CallCounter
from bybit_async.bot.configuration import BotSettings, ConfigurationManager
from bybit_async.bot.errors import OrderNotFoundError, translated
from bybit_async.bot.records import OrderSide, OrderType, TimeInForce, TradeSignal
from bybit_async.bot.sessions import Sessions, open_sessions
from bybit_async.bot.shapes import balance_of, choice, order_of, plain_of
from bybit_async.data.intervals import interval_of
from bybit_async.models.market import Instrument
from bybit_async.models.trade import PlaceOrder
from bybit_async.wire import Number

P = ParamSpec("P")
R = TypeVar("R")


def _named(
    method: Callable[Concatenate[BybitClient, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[BybitClient, P], Coroutine[Any, Any, R]]:
    """Give what the connector raises the bot's names."""

    @wraps(method)
    async def call(self: BybitClient, *args: P.args, **options: P.kwargs) -> R:
        try:
            return await method(self, *args, **options)
        except BybitError as error:
            named = translated(error)
            if named is error:
                raise
            raise named from error

    return cast("Callable[Concatenate[BybitClient, P], Coroutine[Any, Any, R]]", call)


class BybitClient:
    """The account and the market of one configuration: ``exchange.address``, ``category`` and keys.

    It connects with the first call and can be closed and used again; ``async with`` closes it. With the address
    ``simulated``, or ``exchange.paper``, it brings an exchange of its own, which lives until the client is closed.

    What the exchange refuses is raised as `BybitAPIError` and its kinds, before anything was sent as
    `InvalidParameter`.

    Args:
        config_manager: the configuration.
        hooks: functions that watch requests and answers.

    Attributes:
        account_id: Bybit's id of the account; None before it is open, or without a key.
        calls: the recent requests to the exchange, and how many failed.
    """

    def __init__(self, config_manager: ConfigurationManager, *, hooks: Hooks | None = None) -> None:
        self._config = config_manager
        self.calls: CallCounter = CallCounter()
        self._hooks = self.calls.hooks(hooks)
        self._stack: AsyncExitStack | None = None
        self._session: AsyncBybit | None = None
        self._data_session: AsyncBybit | None = None
        self._opening = asyncio.Lock()
        self.account_id: str | None = None

    # Its life

    @property
    def settings(self) -> BotSettings:
        """The configuration."""
        return self._config.settings

    @property
    def is_open(self) -> bool:
        """Whether it is connected."""
        return self._session is not None

    @property
    def session(self) -> AsyncBybit:
        """The connector's session, for what has no call here.

        Raises:
            RuntimeError: the client is not open; call `initialize` first.
        """
        if self._session is None:
            raise RuntimeError("the client is not open: await client.initialize() first")
        return self._session

    @property
    def data_session(self) -> AsyncBybit:
        """The session that market data come from: `session`, but when paper trading one of the live exchange.

        Raises:
            RuntimeError: the client is not open; call `initialize` first.
        """
        if self._data_session is None:
            raise RuntimeError("the client is not open: await client.initialize() first")
        return self._data_session

    @_named
    async def initialize(self) -> None:
        """Connect and check that the exchange answers and accepts the key; harmless when that was done.

        Raises:
            ConfigurationInvalid: the configuration cannot be used.
            ExchangeUnreachable: the exchange does not answer.
            BybitAPIError: the key is refused.
        """
        await self._opened()

    async def _opened(self) -> AsyncBybit:
        if self._session is not None:
            return self._session
        async with self._opening, AsyncExitStack() as stack:
            if self._session is None:
                sessions = await self._new_sessions(stack)
                session = sessions.trading
                # Says whether the exchange answers, and its time, before anything depends on either.
                await session.get_server_time()
                self.account_id = str((await session.verify_credentials()).user_id) if sessions.has_key else None
                self._stack, self._session, self._data_session = stack.pop_all(), session, sessions.data
            return self._session

    async def _new_sessions(self, stack: AsyncExitStack) -> Sessions:
        return await open_sessions(self.settings, self._hooks, stack)

    async def aclose(self) -> None:
        """Disconnect; the next call connects again. Harmless when closed."""
        async with self._opening:
            stack, self._stack, self._session, self._data_session = self._stack, None, None, None
            if stack is not None:
                await stack.aclose()

    async def __aenter__(self) -> Self:
        await self.initialize()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def _category(self) -> Any:
        return self.settings.exchange.category

    # Orders

    @_named
    async def place_order(
        self,
        symbol: str,
        side: OrderSide | str,
        order_type: OrderType | str,
        qty: Number,
        price: Number | None = None,
        stop_loss: Number | None = None,
        take_profit: Number | None = None,
        time_in_force: TimeInForce | str = TimeInForce.GTC,
    ) -> str:
        """Place an order and return its order id; the exchange has taken it, which does not mean that it traded.

        Args:
            symbol: as ``"BTCUSDT"``.
            side: buy or sell.
            order_type: market or limit.
            qty: in the base coin (spot market orders too; inverse: USD).
            price: the limit, which limit orders need.
            stop_loss: where the exchange closes the position at a loss.
            take_profit: where it closes it at a profit.
            time_in_force: of limit orders.

        Raises:
            InvalidParameter: the order cannot be; it names the parameter. Nothing was sent.
            InsufficientBalanceError: the account cannot carry it.
            OutcomeUnknownError: the answer was lost; the order may live.
        """
        kind = choice(OrderType, order_type, "order_type")
        if kind is OrderType.LIMIT and price is None:
            raise InvalidParameter("price", "a limit order needs one")
        session = await self._opened()
        market = kind is OrderType.MARKET
        order = PlaceOrder(
            category=self._category,
            symbol=symbol,
            side=choice(OrderSide, side, "side").value,
            order_type=kind.value,
            qty=qty,
            price=None if market else price,
            time_in_force=None if market else choice(TimeInForce, time_in_force, "time_in_force").value,
            stop_loss=stop_loss,
            take_profit=take_profit,
            market_unit="baseCoin" if market and self._category == "spot" else None,
        )
        (await self._instrument(symbol)).validate(order)
        return (await session.trade.place(order)).order_id

    @_named
    async def execute_trade(self, signal: TradeSignal | Mapping[str, Any]) -> dict[str, Any]:
        """Place the order that a signal describes and return what the exchange says of it.

        A mapping has the arguments of `place_order` as keys, a `TradeSignal` is placed as a limit order at its price
        unless its metadata say ``{"order_type": "market"}``. No risk management is asked: see `TradingEngine`.
        """
        wanted = order_of(signal) if isinstance(signal, TradeSignal) else dict(signal)
        try:
            order_id = await self.place_order(**wanted)
        except TypeError as error:
            raise InvalidParameter("signal", f"expected the arguments of place_order: {error}") from None
        return await self.get_order_status(wanted["symbol"], order_id)

    @_named
    async def modify_order(
        self, symbol: str, order_id: str, price: Number | None = None, qty: Number | None = None
    ) -> bool:
        """Change the price or size of an open order.

        Raises:
            OrderNotFoundError: it does not exist, or has ended.
        """
        session = await self._opened()
        await session.trade.amend_order(category=self._category, symbol=symbol, order_id=order_id, price=price, qty=qty)
        return True

    @_named
    async def cancel_order(self, symbol: str, order_id: str) -> bool:
        """Cancel an order; True when the exchange took the cancellation.

        Raises:
            OrderNotFoundError: it does not exist, or has ended; `order_status` says how, where that is known.
        """
        session = await self._opened()
        await session.trade.cancel_order(category=self._category, symbol=symbol, order_id=order_id)
        return True

    @_named
    async def cancel_all_orders(self, symbol: str | None = None) -> list[str]:
        """Cancel every open order, stops and targets of positions included, and return the ids of the orders."""
        session = await self._opened()
        contracts = symbol is None and self._category != "spot"
        coin = self.settings.exchange.settle_coin if contracts else None
        cancelled = await session.trade.cancel_all_orders(
            category=self._category, symbol=symbol, settle_coin=coin, until_none_left=True
        )
        return [row.order_id for row in cancelled]

    @_named
    async def get_order_status(self, symbol: str, order_id: str) -> dict[str, Any]:
        """Return an order under Bybit's own names: ``orderStatus``, ``cumExecQty``, ….

        Raises:
            OrderNotFoundError: there is no such order.
        """
        session = await self._opened()
        order = None
        for pause in (0.1, 0.4, None):
            order = await session.trade.find_order(category=self._category, symbol=symbol, order_id=order_id)
            if order is not None or pause is None:
                break
            # What was placed this moment may not be listed yet.
            await asyncio.sleep(pause)
        if order is None:
            raise OrderNotFoundError(f"there is no order {order_id} of {symbol}", 110001)
        return plain_of(order)

    # The account

    @_named
    async def get_positions(self, symbol: str | None = None) -> list[dict[str, Any]]:
        """Return the positions that are not flat, under Bybit's own names: ``symbol``, ``side``, ``size``, …."""
        session = await self._opened()
        if self._category == "spot":
            raise InvalidParameter("exchange.category", "spot has balances, no positions; see get_balances")
        coin = None if symbol or self._category == "inverse" else self.settings.exchange.settle_coin
        pages = session.position.get_positions(category=self._category, symbol=symbol, settle_coin=coin, limit=200)
        return [plain_of(position) async for position in pages if position.size]

    @_named
    async def close_position(self, symbol: str) -> list[str]:
        """Close a position at market and return the ids of the closing orders; none if there was nothing to close."""
        session = await self._opened()
        if self._category == "spot":
            raise InvalidParameter("exchange.category", "spot has no positions to close; sell what get_balances shows")
        acks = await session.trade.close_position(category=self._category, symbol=symbol)
        return [ack.order_id for ack in acks]

    @_named
    async def get_wallet_balance(self, coin: str | None = None) -> dict[str, dict[str, Decimal]]:
        """Return each coin's ``wallet_balance``, ``available_balance``, ``equity``, ``unrealised_pnl`` and ``locked``.

        Unified accounts have no available balance of a coin; it is the wallet balance without what orders and
        positions of the coin hold, and what the coin's contracts have lost so far.
        """
        session = await self._opened()
        wallets = await session.account.get_wallet_balance(coin=coin)
        return {row.coin: balance_of(row) for wallet in wallets for row in wallet.coin}

    async def get_balances(self) -> dict[str, dict[str, Decimal]]:
        """Return the balances of all coins; see `get_wallet_balance`."""
        return await self.get_wallet_balance()

    @_named
    async def get_account_balance(self) -> dict[str, Any]:
        """Return the account's totals in USD: ``total_equity``, ``total_available_balance``, … and its ``coins``."""
        session = await self._opened()
        wallet = (await session.account.get_wallet_balance())[0]
        totals = {
            name: getattr(wallet, name)
            for name in wallet.__struct_fields__
            if name.startswith("total_") and not name.endswith("_by_mp")
        }
        return totals | {"coins": {row.coin: balance_of(row) for row in wallet.coin}}

    # The market

    @_named
    async def get_market_data(self, symbol: str | None = None) -> dict[str, Any] | list[dict[str, Any]]:
        """Return a symbol's ticker under Bybit's own names (``lastPrice``, …); a list of all of them without one."""
        session = await self._market()
        tickers = await session.market.get_tickers(category=self._category, symbol=symbol)
        if symbol is None:
            return [plain_of(row) for row in tickers]
        if not len(tickers):
            raise InvalidParameter("symbol", f"{self._category} has no {symbol!r}")
        return plain_of(tickers[0])

    @_named
    async def get_ohlcv(self, symbol: str, interval: str = "1", limit: int = 100) -> list[dict[str, Any]]:
        """Return the last candles, oldest first; the last one may still grow.

        Each has ``timestamp`` (when it opened, milliseconds), ``open``, ``high``, ``low``, ``close`` and ``volume``.

        Args:
            symbol: as ``"BTCUSDT"``.
            interval: minutes, or ``D``, ``W``, ``M``; ``1m``, ``1h`` and ``1d`` are understood too.
            limit: 1 to 1000.
        """
        session = await self._market()
        rows = await session.market.get_kline(
            category=self._category, symbol=symbol, interval=interval_of(interval), limit=limit
        )
        names = ("open", "high", "low", "close", "volume")
        return [{"timestamp": row.start} | {name: getattr(row, name) for name in names} for row in reversed(rows.rows)]

    @_named
    async def get_orderbook(self, symbol: str, limit: int = 50) -> dict[str, Any]:
        """Return the book: ``bids`` and ``asks`` as [price, size], best first, and its ``timestamp`` (milliseconds)."""
        session = await self._market()
        book = await session.market.get_orderbook(category=self._category, symbol=symbol, limit=limit)
        sides = {"bids": book.bids, "asks": book.asks}
        levels = {name: [[level.price, level.size] for level in side] for name, side in sides.items()}
        return {"symbol": symbol, "timestamp": book.ts, **levels}

    async def instrument(self, symbol: str, *, fresh: bool = False) -> Instrument:
        """Return a symbol's steps and bounds; `fresh` asks the exchange again."""
        return await self._instrument(symbol, fresh=fresh)

    async def _market(self) -> AsyncBybit:
        await self._opened()
        return self.data_session

    async def _instrument(self, symbol: str, *, fresh: bool = False) -> Instrument:
        session = await self._market()
        found: Instrument = await session.market.get_instrument(symbol, self._category, fresh=fresh)
        return found

    def __repr__(self) -> str:
        return f"<BybitClient {'open' if self.is_open else 'closed'}>"
