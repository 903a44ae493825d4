"""Accounts are opened here, and money comes in, goes out and changes hands."""

from contextlib import AbstractContextManager
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.amounts import GRAIN
from bybit_async.simulator.engine.journal import LogEntry
from bybit_async.simulator.engine.ledger import FEES, OUTSIDE, TRANSIT
from bybit_async.simulator.engine.margin import withdrawable
from bybit_async.simulator.engine.refusals import insufficient_margin, parameter
from bybit_async.simulator.engine.state import State

FIRST_UID = 100_001
MOST = Decimal(10) ** 15
"""With twelve decimals, more would not be counted exactly."""


class Treasury:
    """Opens accounts and moves money."""

    def __init__(self, state: State, operation: AbstractContextManager[None]) -> None:
        self._state = state
        self._operation = operation
        self._next_uid = FIRST_UID

    def open(self, uid: int | None = None, *, house: bool = False, smp_group: int = 0) -> Account:
        """Open an account; raises `ValueError` when the uid is taken."""
        if uid is None:
            uid = self._next_uid
        if uid in self._state.accounts or uid == OUTSIDE:
            raise ValueError(f"uid {uid} is taken")
        self._next_uid = max(self._next_uid, uid + 1) if uid > TRANSIT else self._next_uid
        balances = self._state.ledger.balances(uid)
        account = Account(uid, balances, self._state.clock.now_ms(), house=house, smp_group=smp_group)
        self._state.accounts[uid] = account
        return account

    def deposit(self, account: Account, coin: str, amount: Decimal, kind: str) -> None:
        """Bring money in from outside."""
        with self._operation:
            _check(amount)
            self._state.ledger.move(coin, amount, OUTSIDE, account.uid)
            self._log(account, coin, amount, kind)

    def withdraw(self, account: Account, coin: str, amount: Decimal, kind: str) -> None:
        """Take free money out."""
        with self._operation:
            _check(amount)
            self._require(account, coin, amount)
            self._state.ledger.move(coin, amount, account.uid, OUTSIDE)
            self._log(account, coin, -amount, kind)

    def transfer(self, source: Account, target: Account, coin: str, amount: Decimal) -> None:
        """Move free money to another account."""
        with self._operation:
            _check(amount)
            self._require(source, coin, amount)
            self._state.ledger.move(coin, amount, source.uid, target.uid)
            self._log(source, coin, -amount, "TRANSFER_OUT")
            self._log(target, coin, amount, "TRANSFER_IN")

    def set_aside(self, account: Account, coin: str, amount: Decimal) -> None:
        """Take free money out of an account and keep it in transit."""
        with self._operation:
            _check(amount)
            self._require(account, coin, amount)
            self._state.ledger.move(coin, amount, account.uid, TRANSIT)
            self._log(account, coin, -amount, "TRANSFER_OUT")

    def give_back(self, account: Account, coin: str, amount: Decimal) -> None:
        """Return money that was set aside."""
        with self._operation:
            self._state.ledger.move(coin, amount, TRANSIT, account.uid)
            self._log(account, coin, amount, "TRANSFER_IN")

    def send_off(self, coin: str, amount: Decimal, fee: Decimal) -> None:
        """Let money that was set aside leave the exchange, which keeps the fee."""
        with self._operation:
            self._state.ledger.move(coin, amount, TRANSIT, OUTSIDE)
            self._state.ledger.move(coin, fee, TRANSIT, FEES)

    def _require(self, account: Account, coin: str, amount: Decimal) -> None:
        if not account.house and amount > withdrawable(account, coin, self._state.usd):
            raise insufficient_margin()

    def _log(self, account: Account, coin: str, amount: Decimal, kind: str) -> None:
        entry = LogEntry(
            id=f"{account.uid}_{self._state.ids.unique()}",
            time_ms=self._state.clock.now_ms(),
            type=kind,
            currency=coin,
            qty=amount,
            cash_flow=amount,
        )
        self._state.log(account, entry)
        self._state.touch(account)


def _check(amount: Decimal) -> None:
    if not amount.is_finite() or not 0 < amount <= MOST or amount.quantize(GRAIN) != amount:
        raise parameter("amount invalid")
