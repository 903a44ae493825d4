"""The unified account."""

from __future__ import annotations

from bybit_async.api.account.balances import AccountBalances
from bybit_async.api.account.borrowing import Borrowing
from bybit_async.api.account.protection import Protection
from bybit_async.api.account.settings import Settings

__all__ = ["Account"]


class Account(AccountBalances, Borrowing, Protection, Settings):
    """Balances, fees, transactions, borrowing and the account's settings."""

    __slots__ = ()
