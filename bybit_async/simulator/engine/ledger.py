"""Double entry: every movement of money has a source and a target, the outside world included."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from bybit_async.simulator.engine.amounts import GRAIN, ZERO

OUTSIDE = 0
"""Where deposits come from; its balance is minus everything ever brought in."""
FEES = 1
"""What the exchange has earned."""
CLEARING = 2
"""Stands between the two sides of a contract: pays realised profit, collects realised loss."""
INSURANCE = 3
"""Takes over positions in liquidation and covers what their owners cannot."""
TRANSIT = 4
"""Holds withdrawals until they have left or come back."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What `Engine.audit` counted: coins, accounts, open positions, live orders."""

    coins: int
    accounts: int
    positions: int
    orders: int


class Ledger:
    """Balances by uid and coin, in decimals no finer than the grain."""

    def __init__(self) -> None:
        self._books: defaultdict[int, dict[str, Decimal]] = defaultdict(dict)

    def balances(self, uid: int) -> dict[str, Decimal]:
        """Return the live balances of one uid; read only."""
        return self._books[uid]

    def balance(self, uid: int, coin: str) -> Decimal:
        """Return one balance."""
        return self._books[uid].get(coin, ZERO)

    def move(self, coin: str, amount: Decimal, source: int, target: int) -> None:
        """Move `amount` (negative moves it back); raises `ValueError` when it is finer than the grain."""
        if not amount:
            return
        if amount.quantize(GRAIN) != amount:
            raise ValueError(f"{amount} {coin} is finer than the ledger's grain")
        paying, receiving = self._books[source], self._books[target]
        paying[coin] = paying.get(coin, ZERO) - amount
        receiving[coin] = receiving.get(coin, ZERO) + amount

    def totals(self) -> dict[str, Decimal]:
        """Return the sum over all uids by coin; every one must be exactly zero."""
        sums: dict[str, Decimal] = {}
        for book in self._books.values():
            for coin, amount in book.items():
                sums[coin] = sums.get(coin, ZERO) + amount
        return sums
