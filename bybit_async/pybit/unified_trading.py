"""The name under which pybit's users import these."""

from __future__ import annotations

from bybit_async.pybit.http import HTTP
from bybit_async.pybit.trading import WebSocketTrading
from bybit_async.pybit.websocket import WebSocket, WebsocketSpreadTrading

__all__ = ["HTTP", "WebSocket", "WebSocketTrading", "WebsocketSpreadTrading"]
