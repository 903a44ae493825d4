"""Everything that earns a yield."""

from __future__ import annotations

from bybit_async.api.earn.advance import AdvanceEarn
from bybit_async.api.earn.advance_holdings import AdvanceHoldings
from bybit_async.api.earn.asset_manager import AssetManager
from bybit_async.api.earn.easy import EasyEarn
from bybit_async.api.earn.fixed_term import FixedTerm
from bybit_async.api.earn.hold_to_earn import HoldToEarn
from bybit_async.api.earn.liquidity_mining import LiquidityMining
from bybit_async.api.earn.rwa import RwaEarn
from bybit_async.api.earn.token import TokenEarn
from bybit_async.api.earn.wealth import WealthManagement

__all__ = ["Earn"]


class Earn(
    EasyEarn,
    FixedTerm,
    AdvanceEarn,
    AdvanceHoldings,
    LiquidityMining,
    HoldToEarn,
    TokenEarn,
    RwaEarn,
    WealthManagement,
    AssetManager,
):
    """Everything that earns a yield."""

    __slots__ = ()
