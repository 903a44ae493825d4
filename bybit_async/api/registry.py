"""Every endpoint the library wraps, collected from the domains."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

from bybit_async.transport.endpoint import Endpoint


@cache
def endpoints() -> tuple[Endpoint, ...]:
    """Return every endpoint, sorted by path and method; the first call imports all domains."""
    return tuple(sorted(_index().values(), key=lambda endpoint: (endpoint.path, endpoint.method)))


def endpoint_for(method: str, path: str) -> Endpoint | None:
    """Return the endpoint of a method and path, or None when the library does not wrap it."""
    return _index().get((method.upper(), path))


@cache
def _index() -> dict[tuple[str, str], Endpoint]:
    package = importlib.import_module("bybit_async.api")
    found: list[Endpoint] = []
    for module in pkgutil.walk_packages(package.__path__, "bybit_async.api."):
        namespace = vars(importlib.import_module(module.name))
        found.extend(value for value in namespace.values() if isinstance(value, Endpoint))
    return index(found)


def index(found: Iterable[Endpoint]) -> dict[tuple[str, str], Endpoint]:
    """Index endpoints by method and path.

    Raises:
        AssertionError: two different endpoints share a method and path, or a name.
    """
    by_route: dict[tuple[str, str], Endpoint] = {}
    names: dict[str, Endpoint] = {}
    for endpoint in found:
        route = (endpoint.method, endpoint.path)
        # One domain may import another's endpoint; only two different objects are a mistake.
        if by_route.setdefault(route, endpoint) is not endpoint:
            raise AssertionError(f"{endpoint.method} {endpoint.path} is wrapped twice")
        if names.setdefault(endpoint.name, endpoint) is not endpoint:
            raise AssertionError(f"two endpoints are called {endpoint.name}")
    return by_route
