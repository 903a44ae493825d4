"""Money that arrives: over a chain, confirmation by confirmation, or from another account of the exchange."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from bybit_async.simulator.custody.chains import Chain, address_of, tag_of
from bybit_async.simulator.custody.members import Members
from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.amounts import plain

TO_BE_CONFIRMED, PROCESSING, CREDITED = 1, 2, 3


class IncomingDeposit(msgspec.Struct, kw_only=True):
    """One deposit; `status` is 1 (to be confirmed), 2 (processing) or 3 (credited)."""

    number: int
    uid: int
    coin: str
    chain: Chain
    amount: Decimal
    tx_id: str
    address: str
    created_at: int
    sender: int = 0
    """The account that sent it, or 0 when it came over a chain."""
    status: int = TO_BE_CONFIRMED
    confirmations: int = 0
    credited_at: int = 0

    def to_wire(self) -> dict[str, Any]:
        """Return the entry of `/v5/asset/deposit/query-record`."""
        return {
            "id": str(self.number),
            "coin": self.coin,
            "chain": self.chain.name,
            "amount": plain(self.amount),
            "txID": self.tx_id,
            "status": self.status,
            "toAddress": self.address,
            "tag": tag_of(self.uid, self.chain),
            "depositFee": "",
            "successAt": str(self.credited_at),
            "confirmations": str(self.confirmations),
            "txIndex": "0",
            "blockHash": hashlib.sha256(self.tx_id.encode()).hexdigest(),
            "batchReleaseLimit": "-1",
            "depositType": "0",
            "fromAddress": "",
            "taxDepositRecordsId": "0",
            "taxStatus": 0,
        }

    def to_internal_wire(self) -> dict[str, Any]:
        """Return the entry of `/v5/asset/deposit/query-internal-record`."""
        return {
            "id": str(self.number),
            "type": 1,
            "coin": self.coin,
            "amount": plain(self.amount),
            "status": 2 if self.status == CREDITED else 1,
            "address": self.address,
            "createdTime": str(self.created_at // 1_000),
            "fromMemberId": str(self.sender),
            "txID": self.tx_id,
            "complianceStatus": 1,
            "taxDepositRecordsId": "0",
            "taxStatus": 0,
        }


class DepositDesk:
    """Every deposit that clients can look up."""

    def __init__(self, engine: Engine, members: Members, seed: int) -> None:
        self._engine = engine
        self._members = members
        self._seed = seed
        self._targets: dict[int, str] = {}
        self.records: list[IncomingDeposit] = []

    def address(self, uid: int, chain: Chain) -> str:
        """Return where an account receives on a chain."""
        return address_of(self._seed, uid, chain.name)

    def credit_to(self, uid: int, kind: str) -> None:
        """Have the deposits of an account credited to its `FUND` or `UNIFIED` wallet from now on."""
        self._targets[uid] = kind

    def announce(self, uid: int, chain: Chain, amount: Decimal, duration: int) -> IncomingDeposit:
        """Let a deposit show up that takes `duration` milliseconds to be confirmed and credited."""
        deposit = self._record(uid, chain, amount)
        if not duration:
            deposit.confirmations = chain.confirmations
            self._credit(deposit)
            return deposit
        clock, now = self._engine.clock, deposit.created_at
        for count in range(1, chain.confirmations + 1):
            clock.call_at(now + duration * count // chain.confirmations, partial(self._confirm, deposit, count))
        return deposit

    def receive(self, uid: int, chain: Chain, amount: Decimal, sender: int) -> IncomingDeposit:
        """Credit at once what another account of the exchange has sent."""
        deposit = self._record(uid, chain, amount, sender)
        self._credit(deposit)
        return deposit

    def _record(self, uid: int, chain: Chain, amount: Decimal, sender: int = 0) -> IncomingDeposit:
        number = len(self.records) + 1
        deposit = IncomingDeposit(
            number=number,
            uid=uid,
            coin=chain.coin,
            chain=chain,
            amount=amount,
            tx_id=hashlib.sha256(f"{self._seed}/deposit/{number}".encode()).hexdigest(),
            address=self.address(uid, chain),
            created_at=self._engine.clock.now_ms(),
            sender=sender,
        )
        self.records.append(deposit)
        return deposit

    def _confirm(self, deposit: IncomingDeposit, count: int) -> None:
        deposit.confirmations = count
        if count >= deposit.chain.confirmations:
            self._credit(deposit)
        elif count * 2 >= deposit.chain.confirmations:
            deposit.status = PROCESSING

    def _credit(self, deposit: IncomingDeposit) -> None:
        wallet = self._members.wallet(deposit.uid, self._targets.get(deposit.uid, "FUND"))
        self._engine.deposit(wallet, deposit.coin, deposit.amount)
        deposit.status = CREDITED
        deposit.credited_at = self._engine.clock.now_ms()
