"""Why the exchange says no: one exception, and a named constructor per documented code.

The sentences are short ones of our own; programs go by `code`. Derivatives use 110xxx and 10001, spot 170xxx.
"""

from bybit_async.simulator.engine.instruments import Instrument


class Refused(Exception):
    """A request that the exchange refuses, with the `retCode` and `retMsg` that the caller will read."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def parameter(message: str) -> Refused:
    """10001: a parameter is missing, malformed or out of range."""
    return Refused(10001, f"params error: {message}")


def unknown_symbol(category: str, symbol: str) -> Refused:
    """10001 or, for spot, 170121: there is no such instrument."""
    if category == "spot":
        return Refused(170121, "Invalid symbol.")
    return Refused(10001, f"params error: symbol invalid {symbol}")


def unknown_order(category: str) -> Refused:
    """110001 or, for spot, 170213: no live order has this id."""
    if category == "spot":
        return Refused(170213, "Order does not exist.")
    return Refused(110001, "order not exists or too late to cancel")


def not_trading(category: str) -> Refused:
    """110074 or, for spot, 170151: the instrument is halted, not yet open or delisted."""
    if category == "spot":
        return Refused(170151, "The trading pair is not open yet.")
    return Refused(110074, "This contract is not live")


def not_in_region(category: str) -> Refused:
    """110132 or, for spot, 170209: the product is not offered where the account is at home."""
    if category == "spot":
        return Refused(170209, "This trading pair is not available in your region.")
    return Refused(110132, "Product not available in your region")


def insufficient_balance(category: str) -> Refused:
    """110007 or, for spot, 170131: the account cannot afford this order."""
    if category == "spot":
        return Refused(170131, "Insufficient balance.")
    return Refused(110007, "ab not enough for new order")


def price_out_of_range(category: str, limit: str, *, is_buy: bool) -> Refused:
    """110003 or, for spot, 170193 (buy) and 170194 (sell): the limit price is too far through the market."""
    if category == "spot":
        if is_buy:
            return Refused(170193, f"Buy order price cannot be higher than {limit}.")
        return Refused(170194, f"Sell order price cannot be lower than {limit}.")
    side = "maximum buying" if is_buy else "minimum selling"
    return Refused(110003, f"Order price is out of permissible range: {side} price is {limit}")


def bad_price(instrument: Instrument, *, reason: str) -> Refused:
    """10001 or, for spot, 170132-170134; `reason` is `high`, `low` or `tick`."""
    if instrument.category != "spot":
        return Refused(10001, f"params error: price invalid ({reason})")
    codes = {"high": (170132, "Order price too high."), "low": (170133, "Order price lower than the minimum.")}
    return Refused(*codes.get(reason, (170134, "Order price has too many decimals.")))


def bad_quantity(instrument: Instrument, *, reason: str) -> Refused:
    """10001 or, for spot, 170136, 170137, 170124; `reason` is `high`, `low` or `step`."""
    if instrument.category != "spot":
        words = {"high": "exceeds the maximum", "low": "is below the minimum", "step": "is off the step"}
        return Refused(10001, f"params error: Qty invalid ({words[reason]})")
    codes = {
        "high": (170124, "Order amount too large."),
        "low": (170136, "Order quantity lower than the minimum."),
        "step": (170137, "Order volume has too many decimals."),
    }
    return Refused(*codes[reason])


def notional_too_small(category: str) -> Refused:
    """110094 or, for spot, 170140: price times quantity is below the instrument's minimum."""
    if category == "spot":
        return Refused(170140, "Order value exceeded lower limit.")
    return Refused(110094, "Order does not meet minimum order value")


def market_makers_only(category: str) -> Refused:
    """110119 or, for spot, 170355: no one here is approved for retail price improvement orders."""
    return Refused(170355 if category == "spot" else 110119, "RPI orders are restricted to approved market makers only")


def duplicate_link_id(category: str) -> Refused:
    """110072 or, for spot, 170141: this order link id was used before."""
    if category == "spot":
        return Refused(170141, "Duplicate clientOrderId.")
    return Refused(110072, "OrderLinkedID is duplicate")


def too_many_orders(category: str) -> Refused:
    """110020 or, for spot, 170810: 500 live orders are the most, and 50 of the options on one coin."""
    if category == "spot":
        return Refused(170810, "Cannot exceed maximum of 500 conditional, TP/SL and active orders.")
    most = 50 if category == "option" else 500
    return Refused(110020, f"Not allowed to have more than {most} active orders")


