"""Reading back: orders, executions, positions, logs, by the filters that REST offers."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol, TypeVar

from bybit_async.simulator.engine.accounts import Account, Order, Position
from bybit_async.simulator.engine.amounts import ZERO, plain
from bybit_async.simulator.engine.executions import AccountExecution
from bybit_async.simulator.engine.fields import Fields
from bybit_async.simulator.engine.instruments import Instrument
from bybit_async.simulator.engine.journal import ClosedOption, ClosedPnlEntry, Delivery, LogEntry
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.engine.margin import Standing, standing
from bybit_async.simulator.engine.refusals import parameter
from bybit_async.simulator.engine.state import State
from bybit_async.simulator.engine.watching import Watched, watched_prices
from bybit_async.simulator.engine.wires import position_wire, wallet_wire

Request = Mapping[str, object]
CATEGORIES = ("linear", "inverse", "spot", "option")
CONTRACTS = ("linear", "inverse", "option")


class _Placed(Protocol):
    @property
    def category(self) -> str: ...
    @property
    def symbol(self) -> str: ...


Item = TypeVar("Item", bound=_Placed)

_DAY_MS = 86_400_000
NOTHING = Fields({})


class Queries:
    """Answers lookups by a request's filters; newest first, not yet cut into pages (`rest.pages.cut`)."""

    def __init__(self, state: State) -> None:
        self._state = state

    def open_orders(self, account: Account, request: Request) -> list[Order]:
        """Return live orders, or closed ones that the exchange still keeps in memory (`/v5/order/realtime`)."""
        fields = Fields(request)
        category = fields.choice("category", CATEGORIES)
        named = fields.has("orderId") or fields.has("orderLinkId")
        if category == "linear" and not named:
            _require_one(fields, "symbol", "settleCoin", "baseCoin")
        closed_only = fields.integer("openOnly", 0) == 1
        pool: list[Order] = [] if closed_only else list(account.orders.values())
        if closed_only or named:
            pool = [*account.recent.get(category, ()), *pool]
        found = self._orders(pool, category, fields)
        found.reverse()
        return sorted(found, key=lambda order: -order.created_ms)

    def order_history(self, account: Account, request: Request) -> list[Order]:
        """Return closed orders (`/v5/order/history`); those without a fill are kept for a day."""
        fields = Fields(request)
        category = fields.choice("category", CATEGORIES)
        found = self._orders(reversed(account.history), category, fields)
        status = fields.text("orderStatus")
        start, end = _window(fields)
        day_ago = self._state.clock.now_ms() - _DAY_MS
        return [
            order
            for order in found
            if (not status or order.status == status)
            and start <= order.created_ms <= end
            and (order.filled or order.updated_ms > day_ago)
        ]

    def executions(self, account: Account, request: Request) -> list[AccountExecution]:
        """Return executions (`/v5/execution/list`); an order id counts for more than all other filters."""
        fields = Fields(request)
        category = fields.choice("category", CATEGORIES)
        kind, order_id, link_id = fields.text("execType"), fields.text("orderId"), fields.text("orderLinkId")
        start, end = _window(fields)
        named = bool(order_id or link_id)
        return [
            item
            for item in self._placed(reversed(account.executions), category, NOTHING if named else fields)
            if (not kind or item.exec_type == kind)
            and (not order_id or item.order_id == order_id)
            and (order_id or not link_id or item.order_link_id == link_id)
            and start <= item.time_ms <= end
        ]

    def closed_pnl(self, account: Account, request: Request) -> list[ClosedPnlEntry]:
        """Return closed profit and loss (`/v5/position/closed-pnl`)."""
        fields = Fields(request)
        category = fields.choice("category", CONTRACTS)
        start, end = _window(fields)
        records = reversed(list(account.closed.values()))
        return [r for r in self._placed(records, category, fields) if start <= r.updated_ms <= end]

    def closed_options(self, account: Account, request: Request) -> list[ClosedOption]:
        """Return option positions that have ended (`/v5/position/get-closed-positions`)."""
        fields = Fields(request)
        category = fields.choice("category", ("option",))
        start, end = _window(fields)
        records = self._placed(reversed(account.closed_options), category, fields)
        return [record for record in records if start <= record.closed_ms <= end]

    def deliveries(self, account: Account, request: Request) -> list[Delivery]:
        """Return option and delisting settlements (`/v5/asset/delivery-record`)."""
        fields = Fields(request)
        category = fields.choice("category", CONTRACTS)
        start, end = _window(fields)
        records = self._placed(reversed(account.deliveries), category, fields)
        return [record for record in records if start <= record.time_ms <= end]

    def transaction_log(self, account: Account, request: Request) -> list[LogEntry]:
        """Return balance changes (`/v5/account/transaction-log`)."""
        fields = Fields(request)
        category, coin = fields.text("category"), fields.text("currency")
        base, kind = fields.text("baseCoin"), fields.text("type")
        start, end = _window(fields)
        return [
            entry
            for entry in reversed(account.log)
            if (not category or entry.category == category)
            and (not coin or entry.currency == coin)
            and (not base or entry.base == base)
            and (not kind or entry.type == kind)
            and start <= entry.time_ms <= end
        ]

    def positions(self, account: Account, request: Request) -> list[dict[str, object]]:
        """Return wire positions (`/v5/position/list`); empty ones too when a symbol names them."""
        fields = Fields(request)
        category = fields.choice("category", CONTRACTS)
        symbol = fields.text("symbol")
        if symbol:
            listing = self._state.listing(category, symbol)
            indexes = (1, 2) if account.is_hedged(listing) else (0,)
            return [self.position_wire(account.position(listing, idx)) for idx in indexes]
        if category == "linear":
            _require_one(fields, "settleCoin", "baseCoin")
        return [
            self.position_wire(position)
            for position in account.exposed.values()
            if position.net and _matches(position.listing.instrument, category, fields)
        ]

    def position_wire(self, position: Position, *, stream: bool = False) -> dict[str, object]:
        """Return one position as REST or the private stream shows it."""
        return position_wire(position, self._state.usd, stream=stream)

    def wallet(self, account: Account, coins: Iterable[str] | None = None) -> dict[str, object]:
        """Return the account entry of `/v5/account/wallet-balance` and of the `wallet` topic."""
        return wallet_wire(account, self._state.usd, coins)

    def standing(self, account: Account) -> Standing:
        """Return where an account stands, in US dollars."""
        return standing(account, self._state.usd)

    def watched_prices(self, listing: Listing, *, through: Decimal = ZERO) -> Watched:
        """Return the prices at which something would happen: traders' resting and waiting orders, liquidations.

        A price that moves without reaching one of them changes nothing but figures. Resting orders count from `through`
        beyond their price. Liquidation prices are solved one position at a time, and are therefore only as good as the
        other positions of a cross account stand still.
        """
        return watched_prices(self._state, listing, through)

    def fee_rates(self, account: Account, request: Request) -> list[dict[str, object]]:
        """Return entries of `/v5/account/fee-rate`; every account pays the same."""
        fields = Fields(request)
        category = fields.choice("category", CATEGORIES)
        if fields.has("symbol"):
            self._state.listing(category, fields.text("symbol"))
        rates: list[dict[str, object]] = []
        seen: set[str] = set()
        for listing in self._state.listings.values():
            instrument = listing.instrument
            if not _matches(instrument, category, fields):
                continue
            entry: dict[str, object] = {
                "symbol": instrument.symbol,
                "takerFeeRate": plain(instrument.taker_fee),
                "makerFeeRate": plain(instrument.maker_fee),
            }
            if category == "option":
                if instrument.base in seen:
                    continue
                seen.add(instrument.base)
                entry["symbol"], entry["baseCoin"] = "", instrument.base
            rates.append(entry)
        return rates

    def _orders(self, pool: Iterable[Order], category: str, fields: Fields) -> list[Order]:
        order_id, link_id = fields.text("orderId"), fields.text("orderLinkId")
        wanted = fields.text("orderFilter")
        return [
            order
            # An order id counts for more than a link id, and that for more than a symbol.
            for order in self._placed(pool, category, NOTHING if order_id or link_id else fields)
            if (not order_id or order.order_id == order_id)
            and (order_id or not link_id or order.link_id == link_id)
            and (not wanted or _filter_matches(order, wanted))
        ]

    def _placed(self, pool: Iterable[Item], category: str, fields: Fields) -> list[Item]:
        if fields.has("symbol"):
            self._state.listing(category, fields.text("symbol"))
        listings = self._state.listings
        return [
            item
            for item in pool
            if item.category == category and _matches(listings[item.category, item.symbol].instrument, category, fields)
        ]


def _matches(instrument: Instrument, category: str, fields: Fields) -> bool:
    if instrument.category != category:
        return False
    symbol, base, settle = fields.text("symbol"), fields.text("baseCoin"), fields.text("settleCoin")
    if symbol:
        return instrument.symbol == symbol
    return (not base or instrument.base == base) and (not settle or instrument.settle == settle)


def _filter_matches(order: Order, wanted: str) -> bool:
    if order.category == "spot":
        return order.order_filter == wanted
    is_stop = bool(order.stop_order_type)
    return is_stop if wanted == "StopOrder" else not is_stop if wanted == "Order" else is_stop


def _require_one(fields: Fields, *names: str) -> None:
    if not any(fields.has(name) for name in names):
        raise parameter(f"missing some parameters that must be filled in: {', '.join(names)}")


def _window(fields: Fields) -> tuple[Decimal, Decimal]:
    start, end = fields.number("startTime"), fields.number("endTime")
    if start is not None and end is not None and start > end:
        raise parameter("startTime must not be after endTime")
    return start or Decimal(0), end if end is not None else Decimal("Infinity")
