"""An instrument's steps and bounds, applied: rounding, and checking an order before it is sent."""

from __future__ import annotations

from decimal import Decimal

from bybit_async.enums import InstrumentStatus, Side, SymbolType
from bybit_async.errors import InvalidParameter
from bybit_async.models.trade.requests import PlaceOrder
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

    def validate(self, order: PlaceOrder) -> None:
        """Check an order against the steps and bounds, without asking Bybit.

        Raises:
            InvalidParameter: Bybit would refuse it; `parameter` names what for.
        """
        if order.symbol != self.symbol:
            raise InvalidParameter("symbol", f"the order is for {order.symbol}, the instrument is {self.symbol}")
        price = None if order.price is None or order.order_type == "Market" else _decimal(order.price, "price")
        if price is not None:
            self._check_price(price)
        qty = _decimal(order.qty, "qty")
        if qty:
            self._check_qty(order, qty, price)

    def _check_price(self, price: Decimal) -> None:
        rules = self.price_filter
        _check_step(price, rules.tick_size, "price", "tick size")
        if isinstance(rules, ContractPriceFilter):
            _check_bounds(price, rules.min_price, rules.max_price, "price")

    def _check_qty(self, order: PlaceOrder, qty: Decimal, price: Decimal | None) -> None:
        rules = self.lot_size_filter
        _check_step(qty, rules.step, "qty", "step")
        _check_bounds(qty, rules.least, rules.most(order), "qty")
        # A position must always be closable, so what only reduces it may be worth less.
        if price is not None and rules.least_value is not None and not order.reduce_only:
            value = self._value(price, qty)
            if value < rules.least_value:
                raise InvalidParameter("qty", f"the order is worth {value}, the least is {rules.least_value}")

    def _value(self, price: Decimal, qty: Decimal) -> Decimal:
        return price * qty


def _decimal(value: Number, parameter: str) -> Decimal:
    return Decimal(plain(value, parameter))


def _rounded(value: Decimal, step: Decimal, side: Side | None) -> Decimal:
    # Whole steps and a remainder stay exact where a division would not.
    steps, rest = divmod(value, step)
    up = rest * 2 >= step if side is None else side == "Sell" and rest > 0
    return (steps + 1 if up else steps) * step


def _check_step(value: Decimal, step: Decimal, parameter: str, what: str) -> None:
    if value % step:
        raise InvalidParameter(parameter, f"{value} is no multiple of the {what} {step}")


def _check_bounds(value: Decimal, least: Decimal | None, most: Decimal | None, parameter: str) -> None:
    if least is not None and value < least:
        raise InvalidParameter(parameter, f"{value} is below the least, {least}")
    if most is not None and value > most:
        raise InvalidParameter(parameter, f"{value} is above the most, {most}")


def check_amount(amount: Decimal, step: Decimal | None, least: Decimal | None) -> None:
    """Check the size of a spot market order that is given in the quote coin; raises `InvalidParameter`."""
    if step is not None:
        _check_step(amount, step, "qty", "quote precision")
    _check_bounds(amount, least, None, "qty")
