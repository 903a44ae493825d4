"""The interface of pybit's `unified_trading` over this library: change the import, keep the program.

``from bybit_async.pybit import HTTP, WebSocket, WebSocketTrading, WebsocketSpreadTrading`` take pybit's arguments and
answer its raw dicts. What differs on purpose: a write whose answer was lost is looked up and never sent twice, every
new order carries an order link id, limits are kept instead of run into, and books come sorted and are withheld while
they have a gap.
"""

from __future__ import annotations

from bybit_async.pybit.http import HTTP
from bybit_async.pybit.trading import WebSocketTrading
from bybit_async.pybit.websocket import WebSocket, WebsocketSpreadTrading

__all__ = ["HTTP", "WebSocket", "WebSocketTrading", "WebsocketSpreadTrading"]
