"""What the order endpoints accept and answer."""

from bybit_async.models.trade.batches import (
    AnyOrderRequest,
    BatchAck,
    BatchAcks,
    BatchItem,
    BatchResult,
    batch_result,
    orders_of,
)
from bybit_async.models.trade.executions import Execution, ExecutionPage
from bybit_async.models.trade.orders import BorrowQuota, CancelledOrders, Order, OrderAck, OrderPage, PreCheck
from bybit_async.models.trade.requests import AmendOrder, CancelOrder, PlaceOrder, new_order_link_id

__all__ = [
    "AmendOrder",
    "AnyOrderRequest",
    "BatchAck",
    "BatchAcks",
    "BatchItem",
    "BatchResult",
    "BorrowQuota",
    "CancelOrder",
    "CancelledOrders",
    "Execution",
    "ExecutionPage",
    "Order",
    "OrderAck",
    "OrderPage",
    "PlaceOrder",
    "PreCheck",
    "batch_result",
    "new_order_link_id",
    "orders_of",
]
