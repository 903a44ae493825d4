"""`bybit-async account`: balances, positions and open orders in the terminal, live."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bybit_async.cli import STOPPED, place
from bybit_async.cli.drawing import drawn
from bybit_async.live.account import LiveAccount

_COINS = 4
_POSITIONS = 6
_ORDERS = 7


def register(app: typer.Typer) -> None:
    """Add the sub-command."""
    app.command("account")(account)


def account(
    testnet: place.Testnet = False,
    demo: place.Demo = False,
    environment: place.Environment = None,
    simulated: place.Simulated = False,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="Stop by itself after so long.")] = None,
) -> None:
    """Watch balances, positions and open orders until Ctrl-C. Keys come from BYBIT_API_KEY and BYBIT_API_SECRET."""
    where = place.Target(testnet, demo, environment, simulated)
    try:
        asyncio.run(_watch(Console(), where, seconds))
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None


async def _watch(console: Console, where: place.Target, seconds: float | None) -> None:
    async with where.session(public=False) as bybit, bybit.live_account() as live:
        where_shown = bybit.environment.rest_url
        async with drawn(lambda: screen(live, where_shown), console, per_second=4):
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for _ in live.events(buffer=1):
                        # The screen reads the account itself; this ends when the account is lost for good.
                        pass


def screen(live: LiveAccount, where: str) -> RenderableType:
    """Return what is shown: at most 24 lines."""
    return Group(_head(live, where), _coins(live), _positions(live), _orders(live))


def _head(live: LiveAccount, where: str) -> Text:
    wallet = live.wallet.current
    state = "[green]synced[/]" if live.synced else "[bold red]not synced: this may be old[/]"
    equity = available = used = "–"
    if wallet is not None:
        equity, available = _money(wallet.total_equity), _money(wallet.total_available_balance)
        used = "–" if wallet.account_mm_rate is None else f"{wallet.account_mm_rate:.2%}"
    text = Text.from_markup(
        f"{state}  equity {equity} USD  free {available}  margin {used}  {len(live.unresolved)} unresolved  {where}"
    )
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _plain(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    return table


def _rest(table: Table, count: int, most: int) -> Table:
    if not count:
        table.add_row("[dim]none[/]")
    elif count > most:
        table.add_row(f"[dim]{count - most} more[/]")
    return table


def _coins(live: LiveAccount) -> Table:
    wallet = live.wallet.current
    found = [] if wallet is None else [coin for coin in wallet.coin if coin.equity or coin.wallet_balance]
    found.sort(key=lambda coin: coin.usd_value or Decimal(0), reverse=True)
    table = _plain("coin", "balance", "equity", "USD")
    for coin in found[:_COINS]:
        table.add_row(coin.coin, _number(coin.wallet_balance), _number(coin.equity), _money(coin.usd_value))
    return _rest(table, len(found), _COINS)


def _positions(live: LiveAccount) -> Table:
    found = [position for position in live.positions.open if position.size]
    table = _plain("position", "side", "size", "entry", "mark", "profit", "stop", "liquidation")
    for held in found[:_POSITIONS]:
        pnl = held.unrealised_pnl
        shown = "–" if pnl is None else f"[{'red' if pnl < 0 else 'green'}]{pnl:+.2f}[/]"
        stop = "[red]none[/]" if not held.stop_loss else _number(held.stop_loss)
        table.add_row(
            held.symbol, held.side, _number(held.size), _number(held.avg_price), _number(held.mark_price), shown, stop,
            _number(held.liq_price),
        )  # fmt: skip
    return _rest(table, len(found), _POSITIONS)


def _orders(live: LiveAccount) -> Table:
    found = sorted(live.orders.open, key=lambda order: order.created_time or 0, reverse=True)
    table = _plain("order", "side", "type", "size", "filled", "price", "status")
    for order in found[:_ORDERS]:
        price = order.price or order.trigger_price
        table.add_row(
            order.symbol, order.side, order.order_type, _number(order.qty), _number(order.cum_exec_qty),
            _number(price), order.order_status,
        )  # fmt: skip
    return _rest(table, len(found), _ORDERS)


def _number(value: Decimal | None) -> str:
    return "–" if value is None else format(value.normalize(), "f")


def _money(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:,.2f}"
