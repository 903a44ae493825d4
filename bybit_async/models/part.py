"""The base of what is nested in a request."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec.structs import force_setattr

from bybit_async.models.checks import check_fields
from bybit_async.wire import Number, Wire, plain


class Part(Wire, omit_defaults=True):
    """An object within a request. Its numbers become their plain spelling when it is made.

    Raises:
        InvalidParameter: a number or a word is invalid; the error names its field.
    """

    def __post_init__(self) -> None:
        check_fields(self)
        for name in _numbers(type(self)):
            value = getattr(self, name)
            if value is not None:
                force_setattr(self, name, plain(value, name))

    def wire(self) -> dict[str, Any]:
        """Return the object as it is sent, without what was left out."""
        spelled: dict[str, Any] = msgspec.to_builtins(self)
        return spelled


@cache
def _numbers(part: type[Part]) -> tuple[str, ...]:
    return tuple(field.name for field in msgspec.structs.fields(part) if field.type in (Number, Number | None))
