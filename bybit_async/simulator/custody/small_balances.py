"""Small balances: what is left of several coins, changed into one of them together."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import Any

import msgspec

from bybit_async.simulator.custody.members import Members
from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.amounts import GRAIN, ZERO, plain, rounded
from bybit_async.simulator.engine.refusals import Refused, parameter

TARGETS = ("USDT", "USDC")
SMALL, MOST = Decimal(10), Decimal(200)
"""In US dollars: a balance below the one is small; all of them together may be worth the other."""
_FEE = Decimal("0.02")
_VALIDITY = 30_000
_DURATION = 1_000
_NO_TAX = {"totalAmount": "0", "feeCoin": "", "taxFeeItems": []}


class BalancePart(msgspec.Struct):
    """One coin of a quote; `fee` and `proceeds` are in the coin that it becomes."""

    coin: str
    amount: Decimal
    worth: Decimal
    fee: Decimal
    proceeds: Decimal
    status: str = "init"


class SmallConversion(msgspec.Struct):
    """A quote for several coins, and what happened to it."""

    number: str
    uid: int
    target: str
    parts: list[BalancePart]
    quoted_at: int
    status: str = "init"

    @property
    def expires_at(self) -> int:
        """When it can be confirmed no longer."""
        return self.quoted_at + _VALIDITY

    def to_quote(self) -> dict[str, Any]:
        """Return the answer of `/v5/asset/covert/get-quote`."""
        return {
            "quoteId": self.number,
            "result": {
                "quoteCreateTime": str(self.quoted_at),
                "quoteExpireTime": str(self.expires_at),
                "exchangeCoins": [self._quoted(part) for part in self.parts],
                "totalFeeInfo": self._fee(sum((part.fee for part in self.parts), ZERO)),
                "totalTaxFeeInfo": _NO_TAX,
            },
        }

    def to_record(self) -> dict[str, Any]:
        """Return the entry of `/v5/asset/covert/small-balance-history`."""
        done = [part for part in self.parts if part.status == "success"]
        return {
            "accountType": "eb_convert_uta",
            "exchangeTxId": self.number,
            "toCoin": self.target,
            "toAmount": plain(sum((part.proceeds for part in done), ZERO)),
            "subRecords": [self._recorded(part) for part in self.parts],
            "status": self.status,
            "createdAt": str(self.quoted_at),
            "exchangeSource": "small_asset_uta",
            "feeCoin": self.target,
            "totalFeeAmount": plain(sum((part.fee for part in done), ZERO)),
            "totalTaxFeeInfo": _NO_TAX,
        }

    def _quoted(self, part: BalancePart) -> dict[str, Any]:
        return {
            "fromCoin": part.coin,
            "supportConvert": 1,
            "availableBalance": plain(part.amount),
            "baseValue": rounded(part.worth, 18),
            "toCoin": self.target,
            "toAmount": plain(part.proceeds),
            "exchangeRate": rounded(part.proceeds / part.amount, 18),
            "feeInfo": self._fee(part.fee),
            "taxFeeInfo": _NO_TAX,
        }

    def _recorded(self, part: BalancePart) -> dict[str, Any]:
        return {
            "fromCoin": part.coin,
            "fromAmount": plain(part.amount),
            "toCoin": self.target,
            "toAmount": plain(part.proceeds),
            "feeCoin": self.target,
            "feeAmount": plain(part.fee),
            "status": part.status,
            "taxFeeInfo": _NO_TAX,
        }

    def _fee(self, amount: Decimal) -> dict[str, str]:
        return {"feeCoin": self.target, "amount": plain(amount), "feeRate": plain(_FEE)}


class SmallBalanceDesk:
    """Quotes and conversions of small balances, of unified wallets only."""

    def __init__(self, engine: Engine, members: Members) -> None:
        self._engine = engine
        self._members = members
        self._quotes: dict[str, SmallConversion] = {}

    def coins(self, uid: int) -> dict[str, tuple[Decimal, Decimal]]:
        """Return amount and value in US dollars of every coin of which a member has little."""
        wallet = self._members.wallet(uid, "UNIFIED")
        found: dict[str, tuple[Decimal, Decimal]] = {}
        for coin in sorted(wallet.balances):
            amount = self._engine.available(wallet, coin).quantize(GRAIN, ROUND_DOWN)
            worth = amount * self._engine.coin_price(coin)
            if 0 < worth < SMALL:
                found[coin] = (amount, worth)
        return found

    def quote(self, uid: int, coins: list[str], target: str) -> SmallConversion:
        """Offer to change coins into one; refused with 700013, 700006 or 700007 when they are not small balances."""
        small = self.coins(uid)
        if target in coins or not set(coins) <= small.keys():
            raise Refused(700013, "the current coin does not support convert")
        total = sum((small[coin][1] for coin in coins), ZERO)
        if total > MOST:
            raise Refused(700007, "Large amount limit")
        price = self._engine.coin_price(target)
        parts = [_part(coin, *small[coin], price) for coin in coins]
        if any(part.proceeds <= 0 for part in parts):
            raise Refused(700006, "Low amount limit")
        now = self._engine.clock.now_ms()
        number = f"1010075{now}{len(self._quotes) + 1:08d}"
        quote = self._quotes[number] = SmallConversion(number, uid, target, parts, now)
        return quote

    def confirm(self, number: str, uid: int) -> SmallConversion:
        """Accept a quote, once and in time; the coins change hands a second later."""
        quote = self._quotes.get(number)
        if quote is None or quote.uid != uid:
            raise Refused(700004, "order not exist")
        if quote.status != "init":
            raise Refused(700009, "quoteTxId has already been used")
        if self._engine.clock.now_ms() > quote.expires_at:
            raise Refused(700008, "quote fail: price time out")
        quote.status = "processing"
        self._engine.clock.call_later(_DURATION, partial(self._exchange, quote))
        return quote

    def of(self, uid: int) -> list[SmallConversion]:
        """Return the confirmed conversions of a member, newest first."""
        return [quote for quote in reversed(self._quotes.values()) if quote.uid == uid and quote.status != "init"]

    def _exchange(self, quote: SmallConversion) -> None:
        wallet = self._members.wallet(quote.uid, "UNIFIED")
        for part in quote.parts:
            try:
                self._engine.withdraw(wallet, part.coin, part.amount, "CURRENCY_SELL")
            except Refused:
                part.status = "failure"
                continue
            self._engine.deposit(wallet, quote.target, part.proceeds, "CURRENCY_BUY")
            part.status = "success"
        ends = {part.status for part in quote.parts}
        quote.status = ends.pop() if len(ends) == 1 else "partial_fulfillment"


def _part(coin: str, amount: Decimal, worth: Decimal, price: Decimal) -> BalancePart:
    if not price:
        raise parameter("toCoin invalid")
    gross = worth / price
    fee = (gross * _FEE).quantize(GRAIN, ROUND_DOWN)
    return BalancePart(coin, amount, worth, fee, (gross - fee).quantize(GRAIN, ROUND_DOWN))
