"""Every documented topic, spelled and checked: each function returns the `Topic` to subscribe to."""

from __future__ import annotations

import re
from typing import Any, Literal, get_args

import msgspec

from bybit_async.enums import Category, Interval
from bybit_async.errors import InvalidParameter, expected

ChannelName = Literal["spot", "linear", "inverse", "option", "spread", "rfq", "status", "earn", "private", "trade"]
"""Which socket a topic is pushed over."""

StreamCategory = Literal["spot", "linear", "inverse", "option", "spread"]
Contract = Literal["linear", "inverse"]
Tradable = Literal["spot", "linear", "inverse"]
Pool = Literal["USDT", "USDC", "inverse"]
DcpProduct = Literal["future", "spot", "option"]
EarnProduct = Literal["dual_asset", "discount_buy", "double_win", "smart_leverage"]

CHANNELS: tuple[str, ...] = get_args(ChannelName)

_DEEP: tuple[Any, ...] = (1, 50, 200, 1000, "rpi", "full")
_NO_LONGER_OFFERED = 500
_DEPTHS: dict[str, tuple[Any, ...]] = {
    "spot": _DEEP,
    "linear": _DEEP,
    "inverse": _DEEP,
    "option": (25, 100),
    "spread": (25,),
}
_EARN: dict[str, str] = {
    "dual_asset": "earn.dualassets.offers",
    "discount_buy": "earn.discountbuy.offers",
    "double_win": "earn.doublewin.offers",
    "smart_leverage": "earn.smartleverage.offers",
}
_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9_./-]*")


class Topic(msgspec.Struct, frozen=True):
    """A topic and the channel it is pushed over; `name` is Bybit's spelling."""

    channel: ChannelName
    name: str


def _one_of(value: Any, allowed: tuple[Any, ...], parameter: str) -> None:
    if value not in allowed:
        raise InvalidParameter(parameter, expected(value, allowed))


def _category(value: Any, allowed: Any) -> None:
    _one_of(value, get_args(allowed), "category")


def _symbol(symbol: str, parameter: str = "symbol") -> str:
    if not isinstance(symbol, str) or not _SYMBOL.fullmatch(symbol):
        raise InvalidParameter(parameter, f"expected a name as Bybit spells it, in capitals, got {symbol!r}")
    return symbol


def raw(name: str, channel: ChannelName) -> Topic:
    """Return any topic by its name, for what has no function here.

    Raises:
        InvalidParameter: the channel is unknown, or the name could not be a topic.
    """
    _one_of(channel, CHANNELS, "channel")
    if not isinstance(name, str) or not name or not name.isascii() or not name.isprintable() or set(name) & set(' "\\'):
        raise InvalidParameter("topic", f"expected a topic, got {name!r}")
    return Topic(channel, name)


def order_book(symbol: str, *, category: StreamCategory, depth: int | Literal["rpi", "full"] = 50) -> Topic:
    """Return ``orderbook.{depth}.{symbol}``.

    Args:
        symbol: as Bybit spells it.
        category: which market.
        depth: spot, linear and inverse 1, 50, 200, 1000, ``"rpi"`` or ``"full"``; option 25 or 100; spread 25. Recorded
            books of depth 500, which Bybit no longer offers, are played back under that depth.
    """
    _category(category, StreamCategory)
    if depth != _NO_LONGER_OFFERED or _DEPTHS[category] is not _DEEP:
        _one_of(depth, _DEPTHS[category], "depth")
    return Topic(category, f"orderbook.{depth}.{_symbol(symbol)}")


def trades(symbol: str, *, category: StreamCategory) -> Topic:
    """Return ``publicTrade.{symbol}``; for options give the base coin, as ``"BTC"``."""
    _category(category, StreamCategory)
    if category == "option" and "-" in _symbol(symbol):
        raise InvalidParameter("symbol", f"option trades are pushed per base coin, as 'BTC', got {symbol!r}")
    return Topic(category, f"publicTrade.{_symbol(symbol)}")


def tickers(symbol: str, *, category: StreamCategory) -> Topic:
    """Return ``tickers.{symbol}``."""
    _category(category, StreamCategory)
    return Topic(category, f"tickers.{_symbol(symbol)}")


