"""Sub-accounts, funding wallets and the transfers between them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from bybit_async.simulator.engine import Engine, refusals
from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.amounts import GRAIN

_DUST = Decimal("0.001")


class MemberAccount(msgspec.Struct):
    """One sub-account."""

    uid: int
    parent: int
    username: str
    remark: str
    kind: int = 1
    frozen: bool = False

    @property
    def status(self) -> int:
        """1 for a normal account, 4 for a frozen one."""
        return 4 if self.frozen else 1

    def to_wire(self) -> dict[str, Any]:
        """Return the entry of `/v5/user/query-sub-members`."""
        return {
            "uid": str(self.uid),
            "username": self.username,
            "memberType": self.kind,
            "status": self.status,
            "accountMode": 6,
            "remark": self.remark,
        }


class Transfer(NamedTuple):
    """Money that moved between two wallets; `universal` when the members differ or could."""

    transfer_id: str
    coin: str
    amount: Decimal
    source: int
    source_type: str
    target: int
    target_type: str
    time: int
    universal: bool


class Members:
    """Who belongs to whom, and where their money is: a trading (`UNIFIED`) and a funding (`FUND`) wallet each."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._members: dict[int, MemberAccount] = {}
        self._funding: dict[int, Account] = {}
        self.transfers: list[Transfer] = []

    def add(self, parent: int, username: str, remark: str = "", kind: int = 1) -> MemberAccount:
        """Open a sub-account of `parent`."""
        if any(member.username == username for member in self._members.values()):
            raise refusals.Refused(31007, "The username is already in use.")
        member = MemberAccount(self._engine.create_account().uid, parent, username, remark, kind)
        self._members[member.uid] = member
        return member

    def parent_of(self, uid: int) -> int | None:
        """Return the master of a sub-account, or None for a master."""
        member = self._members.get(uid)
        return member.parent if member else None

    def find(self, uid: int) -> MemberAccount | None:
        """Return a sub-account, or None."""
        return self._members.get(uid)

    def remove(self, member: MemberAccount) -> None:
        """Forget a sub-account; refused with 10001 while it holds more than a thousandth of a dollar."""
        wallets = (self.wallet(member.uid, "UNIFIED"), self.wallet(member.uid, "FUND"))
        worth = sum(
            amount * self._engine.coin_price(coin) for wallet in wallets for coin, amount in wallet.balances.items()
        )
        if worth > _DUST:
            raise refusals.parameter("the sub account still holds assets")
        del self._members[member.uid]

    def of(self, parent: int) -> list[MemberAccount]:
        """Return the sub-accounts of a master, newest first."""
        return [member for member in reversed(self._members.values()) if member.parent == parent]

    def wallet(self, uid: int, kind: str) -> Account:
        """Return the account that holds a member's `UNIFIED` or `FUND` wallet."""
        if kind == "UNIFIED":
            account = self._engine.accounts.get(uid)
            if account is None:
                raise refusals.parameter("memberId invalid")
            return account
        if kind != "FUND":
            raise refusals.parameter("accountType invalid")
        found = self._funding.get(uid)
        if found is None:
            found = self._funding[uid] = self._engine.create_account()
        return found

    def related(self, first: int, second: int) -> bool:
        """Return whether two members belong to the same master."""
        return (self.parent_of(first) or first) == (self.parent_of(second) or second)

    def move(self, transfer: Transfer) -> None:
        """Carry out a transfer, once.

        Refused with 131214 (the id was used), 131215 (not an amount), 131210 (too many decimals) or 131212 (the money
        is not there).
        """
        if any(done.transfer_id == transfer.transfer_id for done in self.transfers):
            raise refusals.Refused(131214, "Transfer ID already exists")
        source = self.wallet(transfer.source, transfer.source_type)
        if transfer.amount <= 0:
            raise refusals.Refused(131215, "Amount error")
        if transfer.amount.quantize(GRAIN) != transfer.amount:
            raise refusals.Refused(131210, "Amount accuracy error")
        if self._engine.available(source, transfer.coin) < transfer.amount:
            raise refusals.Refused(131212, "User insufficient balance")
        target = self.wallet(transfer.target, transfer.target_type)
        self._engine.treasury.transfer(source, target, transfer.coin, transfer.amount)
        self.transfers.append(transfer)
