"""My balances, coin by coin, never running backwards by the time of the report."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from bybit_async.models.account import CoinBalance, Wallet


class WalletChange(msgspec.Struct, frozen=True):
    """Balances that moved on.

    Attributes:
        wallet: the whole wallet as it is now.
        coins: the coins that changed.
    """

    wallet: Wallet
    coins: tuple[CoinBalance, ...]


class WalletState:
    """The wallet of one account, merged from reports that hold all coins or only some.

    Attributes:
        late: coins of reports that were older than what was known of them.
    """

    def __init__(self) -> None:
        self._totals: Wallet | None = None
        self._totals_at = 0
        self._coins: dict[str, CoinBalance] = {}
        self._known_at: dict[str, int] = {}
        self.late: int = 0

    @property
    def coins(self) -> Mapping[str, CoinBalance]:
        """The balance of every coin that was reported, by coin."""
        return MappingProxyType(self._coins)

    @property
    def current(self) -> Wallet | None:
        """The whole wallet; None before the first report. Its totals are as of the last report."""
        if self._totals is None:
            return None
        return msgspec.structs.replace(self._totals, coin=list(self._coins.values()))

    def apply(self, wallet: Wallet, *, at: int, whole: bool = False) -> WalletChange | None:
        """Take a report and return what it changed; None when all of it is late or known.

        Args:
            wallet: the report.
            at: when it was made, in exchange milliseconds; for an answer, when it was asked for, as it is at least
                that new.
            whole: it holds every coin of the account: one that it lacks is empty now.
        """
        changed = [coin for coin in wallet.coin if self._take(coin, at)]
        if whole:
            changed += self._empty_all_but({coin.coin for coin in wallet.coin}, at)
        if at >= self._totals_at:
            self._totals, self._totals_at = wallet, at
        current = self.current
        return WalletChange(current, tuple(changed)) if changed and current is not None else None

    def _take(self, coin: CoinBalance, at: int) -> bool:
        if at < self._known_at.get(coin.coin, 0):
            self.late += 1
            return False
        known = self._coins.get(coin.coin)
        self._coins[coin.coin] = coin
        self._known_at[coin.coin] = at
        return known is None or _money(known) != _money(coin)

    def _empty_all_but(self, held: set[str], at: int) -> list[CoinBalance]:
        gone = [name for name, known_at in self._known_at.items() if name not in held and known_at <= at]
        empty = [CoinBalance(coin=name) for name in gone if any(_money(self._coins[name]))]
        for name in gone:
            self._coins[name] = CoinBalance(coin=name)
            self._known_at[name] = at
        return empty


def _money(coin: CoinBalance) -> tuple[object, ...]:
    # Equity and dollar value move with the market, and Bybit does not report that.
    return (coin.wallet_balance or 0, coin.locked or 0, coin.borrow_amount or 0, coin.spot_borrow or 0)
