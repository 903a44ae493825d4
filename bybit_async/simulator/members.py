"""Sub-accounts, funding wallets and the transfers between them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from bybit_async.simulator import refusals

if TYPE_CHECKING:
    from bybit_async.simulator.accounts import Account
    from bybit_async.simulator.engine import Engine


class Member(NamedTuple):
    """One sub-account."""

    uid: int
    parent: int
    username: str
    remark: str


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
        self._members: dict[int, Member] = {}
        self._funding: dict[int, Account] = {}
        self.transfers: list[Transfer] = []

    def add(self, parent: int, username: str, remark: str = "") -> Member:
        """Open a sub-account of `parent`."""
        if any(member.username == username for member in self._members.values()):
            raise refusals.Refused(31007, "The username is already in use.")
        member = Member(self._engine.create_account().uid, parent, username, remark)
        self._members[member.uid] = member
        return member

    def parent_of(self, uid: int) -> int | None:
        """Return the master of a sub-account, or None for a master."""
        member = self._members.get(uid)
        return member.parent if member else None

    def of(self, parent: int) -> list[Member]:
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
        """Tell whether two members belong to the same master."""
        return (self.parent_of(first) or first) == (self.parent_of(second) or second)

    def move(self, transfer: Transfer) -> None:
        """Carry out a transfer, once: the same id again is refused (131212 when the money is not there)."""
        if any(done.transfer_id == transfer.transfer_id for done in self.transfers):
            raise refusals.Refused(131214, "Transfer ID already exists")
        source = self.wallet(transfer.source, transfer.source_type)
        if transfer.amount <= 0:
            raise refusals.parameter("amount invalid")
        if self._engine.available(source, transfer.coin) < transfer.amount:
            raise refusals.Refused(131212, "User insufficient balance")
        target = self.wallet(transfer.target, transfer.target_type)
        self._engine.transfer(source, target, transfer.coin, transfer.amount)
        self.transfers.append(transfer)
