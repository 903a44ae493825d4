"""The demo's screen: prices and the book on top, the day's steps below."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bybit_async.cli.demo.day import Day, Step
from bybit_async.cli.drawing import drawn
from bybit_async.models.stream_private import PositionData

_LEVELS = 8
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
        self._console.print(self._draw() if self._console.is_terminal else _steps(day.steps))
        if day.balanced:
            self._console.print(
                "[bold green]Everything balanced:[/] orders, executions, position, wallet and a reconnection were "
                "checked against the exchange's own books, to the last digit."
            )
        else:
            failed = ", ".join(step.title for step in day.steps if not step.ok)
            self._console.print(f"[bold red]Something is off:[/] {failed}")

    def _draw(self) -> RenderableType:
        seen = self._day.seen
        tables = [
            _book(seen.book, live=not self._day.over),
            _tickers(seen.tickers),
            _account(seen.wallet, seen.position, len(seen.executions)),
        ]
        title = f"bybit-async demo · simulated exchange at {self._day.environment}"
        return Panel(Group(Columns(tables, padding=(0, 2)), _steps(self._day.steps)), title=title, expand=False)


def _book(book: Any, *, live: bool) -> Table:
    table = Table(title="BTCUSDT book", width=28)
    table.add_column("price", justify="right")
    table.add_column("size", justify="right")
    if book is not None and book.best_bid is not None:
        for level in reversed(book.asks(_LEVELS)):
            table.add_row(f"[red]{level.price}[/]", str(level.size))
        table.add_section()
        for level in book.bids(_LEVELS):
            table.add_row(f"[green]{level.price}[/]", str(level.size))
        if live and book.stale:
            table.caption = "[yellow]stale: waiting for a snapshot[/]"
    return table


def _tickers(tickers: dict[str, Any]) -> Table:
    table = Table(title="Tickers", width=34)
    for column in ("symbol", "last", "24 h"):
        table.add_column(column, justify="left" if column == "symbol" else "right")
    for symbol, ticker in sorted(tickers.items()):
        change = ticker.price_24h_pcnt * 100
        table.add_row(symbol, str(ticker.last_price), f"[{'green' if change >= 0 else 'red'}]{change:+.2f}%[/]")
    return table


def _account(wallet: Any, position: Any, executions: int) -> Table:
    table = Table(title="Account", width=36, show_header=False)
    table.add_column()
    table.add_column(justify="right")
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


def _steps(steps: list[Step]) -> Table:
    table = Table(show_header=False, box=None)
    for step in steps:
        mark, colour = _MARKS[step.ok]
        table.add_row(Text(mark, style=colour), step.title, Text(step.detail, style="dim"))
    return table
