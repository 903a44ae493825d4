"""Private streams: what happens to the account of the key."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal

from bybit_async.enums import Category
from bybit_async.models import stream_block as block
from bybit_async.models import stream_private as private
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream import topics
from bybit_async.stream.buffer import Policy
from bybit_async.stream.item_transforms import Messages
from bybit_async.stream.subscription import Subscription
from bybit_async.stream.topic_streams import TopicStreams
from bybit_async.stream.topics import DcpProduct


def _by_order(item: private.OrderData | block.SpreadOrderData) -> Hashable:
    return item.order_id


def _by_execution(item: private.ExecutionData | private.FastExecutionData | block.SpreadExecutionData) -> Hashable:
    return item.exec_id


def _by_position(item: private.PositionData) -> Hashable:
    return item.category, item.symbol, item.position_idx


class PrivateStreams(TopicStreams):
    """Private topics; each raises `MissingCredentials` at once when the session has no key.

    None of them begins with a snapshot, and what happens while the connection is lost is not repeated: what must be
    complete is kept so by the live account, which asks by REST after every loss.
    """

    def orders(
        self, category: Category | None = None, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[private.OrderData]:
        """Orders as they change, of one category or of all. `order`."""
        return self._open([topics.orders(category)], policy, buffer, key=_by_order)

    def executions(
        self, category: Category | None = None, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[private.ExecutionData]:
        """Executions, of one category or of all; one may come twice around a reconnect. `execution`."""
        return self._open([topics.executions(category)], policy, buffer, key=_by_execution)

    def fast_executions(
        self, category: Category | None = None, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[private.FastExecutionData]:
        """Trades only, sooner and with fewer fields than `executions`. `execution.fast`."""
        return self._open([topics.fast_executions(category)], policy, buffer, key=_by_execution)

    def positions(
        self,
        category: Literal["linear", "inverse", "option"] | None = None,
        *,
        policy: Policy = "drop_oldest",
        buffer: int | None = None,
    ) -> Subscription[private.PositionData]:
        """Positions, pushed on every order and fill, even where nothing differs. `position`."""
        return self._open([topics.positions(category)], policy, buffer, key=_by_position)

    def wallet(self, *, policy: Policy = "drop_oldest", buffer: int | None = None) -> Subscription[private.WalletData]:
        """Balances that changed; not pushed for unrealised results. `wallet`."""
        return self._open([topics.wallet()], policy, buffer, key=lambda item: item.account_type)

    def greeks(self, *, policy: Policy = "drop_oldest", buffer: int | None = None) -> Subscription[private.GreeksData]:
        """Summed greeks of the options on each base coin. `greeks`."""
        return self._open([topics.greeks()], policy, buffer, key=lambda item: item.base_coin)

    def dcp(
        self, *products: DcpProduct, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[StreamMessage[Any]]:
        """Arm disconnection protection: nothing is pushed; losing every subscribed connection fires it. `dcp`.

        Institutions only. Bybit cancels the orders of the products once the window set for the account has passed.
        """
        return self._open([topics.dcp(product) for product in products], policy, buffer, transform=Messages())

    def strategy(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[private.StrategyData]:
        """TWAP, chase, iceberg and POV orders as they change. `strategy`."""
        return self._open([topics.strategy()], policy, buffer, key=lambda item: item.strategy_id)

    def spread_orders(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[block.SpreadOrderData]:
        """FanOut orders and the orders of their legs. `spread.order`."""
        return self._open([topics.spread_orders()], policy, buffer, key=_by_order)

    def spread_executions(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[block.SpreadExecutionData]:
        """Executions of spread orders and of their legs. `spread.execution`."""
        return self._open([topics.spread_executions()], policy, buffer, key=_by_execution)

    def rfqs(self, *, policy: Policy = "drop_oldest", buffer: int | None = None) -> Subscription[block.RfqData]:
        """Requests for quotes that this account sent or received. `rfq.open.rfqs`."""
        return self._open([topics.rfqs()], policy, buffer, key=lambda item: item.rfq_id)

    def quotes(self, *, policy: Policy = "drop_oldest", buffer: int | None = None) -> Subscription[block.QuoteData]:
        """Quotes that this account sent or received. `rfq.open.quotes`."""
        return self._open([topics.quotes()], policy, buffer, key=lambda item: item.quote_id)

    def rfq_trades(
        self, *, policy: Policy = "drop_oldest", buffer: int | None = None
    ) -> Subscription[block.RfqTradeData]:
        """This account's block trades. `rfq.open.trades`."""
        return self._open([topics.rfq_trades()], policy, buffer, key=lambda item: item.rfq_id)
