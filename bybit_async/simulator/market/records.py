"""What happened that no one else keeps: liquidations not yet published, instruments that were delivered."""

from __future__ import annotations

from typing import Any

from bybit_async.simulator.engine.accounts import Account
from bybit_async.simulator.engine.amounts import plain
from bybit_async.simulator.engine.clock import ExchangeClock
from bybit_async.simulator.engine.events import Sink
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.liquidation import REDUCTION
from bybit_async.simulator.engine.listing import Listing


class Liquidations(Sink):
    """Collects liquidations until their feed takes them."""

    _MOST = 1_000

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def on_executions(self, account: Account, executions: list[AccountExecution]) -> None:
        """Keep what was taken over in a liquidation."""
        for execution in executions:
            if execution.exec_type == "BustTrade" or execution.create_type == REDUCTION:
                waiting = self._waiting.setdefault((execution.category, execution.symbol), [])
                # The wire names the side of the position, which is closed by an order of the other side.
                side = "Sell" if execution.side == "Buy" else "Buy"
                waiting.append(
                    {
                        "T": execution.time_ms,
                        "s": execution.symbol,
                        "S": side,
                        "v": plain(execution.qty),
                        "p": plain(execution.price),
                    }
                )
                del waiting[: -self._MOST]

    def take(self, category: str, symbol: str) -> list[dict[str, Any]]:
        """Return the liquidations of a symbol since the last time."""
        return self._waiting.pop((category, symbol), [])


class Deliveries(Sink):
    """Remembers at which price instruments were delivered."""

    def __init__(self, clock: ExchangeClock) -> None:
        self._clock = clock
        self._delivered: dict[tuple[str, str], dict[str, str]] = {}

    def on_prices(self, listing: Listing) -> None:
        """Note a listing that has been closed."""
        key = listing.instrument.key
        if listing.status != "Closed" or key in self._delivered:
            return
        terms = listing.instrument.option
        price = listing.index_price if terms else listing.mark_price
        self._delivered[key] = {
            "symbol": listing.instrument.symbol,
            "deliveryPrice": plain(price),
            "deliveryTime": str(terms.expiry_ms if terms else self._clock.now_ms()),
        }

    def of(self, category: str) -> list[dict[str, str]]:
        """Return the delivered instruments of a category, newest first."""
        return [entry for key, entry in reversed(self._delivered.items()) if key[0] == category]


class PublicRecords:
    """What anyone may look up: liquidations, deliveries, and what the operator announces."""

    def __init__(self, clock: ExchangeClock) -> None:
        self.liquidations: Liquidations = Liquidations()
        self.deliveries: Deliveries = Deliveries(clock)
        self.announcements: list[dict[str, Any]] = []
        self.system_status: list[dict[str, Any]] = []
