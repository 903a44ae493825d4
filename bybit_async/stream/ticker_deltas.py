"""Ticker deltas, decoded in one pass: which fields a message carries is half of what it says.

A typed decoder cannot tell a field that was left out from one without a value, so that a second look at the frame would
be needed. Here a delta is read as the few names and texts that it is, and the Struct is made of those. Whatever is not
as documented is left to the typed decoder, which repairs and reports it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import inspect
from msgspec.structs import force_setattr, replace

from bybit_async.models.stream_message import StreamMessage
from bybit_async.models.stream_public import TickerData

_Texts = dict[str, str | int | None]
_Field = tuple[str, Callable[[Any], Any]]

_decode = msgspec.json.Decoder(StreamMessage[_Texts], strict=False).decode
_NOT_AS_DOCUMENTED = (msgspec.ValidationError, ArithmeticError, ValueError, TypeError, KeyError)
_MOST_SHAPES = 1_000


class _CarriedKeys(msgspec.Struct):
    data: dict[str, Any]


_keys = msgspec.json.Decoder(_CarriedKeys)


class TickerDeltas:
    """Reads the deltas of one kind of ticker.

    Args:
        ticker: the Struct of the tickers.
    """

    def __init__(self, ticker: type[TickerData]) -> None:
        self._fields = {field.encode_name: (field.name, _reader(field.type)) for field in _fields(ticker)}
        self._blank = ticker(symbol="")
        self._shapes: dict[tuple[str, ...], tuple[tuple[_Field, ...], tuple[str, ...]]] = {}

    def read(self, frame: bytes) -> StreamMessage[Any] | None:
        """Return the message with its data typed, or None for what is no delta, or none as documented."""
        try:
            message: StreamMessage[Any] = _decode(frame)
            if message.type != "delta" or message.id == "":
                return None
            texts: _Texts = message.data
            carried = tuple(texts)
            fields, changed = self._shapes.get(carried) or self._learn(carried)
            delta = replace(self._blank)
            if not texts["symbol"]:
                return None
            for (name, read), text in zip(fields, texts.values(), strict=True):
                force_setattr(delta, name, read(text) if text != "" and text is not None else None)
        except _NOT_AS_DOCUMENTED:
            return None
        force_setattr(delta, "changed", changed)
        force_setattr(message, "data", delta)
        return message

    def carried(self, frame: bytes) -> tuple[str, ...]:
        """Return the names of the fields that a message carries, whatever their values."""
        return tuple(self._fields[key][0] for key in _keys.decode(frame).data if key in self._fields)

    def _learn(self, carried: tuple[str, ...]) -> tuple[tuple[_Field, ...], tuple[str, ...]]:
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        # An unknown name has no place here: the KeyError leaves the message to the typed decoder.
        fields = tuple(self._fields[name] for name in carried)
        shape = self._shapes[carried] = fields, tuple(name for name, _ in fields)
        return shape


def _fields(ticker: type[TickerData]) -> list[inspect.Field]:
    info = inspect.type_info(ticker)
    assert isinstance(info, inspect.StructType)
    return [field for field in info.fields if not field.encode_name.startswith("~")]


def _reader(info: inspect.Type) -> Callable[[Any], Any]:
    kinds = [kind for kind in info.types if not isinstance(kind, inspect.NoneType)] if isinstance(
        info, inspect.UnionType
    ) else [info]  # fmt: skip
    kind = kinds[0]
    if isinstance(kind, inspect.DecimalType):
        return Decimal
    if isinstance(kind, inspect.IntType):
        return int
    if isinstance(kind, inspect.LiteralType):
        return {value: value for value in kind.values}.__getitem__
    return _text


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
