"""Spot margin: orders with `isLeverage` may spend or sell more than there is; what is missing is borrowed.

A borrowed coin is a balance below zero. It needs margin like a position does, and costs interest every hour.
"""

from contextlib import AbstractContextManager
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.amounts import ZERO, grain
from bybit_async.simulator.engine.journal import InterestCharge, LogEntry
from bybit_async.simulator.engine.ledger import FEES
from bybit_async.simulator.engine.margin import borrowable
from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.engine.state import State

HOUR_MS = 3_600_000
HOURLY_RATE = Decimal("0.00001")
DEFAULT_LEVERAGE = Decimal(3)


class SpotBorrowing:
    """Switches spot margin and charges interest."""

    def __init__(self, state: State, operation: AbstractContextManager[None]) -> None:
        self._state = state
        self._operation = operation
        self._charging = False

    def switch(self, account: Account, *, on: bool) -> None:
        """Let an account borrow for spot orders, or no longer; refused with 182021, 176138 or 176040."""
        if on:
            if account.isolated:
                raise Refused(182021, "Cannot enable spot margin while in isolated margin mode.")
            account.spot_leverage = account.spot_leverage or DEFAULT_LEVERAGE
            self._schedule()
            return
        if any(amount < 0 for amount in account.balances.values()):
            raise Refused(176138, "You need to repay all your debts before closing your cross margin account.")
        if any(order.leverage for order in account.orders.values()):
            raise Refused(176040, "There is a spot leverage order, and the adjustment of the leverage switch failed!")
        account.spot_leverage = None

    def set_leverage(self, account: Account, leverage: Decimal) -> None:
        """Set how much may be borrowed against collateral (2 to 10); refused with 176038 while spot margin is off."""
        before = account.spot_leverage
        if before is None:
            raise Refused(176038, "The spot leverage is closed and the current operation is not allowed")
        if not 2 <= leverage <= 10:
            raise Refused(176034, "The leverage ratio is out of range")
        account.spot_leverage = leverage
        if leverage < before and borrowable(account, "USDT", self._state.usd) < 0:
            account.spot_leverage = before
            raise Refused(182107, "Adjustment failed, maintenance margin rate too high")

    def most(self, account: Account, coin: str) -> Decimal:
        """Return how much of a coin an account can still borrow."""
        return max(ZERO, borrowable(account, coin, self._state.usd))

    def _schedule(self) -> None:
        if not self._charging:
            self._charging = True
            clock = self._state.clock
            clock.call_at((clock.now_ms() // HOUR_MS + 1) * HOUR_MS, self._charge)

    def _charge(self) -> None:
        self._charging = False
        with self._operation:
            for account in self._state.accounts.values():
                if account.spot_leverage is not None:
                    for coin, amount in list(account.balances.items()):
                        if amount < 0:
                            self._charge_coin(account, coin, -amount)
        if any(account.spot_leverage is not None for account in self._state.accounts.values()):
            self._schedule()

    def _charge_coin(self, account: Account, coin: str, debt: Decimal) -> None:
        state, cost = self._state, grain(debt * HOURLY_RATE)
        if not cost:
            return
        now = state.clock.now_ms()
        state.ledger.move(coin, cost, account.uid, FEES)
        account.borrowed.append(InterestCharge(coin, now, debt, cost, HOURLY_RATE))
        entry = LogEntry(id=state.ids.unique(), time_ms=now, type="INTEREST", currency=coin, qty=-cost, cash_flow=-cost)
        state.log(account, entry)
        state.touch(account)
