"""Blocking classes, derived from asynchronous ones member by member.

A derived object holds the original and hands every call, read and iteration to the loop thread, where the original
lives: so nothing is ever read while the loop changes it. Values (Structs, numbers, text, lists, frames) come out as
they are; what lives on the loop comes out derived in its turn.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import inspect
from collections.abc import Callable, Iterator
from functools import cache, cached_property, wraps
from types import AsyncGeneratorType, FunctionType, GetSetDescriptorType, MemberDescriptorType, TracebackType
from typing import Any

import msgspec

from bybit_async.api.resource import Resource
from bybit_async.bridge.callbacks import CallbackStream
from bybit_async.bridge.holding import Hold
from bybit_async.bridge.iterators import END, BlockingIterator, BlockingPager, following
from bybit_async.bridge.link import Link
from bybit_async.transport.pages import Pager

_ROOMS = tuple(f"bybit_async.{room}." for room in ("api", "stream", "state", "live", "data"))
_VALUES = (msgspec.Struct, enum.Enum, BaseException, tuple, dict, list, set, frozenset, str)
_WORDS = (
    ("AsyncBybit", "Bybit"),
    ("``async with", "``with"),
    ("``async for", "``for"),
    ("``await ", "``"),
    (" A session belongs to the event loop that entered it and may be shared by its tasks.", ""),
)
_READ_ON_THE_LOOP = ("__len__", "__getitem__", "__contains__", "__bool__")


def lives_on_the_loop(cls: type) -> bool:
    """Say whether objects of a class are derived, rather than handed out as they are."""
    if issubclass(cls, Resource):
        return True
    value = issubclass(cls, _VALUES) or dataclasses.is_dataclass(cls)
    return cls.__module__.startswith(_ROOMS) and not value


def turned(link: Link, value: Any) -> Any:
    """Turn what came out of the loop into what a thread can use."""
    kind: Any = type(value)
    make = _maker(kind)
    return value if make is None else make(link, value)


@cache
def _maker(cls: Any) -> Callable[[Link, Any], Any] | None:
    if issubclass(cls, Pager):
        return BlockingPager
    if issubclass(cls, AsyncGeneratorType):
        return BlockingIterator
    return blocking_class(cls) if lives_on_the_loop(cls) else None


class Derived:
    """Base of the derived classes."""

    def __init__(self, link: Link, target: Any) -> None:
        self._link = link
        self._target = target
        self._hold: Hold | None = None
        self._timeout: float | None = None

    def __getattr__(self, name: str) -> Any:
        # Attributes that only the instance has.
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        found = self._link.run(getattr, self._target, name)
        if isinstance(found, Derived) and isinstance(found._target, Resource):
            self.__dict__[name] = found
        return found

    def __dir__(self) -> list[str]:
        own = (name for name in getattr(self._target, "__dict__", ()) if not name.startswith("_"))
        return sorted({*super().__dir__(), *own})

    def __repr__(self) -> str:
        return f"<blocking {self._target!r}>"


@cache
def blocking_class(cls: Any) -> type[Derived]:
    """Return the blocking class of an asynchronous one."""
    members: dict[str, Any] = {"__doc__": blocking_words(cls.__doc__), "__module__": "bybit_async.blocking"}
    for name in public_names(cls):
        member = inspect.getattr_static(cls, name)
        made = _member(cls, name, member)
        if made is not None:
            members[name] = made
            if is_stream(cls, member):
                members.setdefault(f"on_{name}", _callback_method(name, member))
    if has_read(cls):
        members["read"] = _read
    for name in _READ_ON_THE_LOOP:
        if callable(getattr(cls, name, None)):
            members[name] = _method(getattr(cls, name))
    members.update(_protocols(cls))
    return type(cls.__name__, (Derived,), members)


def public_names(cls: type) -> list[str]:
    """Return the public names of a class, without `aclose`, which is spelled `close` where nothing is awaited."""
    return [name for name in dir(cls) if not name.startswith("_") and name != "aclose"]


def _member(cls: type, name: str, member: Any) -> Any:
    if isinstance(member, FunctionType):
        return _method(member, direct=issubclass(cls, Resource) and not inspect.iscoroutinefunction(member))
    if isinstance(member, cached_property):
        return _kept(name, member.__doc__)
    if isinstance(member, property | MemberDescriptorType | GetSetDescriptorType):
        return property(lambda self: self._link.run(getattr, self._target, name), doc=member.__doc__)
    return None


def _kept(name: str, doc: str | None) -> cached_property[Any]:
    def read(self: Derived) -> Any:
        # Two threads may both have made one: the first that is kept is the one that counts.
        return self.__dict__.setdefault(name, self._link.run(getattr, self._target, name))

    kept = cached_property(read)
    kept.__doc__ = doc
    return kept


def _method(function: Callable[..., Any], *, direct: bool = False) -> Callable[..., Any]:
    # A resource's plain methods only put a call together: they need no loop.
    if direct:

        @wraps(function)
        def build(self: Derived, /, *args: Any, **kwargs: Any) -> Any:
            found = function(self._target, *args, **kwargs)
            if inspect.iscoroutine(found):  # behind a decorator that hides it
                return self._link.run(lambda: found)
            return self._link.turn(found)

        return _told(build)
    timed = inspect.iscoroutinefunction(function) or "timeout" in _parameters(function)
    calls_back = inspect.iscoroutinefunction(function) and "callback" in _parameters(function)

    @wraps(function)
    def call(self: Derived, /, *args: Any, **kwargs: Any) -> Any:
        wait = None if timed else kwargs.pop("timeout", None)
        if calls_back:
            bound = inspect.signature(function).bind(self._target, *args, **kwargs)
            bound.arguments["callback"] = _on_a_thread(self._link, bound.arguments.get("callback"))
            return self._link.run(function, *bound.args, **bound.kwargs)
        found = self._link.run(function, self._target, *args, **kwargs)
        if wait is not None:
            found._timeout = wait
        return found

    return _told(call)


def _on_a_thread(link: Link, callback: Any) -> Any:
    """Let a plain callback run where it may block and call the session, while the loop goes on."""
    if not callable(callback) or inspect.iscoroutinefunction(callback):
        return callback

    async def call(value: Any) -> None:
        outcome = await asyncio.to_thread(callback, link.turn(value))
        if inspect.isawaitable(outcome):
            await outcome

    return call


def _told(method: Callable[..., Any]) -> Callable[..., Any]:
    method.__doc__ = blocking_words(method.__doc__)
    return method


def blocking_words(doc: str | None) -> str | None:
    """Turn what a docstring says of the asynchronous class into what holds for the blocking one."""
    if doc is None:
        return None
    for word, other in _WORDS:
        doc = doc.replace(word, other)
    return doc


def _parameters(function: Callable[..., Any]) -> set[str]:
    code = getattr(function, "__code__", None)
    return set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]) if code else set()


def is_stream(cls: type, member: Any) -> bool:
    """Say whether a method returns a stream: then it takes a `timeout`, and there is a second one for callbacks."""
    if not isinstance(member, FunctionType) or issubclass(cls, Resource) or hasattr(cls, "__anext__"):
        return False
    return not member.__name__.startswith("_") and hasattr(returned_class(member), "__anext__")


def returned_class(function: FunctionType) -> Any:
    """Return the class that a function's annotation names, or None."""
    named = str(function.__annotations__.get("return", "")).partition("[")[0]
    return function.__globals__.get(named)


