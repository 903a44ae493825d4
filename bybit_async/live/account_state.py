"""What is known of an account, and how each piece of news changes it. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bybit_async.live.account_events import AccountEvent
from bybit_async.models.account import Wallet
from bybit_async.models.position import Position
from bybit_async.models.stream_message import StreamMessage
from bybit_async.models.trade import Execution, Order
from bybit_async.state.executions import Executions
from bybit_async.state.orders import KnownOrders
from bybit_async.state.positions import KnownPositions
from bybit_async.state.pushed import execution_of, order_of, position_of, wallet_of
from bybit_async.state.wallet import WalletState


class AccountState:
    """Orders, positions, wallet and executions of one account; every method returns the events that its news make."""

    def __init__(self, *, keep: int = 5000) -> None:
        self.orders: KnownOrders = KnownOrders(keep=max(keep // 5, 1))
        self.positions: KnownPositions = KnownPositions()
        self.wallet: WalletState = WalletState()
        self.executions: Executions = Executions(keep=keep)

    def take_message(self, message: StreamMessage[Any]) -> list[AccountEvent]:
        """Take a message of a private stream."""
        topic = message.topic.partition(".")[0]
        if topic == "order":
            return self.take_orders(map(order_of, message.data))
        if topic == "execution":
            return self.take_executions(map(execution_of, message.data))
        if topic == "position":
            return self.take_positions(map(position_of, message.data))
        if topic == "wallet":
            at = message.exchange_time or 0
            return [event for data in message.data for event in self.take_wallet(wallet_of(data), at=at)]
        return []

    def take_orders(self, orders: Iterable[Order], *, recovered: bool = False) -> list[AccountEvent]:
        """Take reports of orders."""
        changes = [change for change in map(self.orders.apply, orders) if change is not None]
        return [
            AccountEvent(
                kind="order",
                recovered=recovered,
                order=change.order,
                previous_order=change.previous,
                became_final=change.became_final,
            )
            for change in changes
        ]

    def take_executions(self, executions: Iterable[Execution], *, recovered: bool = False) -> list[AccountEvent]:
        """Take executions, in any order."""
        in_order = sorted(executions, key=lambda execution: execution.exec_time)
        return [
            AccountEvent(kind="execution", recovered=recovered, execution=execution)
            for execution in self.executions.apply(in_order)
        ]

    def take_positions(
        self, positions: Iterable[Position], *, category: str | None = None, recovered: bool = False
    ) -> list[AccountEvent]:
        """Take reports of positions; `category` for those that do not name it."""
        changes = [self.positions.apply(position, category=category) for position in positions]
        return [
            AccountEvent(
                kind="position",
                recovered=recovered,
                position=change.position,
                previous_position=change.previous,
            )
            for change in changes
            if change is not None
        ]

    def take_wallet(
        self, wallet: Wallet, *, at: int, whole: bool = False, recovered: bool = False
    ) -> list[AccountEvent]:
        """Take a report of balances; see `WalletState.apply`."""
        change = self.wallet.apply(wallet, at=at, whole=whole)
        if change is None:
            return []
        coins = tuple(coin.coin for coin in change.coins)
        return [AccountEvent(kind="wallet", recovered=recovered, wallet=change.wallet, coins=coins)]
