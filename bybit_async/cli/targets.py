"""From the words of a command line to an endpoint's method and its arguments."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from bybit_async.api.registry import endpoints
from bybit_async.errors import InvalidParameter, expected, nearest
from bybit_async.session import AsyncBybit
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import wire_name

_NOT_ASKED_FOR = ("self", "timeout", "on_unknown")


def find(target: str) -> Endpoint:
    """Return the endpoint called ``market.get_tickers``, ``get_tickers``, ``/v5/market/tickers`` or ``POST /v5/…``.

    Raises:
        InvalidParameter: no endpoint, or more than one, is called that.
    """
    text = target.strip()
    method, _, path = text.rpartition(" ")
    if path.startswith("/"):
        found = [each for each in endpoints() if each.path == path and method.upper() in ("", each.method)]
    else:
        found = [each for each in endpoints() if text in (each.name, each.name.partition(".")[2])]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidParameter("endpoint", f"{text!r} is one of {', '.join(map(_spelled, found))}: say which")
    names = [name for each in endpoints() for name in (each.name, each.path)]
    near = nearest(text, names)
    cure = f"did you mean {near!r}?" if near else f"`bybit-async endpoints {text.split('.')[-1]}` searches"
    raise InvalidParameter("endpoint", f"there is no {text!r}: {cure}")


def _spelled(endpoint: Endpoint) -> str:
    return f"{endpoint.name} ({endpoint.method} {endpoint.path})"


def method_of(endpoint: Endpoint, bybit: AsyncBybit) -> Callable[..., Any]:
    """Return the method that wraps an endpoint, of a session."""
    domain, _, name = endpoint.name.partition(".")
    method: Callable[..., Any] = getattr(getattr(bybit, domain), name)
    return method


def parameters_of(endpoint: Endpoint) -> dict[str, inspect.Parameter]:
    """Return the arguments of an endpoint, with their types as objects."""
    method = inspect.unwrap(method_of(endpoint, AsyncBybit()))
    hints = get_type_hints(method)
    found: dict[str, inspect.Parameter] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if name in _NOT_ASKED_FOR:
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            options = get_args(hints[name])[0]
            found |= {
                option: inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
                for option, hint in get_type_hints(options).items()
            }
        else:
            found[name] = parameter.replace(annotation=hints[name])
    return found


def arguments_of(endpoint: Endpoint, words: Sequence[str]) -> dict[str, Any]:
    """Turn words such as ``category=linear`` into a method's arguments; names are taken in both spellings.

    Raises:
        InvalidParameter: a word has no ``=``, a name is unknown, a value does not fit, or a required one is missing.
    """
    parameters = parameters_of(endpoint)
    spellings = {wire_name(name): name for name in parameters} | {name: name for name in parameters}
    given: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise InvalidParameter(word, "expected name=value, as category=linear")
        name = spellings.get(key)
        if name is None:
            near = nearest(key, spellings)
            cure = f"did you mean {near!r}?" if near else f"known: {', '.join(parameters) or 'none'}"
            raise InvalidParameter(key, f"{endpoint.name} has no such argument: {cure}")
        given[name] = _read(value, parameters[name].annotation, name)
    missing = [name for name, each in parameters.items() if each.default is each.empty and name not in given]
    if missing:
        raise InvalidParameter(missing[0], f"is required ({described(parameters[missing[0]].annotation)})")
    return given


def _read(text: str, hint: Any, name: str) -> Any:
    kinds = [kind for kind in _members(hint) if kind is not NoneType]
    words = [word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
    for word in words:
        if text == str(word):
            return word
    if bool in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if words and not {str, bool, int} & set(kinds):
        raise InvalidParameter(name, expected(text, words))
    if any(get_origin(kind) in (list, Sequence, _SEQUENCE) or _is_object(kind) for kind in kinds):
        return _structure(text, name, plain=str in {inner for kind in kinds for inner in get_args(kind)})
    if int in kinds and (str not in kinds or text.lstrip("-").isdigit()):
        try:
            return int(text)
        except ValueError:
            raise InvalidParameter(name, f"expected a whole number, got {text!r}") from None
    if bool in kinds:
        raise InvalidParameter(name, f"expected true or false, got {text!r}")
    return text


_SEQUENCE = get_origin(Sequence[str])


def _is_object(kind: Any) -> bool:
    return hasattr(kind, "__struct_fields__") or get_origin(kind) is get_origin(dict[str, Any])


def _structure(text: str, name: str, *, plain: bool) -> Any:
    if plain and text[:1] not in "[{":
        return text.split(",")
    try:
        return json.loads(text)
    except ValueError:
        raise InvalidParameter(name, f"expected JSON, got {text!r}") from None


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def described(hint: Any) -> str:
    """Say in a few words what an argument may be."""
    words = [word for kind in _members(hint) if get_origin(kind) is Literal for word in get_args(kind)]
    if words:
        return " | ".join(map(str, words))
    names = [_named(kind) for kind in _members(hint) if kind is not NoneType]
    if "Decimal" in names:
        return "number"
    if "datetime" in names:
        return "time"
    return " | ".join(names)


def _named(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else re.sub(r"\b[a-z_]+\.", "", str(kind))
