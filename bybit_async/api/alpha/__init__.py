"""On-chain tokens, liquidity pools and prediction markets."""

from __future__ import annotations

from bybit_async.api.alpha.liquidity import AlphaLiquidity
from bybit_async.api.alpha.prediction import AlphaPrediction
from bybit_async.api.alpha.trade import AlphaTrade

__all__ = ["Alpha"]


class Alpha(AlphaTrade, AlphaLiquidity, AlphaPrediction):
    """On-chain tokens, liquidity pools and prediction markets."""

    __slots__ = ()
