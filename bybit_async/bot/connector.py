"""`BybitV5Connector`: the simple client for programs that do not await, and the factory that older bots ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import TracebackType
from typing import Any, Self

# The way into a loop on a thread of its own; the blocking session at the top level is made of the same.
from bybit_async.bot.client import BybitClient
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.records import OrderSide, OrderType, TimeInForce, TradeSignal
from bybit_async.bridge.portal import Portal
from bybit_async.errors import InvalidParameter
from bybit_async.secret import hidden
from bybit_async.wire import Number


class ExchangePriority(Enum):
    """Which of several connectors a program prefers; it is kept, and changes nothing here."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    FALLBACK = "fallback"


class BybitV5Connector:
    """`BybitClient` in blocking calls, on a loop of its own; any number of threads may share it.

    What is left out comes from ``BYBIT_API_KEY``, ``BYBIT_API_SECRET`` and ``BYBIT_TESTNET`` of the environment.

    Args:
        api_key: the key.
        api_secret: its secret.
        testnet: use the testnet.
        priority: kept for the program that asks.
        address: instead of `testnet`: ``demo``, ``simulated``, or a URL.
        category: what is traded.

    Raises:
        ConfigurationInvalid: the arguments do not fit together.
        InvalidParameter: both `testnet` and `address` are given.
    """

    def __init__(
        self,
        api_key: str | None = None,
        api_secret: str | None = None,
        testnet: bool | None = None,
        *,
        priority: ExchangePriority = ExchangePriority.PRIMARY,
        address: str | None = None,
        category: str = "linear",
    ) -> None:
        api_secret = hidden(api_secret)
        if testnet is not None and address is not None:
            raise InvalidParameter("address", "give either an address or testnet")
        exchange: dict[str, Any] = {"category": category, "api_key": api_key or "", "api_secret": api_secret or ""}
        if address is not None:
            exchange["address"] = address
        elif testnet is not None:
            exchange["address"] = "testnet" if testnet else "mainnet"
        config = ConfigurationManager.from_dict({"exchange": exchange})
        if "address" not in exchange and config.get("exchange.address") == "simulated":
            config.set("exchange.address", "mainnet")
        config.settings  # noqa: B018 - errors are raised here, not at the first call
        self.priority = priority
        self._client = BybitClient(config)
        self._portal = Portal(self._client.aclose)

    async def initialize(self) -> None:
        """Connect; see `BybitClient.initialize`. The calls connect by themselves, too."""
        await asyncio.to_thread(self._portal.run, self._client.initialize)

    def close(self) -> None:
        """Disconnect and end the thread. Idempotent."""
        self._portal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get_balances(self) -> dict[str, dict[str, Decimal]]:
        """Return every coin's balance; see `BybitClient.get_wallet_balance`."""
        return self._portal.run(self._client.get_balances)

    def get_account_balance(self) -> dict[str, Any]:
        """Return the account's totals in USD; see `BybitClient.get_account_balance`."""
        return self._portal.run(self._client.get_account_balance)

    def get_positions(self, symbol: str | None = None) -> list[dict[str, Any]]:
        """Return open positions; see `BybitClient.get_positions`."""
        return self._portal.run(self._client.get_positions, symbol)

    def get_market_data(self, symbol: str | None = None) -> dict[str, Any] | list[dict[str, Any]]:
        """Return a ticker, or all; see `BybitClient.get_market_data`."""
        found: dict[str, Any] | list[dict[str, Any]] = self._portal.run(self._client.get_market_data, symbol)
        return found

    def get_ohlcv(self, symbol: str, interval: str = "1", limit: int = 100) -> list[dict[str, Any]]:
        """Return candles, oldest first; see `BybitClient.get_ohlcv`."""
        return self._portal.run(self._client.get_ohlcv, symbol, interval, limit)

    def get_orderbook(self, symbol: str, limit: int = 50) -> dict[str, Any]:
        """Return the book; see `BybitClient.get_orderbook`."""
        return self._portal.run(self._client.get_orderbook, symbol, limit)

    def place_order(
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
        """Place an order and return its id; see `BybitClient.place_order`."""
        order_id: str = self._portal.run(
            self._client.place_order, symbol, side, order_type, qty, price, stop_loss, take_profit, time_in_force
        )
        return order_id

    def execute_trade(self, signal: TradeSignal | Mapping[str, Any]) -> dict[str, Any]:
        """Place the order that a signal describes; see `BybitClient.execute_trade`."""
        return self._portal.run(self._client.execute_trade, signal)

    def get_order_status(self, symbol: str, order_id: str) -> dict[str, Any]:
        """Return an order; see `BybitClient.get_order_status`."""
        return self._portal.run(self._client.get_order_status, symbol, order_id)

    def modify_order(self, symbol: str, order_id: str, price: Number | None = None, qty: Number | None = None) -> bool:
        """Change an open order; see `BybitClient.modify_order`."""
        return bool(self._portal.run(self._client.modify_order, symbol, order_id, price, qty))

    def cancel_order(self, symbol: str, order_id: str) -> bool:
        """Cancel an order; see `BybitClient.cancel_order`."""
        return bool(self._portal.run(self._client.cancel_order, symbol, order_id))

    def cancel_all_orders(self, symbol: str | None = None) -> list[str]:
        """Cancel all orders; see `BybitClient.cancel_all_orders`."""
        return self._portal.run(self._client.cancel_all_orders, symbol)

    def close_position(self, symbol: str) -> list[str]:
        """Close a position; see `BybitClient.close_position`."""
        return self._portal.run(self._client.close_position, symbol)

    def __repr__(self) -> str:
        return f"<BybitV5Connector {self.priority.value}, {self._client!r}>"


def get_exchange_connector(
    exchange_name: str, priority: ExchangePriority = ExchangePriority.PRIMARY
) -> BybitV5Connector:
    """Return a connector by its name, ``"bybit_v5"``, set up from the environment.

    Raises:
        InvalidParameter: there is no connector of that name.
    """
    if exchange_name.lower() not in ("bybit_v5", "bybit"):
        raise InvalidParameter("exchange_name", f'expected "bybit_v5", got {exchange_name!r}')
    return BybitV5Connector(priority=priority)