def too_many_stop_orders() -> Refused:
    """110009: the limit of conditional orders for one symbol is reached."""
    return Refused(110009, "The number of stop orders exceeds the maximum allowable limit")


def nothing_to_reduce() -> Refused:
    """110017: a reduce-only order would be cut down to nothing."""
    return Refused(110017, "orderQty will be truncated to zero")


def not_modified(category: str) -> Refused:
    """10001 or, for spot, 170312: the amendment changes nothing."""
    if category == "spot":
        return Refused(170312, "The current order does not support modification.")
    return Refused(10001, "The order remains unchanged as the parameters entered match the existing ones")


def quantity_below_filled(category: str) -> Refused:
    """110064 or, for spot, 170313: the new quantity is not above what has been filled."""
    code = 170313 if category == "spot" else 110064
    return Refused(code, "The modified quantity cannot be less than or equal to the filled quantity")


def leverage_not_modified() -> Refused:
    """110043: the leverage already has this value."""
    return Refused(110043, "leverage not modified")


def leverage_above_limit() -> Refused:
    """110013: the risk tier of the position does not allow this leverage."""
    return Refused(110013, "cannot set leverage due to risk limit level")


def mode_not_modified() -> Refused:
    """110025: the position mode already is the one asked for."""
    return Refused(110025, "Position mode is not modified")


def mode_blocked_by_position() -> Refused:
    """110024: the position mode cannot change while a position is open."""
    return Refused(110024, "You have an existing position, so position mode can not be switched")


def mode_blocked_by_orders() -> Refused:
    """110028: the position mode cannot change while orders are open."""
    return Refused(110028, "You have existing open orders, so position mode can not be switched")


def hedge_not_supported() -> Refused:
    """110029: this contract knows one-way mode only."""
    return Refused(110029, "Hedge mode is not supported for this symbol")


def position_idx_mismatch() -> Refused:
    """10001: `positionIdx` does not fit the position mode."""
    return Refused(10001, "position idx not match position mode")


def position_limit_exceeded() -> Refused:
    """110090: the position would exceed what the leverage allows."""
    return Refused(110090, "Order would exceed the maximum position limit for the current leverage")


def trigger_already_reached(*, rising: bool, trigger: str, current: str) -> Refused:
    """110092 or 110093: the trigger price is already on the wrong side of the market."""
    if rising:
        return Refused(110092, f"expect Rising, but trigger_price[{trigger}] <= current[{current}]")
    return Refused(110093, f"expect Falling, but trigger_price[{trigger}] >= current[{current}]")


def stop_not_modified() -> Refused:
    """34040: the take profit, stop loss or trailing stop already has this value."""
    return Refused(34040, "not modified")


def no_position() -> Refused:
    """10001: take profit and stop loss need an open position."""
    return Refused(10001, "can not set tp/sl/ts for zero position")


def order_closed(*, filled: bool) -> Refused:
    """110008 or 110010: the order has reached its end."""
    if filled:
        return Refused(110008, "The order has been completed or cancelled.")
    return Refused(110010, "The order has been cancelled")


def margin_mode_not_modified() -> Refused:
    """110026: the account already uses this margin mode."""
    return Refused(110026, "Cross/isolated margin mode is not modified")


def margin_without_position() -> Refused:
    """110033: margin can only be added to an open position."""
    return Refused(110033, "You can't set margin without an open position")


def only_isolated() -> Refused:
    """110015: the operation needs isolated margin."""
    return Refused(110015, "The position is in cross margin mode")


def auto_margin_only_isolated() -> Refused:
    """110076: auto-add-margin needs isolated margin."""
    return Refused(110076, "Only isolated mode can set auto-add-margin")


def margin_removal_too_large() -> Refused:
    """110078: more margin would leave the position than it can spare."""
    return Refused(110078, "The margin to remove exceeds what can be reduced")


def insufficient_margin() -> Refused:
    """110012: the available balance does not cover the change."""
    return Refused(110012, "Insufficient available balance")


def reduce_only_phase() -> Refused:
    """110023: the contract accepts reducing orders only (pre-delivery)."""
    return Refused(110023, "Currently you can only reduce your position on this contract")
