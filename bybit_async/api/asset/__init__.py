"""Balances, transfers, deposits, withdrawals and conversions."""

from __future__ import annotations

from bybit_async.api.asset.balances import Balances
from bybit_async.api.asset.conversion import Conversion
from bybit_async.api.asset.deposits import Deposits
from bybit_async.api.asset.records import Records
from bybit_async.api.asset.transfers import Transfers
from bybit_async.api.asset.withdrawals import Withdrawals

__all__ = ["Asset"]


class Asset(Balances, Transfers, Deposits, Withdrawals, Conversion, Records):
    """Balances, transfers, deposits, withdrawals and conversions."""

    __slots__ = ()
