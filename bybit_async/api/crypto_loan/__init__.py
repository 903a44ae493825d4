"""Loans against crypto collateral."""

from __future__ import annotations

from bybit_async.api.crypto_loan.fixed import FixedLoans
from bybit_async.api.crypto_loan.flexible import FlexibleLoans
from bybit_async.api.crypto_loan.legacy import LegacyLoans
from bybit_async.api.crypto_loan.lending import Lending
from bybit_async.api.crypto_loan.shared import SharedLoans

__all__ = ["CryptoLoan"]


class CryptoLoan(SharedLoans, FixedLoans, FlexibleLoans, LegacyLoans, Lending):
    """Loans against crypto collateral."""

    __slots__ = ()
