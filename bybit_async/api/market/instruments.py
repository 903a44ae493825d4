"""Instruments: all of a category by pages, or one of them from a cache."""

from __future__ import annotations

from typing import Any, Literal, overload

from bybit_async.api.resource import Caller, Resource
from bybit_async.enums import Category, InstrumentStatus, SymbolType
from bybit_async.errors import InvalidParameter
from bybit_async.models import market as m
from bybit_async.models.checks import known
from bybit_async.transport.endpoint import get
from bybit_async.transport.pages import Pager

AnyInstrument = m.SpotInstrument | m.LinearInstrument | m.InverseInstrument | m.OptionInstrument
AnyInstrumentPager = (
    Pager[m.SpotInstruments, m.SpotInstrument]
    | Pager[m.LinearInstruments, m.LinearInstrument]
    | Pager[m.InverseInstruments, m.InverseInstrument]
    | Pager[m.OptionInstruments, m.OptionInstrument]
)

GET_INSTRUMENTS_INFO = get(
    "/v5/market/instruments-info",
    "market.get_instruments_info",
    m.Instruments,
    signed=False,
    variants={
        "spot": m.SpotInstruments,
        "linear": m.LinearInstruments,
        "inverse": m.InverseInstruments,
        "option": m.OptionInstruments,
    },
)


class InstrumentQueries(Resource):
    """The instrument part of `Market`."""

    __slots__ = ("_instruments",)

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller)
        self._instruments: dict[tuple[str, str], AnyInstrument] = {}

    @overload
    def get_instruments_info(
        self,
        *,
        category: Literal["spot"],
        symbol: str | None = None,
        symbol_type: SymbolType | None = None,
        status: InstrumentStatus | None = None,
        timeout: float | None = None,
    ) -> Pager[m.SpotInstruments, m.SpotInstrument]: ...
    @overload
    def get_instruments_info(
        self,
        *,
        category: Literal["linear"],
        symbol: str | None = None,
        symbol_type: SymbolType | None = None,
        status: InstrumentStatus | None = None,
        base_coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.LinearInstruments, m.LinearInstrument]: ...
    @overload
    def get_instruments_info(
        self,
        *,
        category: Literal["inverse"],
        symbol: str | None = None,
        symbol_type: SymbolType | None = None,
        status: InstrumentStatus | None = None,
        base_coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.InverseInstruments, m.InverseInstrument]: ...
    @overload
    def get_instruments_info(
        self,
        *,
        category: Literal["option"],
        symbol: str | None = None,
        status: InstrumentStatus | None = None,
        base_coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[m.OptionInstruments, m.OptionInstrument]: ...
    @overload
    def get_instruments_info(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        symbol_type: SymbolType | None = None,
        status: InstrumentStatus | None = None,
        base_coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> AnyInstrumentPager: ...
    def get_instruments_info(
        self,
        *,
        category: Category,
        symbol: str | None = None,
        symbol_type: SymbolType | None = None,
        status: InstrumentStatus | None = None,
        base_coin: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> Pager[Any, Any]:
        """Instruments with their steps, bounds and life times.

        `limit` is 1 to 1000 (500 when left out); spot is never paged. Without `status` only those that trade are
        listed (options: those that have not expired). `GET /v5/market/instruments-info`.
        """
        return self._pages(
            GET_INSTRUMENTS_INFO, timeout, category=category, symbol=symbol, symbol_type=symbol_type,
            status=status, base_coin=base_coin, limit=limit, cursor=cursor,
        )  # fmt: skip

    @overload
    async def get_instrument(
        self, symbol: str, category: Literal["linear"] = "linear", *, fresh: bool = False, timeout: float | None = None
    ) -> m.LinearInstrument: ...
    @overload
    async def get_instrument(
        self, symbol: str, category: Literal["spot"], *, fresh: bool = False, timeout: float | None = None
    ) -> m.SpotInstrument: ...
    @overload
    async def get_instrument(
        self, symbol: str, category: Literal["inverse"], *, fresh: bool = False, timeout: float | None = None
    ) -> m.InverseInstrument: ...
    @overload
    async def get_instrument(
        self, symbol: str, category: Literal["option"], *, fresh: bool = False, timeout: float | None = None
    ) -> m.OptionInstrument: ...
    @overload
    async def get_instrument(
        self, symbol: str, category: Category, *, fresh: bool = False, timeout: float | None = None
    ) -> AnyInstrument: ...
    async def get_instrument(
        self, symbol: str, category: Category = "linear", *, fresh: bool = False, timeout: float | None = None
    ) -> AnyInstrument:
        """One instrument, asked for once and then remembered; `fresh` asks again.

        It knows its steps: see `round_price`, `round_qty` and `validate` of the instrument.
        `GET /v5/market/instruments-info`.

        Raises:
            InvalidParameter: the category has no such symbol.
        """
        key = (known(category), symbol)
        if fresh or key not in self._instruments:
            page = await self.get_instruments_info(category=category, symbol=symbol, timeout=timeout)
            found = next((row for row in page if row.symbol == symbol), None)
            if found is None:
                raise InvalidParameter("symbol", f"{category} has no instrument {symbol!r}")
            self._instruments[key] = found
        return self._instruments[key]
