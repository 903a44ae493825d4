"""What the public streams of Earn push: the quotes of its structured products."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bybit_async.models.stream_message import Pushed
from bybit_async.wire import Wire


class DualAssetPrice(Wire):
    """One price that can be selected.

    Attributes:
        apr_e8: yearly yield, in units of 1e-8.
        max_amount: maximum that can be invested at this price.
        expires_at: when the quote ends, in milliseconds.
    """

    price: Decimal = msgspec.field(name="s")
    apr_e8: int | None = msgspec.field(default=None, name="a")
    max_amount: Decimal | None = msgspec.field(default=None, name="m")
    expires_at: int | None = msgspec.field(default=None, name="x")


class DualAssetOfferData(Pushed):
    """The prices of a dual asset product."""

    product_id: str = msgspec.field(name="p")
    current_price: Decimal | None = msgspec.field(default=None, name="c")
    buy_low: list[DualAssetPrice] = msgspec.field(default_factory=list, name="b")
    sell_high: list[DualAssetPrice] = msgspec.field(default_factory=list, name="s")


class DiscountBuyOfferData(Pushed):
    """A quote of a discount buy product.

    Attributes:
        anchor_price: the price it buys at; `knockout_price` the one that ends it.
        coupon_e8: yearly rate, in units of 1e-8.
        max_amount: maximum that can be invested at this quote.
        institution_id: the market maker, to be given back unchanged with an order.
        expires_at: milliseconds; 0 when the quote has no end.
    """

    product_id: str = msgspec.field(name="p")
    current_price: Decimal | None = msgspec.field(default=None, name="c")
    anchor_price: Decimal | None = msgspec.field(default=None, name="b")
    knockout_price: Decimal | None = msgspec.field(default=None, name="k")
    coupon_e8: int | None = msgspec.field(default=None, name="e")
    max_amount: Decimal | None = msgspec.field(default=None, name="m")
    institution_id: str | None = msgspec.field(default=None, name="i")
    expires_at: int | None = msgspec.field(default=None, name="x")


class DoubleWinOfferData(Pushed):
    """A quote of a double win product with a fixed price range.

    Attributes:
        leverage: the largest multiplier now.
        max_amount: the largest single order at this quote.
        expires_at: milliseconds.
    """

    product_id: str = msgspec.field(name="p")
    current_price: Decimal | None = msgspec.field(default=None, name="c")
    leverage: Decimal | None = msgspec.field(default=None, name="l")
    max_amount: Decimal | None = msgspec.field(default=None, name="m")
    expires_at: int | None = msgspec.field(default=None, name="e")


class SmartLeverageOfferData(Pushed):
    """A quote of a smart leverage product.

    Attributes:
        break_even_price: the price from which it gains.
        max_amount: the largest single order at this quote.
        expires_at: milliseconds.
    """

    product_id: str = msgspec.field(name="p")
    break_even_price: Decimal | None = msgspec.field(default=None, name="b")
    expires_at: int | None = msgspec.field(default=None, name="e")
    max_amount: Decimal | None = msgspec.field(default=None, name="m")
    current_price: Decimal | None = msgspec.field(default=None, name="c")
