"""The demo's screen: prices and the book on top, the day's steps below."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bybit_async.cli.demo.day import Day, Step
from bybit_async.cli.drawing import drawn
from bybit_async.models.stream_private import PositionData

_LEVELS = 8
_STEPS = 8
_MARKS = {None: ("…", "yellow"), True: ("✓", "green"), False: ("✗", "red")}


class Screen:
    """Draws a day while it happens; where there is no terminal it prints the finished steps."""

    def __init__(self, day: Day, console: Console) -> None:
        self._day = day
        self._console = console

    def live(self) -> AbstractAsyncContextManager[None]:
        """Draw it again and again, and take it away in the end."""
        if not self._console.is_terminal:
            return nullcontext()
        return drawn(self._draw, self._console, per_second=8, transient=True)

    def summary(self) -> None:
        """Leave the day on the terminal, with one last line that says whether it all came out right."""
        day = self._day
        self._console.print(self._draw() if self._console.is_terminal else _steps(day.steps, whole=True))
        if day.balanced:
            self._console.print(
                "[bold green]Everything balanced:[/] orders, executions, position, wallet and a reconnection were "
                "checked against the exchange's own books, to the last digit."
            )
        else:
            failed = ", ".join(step.title for step in day.steps if not step.ok)
            self._console.print(f"[bold red]Something is off:[/] {failed}")

    def _draw(self) -> RenderableType:
        day = self._day
        seen = day.seen
        tables = Table.grid(padding=(0, 3, 0, 0))
        tables.add_row(
            _book(seen.book, levels=levels(self._console.height, len(day.steps)), live=not day.over),
            _tickers(seen.tickers),
            _account(seen.wallet, seen.position, len(seen.executions)),
        )
        title = f"bybit-async demo · simulated exchange at {day.environment}"
        return Panel(Group(tables, _steps(day.steps, whole=day.over)), title=title, expand=False)


def levels(height: int, steps: int) -> int:
    """Return how many levels of each side of the book leave room for the steps on a screen of so many lines."""
    # The frame, the tables' heads, the line between the two sides, the steps, and what is said in the end.
    around = 2 + 3 + 1 + max(steps, _STEPS) + 3
    return max(1, min(_LEVELS, (height - around) // 2))


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title,
        title_style="bold",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=True)
    return table


def _book(book: Any, *, levels: int, live: bool) -> Table:
    table = _table("BTCUSDT book", "price", "size")
    if book is not None and book.best_bid is not None:
        for level in reversed(book.asks(levels)):
            table.add_row(f"[red]{level.price}[/]", str(level.size))
        table.add_section()
        for level in book.bids(levels):
            table.add_row(f"[green]{level.price}[/]", str(level.size))
        if live and book.stale:
            table.title = "BTCUSDT book [yellow]stale[/]"
    return table


def _tickers(tickers: dict[str, Any]) -> Table:
    table = _table("Tickers", "symbol", "last", "24 h")
    for symbol, ticker in sorted(tickers.items()):
        change = ticker.price_24h_pcnt * 100
        table.add_row(symbol, str(ticker.last_price), f"[{'green' if change >= 0 else 'red'}]{change:+.2f}%[/]")
    return table


def _account(wallet: Any, position: Any, executions: int) -> Table:
    table = _table("Account", "simulated", "")
    if wallet is not None:
        table.add_row("equity", f"{wallet.total_equity:.4f} USD")
        table.add_row("wallet", f"{wallet.total_wallet_balance:.4f} USD")
    if position is not None:
        table.add_row("position", f"{position.side or 'flat'} {position.size}")
        # The stream has another word for it than REST.
        entry = position.entry_price if isinstance(position, PositionData) else position.avg_price
        table.add_row("entry", str(entry or "–"))
        table.add_row("profit", f"{position.unrealised_pnl or 0:+f}")
    table.add_row("executions", str(executions))
    return table


def _steps(steps: list[Step], *, whole: bool) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(no_wrap=True)
    # While it runs a step is one line, so that all of them stay on the screen; in the end it may wrap.
    table.add_column(no_wrap=not whole, overflow="fold" if whole else "ellipsis")
    for step in steps:
        mark, colour = _MARKS[step.ok]
        table.add_row(Text(mark, style=colour), step.title, Text(step.detail, style="dim"))
    return table
