"""What the library knows about one endpoint: the row every call, limit and test is driven by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Literal, overload

import msgspec
from typing_extensions import TypeVar

Method = Literal["GET", "POST"]
T = TypeVar("T", default=Any)
R = TypeVar("R")


class Endpoint(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One `(method, path)` of the API; `T` is the type of its answer's ``result``.

    Attributes:
        name: ``"market.get_tickers"``, the resource and method that wrap it.
        signed: whether it needs a key.
        result: the msgspec type of the answer's ``result``; a union when it depends on the category.
        variants: for such unions, the type per category.
        write: whether it changes something at Bybit, so that a lost answer leaves the outcome unknown.
        batch: the parameter that lists the orders of a batch, each of which counts against the limit; empty for others.
        bare: whether the answer comes without an envelope.
        deprecated: what to use instead, or empty.
    """

    method: Method
    path: str
    name: str
    result: type[T]
    signed: bool = True
    variants: Mapping[str, Any] = {}
    write: bool = False
    batch: str = ""
    bare: bool = False
    deprecated: str = ""

    @property
    def limits(self) -> Mapping[str, tuple[int, float]]:
        """The documented rate limits: ``{category or "all": (requests, seconds)}``; empty where none is documented."""
        from bybit_async.transport.limit_table import documented_limits

        return documented_limits(self.method, self.path)

    def with_result(self, result: type[R]) -> Endpoint[R]:
        """Return this endpoint with another type for its answer's ``result``, the same for every category."""
        fields = msgspec.structs.asdict(self)
        return Endpoint(**{**fields, "result": result, "variants": {}})

    def result_type(self, params: Mapping[str, Any]) -> type[T]:
        """Return the result's type for these parameters (wire names)."""
        if self.variants:
            variant: type[T] = self.variants.get(str(params.get("category")), self.result)
            return variant
        return self.result


@overload
def get(
    path: str, name: str, result: type[T], *, signed: bool = True, bare: bool = False, deprecated: str = ""
) -> Endpoint[T]: ...
@overload
def get(path: str, name: str, result: Any, *, signed: bool = True, variants: Mapping[str, Any]) -> Endpoint[Any]: ...
def get(
    path: str,
    name: str,
    result: Any,
    *,
    signed: bool = True,
    variants: Mapping[str, Any] | None = None,
    bare: bool = False,
    deprecated: str = "",
) -> Endpoint[Any]:
    """Describe a read; `variants` are the results by category where they differ."""
    return Endpoint(
        method="GET", path=path, name=name, result=result, signed=signed, variants=variants or {}, bare=bare,
        deprecated=deprecated,
    )  # fmt: skip


def post(
    path: str,
    name: str,
    result: type[T],
    *,
    signed: bool = True,
    write: bool = True,
    batch: str = "",
    bare: bool = False,
    deprecated: str = "",
) -> Endpoint[T]:
    """Describe a POST; pass ``write=False`` for the queries that Bybit spells as POST."""
    return Endpoint(
        method="POST", path=path, name=name, result=result, signed=signed, write=write, batch=batch, bare=bare,
        deprecated=deprecated,
    )  # fmt: skip
