"""The chains that coins travel on: fees, limits, confirmations and addresses of a toy world."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any, NamedTuple

from bybit_async.simulator.engine.amounts import plain

_CHAINS = {"USDT": ("ETH", "TRX"), "USDC": ("ETH", "SOL")}
_KINDS = {("USDT", "ETH"): "ERC20", ("USDC", "ETH"): "ERC20", ("USDT", "TRX"): "TRC20"}
_FEES = {"BTC": "0.0001", "ETH": "0.001", "USDT": "1", "USDC": "1"}
_ELSEWHERE = "0.1"
_TAGGED = frozenset({"XRP"})
_LEAST_FEES = 10
ACCURACY = 8


class Chain(NamedTuple):
    """One way for a coin to come and go."""

    coin: str
    name: str
    kind: str
    fee: Decimal
    confirmations: int = 6

    @property
    def least(self) -> Decimal:
        """The smallest withdrawal."""
        return self.fee * _LEAST_FEES

    @property
    def tagged(self) -> bool:
        """Whether an address needs a tag to name its owner."""
        return self.coin in _TAGGED

    def to_wire(self) -> dict[str, Any]:
        """Return the entry of `/v5/asset/coin/query-info`."""
        return {
            "chain": self.name,
            "chainType": self.kind,
            "confirmation": str(self.confirmations),
            "withdrawFee": plain(self.fee),
            "depositMin": "0",
            "withdrawMin": plain(self.least),
            "minAccuracy": str(ACCURACY),
            "chainDeposit": "1",
            "chainWithdraw": "1",
            "withdrawPercentageFee": "0",
            "contractAddress": "",
            "safeConfirmNumber": str(self.confirmations),
            "withdrawMax": "1000000000",
        }


def chains_of(coin: str) -> list[Chain]:
    """Return the chains of a coin; most have one of their own name."""
    fee = Decimal(_FEES.get(coin, _ELSEWHERE))
    return [Chain(coin, name, _KINDS.get((coin, name), name), fee) for name in _CHAINS.get(coin, (coin,))]


def chain_of(coin: str, name: str) -> Chain | None:
    """Return one chain of a coin (the first when `name` is empty), or None."""
    return next((chain for chain in chains_of(coin) if name in ("", chain.name, chain.kind)), None)


def address_of(seed: int, uid: int, chain: str) -> str:
    """Return where an account receives on a chain."""
    return "0x" + hashlib.sha256(f"{seed}/{uid}/{chain}".encode()).hexdigest()[:40]


def tag_of(uid: int, chain: Chain) -> str:
    """Return the tag of an account's address, empty where the chain knows none."""
    return str(uid) if chain.tagged else ""
