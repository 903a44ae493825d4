"""Decoding that survives change: an accepted answer is never lost over one odd value.

The fast path is msgspec's typed decoder. Only when that refuses a document is it decoded untyped and rebuilt field by
field here: what is missing becomes None (or an empty list), what is unknown is kept as it came, and each such field is
reported once per process as a `SchemaDriftWarning`.
"""

from __future__ import annotations

import warnings
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect


class SchemaDriftWarning(UserWarning):
    """A value did not have the documented type and was repaired or kept as it came."""


def absent_as_null(body: bytes) -> bytes:
    """Turn ``"field":""`` into ``"field":null``: Bybit's spelling of an absent value.

    Safe on compact JSON, where these bytes cannot occur inside a string unescaped.
    """
    # Where there are many, splitting and joining costs half of what `replace` does: it searches once, not twice.
    parts = body.split(b':""')
    return b":null".join(parts) if len(parts) > 1 else body


@cache
def decoder(tp: Any) -> msgspec.json.Decoder[Any]:
    """Return the one decoder of a type."""
    return msgspec.json.Decoder(tp, strict=False)


_untyped = msgspec.json.Decoder(float_hook=Decimal)


def decode(body: bytes, tp: Any) -> Any:
    """Decode JSON into `tp`, repairing what does not fit.

    Raises:
        msgspec.DecodeError: the bytes are no JSON.
    """
    body = absent_as_null(body)
    try:
        return decoder(tp).decode(body)
    except msgspec.ValidationError:
        return repair(tp, decode_untyped(body))


def decode_untyped(body: bytes) -> Any:
    """Decode JSON into plain objects; fractions become `Decimal`, so that they stay exact."""
    return _untyped.decode(body)


def repair(tp: Any, value: Any) -> Any:
    """Build a `tp` from an untyped document, keeping whatever does not fit."""
    return _build(_type_info(tp), value, getattr(tp, "__name__", str(tp)))


@cache
def _type_info(tp: Any) -> inspect.Type:
    return inspect.type_info(tp)


def _build(info: inspect.Type, value: Any, where: str) -> Any:
    if isinstance(info, inspect.UnionType):
        return _build_union(info, value, where)
    if isinstance(info, inspect.StructType):
        return _build_struct(info, value, where)
    if isinstance(info, inspect.ListType):
        return _build_list(info, value, where)
    if isinstance(info, inspect.DictType):
        if not isinstance(value, dict):
            return {} if _nothing(value, where) else value
        return {key: _build(info.value_type, item, where) for key, item in value.items()}
    if isinstance(info, inspect.AnyType):
        return value
    return _build_scalar(info, value, where)


def _build_union(info: inspect.UnionType, value: Any, where: str) -> Any:
    members = [member for member in info.types if not isinstance(member, inspect.NoneType)]
    if value is None or value == "":
        if len(members) < len(info.types):
            return None
    elif len(members) > 1:
        return _build_scalar(info, value, where)
    return _build(members[0], value, where)


def _build_struct(info: inspect.StructType, value: Any, where: str) -> Any:
    cls = info.cls
    where = getattr(cls, "__name__", str(cls))
    if info.array_like and isinstance(value, list):
        value = {field.encode_name: item for field, item in zip(info.fields, value, strict=False)}
    if not isinstance(value, dict):
        _nothing(value, where)
        value = {}
    built: dict[str, Any] = {}
    for field in info.fields:
        if field.encode_name in value:
            built[field.name] = _build(field.type, value[field.encode_name], f"{where}.{field.name}")
        elif field.required:
            _report(f"{where}.{field.name}", "is missing")
            built[field.name] = _absent(field.type)
    return cls(**built)


def _build_list(info: inspect.ListType, value: Any, where: str) -> Any:
    if not isinstance(value, list):
        if _nothing(value, where):
            return []
        value = [value]
    return [_build(info.item_type, item, where) for item in value]


def _build_scalar(info: inspect.Type, value: Any, where: str) -> Any:
    if value is None or value == "":
        _report(where, "is empty")
        return _absent(info)
    try:
        return msgspec.convert(value, _scalar_type(info), strict=False)
    except msgspec.ValidationError:
        _report(where, f"has an undocumented value {value!r:.60}")
    if isinstance(info, inspect.StrType | inspect.LiteralType) and isinstance(value, int | Decimal):
        return str(value)
    return value


def _scalar_type(info: inspect.Type) -> Any:
    if isinstance(info, inspect.UnionType):
        joined = _scalar_type(info.types[0])
        for member in info.types[1:]:
            joined = joined | _scalar_type(member)
        return joined
    if isinstance(info, inspect.LiteralType):
        return _literal(info.values)
    return _SCALARS.get(type(info), Any)


@cache
def _literal(values: tuple[Any, ...]) -> Any:
    from typing import Literal

    return Literal[values]


_SCALARS: dict[type, Any] = {
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.BoolType: bool,
    inspect.FloatType: float,
    inspect.DecimalType: Decimal,
    inspect.NoneType: None,
}


def _absent(info: inspect.Type) -> Any:
    if isinstance(info, inspect.ListType):
        return []
    if isinstance(info, inspect.DictType):
        return {}
    if isinstance(info, inspect.StrType):
        return ""
    if isinstance(info, inspect.StructType):
        return _build_struct(info, {}, "")
    return None


def _nothing(value: Any, where: str) -> bool:
    # "result": [] or null or "" is how several services spell an empty object.
    empty = value is None or value in ("", [], {})
    if not empty:
        _report(where, f"has an undocumented shape {type(value).__name__}")
    return empty


_reported: set[str] = set()


def _report(where: str, problem: str) -> None:
    if where not in _reported:
        _reported.add(where)
        warnings.warn(f"{where} {problem}", SchemaDriftWarning, stacklevel=2)


def forget_reports() -> None:
    """Report every drifted field again; for tests and long-lived monitors."""
    _reported.clear()
