"""An instrument's steps and bounds, applied: rounding, and checking an order before it is sent."""

from __future__ import annotations

from decimal import Decimal

from bybit_async.enums import InstrumentStatus, Side, SymbolType
from bybit_async.errors import InvalidParameter
from bybit_async.models.trade.requests import AmendOrder, PlaceOrder
from bybit_async.wire import Number, Wire, plain


class SpotPriceFilter(Wire):
    """The steps of a price."""

    tick_size: Decimal


class ContractPriceFilter(SpotPriceFilter):
    """The steps and bounds of a price."""

    min_price: Decimal | None = None
    max_price: Decimal | None = None


class LotSize(Wire):
    """What every category's size rules answer."""

    @property
    def step(self) -> Decimal:
        """The step of a size."""
        raise NotImplementedError

    @property
    def least(self) -> Decimal | None:
        """The smallest size, where there is one."""
        return None

    @property
    def least_value(self) -> Decimal | None:
        """The smallest price times size, where there is one."""
        return None

    def most(self, order: PlaceOrder) -> Decimal | None:
        """The largest size of such an order, where there is one."""
        return None


class Instrument(Wire):
    """What every category's instrument has, and what it says about an order."""

    symbol: str
    base_coin: str
    quote_coin: str
    price_filter: SpotPriceFilter
    lot_size_filter: LotSize
    status: InstrumentStatus | None = None
    symbol_id: int | None = None
    symbol_type: SymbolType | None = None

    def round_price(self, price: Number, side: Side | None = None) -> Decimal:
        """Round a price to the tick: to the nearest, or so that it is never worse for `side` (buys down, sells up)."""
        return _rounded(_decimal(price, "price"), self.price_filter.tick_size, side)

    def round_qty(self, qty: Number) -> Decimal:
        """Round a size down to the step; 0 when it is less than one step."""
        return _rounded(_decimal(qty, "qty"), self.lot_size_filter.step, "Buy")

    def validate(self, order: PlaceOrder | AmendOrder) -> None:
        """Check an order, or a change of one, against the steps and bounds, without asking Bybit.

        Raises:
            InvalidParameter: Bybit would refuse it; the argument, its step and the nearest that fit are named.
        """
        if order.symbol != self.symbol:
            raise InvalidParameter("symbol", f"the order is for {order.symbol}, the instrument is {self.symbol}")
        market = isinstance(order, PlaceOrder) and order.order_type == "Market"
        price = None if order.price is None or market else _decimal(order.price, "price")
        if price is not None:
            self._check_price(price)
        qty = None if order.qty is None else _decimal(order.qty, "qty")
        if qty:
            self._check_qty(order, qty, price)

    def _check_price(self, price: Decimal) -> None:
        rules = self.price_filter
        bounds = (rules.min_price, rules.max_price) if isinstance(rules, ContractPriceFilter) else (None, None)
        _check_step(price, rules.tick_size, "price", "tick size", bounds[0])
        _check_bounds(price, *bounds, "price")

    def _check_qty(self, order: PlaceOrder | AmendOrder, qty: Decimal, price: Decimal | None) -> None:
        rules = self.lot_size_filter
        _check_step(qty, rules.step, "qty", "step", rules.least)
        if isinstance(order, AmendOrder):
            _check_bounds(qty, rules.least, None, "qty")
            return
        _check_bounds(qty, rules.least, rules.most(order), "qty")
        # A position must always be closable, so what only reduces it may be worth less.
        if price is not None and rules.least_value is not None and not order.reduce_only:
            value = self._value(price, qty)
            if value < rules.least_value:
                raise InvalidParameter(
                    "qty", f"the order is worth {value:f} at this price, below the minimum {rules.least_value:f}"
                )

    def _value(self, price: Decimal, qty: Decimal) -> Decimal:
        return price * qty


def _decimal(value: Number, parameter: str) -> Decimal:
    return Decimal(plain(value, parameter))


def _rounded(value: Decimal, step: Decimal, side: Side | None) -> Decimal:
    # Whole steps and a remainder stay exact where a division would not.
    steps, rest = divmod(value, step)
    up = rest * 2 >= step if side is None else side == "Sell" and rest > 0
    return (steps + 1 if up else steps) * step


def _check_step(value: Decimal, step: Decimal, parameter: str, what: str, least: Decimal | None = None) -> None:
    if not value % step:
        return
    below = value // step * step
    lowest = step if least is None else max(step, least)
    nearest = " or ".join(f"{near:f}" for near in sorted({max(below, lowest), max(below + step, lowest)}))
    raise InvalidParameter(parameter, f"{value:f} is not a multiple of the {what} {step:f}; nearest: {nearest}")


def _check_bounds(value: Decimal, least: Decimal | None, most: Decimal | None, parameter: str) -> None:
    if least is not None and value < least:
        raise InvalidParameter(parameter, f"{value:f} is below the minimum {least:f}")
    if most is not None and value > most:
        raise InvalidParameter(parameter, f"{value:f} is above the maximum {most:f}")


def check_amount(amount: Decimal, step: Decimal | None, least: Decimal | None) -> None:
    """Check the size of a spot market order that is given in the quote coin; raises `InvalidParameter`."""
    if step is not None:
        _check_step(amount, step, "qty", "quote precision")
    _check_bounds(amount, least, None, "qty")