def klines(symbol: str, *, category: Tradable, interval: Interval) -> Topic:
    """Return ``kline.{interval}.{symbol}``; intervals are minutes, or ``"D"``, ``"W"``, ``"M"``."""
    _category(category, Tradable)
    _one_of(interval, get_args(Interval), "interval")
    return Topic(category, f"kline.{interval}.{_symbol(symbol)}")


def liquidations(symbol: str, *, category: Contract) -> Topic:
    """Return ``allLiquidation.{symbol}``."""
    _category(category, Contract)
    return Topic(category, f"allLiquidation.{_symbol(symbol)}")


def price_limits(symbol: str, *, category: Tradable) -> Topic:
    """Return ``priceLimit.{symbol}``."""
    _category(category, Tradable)
    return Topic(category, f"priceLimit.{_symbol(symbol)}")


def insurance(pool: Pool) -> Topic:
    """Return ``insurance.{pool}``: the pools of USDT, USDC or inverse contracts."""
    _one_of(pool, get_args(Pool), "pool")
    return Topic(_pool_channel(pool), f"insurance.{pool}")


def adl_alerts(pool: Pool) -> Topic:
    """Return ``adlAlert.{pool}``: alerts of USDT, USDC or inverse contracts."""
    _one_of(pool, get_args(Pool), "pool")
    return Topic(_pool_channel(pool), f"adlAlert.{pool}")


def _pool_channel(pool: Pool) -> ChannelName:
    return "inverse" if pool == "inverse" else "linear"


def system_status() -> Topic:
    """Return ``system.status``: maintenance, announced and running."""
    return Topic("status", "system.status")


def rfq_public_trades() -> Topic:
    """Return ``rfq.open.public.trades``: everyone's block trades."""
    return Topic("rfq", "rfq.open.public.trades")


def earn_offers(product: EarnProduct) -> Topic:
    """Return the quotes of one structured Earn product, as ``earn.dualassets.offers``."""
    _one_of(product, get_args(EarnProduct), "product")
    return Topic("earn", _EARN[product])


def orders(category: Category | None = None) -> Topic:
    """Return ``order`` for all categories, or ``order.{category}``."""
    return _private("order", category, get_args(Category))


def executions(category: Category | None = None) -> Topic:
    """Return ``execution`` for all categories, or ``execution.{category}``."""
    return _private("execution", category, get_args(Category))


def fast_executions(category: Category | None = None) -> Topic:
    """Return ``execution.fast`` for all categories, or ``execution.fast.{category}``."""
    return _private("execution.fast", category, get_args(Category))


def positions(category: Literal["linear", "inverse", "option"] | None = None) -> Topic:
    """Return ``position`` for all categories, or ``position.{category}``."""
    return _private("position", category, ("linear", "inverse", "option"))


def wallet() -> Topic:
    """Return ``wallet``."""
    return Topic("private", "wallet")


def greeks() -> Topic:
    """Return ``greeks``."""
    return Topic("private", "greeks")


def dcp(product: DcpProduct) -> Topic:
    """Return ``dcp.{product}``; while subscribed, losing the connection starts disconnection protection."""
    _one_of(product, get_args(DcpProduct), "product")
    return Topic("private", f"dcp.{product}")


def strategy() -> Topic:
    """Return ``strategy``: TWAP, chase, iceberg and POV orders."""
    return Topic("private", "strategy")


def spread_orders() -> Topic:
    """Return ``spread.order``."""
    return Topic("private", "spread.order")


def spread_executions() -> Topic:
    """Return ``spread.execution``."""
    return Topic("private", "spread.execution")


def rfqs() -> Topic:
    """Return ``rfq.open.rfqs``: requests for quotes that this account sent or received."""
    return Topic("private", "rfq.open.rfqs")


def quotes() -> Topic:
    """Return ``rfq.open.quotes``: quotes that this account sent or received."""
    return Topic("private", "rfq.open.quotes")


def rfq_trades() -> Topic:
    """Return ``rfq.open.trades``: this account's block trades."""
    return Topic("private", "rfq.open.trades")


def _private(name: str, category: str | None, allowed: tuple[Any, ...]) -> Topic:
    if category is None:
        return Topic("private", name)
    _one_of(category, allowed, "category")
    return Topic("private", f"{name}.{category}")
