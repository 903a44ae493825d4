"""The simulated exchange for code without an event loop: it runs on a thread of its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from anyio.from_thread import start_blocking_portal

from bybit_async.environments import Environment
from bybit_async.simulator.keys import Credentials

R = TypeVar("R")
Number = str | int | Decimal
_ROOM = __name__.rpartition(".")[0]


class BlockingExchange:
    """A `SimulatedExchange` on a thread of its own: ``with SimulatedExchange(...) as exchange``.

    It has everything that the exchange has, under the same names; each call and each reading happens on that thread
    and returns when it is done. What belongs to the exchange (`faults`, `script`, `market`, …) is handed out in the
    same way. It may be used by any number of threads, and beside an event loop of the caller's, as in a notebook.

    Args:
        exchange: the exchange; nothing else may use it.

    Raises:
        PortUnavailable: the port cannot be listened on.
    """

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self._open = False
        with ExitStack() as stack:
            self._portal = stack.enter_context(start_blocking_portal(name="simulated exchange"))
            stack.callback(self._portal.call, exchange.close)
            self._portal.call(exchange.open)
            self._stack = stack.pop_all()
        self._open = True

    def close(self) -> None:
        """End every connection and the thread. Idempotent."""
        if self._open:
            self._open = False
            self._stack.close()

    def run(self, function: Callable[[Any], R]) -> R:
        """Call `function` with the exchange itself on its thread: all that it reads there is of one moment.

        Raises:
            RuntimeError: the exchange is closed.
        """
        found: R = self._run(function, self._exchange)
        return found

    @property
    def environment(self) -> Environment:
        """Where clients find this exchange."""
        found: Environment = self._exchange.environment
        return found

    @property
    def port(self) -> int:
        """The port that is listened on."""
        found: int = self._exchange.port
        return found

    def new_account(
        self,
        *,
        usdt: Number = "0",
        coins: Mapping[str, Number] | None = None,
        read_only: bool = False,
        permissions: Mapping[str, list[str]] | None = None,
        ips: Iterable[str] = (),
        expires_at: int = 0,
        rsa_public_key: str = "",
        smp_group: int = 0,
    ) -> Credentials:
        """Open an account with these deposits and return its keys; see `SimulatedExchange.new_account`."""
        found: Credentials = self._run(
            self._exchange.new_account, usdt=usdt, coins=coins, read_only=read_only, permissions=permissions, ips=ips,
            expires_at=expires_at, rsa_public_key=rsa_public_key, smp_group=smp_group,
        )  # fmt: skip
        return found

    def advance(self, duration: str | int | timedelta) -> None:
        """Move exchange time forward (``"8h"``, ``"30s"``, milliseconds, a `timedelta`), with all that happens then."""
        self._run(self._exchange.advance, duration)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return _handed_out(self, self._run(getattr, self._exchange, name))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in dir(self._exchange) if not name.startswith("_"))})

    def _run(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if not self._open:
            raise RuntimeError("the exchange is closed")

        async def call() -> Any:
            found = function(*args, **kwargs)
            return await found if inspect.isawaitable(found) else found

        return self._portal.call(call)

    def __repr__(self) -> str:
        return f"<BlockingExchange {'at ' + self.environment.rest_url if self._open else 'closed'}>"


class _Part:
    """A part of the exchange, used from other threads."""

    __slots__ = ("_of", "_target")

    def __init__(self, of: BlockingExchange, target: Any) -> None:
        object.__setattr__(self, "_of", of)
        object.__setattr__(self, "_target", target)

    def __getattr__(self, name: str) -> Any:
        return _handed_out(self._of, self._of._run(getattr, self._target, name))

    def __setattr__(self, name: str, value: Any) -> None:
        self._of._run(setattr, self._target, name, value)

    def __dir__(self) -> list[str]:
        return dir(self._target)

    def __repr__(self) -> str:
        return f"<on the exchange's thread: {self._target!r}>"


def _handed_out(of: BlockingExchange, found: Any) -> Any:
    """Turn what was read on the exchange's thread into what another thread can use."""
    if inspect.ismethod(found):

        def method(*args: Any, **kwargs: Any) -> Any:
            return _handed_out(of, of._run(found, *args, **kwargs))

        method.__name__, method.__doc__ = found.__name__, found.__doc__
        return method
    # Records and plain values are as good elsewhere; lists are copied, since the exchange goes on changing its own.
    if isinstance(found, list):
        return list(found)
    lives_there = type(found).__module__.startswith(_ROOM) and not isinstance(found, msgspec.Struct | tuple)
    return _Part(of, found) if lives_there else found
