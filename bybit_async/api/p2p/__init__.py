"""Peer-to-peer trading against fiat money."""

from __future__ import annotations

from bybit_async.api.p2p.ads import Ads
from bybit_async.api.p2p.orders import AdOrders
from bybit_async.api.p2p.users import Users

__all__ = ["P2P"]


class P2P(Ads, AdOrders, Users):
    """Peer-to-peer trading against fiat money."""

    __slots__ = ()
