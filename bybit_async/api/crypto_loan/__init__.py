"""Loans against crypto collateral."""

from __future__ import annotations

from bybit_async.api.crypto_loan.fixed import FixedLoan
from bybit_async.api.crypto_loan.flexible import FlexibleLoan
from bybit_async.api.crypto_loan.legacy import LegacyLoan
from bybit_async.api.crypto_loan.lending import Lending
from bybit_async.api.crypto_loan.shared import SharedLoan

__all__ = ["CryptoLoan"]


class CryptoLoan(SharedLoan, FixedLoan, FlexibleLoan, LegacyLoan, Lending):
    """Loans against crypto collateral."""

    __slots__ = ()
