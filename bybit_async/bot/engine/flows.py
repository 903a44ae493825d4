"""Money that comes and goes without being earned or lost: transfers, known from the exchange's own transaction log."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal

from bybit_async.bot.risk import UnifiedRiskManager
from bybit_async.live.account_events import AccountEvent
from bybit_async.session import AsyncBybit

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

_FLOWS = frozenset(
    {"TRANSFER_IN", "TRANSFER_OUT", "BONUS", "BONUS_RECOLLECT", "AIRDROP", "CURRENCY_BUY", "CURRENCY_SELL"}
)
_OVERLAP_MS = 60_000
"""How long a row may take to appear in the log."""

_TOGETHER = 1.0
"""Seconds within which a balance changes because of an execution."""

_LOGGED_WITHIN = 10.0


class Flows:
    """Keeps transfers out of what counts as profit and loss.

    A change of the balance that no execution explains makes equity uncertain until the transaction log has said what
    it was. A change that it does not explain within ten seconds counts as profit or loss.

    Args:
        session: the connector's session.
        risk: learns what came and went.
        coin: what equity is counted in.
    """

    def __init__(self, session: AsyncBybit, risk: UnifiedRiskManager, coin: str) -> None:
        self._session = session
        self._risk = risk
        self._coin = coin
        self._balance: Decimal | None = None
        self._executed_at = float("-inf")
        self._asked_for: float | None = None
        self._seen: set[str] = set()

    @property
    def is_certain(self) -> bool:
        """Whether it is known why the balance is what it is."""
        return self._asked_for is None

    def take(self, event: AccountEvent) -> None:
        """Take what happened to the account."""
        now = asyncio.get_running_loop().time()
        if event.execution is not None:
            self._executed_at = now
        elif event.wallet is not None and (held := event.wallet.balance(self._coin)) is not None:
            before, self._balance = self._balance, held.wallet_balance
            if before != self._balance and now - self._executed_at > _TOGETHER:
                self._asked_for = now

    async def catch_up(self, now_ms: int) -> None:
        """Take what came and went since the log was last read; at the first time there is nothing to catch up with.

        Raises:
            BybitError: the exchange does not tell.
        """
        since, asked_for = self._risk.memory.flows_ms, self._asked_for
        if since is None:
            self._risk.flowed({}, now_ms)
            self._asked_for = None
            return
        rows = self._session.account.get_transaction_log(
            currency=self._coin, start=since, end=now_ms + _OVERLAP_MS, limit=50
        )
        found = [row async for row in rows if (row.transaction_time or 0) >= since]
        flows = {row.id: row.change for row in found if row.type in _FLOWS and row.change}
        fresh = {name: change for name, change in flows.items() if name not in self._risk.memory.flows}
        for change in fresh.values():
            log.warning("%s %s came or went by transfer: neither profit nor loss", change, self._coin)
        self._risk.flowed(fresh, max(since, now_ms - _OVERLAP_MS))
        before, self._seen = self._seen, {row.id for row in found}
        if self._asked_for == asked_for and (self._seen - before or self._is_overdue()):
            self._asked_for = None

    def _is_overdue(self) -> bool:
        return self._asked_for is None or asyncio.get_running_loop().time() - self._asked_for > _LOGGED_WITHIN
