"""A session trading on the simulated exchange, and what each of the two knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bybit_async.session import AsyncBybit
from bybit_async.simulator import Rule, SimulatedExchange
from bybit_async.transport.hooks import Hooks

LINEAR: dict[str, Any] = {"category": "linear", "symbol": "BTCUSDT"}
TWO_SYMBOLS: dict[str, Any] = {"symbols": ["BTCUSDT", "ETHUSDT"]}
RESTING: dict[str, Any] = {**LINEAR, "side": "Buy", "order_type": "Limit", "qty": "0.01", "price": "20000"}
TAKING: dict[str, Any] = {**LINEAR, "side": "Buy", "order_type": "Market", "qty": "0.01"}

CREATE, AMEND, CANCEL = "/v5/order/create", "/v5/order/amend", "/v5/order/cancel"
CREATE_BATCH, CANCEL_ALL = "/v5/order/create-batch", "/v5/order/cancel-all"
OPEN, HISTORY = "/v5/order/realtime", "/v5/order/history"


class Trading:
    def __init__(self, exchange: SimulatedExchange, bybit: AsyncBybit, account: str, sent: Counter[str]) -> None:
        self.exchange = exchange
        self.bybit = bybit
        self.trade = bybit.trade
        self.sent = sent
        self._account = account

    def fault(self, **rule: Any) -> None:
        self.exchange.faults.add(Rule(**rule))

    def ledger(self, link: str | None = None) -> list[Any]:
        """The orders that the exchange really has, or those with an order link id."""
        return [order for order in self.exchange.orders if link in (None, order.link_id)]

    @property
    def account(self) -> Any:
        return self.exchange.account(self._account)


@asynccontextmanager
async def trading(*, exchange: dict[str, Any] | None = None, **options: Any) -> AsyncIterator[Trading]:
    sent: Counter[str] = Counter()

    def count(event: Any) -> None:
        sent[event.path] += 1

    settings: dict[str, Any] = {"seed": 7, "symbols": ["BTCUSDT"], "rate_limits": False, "host_limit": None}
    settings |= exchange or {}
    async with SimulatedExchange(**settings) as place:
        credentials = place.new_account(usdt="10000000", coins={"BTC": "10"})
        options = {"rate_limits": False} | options
        async with AsyncBybit(
            environment=place.environment, hooks=Hooks(on_request=count), **credentials, **options
        ) as bybit:
            yield Trading(place, bybit, credentials["api_key"], sent)
