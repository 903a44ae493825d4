"""Balances, transfers, deposits, withdrawals and conversions."""

from __future__ import annotations

from bybit_async.api.asset.balances import AssetBalances
from bybit_async.api.asset.conversion import Conversions
from bybit_async.api.asset.deposits import Deposits
from bybit_async.api.asset.records import Records
from bybit_async.api.asset.transfers import Transfers
from bybit_async.api.asset.withdrawals import Withdrawals

__all__ = ["Asset"]


class Asset(AssetBalances, Transfers, Deposits, Withdrawals, Conversions, Records):
    """Balances, transfers, deposits, withdrawals and conversions."""

    __slots__ = ()
