"""Moves positions and coins between two accounts of one master: a trade outside the book, free of charge."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bybit_async.simulator.engine.accounts import Account, Order
from bybit_async.simulator.engine.amounts import ZERO, plain
from bybit_async.simulator.engine.drafting import SIDES, check_price
from bybit_async.simulator.engine.fields import Fields
from bybit_async.simulator.engine.instruments import value_at
from bybit_async.simulator.engine.lifecycle import Lifecycle
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.margin import available_for
from bybit_async.simulator.engine.matching import Side
from bybit_async.simulator.engine.refusals import Refused, bad_quantity, insufficient_balance, not_trading, parameter
from bybit_async.simulator.engine.settling import FillTerms, Settling
from bybit_async.simulator.engine.state import State

CREATE_TYPE = "CreateByBlockTradeMovePosition_PassThrough"
FURTHEST = Decimal("0.05")
"""How far from the mark price a contract may move."""


@dataclass(slots=True)
class Moved:
    """One leg, as the master looks it up."""

    block_id: str
    category: str
    symbol: str
    side: Side
    price: Decimal
    qty: Decimal
    uid: int
    order_id: str
    exec_id: str
    time_ms: int
    refusal: Refused | None = None

    @property
    def status(self) -> str:
        """`Filled` or `Rejected`."""
        return "Rejected" if self.refusal else "Filled"

    @property
    def reject_party(self) -> str:
        """Who could not take part: the account that gives (`Taker`), or no one."""
        return "Taker" if self.refusal else ""

    def to_wire(self) -> dict[str, object]:
        """Return the entry of `/v5/position/move-history`."""
        return {
            "blockTradeId": self.block_id,
            "category": self.category,
            "orderId": self.order_id,
            "userId": self.uid,
            "symbol": self.symbol,
            "side": self.side,
            "price": plain(self.price),
            "qty": plain(self.qty),
            "execFee": "0",
            "status": self.status,
            "execId": self.exec_id,
            "resultCode": self.refusal.code if self.refusal else 0,
            "resultMessage": self.refusal.message if self.refusal else "",
            "createdAt": self.time_ms,
            "updatedAt": self.time_ms,
            "rejectParty": self.reject_party,
        }


@dataclass(slots=True)
class Leg:
    """What is to be moved; `side` is that of the account that gives."""

    listing: Listing
    side: Side
    price: Decimal
    qty: Decimal


class Moving:
    """Carries out `/v5/position/move-positions`."""

    def __init__(self, state: State, lifecycle: Lifecycle, settling: Settling) -> None:
        self._state = state
        self._lifecycle = lifecycle
        self._settling = settling
        self._history: dict[Account, list[Moved]] = {}

    def history(self, master: Account) -> list[Moved]:
        """Return what a master has moved, newest first."""
        return self._history.get(master, [])[::-1]

    def move(
        self, master: Account, source: Account, target: Account, requests: Iterable[Mapping[str, object]]
    ) -> list[Moved]:
        """Move every leg, or none: what cannot be is noted as rejected. Raises `Refused` what no one could move."""
        legs = [self._leg(Fields(request)) for request in requests]
        block_id, refusal = self._state.ids.unique().replace("-", ""), None
        try:
            for leg in legs:
                self._check(source, leg, leg.side)
                self._check(target, leg, _opposite(leg.side))
        except Refused as reason:
            refusal = reason
        moved = [self._note(leg, source, block_id, refusal) for leg in legs]
        if refusal is None:
            for leg, note in zip(legs, moved, strict=True):
                note.order_id, note.exec_id = self._carry_out(leg, source, target)
        self._history.setdefault(master, []).extend(moved)
        return moved

    def _leg(self, fields: Fields) -> Leg:
        listing = self._state.listing(fields.required("category"), fields.required("symbol"))
        side: Side = fields.choice("side", SIDES)
        price, qty = fields.positive("price"), fields.positive("qty")
        if price is None or qty is None:
            raise parameter("price and qty are required")
        instrument = listing.instrument
        check_price(instrument, price)
        if instrument.lots_of(qty) is None:
            raise bad_quantity(instrument, reason="step")
        if instrument.category in ("linear", "inverse"):
            mark = listing.fair_price
            if abs(price - mark) > mark * FURTHEST:
                raise parameter("price is too far from the mark price")
        return Leg(listing, side, price, qty)

    def _check(self, account: Account, leg: Leg, side: Side) -> None:
        listing, instrument = leg.listing, leg.listing.instrument
        if listing.status != "Trading":
            raise not_trading(instrument.category)
        if account.is_hedged(listing):
            raise parameter("positions move in one-way mode only")
        value = value_at(instrument, leg.price, leg.qty)
        if instrument.category == "spot":
            coin, need = (instrument.quote, value) if side == "Buy" else (instrument.base, leg.qty)
            if need > account.free(coin):
                raise insufficient_balance("spot")
            return
        position = account.position(listing, 0)
        opened = max(ZERO, leg.qty - position.reducible(side))
        margin = value * opened / leg.qty / position.leverage
        if margin > available_for(account, instrument.settle, self._state.usd):
            raise insufficient_balance(instrument.category)

    def _note(self, leg: Leg, source: Account, block_id: str, refusal: Refused | None) -> Moved:
        instrument = leg.listing.instrument
        return Moved(
            block_id=block_id,
            category=instrument.category,
            symbol=instrument.symbol,
            side=leg.side,
            price=leg.price,
            qty=leg.qty,
            uid=source.uid,
            order_id="",
            exec_id="",
            time_ms=self._state.clock.now_ms(),
            refusal=refusal,
        )

    def _carry_out(self, leg: Leg, source: Account, target: Account) -> tuple[str, str]:
        leg.listing.seq += 1
        giving, taking = self._order(leg, source, leg.side), self._order(leg, target, _opposite(leg.side))
        value = value_at(leg.listing.instrument, leg.price, leg.qty)
        fill = FillTerms(
            leg.listing, leg.price, leg.qty, value, self._state.ids.unique(), giving.created_ms, moves=True
        )
        for order in (giving, taking):
            self._lifecycle.register(order)
        self._settling.book(fill, taking, giving)
        for order in (giving, taking):
            self._lifecycle.finish(order, "Filled")
        return giving.order_id, fill.trade_id

    def _order(self, leg: Leg, account: Account, side: Side) -> Order:
        now = self._state.clock.now_ms()
        return Order(
            account=account,
            listing=leg.listing,
            order_id=self._state.ids.order(leg.listing.instrument.category),
            link_id="",
            side=side,
            order_type="Limit",
            qty=leg.qty,
            price=leg.price,
            time_in_force="GTC",
            created_ms=now,
            updated_ms=now,
            create_type=CREATE_TYPE,
            last_on_created=leg.listing.last_price,
        )


def _opposite(side: Side) -> Side:
    return "Sell" if side == "Buy" else "Buy"
