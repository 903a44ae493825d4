"""An hour of trading in a minute, while everything that can go wrong does.

The exchange's clock runs sixty times as fast as ours, and so does the clients' idea of it. Three accounts trade by REST
and over the socket; requests and answers are lost, connections dropped and refused, the exchange restarts and its clock
leaps. In the end each account is compared with the exchange's ledger: nothing may be lost, doubled or left unresolved.

    python -m benchmarks.chaos            # a minute
    python -m benchmarks.chaos 10         # ten seconds
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from bybit_async import AsyncBybit, OutcomeUnknown, RequestRejected, TransportError
from bybit_async.live.account import LiveAccount
from bybit_async.models.trade import PlaceOrder
from bybit_async.simulator import Rule, SimulatedExchange
from bybit_async.stream.settings import StreamSettings
from bybit_async.transport.clock import Clock

SPEED = 60
SYMBOLS = ("BTCUSDT", "ETHUSDT")
STREAMS = StreamSettings(backoff=0.02, max_backoff=0.2, stable_after=0.2, connects=1_000_000, proxy=None)


@dataclass
class Report:
    """What became of it.

    Attributes:
        lost: orders that the exchange has although they were called failed, or has not although they were accepted.
        doubled: orders that exist more than once, or were sent again although the exchange had looked at them.
        unresolved: accounts' orders, positions, executions and balances that differ from the ledger in the end.
    """

    seconds: float = 0.0
    sent: int = 0
    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    not_sent: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        faults = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()))
        return (
            f"{self.seconds * SPEED / 60:.0f} minutes of the exchange in {self.seconds:.1f} s\n"
            f"orders sent        {self.sent:>6}  accepted {self.accepted}, refused {self.refused}, "
            f"unknown {self.unknown}, not sent {self.not_sent}\n"
            f"faults injected    {sum(self.faults.values()):>6}  {faults}\n"
            f"lost               {len(self.lost):>6}  {' '.join(self.lost[:5])}\n"
            f"doubled            {len(self.doubled):>6}  {' '.join(self.doubled[:5])}\n"
            f"unresolved         {len(self.unresolved):>6}  {' '.join(self.unresolved[:5])}"
        )


class Trader:
    """One account, what it did, and what it was answered."""

    def __init__(
        self,
        exchange: SimulatedExchange,
        report: Report,
        seed: int,
        via: Literal["rest", "websocket"],
        taken: Counter[str],
    ) -> None:
        self._random = random.Random(seed)
        self._report = report
        self._taken = taken
        credentials = exchange.new_account(usdt="100000000")
        self.ledger = exchange.account(credentials["api_key"])
        self.bybit = AsyncBybit(
            environment=exchange.environment, orders_via=via, rate_limits=False, timeout=2.0, recv_window=60_000,
            stream_settings=STREAMS, **credentials,
        )  # fmt: skip
        # The same clock that every part of the session holds, sped up as the exchange's is.
        Clock.__init__(self.bybit.clock, monotonic=lambda: time.monotonic() * SPEED)
        # What is not there within a moment never comes here; in life that takes the recv window.
        self.bybit._inquiry._patience = 0.3
        self.account: LiveAccount = self.bybit.live_account(categories=("linear",), settle_coins=("USDT",))
        self.outcomes: dict[str, str] = {}

    async def trade(self, going: Callable[[], bool]) -> None:
        """Place, amend and cancel as long as it goes on."""
        while going():
            act = self._random.choices((self._place, self._amend, self._cancel), (6, 2, 2))[0]
            try:
                await act()
            except (RequestRejected, OutcomeUnknown, TransportError):
                # Whatever was reported of it, the ledger says in the end whether it was true.
                await asyncio.sleep(0)
            await asyncio.sleep(self._random.random() * 0.02)

    async def _place(self) -> None:
        symbol = self._random.choice(SYMBOLS)
        order = self._order(symbol)
        link = order.order_link_id or ""
        self._report.sent += 1
        self.outcomes[link] = "in flight"
        try:
            await self.bybit.trade.place(order)
            self._told(link, "accepted")
        except RequestRejected:
            self._told(link, "refused")
        except OutcomeUnknown:
            self._told(link, "unknown")
        except TransportError:
            self._told(link, "not_sent")

    def _order(self, symbol: str) -> PlaceOrder:
        where: dict[str, Any] = {"category": "linear", "symbol": symbol, "side": self._random.choice(("Buy", "Sell"))}
        qty = Decimal(self._random.randint(1, 5)) / 10
        if self._random.random() < 0.4:
            return PlaceOrder(**where, order_type="Market", qty=qty)
        return PlaceOrder(**where, order_type="Limit", qty=qty, price=self._price(symbol, where["side"]))

    def _price(self, symbol: str, side: str) -> Decimal:
        away = 1 - 0.02 * self._random.random() if side == "Buy" else 1 + 0.02 * self._random.random()
        return Decimal(round(self.marks[symbol] * away))

    def _told(self, link: str, outcome: str) -> None:
        self.outcomes[link] = outcome
        setattr(self._report, outcome, getattr(self._report, outcome) + 1)

    async def _amend(self) -> None:
        if order := self._any():
            price = self._price(order.symbol, order.side)
            await self.bybit.trade.amend_order(
                category="linear", symbol=order.symbol, order_id=order.order_id, price=price
            )

    async def _cancel(self) -> None:
        if order := self._any():
            await self.bybit.trade.cancel_order(category="linear", symbol=order.symbol, order_id=order.order_id)

    def _any(self) -> Any:
        orders = self.account.orders.open
        return self._random.choice(orders) if orders else None

    async def learn_prices(self) -> None:
        """Note where the market is."""
        self.marks = {}
        for symbol in SYMBOLS:
            tickers = await self.bybit.market.get_tickers(category="linear", symbol=symbol)
            self.marks[symbol] = float(tickers[0].mark_price or 0)

    def judge(self) -> None:
        """Compare what was reported with the ledger."""
        report = self._report
        there = Counter(order.link_id for order in (*self.ledger.history, *self.ledger.orders.values()))
        report.doubled += [link for link in self.outcomes if there[link] > 1 or self._taken[link] > 1]
        for link, outcome in self.outcomes.items():
            vanished = outcome == "in flight" or (outcome == "accepted" and link not in there)
            lives = outcome in ("refused", "not_sent") and self._was_live(link)
            if vanished or lives:
                report.lost.append(link)

    def _was_live(self, link: str) -> bool:
        orders = (*self.ledger.history, *self.ledger.orders.values())
        return any(order.link_id == link and order.status != "Rejected" for order in orders)

    def differences(self) -> list[str]:
        """Name what the account believes and the ledger does not have, or the other way round."""
        mine = {
            "orders": {(o.order_id, o.price, o.qty, o.cum_exec_qty or 0) for o in self.account.orders.open},
            "positions": {(p.symbol, p.side, p.size) for p in self.account.positions.open},
            "executions": {e.exec_id for e in self.account.executions},
        }
        ledger = {
            "orders": {(o.order_id, o.price, o.qty, o.filled) for o in self.ledger.orders.values()},
            "positions": {
                (p.listing.instrument.symbol, p.side, p.size) for p in self.ledger.positions.values() if p.net
            },
            "executions": {e.exec_id for e in self.ledger.executions},
        }
        # The exchange shows balances with eight decimals.
        balance = self.account.wallet.coins["USDT"].wallet_balance or Decimal(0)
        wrong = [name for name in mine if mine[name] != ledger[name]]
        wrong += ["balance"] if abs(balance - self.ledger.balances["USDT"]) >= Decimal("0.00000001") else []
        return [f"{name} of {self.ledger.uid}" for name in wrong]

    def pending(self) -> list[str]:
        """Name what still waits for an answer, after the end."""
        entry = self.bybit.__dict__.get("order_entry")
        return [f"{entry.entry.pending} answers of {self.ledger.uid}"] if entry and entry.entry.pending else []


def watched(exchange: SimulatedExchange) -> Counter[str]:
    """Count the creates that the exchange looks at from now on, by their order link ids."""
    taken: Counter[str] = Counter()
    engine = exchange.engine
    place = engine.place

    def placing(account: Any, request: Any) -> Any:
        taken[str(request.get("orderLinkId"))] += 1
        return place(account, request)

    engine.place = placing  # type: ignore[method-assign]
    return taken


def rules() -> list[Rule]:
    """One request in ten goes wrong, each in one of these ways; and a private message in a hundred is lost."""
    ways: list[dict[str, Any]] = [
        {"action": "drop-before"},
        {"action": "drop-after"},
        {"action": "reset", "executed": True},
        {"action": "truncate"},
        {"action": "cut"},
        {"action": "code", "code": 10000},
        {"action": "code", "code": 10016, "executed": True},
        {"action": "code", "code": 10429},
        {"action": "status", "status": 502, "executed": True},
        {"action": "delay-reply", "milliseconds": 200},
        {"action": "skew", "milliseconds": 100_000},
    ]
    found = [Rule(path=path, probability=0.01, **way) for path in ("/v5/order/*", "order.*") for way in ways]
    return [*found, Rule(path="/v5/*", probability=0.01, action="drop-after")]


async def disturb(exchange: SimulatedExchange, report: Report, going: Callable[[], bool]) -> None:
    """Drop, refuse, restart and leap."""
    dice = random.Random(1)
    while going():
        await asyncio.sleep(0.2 + dice.random() * 0.6)
        what = dice.choice(("drop private", "drop trade", "drop all", "restart", "refuse", "leap"))
        report.faults[what] += 1
        if what.startswith("drop"):
            channel = what.removeprefix("drop ")
            exchange.drop_connections(None if channel == "all" else channel, close_frame=dice.random() < 0.5)
        elif what == "restart":
            exchange.restart()
        elif what == "leap":
            exchange.clock.advance(dice.randint(2, 90) * 1000)
        else:
            exchange.refuse_connections()
            exchange.drop_connections()
            await asyncio.sleep(0.2)
            exchange.refuse_connections(refuse=False)


async def chaos(seconds: float, *, seed: int = 7, orders: int = 0) -> Report:
    """Trade for so many seconds, and until so many orders were sent, and return what became of it."""
    report = Report()
    async with SimulatedExchange(
        seed=seed, speed=SPEED, symbols=SYMBOLS, rate_limits=False, host_limit=None, connection_limit=None
    ) as exchange:
        taken = watched(exchange)
        ways: tuple[Literal["rest", "websocket"], ...] = ("rest", "rest", "websocket")
        traders = [Trader(exchange, report, number, via, taken) for number, via in enumerate(ways)]
        for trader in traders:
            await trader.account.__aenter__()
            await trader.learn_prices()
        started = time.monotonic()

        def going() -> bool:
            return time.monotonic() < started + seconds or report.sent < orders

        exchange.faults.add(*rules())
        await asyncio.gather(*(trader.trade(going) for trader in traders), disturb(exchange, report, going))
        exchange.faults.clear()
        exchange.refuse_connections(refuse=False)
        report.seconds = time.monotonic() - started
        report.faults.update(firing.rule.action for firing in exchange.faults.fired)
        await settle(traders, report)
        for trader in traders:
            await trader.account.aclose()
            await trader.bybit.aclose()
            report.unresolved += trader.pending()
        exchange.engine.audit()
    return report


async def settle(traders: list[Trader], report: Report) -> None:
    """Stop trading and wait until every account says that it is synced; then it must be right."""
    for trader in traders:
        trader.bybit._inquiry._patience = 5.0
        await trader.account.wait_synced(30)
        await trader.bybit.trade.cancel_all_orders(category="linear", settle_coin="USDT", until_none_left=True)
    deadline = asyncio.get_running_loop().time() + 10
    while any(trader.differences() for trader in traders) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    for trader in traders:
        trader.judge()
        report.unresolved += trader.differences()


def main() -> int:
    """Run it and print the report."""
    report = asyncio.run(chaos(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
    print(report)
    return 1 if report.lost or report.doubled or report.unresolved else 0


if __name__ == "__main__":
    sys.exit(main())
