"""No position without its stop: what is missing is decided purely, then laid at the exchange."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from bybit_async import AsyncBybit, BybitError, NotModified
from bybit_async.bot.configuration import BotSettings
from bybit_async.bot.engine.decisions import default_stop
from bybit_async.bot.records import HeldPosition, OrderSide, PortfolioSnapshot
from bybit_async.models.market import Instrument

log: logging.Logger = logging.getLogger("bybit_async.bot.engine")

_CHECK_EVERY = 0.5


class Cure(msgspec.Struct, frozen=True):
    """What a bare position needs: a stop at `price`, or to be closed because the market has passed it."""

    symbol: str
    action: Literal["stop", "close"]
    price: Decimal


def cures(
    positions: Iterable[HeldPosition],
    wanted: Mapping[str, Decimal],
    instruments: Mapping[str, Instrument],
    distance: float,
) -> list[Cure]:
    """Return what every position without a stop needs.

    Args:
        positions: all that are not flat.
        wanted: the stop of each symbol as it was decided; without one, it lies `distance` from the entry price.
        instruments: of the symbols, for the steps of prices.
        distance: a fraction of the entry price.
    """
    found = []
    for held in positions:
        if held.stop_loss is not None:
            continue
        price = wanted.get(held.symbol) or default_stop(held.side, held.entry_price, distance)
        instrument = instruments.get(held.symbol)
        if instrument is not None:
            price = instrument.round_price(price, held.side.opposite.value)
        passed = held.mark_price <= price if held.side is OrderSide.BUY else held.mark_price >= price
        found.append(Cure(held.symbol, "close" if passed else "stop", price))
    return found


class Guard:
    """Watches over the stops of all positions.

    Args:
        session: the connector's session.
        settings: the configuration as it is now.
        portfolio: the account as it is now.
        wanted: the stops that were decided on.
        instruments: of the symbols that are held.
        close: closes a position at market.
    """

    def __init__(
        self,
        session: AsyncBybit,
        *,
        settings: Callable[[], BotSettings],
        portfolio: Callable[[], PortfolioSnapshot],
        wanted: Callable[[], Mapping[str, Decimal]],
        instruments: Mapping[str, Instrument],
        close: Callable[[str], Any],
    ) -> None:
        self._session = session
        self._settings = settings
        self._portfolio = portfolio
        self._wanted = wanted
        self._instruments = instruments
        self._close = close
        self._stirred = asyncio.Event()
        self.laid: int = 0

    def stir(self) -> None:
        """Look at once, as after a position changed."""
        self._stirred.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self.check()
            except Exception:
                log.exception("watching the stops failed, trying again")
            self._stirred.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_EVERY):
                    await self._stirred.wait()

    async def check(self) -> None:
        """Cure every position that is bare now; one that the exchange refuses to cure keeps no other waiting."""
        settings = self._settings()
        if not settings.trading.enable_stop_loss:
            return
        found = cures(
            self._portfolio().positions, self._wanted(), self._instruments, settings.trading.stop_loss_distance
        )
        await asyncio.gather(*(self._tried(cure, settings) for cure in found))

    async def _tried(self, cure: Cure, settings: BotSettings) -> None:
        try:
            await self._cure(cure, settings)
        except BybitError as error:
            log.warning("%s: the position is still bare, trying again: %s", cure.symbol, error)

    async def _cure(self, cure: Cure, settings: BotSettings) -> None:
        category: Any = settings.exchange.category
        if cure.action == "close":
            log.warning("%s: the market has passed the stop %s, the position is closed", cure.symbol, cure.price)
            await self._close(cure.symbol)
            return
        log.warning("%s: the position is bare, its stop is laid at %s", cure.symbol, cure.price)
        try:
            await self._session.position.set_trading_stop(
                category=category, symbol=cure.symbol, stop_loss=cure.price, position_idx=0
            )
            self.laid += 1
        except NotModified:
            return
