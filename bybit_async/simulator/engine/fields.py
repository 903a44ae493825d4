"""Reads a request's fields, refusing what has the wrong shape with 10001."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from bybit_async.simulator.engine.refusals import parameter

Word = TypeVar("Word", bound=str)
LARGEST = Decimal("1e15")


class Fields:
    """One request dict: camelCase keys, numbers as strings; "" and null count as absent."""

    def __init__(self, request: Mapping[str, object]) -> None:
        self._request = request

    def has(self, name: str) -> bool:
        """Whether the field is there and not empty."""
        return self._request.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """Return a string field."""
        value = self._request.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise parameter(f"{name} invalid")
        return str(value)

    def required(self, name: str) -> str:
        """Return a string field that must be there."""
        value = self.text(name)
        if not value:
            raise parameter(f"{name} is required")
        return value

    def number(self, name: str) -> Decimal | None:
        """Return a decimal field, or None when absent; never negative, never absurd."""
        value = self._signed(name)
        if value is not None and value < 0:
            raise parameter(f"{name} invalid")
        return value

    def signed(self, name: str) -> Decimal:
        """Return a decimal field that must be there and may be negative."""
        value = self._signed(name)
        if value is None:
            raise parameter(f"{name} is required")
        return value

    def positive(self, name: str) -> Decimal | None:
        """Return a decimal field, or None when absent or zero (the wire's way to say none)."""
        return self.number(name) or None

    def choice(self, name: str, allowed: tuple[Word, ...], default: Word | None = None) -> Word:
        """Return a field out of a closed set."""
        value = self.text(name)
        if not value and default is not None:
            return default
        for word in allowed:
            if value == word:
                return word
        raise parameter(f"{name} invalid")

    def flag(self, name: str) -> bool:
        """Return a boolean field; absent is false."""
        value = self._request.get(name)
        if value in (True, "true", 1, "1"):
            return True
        if value in (None, "", False, "false", 0, "0"):
            return False
        raise parameter(f"{name} invalid")

    def integer(self, name: str, default: int) -> int:
        """Return a whole number."""
        text = self.text(name)
        if not text:
            return default
        try:
            return int(text)
        except ValueError:
            raise parameter(f"{name} invalid") from None

    def _signed(self, name: str) -> Decimal | None:
        value = self._request.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal | float):
            raise parameter(f"{name} invalid")
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise parameter(f"{name} invalid") from None
        if not number.is_finite() or abs(number) > LARGEST:
            raise parameter(f"{name} invalid")
        return number