def _callback_method(name: str, function: FunctionType) -> Callable[..., Any]:
    def method(
        self: Derived,
        /,
        *args: Any,
        callback: Callable[[Any], object],
        on_error: Callable[[Exception], object] | None = None,
        **kwargs: Any,
    ) -> CallbackStream[Any]:
        source = self._link.portal.run(function, self._target, *args, **kwargs)
        # With policy "latest" nothing may be fetched ahead.
        at_once = {"at_once": 1} if kwargs.get("policy") == "latest" else {}
        return CallbackStream(self._link, source, callback, on_error=on_error, **at_once)

    method.__name__ = method.__qualname__ = f"on_{name}"
    method.__doc__ = f"Give what `{name}` iterates to `callback`, on a worker thread; see `CallbackStream`."
    return method


def _protocols(cls: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if hasattr(cls, "__anext__"):
        found |= {"__iter__": lambda self: self, "__next__": _next}
    elif hasattr(cls, "__aiter__"):
        found["__iter__"] = lambda self: self._link.run(cls.__aiter__, self._target)
    elif hasattr(cls, "__iter__"):
        found["__iter__"] = _iterate
    if hasattr(cls, "__aenter__"):
        found |= {"__enter__": _enter, "__exit__": _exit}
    if hasattr(cls, "aclose") and not hasattr(cls, "close"):
        found["close"] = _close
    return found


def has_read(cls: Any) -> bool:
    """Say whether a derived class has `read`: where there is something that changes by itself."""
    return cls.__module__.startswith(_ROOMS) and not issubclass(cls, Resource) and not hasattr(cls, "read")


def _read(self: Derived, function: Callable[[Any], Any]) -> Any:
    """Call `function` with the original on the loop thread: all that it reads there is of one moment. Be quick."""
    return self._link.run(function, self._target)


def _next(self: Derived) -> Any:
    item = self._link.run(following, self._target, self._timeout)
    if item is END:
        raise StopIteration
    return item


def _iterate(self: Derived) -> Iterator[Any]:
    # Copied on the loop, which may change the original meanwhile.
    return iter(self._link.run(list, self._target))


def _enter(self: Derived) -> Any:
    hold = Hold(self._target)
    value = self._link.portal.run(hold.enter)
    self._hold = hold
    return self if value is self._target else self._link.turn(value)


def _exit(
    self: Derived, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
) -> bool:
    hold, self._hold = self._hold, None
    if hold is None or self._link.portal.closed:
        return False
    return bool(self._link.portal.run(hold.leave, exc))


def _close(self: Derived) -> None:
    """End it at once. Idempotent."""
    if not self._link.portal.closed:
        self._link.portal.run(self._target.aclose)


__all__ = [
    "Derived",
    "blocking_class",
    "blocking_words",
    "has_read",
    "is_stream",
    "lives_on_the_loop",
    "public_names",
    "returned_class",
    "turned",
]
