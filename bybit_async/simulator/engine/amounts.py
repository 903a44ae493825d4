"""Amounts of money: their finest grain, and how the wire spells numbers."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

GRAIN = Decimal("0.000000000001")
"""No balance is ever finer than this (12 decimals)."""
ZERO = Decimal(0)


def grain(amount: Decimal) -> Decimal:
    """Round to the grain, half to even."""
    return amount.quantize(GRAIN, ROUND_HALF_EVEN)


def grain_down(amount: Decimal) -> Decimal:
    """Round towards zero to the grain."""
    return amount.quantize(GRAIN, ROUND_DOWN)


def plain(number: Decimal | None) -> str:
    """Spell a number without exponent or trailing zeros; None becomes the empty string."""
    if number is None:
        return ""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def rounded(number: Decimal | None, places: int = 8) -> str:
    """Spell a derived figure with at most `places` decimals."""
    return "" if number is None else plain(round(number, places))
