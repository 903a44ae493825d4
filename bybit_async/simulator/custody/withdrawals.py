"""Money that leaves: checked, sent and confirmed as the clock goes on, or brought back."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from functools import partial
from typing import Any, Literal

import msgspec

from bybit_async.simulator.custody.chains import Chain
from bybit_async.simulator.custody.deposits import DepositDesk
from bybit_async.simulator.custody.members import Members
from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.amounts import ZERO, plain
from bybit_async.simulator.engine.refusals import Refused

Status = Literal["SecurityCheck", "Pending", "BlockchainConfirmed", "success", "CancelByUser", "Reject", "Fail"]

_STAGES: tuple[tuple[Status, int], ...] = (("Pending", 5_000), ("BlockchainConfirmed", 30_000), ("success", 60_000))
_INSIDE: tuple[tuple[Status, int], ...] = (("Pending", 5_000), ("success", 10_000))
_OPEN = ("SecurityCheck", "Pending")
_PAUSE = 10_000


class SavedAddress(msgspec.Struct, frozen=True):
    """One entry of an account's address book; `coin` empty means any coin."""

    coin: str
    chain: str
    address: str
    tag: str
    created_at: int


class OutgoingWithdrawal(msgspec.Struct, kw_only=True):
    """One withdrawal; `amount` is what arrives, `fee` comes on top."""

    number: int
    uid: int
    chain: Chain
    amount: Decimal
    fee: Decimal
    address: str
    tag: str
    created_at: int
    updated_at: int
    receiver: int = 0
    """The account of this exchange that it goes to, or 0 when it leaves over a chain."""
    request_id: str = ""
    status: Status = "SecurityCheck"
    tx_id: str = ""

    def to_wire(self) -> dict[str, Any]:
        """Return the entry of `/v5/asset/withdraw/query-record`."""
        return {
            "withdrawId": str(self.number),
            "coin": self.chain.coin,
            "chain": self.chain.name,
            "amount": plain(self.amount),
            "withdrawFee": plain(self.fee),
            "status": self.status,
            "toAddress": self.address,
            "tag": self.tag,
            "txID": self.tx_id,
            "withdrawType": 1 if self.receiver else 0,
            "createTime": str(self.created_at),
            "updateTime": str(self.updated_at),
            "fee": "",
            "tax": "",
            "taxRate": "",
            "taxType": "",
        }


class WithdrawalDesk:
    """Every withdrawal, and the addresses that are allowed to receive one."""

    def __init__(self, engine: Engine, members: Members, deposits: DepositDesk, seed: int) -> None:
        self._engine = engine
        self._members = members
        self._deposits = deposits
        self._seed = seed
        self._books: dict[int, list[SavedAddress]] = {}
        self._last: dict[tuple[int, str, str], int] = {}
        self.records: list[OutgoingWithdrawal] = []

    def save_address(self, uid: int, address: SavedAddress) -> None:
        """Put an address into an account's address book."""
        self._books.setdefault(uid, []).append(address)

    def addresses(self, uid: int) -> list[SavedAddress]:
        """Return an account's address book, newest first."""
        return self._books.get(uid, [])[::-1]

    def saved(self, uid: int, coin: str, chain: str, address: str) -> SavedAddress | None:
        """Return the entry that allows a withdrawal; a uid is saved without chain."""
        for entry in self.addresses(uid):
            if entry.address == address and entry.coin in ("", coin) and entry.chain in ("", chain):
                return entry
        return None

    def owner_of(self, chain: Chain, address: str) -> int:
        """Return which master account of this exchange receives at an address, or 0."""
        for account in self._engine.accounts.values():
            if not account.house and self._deposits.address(account.uid, chain) == address:
                return account.uid
        return 0

    def create(self, withdrawal: OutgoingWithdrawal, wallets: tuple[str, ...]) -> OutgoingWithdrawal:
        """Set the money aside, out of these wallets in this order, and send it on its way.

        Refused with 131082 (the request id was used), 10006 (ten seconds between two of a coin and chain) or 131085
        (not enough money).
        """
        uid, coin, now = withdrawal.uid, withdrawal.chain.coin, withdrawal.created_at
        if withdrawal.request_id and any(done.request_id == withdrawal.request_id for done in self.records):
            raise Refused(131082, "Do not repeat the request")
        last = self._last.get((uid, coin, withdrawal.chain.name))
        if last is not None and now - last < _PAUSE:
            raise Refused(10006, "Too many visits. Exceeded the API Rate Limit.")
        self._collect(uid, coin, withdrawal.amount + withdrawal.fee, wallets)
        self._last[uid, coin, withdrawal.chain.name] = now
        withdrawal.number = len(self.records) + 1
        self.records.append(withdrawal)
        for status, delay in _INSIDE if withdrawal.receiver else _STAGES:
            self._engine.clock.call_at(now + delay, partial(self._reach, withdrawal, status))
        return withdrawal

    def cancel(self, withdrawal: OutgoingWithdrawal, status: Status = "CancelByUser") -> None:
        """Bring the money back; refused with 131099 once it is on its chain (`status` may be Reject or Fail)."""
        if withdrawal.status not in _OPEN:
            raise Refused(131099, "The withdrawal can no longer be cancelled")
        wallet = self._members.wallet(withdrawal.uid, "FUND")
        self._engine.treasury.give_back(wallet, withdrawal.chain.coin, withdrawal.amount + withdrawal.fee)
        self._set(withdrawal, status)

    def _collect(self, uid: int, coin: str, total: Decimal, wallets: tuple[str, ...]) -> None:
        held = [self._members.wallet(uid, kind) for kind in wallets]
        free = [max(self._engine.available(account, coin), ZERO) for account in held]
        if sum(free, ZERO) < total:
            raise Refused(131085, "Withdrawal amount is greater than your available balance")
        fund = self._members.wallet(uid, "FUND")
        missing = total
        for account, most in zip(held, free, strict=True):
            part = min(most, missing)
            missing -= part
            if part and account is not fund:
                self._engine.treasury.transfer(account, fund, coin, part)
        self._engine.treasury.set_aside(fund, coin, total)

    def _reach(self, withdrawal: OutgoingWithdrawal, status: Status) -> None:
        if withdrawal.status in ("CancelByUser", "Reject", "Fail"):
            return
        self._set(withdrawal, status)
        if status != "Pending" and not withdrawal.tx_id:
            withdrawal.tx_id = hashlib.sha256(f"{self._seed}/withdrawal/{withdrawal.number}".encode()).hexdigest()
        if status == "success":
            self._engine.treasury.send_off(withdrawal.chain.coin, withdrawal.amount, withdrawal.fee)
            if withdrawal.receiver:
                self._deposits.receive(withdrawal.receiver, withdrawal.chain, withdrawal.amount, withdrawal.uid)

    def _set(self, withdrawal: OutgoingWithdrawal, status: Status) -> None:
        withdrawal.status = status
        withdrawal.updated_at = self._engine.clock.now_ms()
