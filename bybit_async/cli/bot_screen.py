"""A snapshot of a bot as a screen of 80 columns and 24 lines."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from bybit_async.bot.monitor import Snapshot
from bybit_async.bot.monitor.panels import BreakerRow

_POSITIONS = 8
_TRADES = 4
_LINES = 2


def screen(snapshot: Snapshot) -> RenderableType:
    """Return what `bybit-async bot top` shows."""
    halves = Table.grid(padding=(0, 2), expand=True)
    halves.add_column(ratio=1)
    halves.add_column()
    halves.add_row(_positions(snapshot), _breakers(snapshot.breakers.rows))
    return Group(*_head(snapshot), halves, _trades(snapshot), *_log(snapshot))


def _head(snapshot: Snapshot) -> list[RenderableType]:
    state, trust, equity = snapshot.state, snapshot.trust, snapshot.equity
    mode = f"[bold {'red' if state.mode == 'LIVE' else 'blue'}]{state.mode}[/]"
    words = state.engine.replace("_", " ")
    colour = {"running": "green", "paused": "yellow"}.get(state.engine, "red")
    uptime = "–" if state.uptime is None else f"{state.uptime:,.0f} s"
    if snapshot.healthy:
        verdict = "[green]● healthy[/]"
    else:
        problems = "; ".join(problem.text for problem in snapshot.problems)
        verdict = f"[bold red]✖ {escape(problems)}[/]"
    ages = [age for row in trust.data for age in (row.price_age_ms, row.candle_age_ms, row.book_age_ms)]
    oldest = max((age for age in ages if age is not None), default=None)
    clock = "–" if trust.clock_error_ms is None else f"±{trust.clock_error_ms:.1f} ms"
    return [
        _line(
            f"{mode} [bold {colour}]{words}[/]  up {uptime}  account {state.account_id or '–'}  {escape(state.address)}"
        ),
        _line(verdict),
        _line(
            f"{'synced' if trust.synced else '[red]not synced[/]'}  unknown orders {len(trust.unknown)}  "
            f"oldest data {_seconds(oldest)}  clock {clock}  journal lag {trust.journal_lag:.1f} s"
        ),
        _line(
            f"equity {_money(equity.equity)} {state.settle_coin}  highest {_money(equity.peak)}  "
            f"midnight {_money(equity.day_start)}  exposure {_money(snapshot.positions.exposure)}"
        ),
    ]  # fmt: skip


def _line(markup: str) -> Text:
    text = Text.from_markup(markup)
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    return table


def _positions(snapshot: Snapshot) -> Table:
    table, rows = _table("position", "size", "profit", "stop"), snapshot.positions.rows
    for row in rows[:_POSITIONS]:
        size = row.size if row.side == "Buy" else -row.size
        colour = "red" if row.unrealised_pnl < 0 else "green"
        stop = "[bold red]none[/]" if row.stop_loss is None else str(row.stop_loss)
        table.add_row(row.symbol, str(size), f"[{colour}]{row.unrealised_pnl:+.2f}[/]", stop)
    if not rows:
        table.add_row("[dim]none[/]")
    elif len(rows) > _POSITIONS:
        table.add_row(f"[dim]and {len(rows) - _POSITIONS} more[/]")
    return table


def _breakers(rows: tuple[BreakerRow, ...]) -> Table:
    table = _table("breaker", "value", "limit", "")
    for row in rows:
        colour = "bold red" if row.tripped else "yellow" if (row.used or 0) > 0.8 else "green"
        value = "?" if row.value is None else f"{row.value:.3g}"
        table.add_row(
            row.name.replace("_", " "), value, f"{row.limit:g}", f"[{colour}]{'tripped' if row.tripped else 'ok'}[/]"
        )
    return table


def _trades(snapshot: Snapshot) -> Table:
    waiting = len(snapshot.orders.open)
    table = _table("trade", "", "filled", "price", "slippage", "profit", f"{waiting} open orders")
    for row in snapshot.orders.trades[:_TRADES]:
        table.add_row(
            row.symbol, row.side, _plain(row.quantity), "–" if row.price is None else f"{row.price:.6g}",
            "–" if row.slippage_bps is None else f"{row.slippage_bps:+.1f} bps",
            "–" if row.realized_pnl is None else f"{row.realized_pnl:+.2f}", f"{row.status} {escape(row.strategy_id)}",
        )  # fmt: skip
    return table


def _log(snapshot: Snapshot) -> list[RenderableType]:
    lines = snapshot.latency.log[:_LINES]
    return [_line(f"[dim]{line.level}[/] {escape(line.text)}") for line in lines]


def _plain(value: Decimal | None) -> str:
    return "–" if value is None else str(value)


def _money(value: Decimal | float | None) -> str:
    return "–" if value is None else f"{value:,.2f}"


def _seconds(milliseconds: int | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds / 1000:.1f} s"
