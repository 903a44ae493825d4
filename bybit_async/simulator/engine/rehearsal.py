"""What an order would do to the margin rates of its account, without placing it."""

from decimal import Decimal
from typing import NamedTuple

from bybit_async.simulator.engine.accounts import Account, Order
from bybit_async.simulator.engine.admission import Admission
from bybit_async.simulator.engine.amounts import ZERO
from bybit_async.simulator.engine.drafting import Drafting
from bybit_async.simulator.engine.fields import Fields
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.margin import added_margin, option_margin, standing
from bybit_async.simulator.engine.refusals import Refused, parameter
from bybit_async.simulator.engine.state import State


class Rates(NamedTuple):
    """Initial and maintenance margin as fractions of the margin balance."""

    initial: Decimal
    maintenance: Decimal


class Rehearsed(NamedTuple):
    """An order that was only tried: its ids, the rates before and after, and why it would be refused (or None)."""

    order_id: str
    link_id: str
    before: Rates
    after: Rates
    refusal: Refused | None


class Rehearsal:
    """Tries orders out."""

    def __init__(self, state: State, drafting: Drafting, admission: Admission) -> None:
        self._state = state
        self._drafting = drafting
        self._admission = admission

    def run(self, account: Account, fields: Fields) -> Rehearsed:
        """Draft and judge an order; refusals of the draft itself are raised, those of the account returned."""
        if account.isolated:
            raise parameter("isolated margin has no pre-check")
        if fields.has("triggerPrice"):
            raise parameter("conditional orders have no pre-check")
        order = self._drafting.draft(account, fields, ("linear", "inverse", "option"))
        refusal: Refused | None = None
        try:
            self._admission.check(order)
        except Refused as refused:
            refusal = refused
        before, after = self._rates(order)
        return Rehearsed(order.order_id, order.link_id, before, after, refusal)

    def _rates(self, order: Order) -> tuple[Rates, Rates]:
        instrument = order.listing.instrument
        now = standing(order.account, self._state.usd)
        balance, maintenance = now.margin_balance, now.figures.position_mm
        value = value_at(instrument, self._admission.estimate(order), order.leaves)
        position = order.account.position(order.listing, order.position_idx)
        added = added_margin(position, is_buy=order.side == "Buy", qty=order.leaves, value=value)
        rate = self._state.usd(instrument.settle)
        more = ZERO if order.closes_only else self._maintenance(order, value)
        return (
            _rates(now.initial, maintenance, balance),
            _rates(now.initial + added * rate, maintenance + more * rate, balance),
        )

    def _maintenance(self, order: Order, value: Decimal) -> Decimal:
        instrument = order.listing.instrument
        if instrument.category == "option":
            return option_margin(order.listing, order.leaves)[1] if order.side == "Sell" else ZERO
        return value * instrument.tier_for(value).maintenance_rate if instrument.risk_tiers else ZERO


def _rates(initial: Decimal, maintenance: Decimal, balance: Decimal) -> Rates:
    return Rates(initial / balance, maintenance / balance) if balance > 0 else Rates(ZERO, ZERO)
