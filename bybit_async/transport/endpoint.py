"""What the library knows about one endpoint: the row every call, limit and test is driven by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Method = Literal["GET", "POST"]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One `(method, path)` of the API.

    Attributes:
        name: ``"market.get_tickers"``, the resource and method that wrap it.
        signed: whether it needs a key.
        result: the msgspec type of the answer's ``result``; a union when it depends on the category.
        variants: for such unions, the type per category.
        write: whether it changes something at Bybit, so that a lost answer leaves the outcome unknown.
        cost: the parameter whose length is what the call costs of its rate limit (batches), or empty.
        bare: whether the answer comes without an envelope.
        deprecated: what to use instead, or empty.
    """

    method: Method
    path: str
    name: str
    result: Any
    signed: bool = True
    variants: Mapping[str, Any] = {}
    write: bool = False
    cost: str = ""
    bare: bool = False
    deprecated: str = ""

    @property
    def limits(self) -> Mapping[str, tuple[int, float]]:
        """The documented rate limits: ``{category or "all": (requests, seconds)}``; empty where none is documented."""
        from bybit_async.transport.limit_table import documented_limits

        return documented_limits(self.method, self.path)

    def result_type(self, params: Mapping[str, Any]) -> Any:
        """Return the result's type for these parameters (wire names)."""
        if self.variants:
            return self.variants.get(str(params.get("category")), self.result)
        return self.result


def get(
    path: str,
    name: str,
    result: Any,
    *,
    signed: bool = True,
    variants: Mapping[str, Any] | None = None,
    bare: bool = False,
    deprecated: str = "",
) -> Endpoint:
    """Describe a read."""
    return Endpoint(
        method="GET", path=path, name=name, result=result, signed=signed, variants=variants or {}, bare=bare,
        deprecated=deprecated,
    )  # fmt: skip


def post(
    path: str,
    name: str,
    result: Any,
    *,
    signed: bool = True,
    write: bool = True,
    cost: str = "",
    bare: bool = False,
    deprecated: str = "",
) -> Endpoint:
    """Describe a POST; pass ``write=False`` for the queries that Bybit spells as POST."""
    return Endpoint(
        method="POST", path=path, name=name, result=result, signed=signed, write=write, cost=cost, bare=bare,
        deprecated=deprecated,
    )  # fmt: skip
