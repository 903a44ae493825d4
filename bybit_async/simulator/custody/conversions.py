"""Convert: one coin for another at a quoted rate, without an order book."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import Any, Literal

import msgspec

from bybit_async.simulator.custody.members import Members
from bybit_async.simulator.custody.small_balances import SmallBalanceDesk
from bybit_async.simulator.engine import Engine
from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.refusals import Refused, parameter

WALLETS = {"eb_convert_uta": "UNIFIED", "eb_convert_funding": "FUND"}
ACCURACY = 8
MOST = Decimal(10) ** 9
_SPREAD = Decimal("0.001")
_GRAIN = Decimal(1).scaleb(-ACCURACY)
_VALID = 15_000
_DURATION = 1_000


class CoinConversion(msgspec.Struct, kw_only=True):
    """One quote, and what happened to it."""

    number: str
    uid: int
    account_type: str
    source: str
    target: str
    amount: Decimal
    proceeds: Decimal
    rate: Decimal
    quoted_at: int
    request_id: str = ""
    param_type: str = ""
    param_value: str = ""
    status: Literal["init", "processing", "success", "failure"] = "init"
    created_at: int = 0

    @property
    def expires_at(self) -> int:
        """Until when the quote can be confirmed."""
        return self.quoted_at + _VALID

    def to_quote(self) -> dict[str, Any]:
        """Return the result of `/v5/asset/exchange/quote-apply`."""
        return {
            "quoteTxId": self.number,
            "exchangeRate": plain(self.rate),
            "fromCoin": self.source,
            "fromCoinType": "crypto",
            "toCoin": self.target,
            "toCoinType": "crypto",
            "fromAmount": plain(self.amount),
            "toAmount": plain(self.proceeds),
            "expiredTime": str(self.expires_at),
            "requestId": self.request_id,
            "extTaxAndFee": [],
        }

    def to_wire(self) -> dict[str, Any]:
        """Return the entry of `/v5/asset/exchange/query-convert-history`."""
        extra = {"paramType": self.param_type, "paramValue": self.param_value} if self.param_type else {}
        return {
            "accountType": self.account_type,
            "exchangeTxId": self.number,
            "userId": str(self.uid),
            "fromCoin": self.source,
            "fromCoinType": "crypto",
            "toCoin": self.target,
            "toCoinType": "crypto",
            "fromAmount": plain(self.amount),
            "toAmount": plain(self.proceeds),
            "exchangeStatus": self.status,
            "extInfo": extra,
            "convertRate": plain(self.rate),
            "createdAt": str(self.created_at),
        }

    def to_record(self) -> dict[str, Any]:
        """Return the entry of `/v5/asset/exchange/order-record`."""
        return {
            "fromCoin": self.source,
            "fromAmount": plain(self.amount),
            "toCoin": self.target,
            "toAmount": plain(self.proceeds),
            "exchangeRate": plain(self.rate),
            "createdTime": str(self.created_at // 1_000),
            "exchangeTxId": self.number,
        }


class ConversionDesk:
    """Quotes and conversions of every account."""

    def __init__(self, engine: Engine, members: Members) -> None:
        self._engine = engine
        self._members = members
        self._quotes: dict[str, CoinConversion] = {}
        self.small: SmallBalanceDesk = SmallBalanceDesk(engine, members)

    def rate(self, source: str, target: str) -> Decimal:
        """Return how much of `target` one `source` brings, the exchange's margin deducted; 0 when it cannot."""
        worth, price = self._engine.coin_price(source), self._engine.coin_price(target)
        return (worth / price * (1 - _SPREAD)).quantize(Decimal("1e-12"), ROUND_DOWN) if price else price

    def quote(self, conversion: CoinConversion) -> CoinConversion:
        """Offer a conversion: sets its number, rate and proceeds."""
        rate = self.rate(conversion.source, conversion.target)
        proceeds = (conversion.amount * rate).quantize(_GRAIN, ROUND_DOWN)
        if not 0 < conversion.amount <= MOST or conversion.amount.quantize(_GRAIN) != conversion.amount:
            raise parameter("requestAmount invalid")
        if proceeds <= 0:
            raise parameter("requestAmount is too small")
        conversion.number = f"1010010{conversion.quoted_at}{len(self._quotes) + 1:08d}"
        conversion.rate, conversion.proceeds = rate, proceeds
        self._quotes[conversion.number] = conversion
        return conversion

    def find(self, number: str, uid: int) -> CoinConversion:
        """Return a quote of an account; an unknown one is refused with 10001."""
        found = self._quotes.get(number)
        if found is None or found.uid != uid:
            raise parameter("quoteTxId invalid")
        return found

    def confirm(self, conversion: CoinConversion) -> None:
        """Accept a quote, once and in time; the coins change hands a second later."""
        now = self._engine.clock.now_ms()
        if conversion.status != "init":
            return
        if now > conversion.expires_at:
            raise parameter("the quote has expired")
        wallet = self._members.wallet(conversion.uid, WALLETS[conversion.account_type])
        if self._engine.available(wallet, conversion.source) < conversion.amount:
            raise Refused(131212, "User insufficient balance")
        conversion.status, conversion.created_at = "processing", now
        self._engine.clock.call_later(_DURATION, partial(self._exchange, conversion))

    def of(self, uid: int) -> list[CoinConversion]:
        """Return the confirmed conversions of an account, newest first."""
        done = [quote for quote in self._quotes.values() if quote.uid == uid and quote.status != "init"]
        return sorted(done, key=lambda conversion: -conversion.created_at)

    def _exchange(self, conversion: CoinConversion) -> None:
        wallet = self._members.wallet(conversion.uid, WALLETS[conversion.account_type])
        try:
            self._engine.withdraw(wallet, conversion.source, conversion.amount, "CURRENCY_SELL")
        except Refused:
            conversion.status = "failure"
            return
        self._engine.deposit(wallet, conversion.target, conversion.proceeds, "CURRENCY_BUY")
        conversion.status = "success"
