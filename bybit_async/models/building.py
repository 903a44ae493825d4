"""Request objects made from dicts, for those who would rather not import a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec

from bybit_async.errors import InvalidParameter, nearest

S = TypeVar("S", bound=msgspec.Struct)
Fields = Mapping[str, Any]
"""The fields of a request object as a dict, as they are spelled here or on the wire."""


def build(cls: type[S], given: S | Fields, parameter: str) -> S:
    """Return the request object that a dict describes; an object is returned as it is.

    Keys are the fields, as they are spelled here (``order_link_id``) or on the wire (``orderLinkId``).

    Raises:
        InvalidParameter: a key is unknown, doubled or missing, or a value is invalid; ``parameter.key`` is named.
    """
    if isinstance(given, cls):
        return given
    if not isinstance(given, Mapping):
        raise InvalidParameter(parameter, f"expected a {cls.__name__} or a dict, got {given!r}")
    fields, names = {}, _names(cls)
    for key, value in given.items():
        field = names.get(key)
        if field is None:
            near = nearest(key, names)
            cure = f"did you mean {near!r}?" if near else f"known: {', '.join(cls.__struct_fields__)}"
            raise InvalidParameter(f"{parameter}.{key}", f"{cls.__name__} has no such field: {cure}")
        if field in fields:
            raise InvalidParameter(f"{parameter}.{key}", f"{field} is given twice, in both spellings")
        fields[field] = value
    for info in msgspec.structs.fields(cls):
        if info.required and fields.get(info.name) is None:
            raise InvalidParameter(f"{parameter}.{info.name}", "is required")
    try:
        return cls(**fields)
    except InvalidParameter as error:
        raise InvalidParameter(f"{parameter}.{error.parameter}", error.message) from None


def build_all(cls: type[S], given: Sequence[S | Fields], parameter: str) -> list[S]:
    """Return the request objects that a list describes; see `build`. Errors name the item, as ``request[2].qty``."""
    if not isinstance(given, list | tuple):
        raise InvalidParameter(parameter, f"expected a list of {cls.__name__} or dicts, got {given!r}")
    return [build(cls, item, f"{parameter}[{index}]") for index, item in enumerate(given)]


@cache
def _names(cls: type[msgspec.Struct]) -> dict[str, str]:
    """Return each spelling of each field, with the field."""
    fields = cls.__struct_fields__
    return dict(zip(fields, fields, strict=True)) | dict(zip(cls.__struct_encode_fields__, fields, strict=True))
