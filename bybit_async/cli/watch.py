"""`bybit-async watch`: tickers, books and trades in the terminal, and how old each is."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import AsyncExitStack, suppress
from decimal import Decimal
from typing import Annotated, Any, Literal

import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table

from bybit_async.cli import STOPPED, place
from bybit_async.cli.drawing import drawn
from bybit_async.errors import InvalidParameter
from bybit_async.session import AsyncBybit

Category = Literal["spot", "linear", "inverse"]

_SHOWN = 2
"""Symbols whose books and trades are shown; of the others only tickers."""
_LEVELS = 5
_TRADES = 5


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("watch")(watch)


def watch(
    symbols: Annotated[list[str], typer.Argument(help="As BTCUSDT; books and trades are those of the first two.")],
    category: Annotated[str, typer.Option(help="spot, linear or inverse.")] = "linear",
    testnet: place.Testnet = False,
    demo: place.Demo = False,
    environment: place.Environment = None,
    simulated: place.Simulated = False,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="Stop by itself after so long.")] = None,
) -> None:
    """Watch books, trades and tickers until Ctrl-C, each with its age; a book that may be wrong says so."""
    if category not in ("spot", "linear", "inverse"):
        raise InvalidParameter("--category", f"expected spot, linear or inverse, got {category!r}")
    where = place.Target(testnet, demo, environment, simulated)
    try:
        asyncio.run(_watch(Console(), list(dict.fromkeys(symbols)), category, where, seconds))  # type: ignore[arg-type]
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None


async def _watch(
    console: Console, symbols: list[str], category: Category, where: place.Target, seconds: float | None
) -> None:
    async with where.session(public=True) as bybit:
        for symbol in symbols:
            # A misspelt symbol is reported at once: its stream would be silent.
            await bybit.market.get_instrument(symbol, category=category)
        market = WatchedMarket(symbols)
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            for symbol in symbols:
                book = bybit.stream.order_book(symbol, category=category, depth=50)
                market.books[symbol] = await stack.enter_async_context(book)
            following = [
                tasks.create_task(market.follow_tickers(bybit, category)),
                tasks.create_task(market.follow_trades(bybit, category)),
            ]
            async with drawn(lambda: screen(market), console, per_second=4):
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await asyncio.wait(following, return_when=asyncio.FIRST_COMPLETED)
            for task in following:
                task.cancel()


class WatchedMarket:
    """The latest from the streams of some symbols."""

    def __init__(self, symbols: list[str]) -> None:
        self.symbols = symbols
        self.books: dict[str, Any] = {}
        self.tickers: dict[str, Any] = {}
        self.heard: dict[str, float] = {}
        self.trades: dict[str, deque[Any]] = {symbol: deque(maxlen=_TRADES) for symbol in symbols}

    async def follow_tickers(self, bybit: AsyncBybit, category: Category) -> None:
        """Take tickers until cancelled."""
        async for ticker in bybit.stream.tickers(*self.symbols, category=category, policy="latest"):
            self.tickers[ticker.symbol] = ticker
            self.heard[ticker.symbol] = time.monotonic()

    async def follow_trades(self, bybit: AsyncBybit, category: Category) -> None:
        """Take trades until cancelled."""
        async for trade in bybit.stream.trades(*self.symbols, category=category):
            self.trades[trade.symbol].appendleft(trade)


def screen(market: WatchedMarket) -> RenderableType:
    """Return what is shown, at most 24 lines for up to seven symbols."""
    tickers = _plain("symbol", "last", "24 h", "bid", "ask", "spread", "ticker", "book")
    for symbol in market.symbols:
        tickers.add_row(*_ticker(market, symbol))
    halves = Table.grid(padding=(0, 2), expand=True)
    shown = market.symbols[:_SHOWN]
    for _ in shown:
        halves.add_column(ratio=1)
    halves.add_row(*(_book(symbol, market.books[symbol]) for symbol in shown))
    halves.add_row(*(_trades(market.trades[symbol]) for symbol in shown))
    return Group(tickers, halves)


def _plain(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for name in columns:
        table.add_column(name, justify="left" if name in ("symbol", "side") else "right", no_wrap=True)
    return table


def _ticker(market: WatchedMarket, symbol: str) -> list[str]:
    ticker, book = market.tickers.get(symbol), market.books[symbol]
    bid, ask = book.best_bid, book.best_ask
    change = getattr(ticker, "price_24h_pcnt", None)
    spread = "–"
    if bid is not None and ask is not None:
        spread = f"{(ask.price - bid.price) / ask.price * 10_000:.2f} bps"
    return [
        symbol,
        _number(getattr(ticker, "last_price", None)),
        "–" if change is None else f"[{'red' if change < 0 else 'green'}]{change:+.2%}[/]",
        _number(bid and bid.price),
        _number(ask and ask.price),
        spread,
        _age(market.heard.get(symbol)),
        "[bold red]stale[/]" if book.stale else _age(book.received_ns / 1e9),
    ]


def _book(symbol: str, book: Any) -> Table:
    table = _plain("bid size", "bid", "ask", "ask size")
    table.title = f"[bold red]{symbol}: stale[/]" if book.stale else f"[bold]{symbol}[/]"
    bids, asks = book.bids()[:_LEVELS], book.asks()[:_LEVELS]
    for at in range(_LEVELS):
        bid, ask = (side[at] if at < len(side) else None for side in (bids, asks))
        table.add_row(
            _number(bid and bid.size), f"[green]{_number(bid and bid.price)}[/]",
            f"[red]{_number(ask and ask.price)}[/]", _number(ask and ask.size),
        )  # fmt: skip
    return table


def _trades(trades: deque[Any]) -> Table:
    table = _plain("time", "side", "price", "size")
    for trade in trades:
        colour = "green" if trade.side == "Buy" else "red"
        when = time.strftime("%H:%M:%S", time.gmtime(trade.time / 1000))
        table.add_row(when, f"[{colour}]{trade.side}[/]", _number(trade.price), _number(trade.size))
    for _ in range(_TRADES - len(trades)):
        table.add_row()
    return table


def _number(value: Decimal | None) -> str:
    return "–" if value is None else format(value.normalize(), "f")


def _age(at: float | None) -> str:
    return "–" if not at else f"{max(0.0, time.monotonic() - at):.1f} s"
