"""Turns plain objects into typed sections, and names everything that is wrong with them at once."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from bybit_async import InvalidParameter, environments
from bybit_async.bot.configuration.sections import BotSettings, Section
from bybit_async.redis_address import redis_address


class Key(NamedTuple):
    """One key of a section: its type without annotations, and what they say."""

    kind: Any
    annotated: Any
    default: Any
    description: str
    fixed: bool
    secret: bool
    allowed: str


class Checked(NamedTuple):
    """What checking found: the settings, None if there are problems, and the problems."""

    settings: BotSettings | None
    problems: list[str]


def check(raw: Mapping[str, Any]) -> Checked:
    """Check a whole configuration, as it was read from a file."""
    problems: list[str] = []
    values = _section(BotSettings, raw, "", problems)
    if problems:
        return Checked(None, problems)
    settings = BotSettings(**values)
    problems = list(_contradictions(settings))
    return Checked(None if problems else settings, problems)


@cache
def keys_of(section: type[Section]) -> Mapping[str, Key]:
    """Return the keys of a section, in their order."""
    hints = get_type_hints(section, include_extras=True)
    found = {}
    for item in msgspec.structs.fields(section):
        annotated = hints[item.name]
        meta = next((arg for arg in get_args(annotated)[1:] if isinstance(arg, msgspec.Meta)), msgspec.Meta())
        extra = meta.extra or {}
        kind = get_args(annotated)[0] if get_origin(annotated) is Annotated else annotated
        default = item.default if item.default is not msgspec.NODEFAULT else _made(item.default_factory)
        found[item.name] = Key(
            kind=kind,
            annotated=annotated,
            default=default,
            description=meta.description or "",
            fixed=bool(extra.get("fixed")),
            secret=bool(extra.get("secret")),
            allowed=_allowed(kind, meta),
        )
    return found


def key_at(path: str) -> Key | None:
    """Return what is known of a dotted key; None if there is no such key."""
    section: type[Section] = BotSettings
    parts = path.split(".")
    while parts:
        key = keys_of(section).get(parts.pop(0))
        if key is None:
            return None
        inner = section_of(key.kind)
        if not parts or inner is None:
            # What a strategy's constructor takes is known to the strategy alone.
            return key if not parts or get_origin(key.kind) is dict else None
        if get_origin(key.kind) is dict:
            parts.pop(0)
        if not parts:
            return key
        section = inner
    return None


def nearest(name: str, known: Mapping[str, Any]) -> str:
    """Return the hint that goes with an unknown name."""
    close = difflib.get_close_matches(name.strip().lower(), list(known), n=1, cutoff=0.5)
    return f'did you mean "{close[0]}"?' if close else f"known: {', '.join(known)}"


def dotted_keys(section: type[Section] = BotSettings, before: str = "") -> Iterator[str]:
    """Yield every dotted key that does not depend on names that the user chooses."""
    for name, key in keys_of(section).items():
        inner = section_of(key.kind)
        if inner is not None and inner is key.kind:
            yield from dotted_keys(inner, f"{before}{name}.")
        else:
            yield before + name


def _section(section: type[Section], raw: Any, path: str, problems: list[str]) -> dict[str, Any]:
    if raw is None:
        raw = {}
    if not isinstance(raw, Mapping):
        problems.append(f"{path.rstrip('.') or 'the configuration'}: expected keys and values, got {_shown(raw)}")
        return {}
    keys = keys_of(section)
    values = {}
    for name, value in raw.items():
        key = keys.get(name) if isinstance(name, str) else None
        if key is None:
            problems.append(f"{path}{name}: unknown key; {nearest(str(name), keys)}")
        else:
            values[name] = _value(key, value, f"{path}{name}", problems)
    for name, key in keys.items():
        if name not in raw and key.default is msgspec.NODEFAULT:
            problems.append(f"{path}{name}: missing; allowed: {key.allowed}")
    return values


def _value(key: Key, value: Any, path: str, problems: list[str]) -> Any:
    inner = section_of(key.kind)
    origin = get_origin(key.kind)
    if inner is not None and origin is dict and isinstance(value, Mapping):
        return {str(name): _nested(inner, item, f"{path}.{name}.", problems) for name, item in value.items()}
    if inner is not None and origin is list and isinstance(value, list):
        return [_nested(inner, item, f"{path}.{number}.", problems) for number, item in enumerate(value)]
    if inner is not None and origin is None:
        return _nested(inner, value, f"{path}.", problems)
    if isinstance(value, float) and value != value:
        problems.append(f"{path}: nan is invalid; allowed: {key.allowed}")
        return None
    try:
        return msgspec.convert(value, key.annotated)
    except msgspec.ValidationError:
        shown = "***" if key.secret else _shown(value)
        problems.append(f"{path}: {shown} is not allowed; allowed: {key.allowed}")
        return None


def _nested(section: type[Section], raw: Any, path: str, problems: list[str]) -> Section | None:
    before = len(problems)
    values = _section(section, raw, path, problems)
    return section(**values) if len(problems) == before else None


def _contradictions(settings: BotSettings) -> Iterator[str]:
    exchange, risk = settings.exchange, settings.risk
    if bool(exchange.api_key) != bool(exchange.api_secret):
        missing = "api_secret" if exchange.api_key else "api_key"
        yield f"exchange.{missing}: missing; a key and its secret go together"
    if exchange.address != "simulated":
        try:
            environments.find(exchange.address, "exchange.address")
        except InvalidParameter as error:
            yield str(error)
    yield from _unfit_for_paper(settings)
    if settings.trading.max_position_size > risk.max_exposure:
        yield (
            f"trading.max_position_size: {settings.trading.max_position_size} is more than risk.max_exposure, "
            f"{risk.max_exposure}; one position cannot be larger than all of them"
        )
    if risk.max_exposure > risk.max_leverage:
        yield f"risk.max_exposure: {risk.max_exposure} is more than risk.max_leverage, {risk.max_leverage}"
    for symbol in settings.trading.symbols:
        if not symbol.isalnum() or not symbol.isupper():
            yield f"trading.symbols: {symbol!r} is not spelled like a symbol, as BTCUSDT"
    if settings.strategies and settings.exchange.category != "linear":
        yield (
            f"exchange.category: strategies trade linear contracts only, got {settings.exchange.category!r}; "
            "the client alone trades the others"
        )
    if settings.engine.lease != "file":
        try:
            redis_address(settings.engine.lease, "engine.lease")
        except InvalidParameter as error:
            yield f"{error}; or file"
    for number, webhook in enumerate(settings.alerts.webhooks):
        if webhook.shape == "telegram" and not webhook.chat_id:
            yield f"alerts.webhooks.{number}.chat_id: missing; telegram needs the chat to write to"


def _unfit_for_paper(settings: BotSettings) -> Iterator[str]:
    exchange = settings.exchange
    if not exchange.paper:
        return
    if exchange.address == "simulated":
        yield "exchange.paper: the address simulated has no live market; set exchange.address to mainnet"
    if exchange.category != "linear":
        yield f"exchange.paper: trades linear contracts only, exchange.category is {exchange.category}"
    if not settings.journal.url.startswith("sqlite:///"):
        yield "exchange.paper: a paper account ends with its process; its journal.url must be a sqlite:/// file"


def section_of(kind: Any) -> type[Section] | None:
    """Return the section that a type is, or holds."""
    if isinstance(kind, type) and issubclass(kind, Section):
        return kind
    return next((arg for arg in get_args(kind) if isinstance(arg, type) and issubclass(arg, Section)), None)


def _made(factory: Any) -> Any:
    return msgspec.NODEFAULT if factory is msgspec.NODEFAULT else factory()


_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _allowed(kind: Any, meta: msgspec.Meta) -> str:
    origin = get_origin(kind)
    if origin is Literal:
        return ", ".join(str(word) for word in get_args(kind))
    if origin in (Union, types.UnionType):
        return " or ".join(_WORDS.get(arg, str(arg)) for arg in get_args(kind))
    if origin is list:
        return "a list" + (f" of at least {meta.min_length}" if meta.min_length else "")
    if origin is dict or section_of(kind) is not None:
        return "keys and values"
    words = _WORDS.get(kind, str(kind))
    bounds = [
        f"{text} {bound:g}"
        for text, bound in (("from", meta.ge), ("above", meta.gt), ("up to", meta.le), ("below", meta.lt))
        if bound is not None
    ]
    return " ".join([words, *bounds])


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
