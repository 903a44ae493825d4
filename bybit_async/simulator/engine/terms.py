"""The words of an order: type, time in force, status, and the exits that it plans."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bybit_async.simulator.engine.listing import PriceKind

OrderType = Literal["Market", "Limit"]
TimeInForce = Literal["GTC", "IOC", "FOK", "PostOnly", "RPI"]
OrderStatus = Literal[
    "New",
    "PartiallyFilled",
    "Untriggered",
    "Triggered",
    "Deactivated",
    "Filled",
    "Cancelled",
    "PartiallyFilledCanceled",
    "Rejected",
]


@dataclass(slots=True)
class ExitPlan:
    """Take profit and stop loss that an order carries for the position (or the coins) it will bring."""

    mode: Literal["Full", "Partial"] = "Full"
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    tp_by: PriceKind = "LastPrice"
    sl_by: PriceKind = "LastPrice"
    tp_limit: Decimal | None = None
    sl_limit: Decimal | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is planned."""
        return self.take_profit is None and self.stop_loss is None
