"""What the market asks and bids now, for the symbols that the engine has to do with."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from bybit_async import AsyncBybit, BybitError
from bybit_async.bot.engine.decisions import PriceQuote
from bybit_async.models.stream_public import ContractTickerData

log: logging.Logger = logging.getLogger("bybit_async.bot.prices")

_PAUSE = 1.0


class Prices:
    """Quotes of contracts, kept current by their ticker streams.

    Args:
        session: the connector's session.
        category: of the contracts.
    """

    def __init__(self, session: AsyncBybit, category: str) -> None:
        self._session = session
        self._category = category
        self._quotes: dict[str, PriceQuote] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._arrived: dict[str, asyncio.Event] = {}

    def watch(self, *symbols: str) -> None:
        """Follow symbols from now on; harmless for those that are followed."""
        for symbol in symbols:
            if symbol not in self._tasks:
                self._arrived[symbol] = asyncio.Event()
                self._tasks[symbol] = asyncio.create_task(self._follow(symbol), name=f"bybit_async prices {symbol}")

    def follows(self, symbol: str) -> bool:
        """Return whether a symbol is followed."""
        return symbol in self._tasks

    def forget(self, symbol: str) -> None:
        """Follow a symbol no longer; harmless for one that is not followed."""
        if (task := self._tasks.pop(symbol, None)) is not None:
            task.cancel()
        self._quotes.pop(symbol, None)

    async def wait(self, *symbols: str, timeout: float) -> None:
        """Wait until each symbol has a quote.

        Raises:
            TimeoutError: `timeout` seconds passed.
        """
        self.watch(*symbols)
        arrived = [self._arrived[symbol] for symbol in symbols]
        async with asyncio.timeout(timeout):
            for event in arrived:
                await event.wait()

    def quote(self, symbol: str) -> PriceQuote | None:
        """Return the last quote of a symbol; None if none has come."""
        return self._quotes.get(symbol)

    def ages_ms(self, now_ms: int) -> dict[str, int | None]:
        """Return the age of each symbol's quote; None while it has none."""
        quotes = ((symbol, self._quotes.get(symbol)) for symbol in self._tasks)
        return {symbol: None if quote is None else now_ms - quote.time_ms for symbol, quote in quotes}

    async def _follow(self, symbol: str) -> None:
        while True:
            try:
                stream = self._session.stream.tickers(symbol, category=self._category, policy="latest")  # type: ignore[call-overload]
                async with contextlib.aclosing(stream):
                    async for ticker in stream:
                        self._take(symbol, ticker)
                return
            except BybitError as error:
                log.warning("prices of %s are not followed, trying again: %s", symbol, error)
                await asyncio.sleep(_PAUSE)

    def _take(self, symbol: str, ticker: ContractTickerData) -> None:
        bid, ask, mark = ticker.bid1_price, ticker.ask1_price, ticker.mark_price
        if bid and ask and mark and symbol in self._tasks:
            # What was long on its way is as old as when it was sent.
            now_ms = self._session.clock.now_ms()
            self._quotes[symbol] = PriceQuote(bid, ask, mark, min(now_ms, ticker.pushed_at or now_ms))
            self._arrived[symbol].set()

    async def aclose(self) -> None:
        """Follow nothing any more."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
