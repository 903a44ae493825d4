"""`bybit-async bot`: write a configuration, check it, run it, and see what happened to it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer import Typer

from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.configuration.commented import commented
from bybit_async.bot.demonstration import demonstration
from bybit_async.bot.engine.latch import Latch
from bybit_async.bot.engine.places import journal_url, state_directory
from bybit_async.bot.errors import ConfigurationInvalid
from bybit_async.bot.journal import Put, open_store
from bybit_async.bot.logs import log_to
from bybit_async.cli import STOPPED, bot_backtest, bot_compare
from bybit_async.errors import BybitError

if TYPE_CHECKING:
    from bybit_async.bot.monitor import Monitor

group: Typer = typer.Typer(no_args_is_help=True, help="A trading bot that can be left alone.")

Config = Annotated[Path, typer.Argument(help="The configuration, YAML or TOML.")]
Simulated = Annotated[bool, typer.Option("--simulated", help="On an exchange inside this process, whatever it says.")]

Paper = Annotated[
    bool, typer.Option("--paper", help="On its live market (mainnet's, if it names none) with a simulated account.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    bot_backtest.add(group)
    bot_compare.add(group)
    app.add_typer(group, name="bot")


@group.command()
def init(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("bot.yaml"),
    force: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
) -> None:
    """Write a configuration to start from, with every key explained."""
    if path.exists() and not force:
        _fail(f"{path} exists already; --force replaces it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(commented(str(path)), encoding="utf-8")
    Console().print(f"wrote {path}; now: bybit-async bot check {path}")


@group.command()
def check(
    config: Config, simulated: Simulated = False, paper: Paper = False, candles: int = 500, cuts: int = 20
) -> None:
    """Check the configuration, the connection, and that no strategy looks into the future."""
    from bybit_async.cli.bot_check import check_bot

    manager = _loaded(config, simulated=simulated, paper=paper)
    try:
        problems = asyncio.run(check_bot(Console(), manager, candles=candles, cuts=cuts))
    except BybitError as error:
        _fail(str(error))
    raise typer.Exit(1 if problems else 0)


@group.command()
def run(
    config: Annotated[Path | None, typer.Argument(help="The configuration; none runs a demonstration.")] = None,
    simulated: Simulated = False,
    paper: Paper = False,
    monitor: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Show it on a page, as 127.0.0.1:8080; port 0 picks one.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="Stop by itself after so long.")] = None,
) -> None:
    """Run the bot until Ctrl-C or SIGTERM; open positions keep the stops that are at the exchange."""
    if config is None and (paper or not simulated):
        _fail("which configuration? Write one with `bybit-async bot init`, or try --simulated")
    with tempfile.TemporaryDirectory(prefix="bybit_async-bot-") as folder:
        manager = demonstration(Path(folder)) if config is None else _loaded(config, simulated=simulated, paper=paper)
        if monitor is not None:
            manager.override("monitor.address", monitor)
        handler = log_to(sys.stderr, manager.settings)
        try:
            asyncio.run(_run(Console(), manager, seconds))
        except (BybitError, ConnectionError) as error:
            _fail(str(error))
        finally:
            handler.close()


async def _run(console: Console, manager: ConfigurationManager, seconds: float | None) -> None:
    from bybit_async.bot.runner import Bot

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if hasattr(signal, "SIGHUP"):
        loop.add_signal_handler(signal.SIGHUP, _reload, console, manager)
    async with Bot(manager) as bot:
        exchange = manager.settings.exchange
        where = f"paper, the market of {exchange.address}" if exchange.paper else exchange.address
        console.print(f"running on {where}: {', '.join(bot.data.symbols)}; state {bot.engine.state.value}")
        if bot.monitor is not None:
            _show_monitor(console, bot.monitor)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
        trades = bot.engine.get_trade_history(limit=1000)
        portfolio = bot.engine.portfolio()
    filled = sum(bool(trade.filled_quantity) for trade in trades)
    equity = "unknown" if portfolio is None else f"{portfolio.equity:.2f}"
    console.print(f"stopped: {bot.decisions} signals, {len(trades)} orders, {filled} filled, equity {equity}")


def _show_monitor(console: Console, monitor: Monitor) -> None:
    console.print(f"monitor: {monitor.url} (token in {monitor.token_path})", soft_wrap=True, highlight=False)
    if monitor.token_is_new:
        console.print(f"shown once, with its token: {monitor.url_with_token}", soft_wrap=True, highlight=False)


def _reload(console: Console, manager: ConfigurationManager) -> None:
    try:
        changed = manager.reload()
    except BybitError as error:
        console.print(f"[red]the configuration was not read again:[/] {error}")
    else:
        console.print(f"read again, changed: {', '.join(changed) or 'nothing'}")


@group.command()
def top(
    config: Annotated[Path | None, typer.Argument(help="The configuration of a bot that runs.")] = None,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Run a bot on a simulated exchange, and show it.")
    ] = False,
    url: Annotated[str | None, typer.Option(help="Where the monitor is, if not where the configuration says.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="The file of its token.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="Stop by itself after so long.")] = None,
) -> None:
    """Show a running bot in the terminal, as its monitor page does; exit code 1 when it could not be read."""
    from bybit_async.cli import bot_top

    try:
        if simulated:
            opened = bot_top.inside(None if config is None else _loaded(config, simulated=True))
        elif config is None and (url is None or token_file is None):
            _fail("which bot? Give its configuration, or --url and --token-file, or try --simulated")
        else:
            where, kept, certificate = (url, token_file, "") if config is None else bot_top.place_of(_loaded(config))
            opened = bot_top.elsewhere(
                url or str(where), bot_top.read_token(token_file or Path(str(kept))), certificate
            )
        good = asyncio.run(bot_top.show(Console(), opened, seconds))
    except BybitError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None
    raise typer.Exit(0 if good else 1)


@group.command()
def status(
    config: Config,
    simulated: Simulated = False,
    paper: Paper = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show what the journal knows: trades, positions, latches; the bot may be running or not."""
    settings = _loaded(config, simulated=simulated, paper=paper).settings
    store = _store(journal_url(settings))
    kept = {row["name"]: json.loads(row["value"]) for row in store.read("meta")}
    trades, equity = store.read("trades"), store.read("equity", limit=1)
    store.close()
    latched = Latch(state_directory(settings)).held
    lots = {name[5:]: value for name, value in kept.items() if name.startswith("lots:")}
    held = {symbol: str(sum(Decimal(lot["size"]) for lot in value)) for symbol, value in lots.items()}
    active = [row for row in trades if row["status"] in ("pending", "partially_filled", "unknown")]
    found: dict[str, Any] = {
        "emergency_stop": None if latched is None else latched.reason,
        "breakers": sorted((kept.get("risk") or {}).get("trips", {})),
        "positions": {symbol: size for symbol, size in held.items() if Decimal(size)},
        "trades": len(trades),
        "active": len(active),
        "unknown": sum(row["status"] == "unknown" for row in active),
        "equity": equity[0]["equity"] if equity else None,
        "seen": _when(kept.get("seen_ms")),
    }
    if as_json:
        typer.echo(json.dumps(found))
        return
    table = Table(title=str(config), show_header=False)
    for name, value in found.items():
        table.add_row(name.replace("_", " "), "none" if value in (None, [], {}) else str(value))
    Console().print(table)


@group.command()
def journal(
    config: Config,
    simulated: Simulated = False,
    paper: Paper = False,
    limit: Annotated[int, typer.Option(min=1, help="How many trades.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show the newest trades of the journal, newest last."""
    store = _store(journal_url(_loaded(config, simulated=simulated, paper=paper).settings))
    rows = store.read("trades", limit=limit)
    store.close()
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row))
        return
    names = ("strategy_id", "symbol", "side", "qty", "filled_qty", "status", "realized_pnl", "reason")
    table = Table("time", *(name.replace("_", " ") for name in names))
    for row in rows:
        table.add_row(_when(row["created_ms"]), *("" if row[name] is None else str(row[name]) for name in names))
    Console().print(table)


@group.command()
def reset(config: Config, breaker: Annotated[str | None, typer.Option(help="Only this breaker.")] = None) -> None:
    """Undo an emergency stop and let tripped breakers work again; the bot must not be running."""
    from bybit_async.bot.risk import UnifiedRiskManager

    manager = _loaded(config)
    console, settings = Console(), manager.settings
    if breaker is None and Latch(state_directory(settings)).release():
        console.print("the emergency stop is undone")
    store = _store(journal_url(settings), read_only=False)
    kept = {row["name"]: json.loads(row["value"]) for row in store.read("meta")}
    if kept.get("risk"):
        risk = UnifiedRiskManager(manager)
        risk.restore(kept["risk"])
        names = sorted(risk.tripped)
        try:
            risk.reset(breaker)
        except ValueError as error:
            _fail(str(error))
        store.write([Put("meta", {"name": "risk", "value": json.dumps(risk.state())})])
        console.print(f"breakers reset: {', '.join([breaker] if breaker else names) or 'none was tripped'}")
    store.close()


def _loaded(path: Path, *, simulated: bool = False, paper: bool = False) -> ConfigurationManager:
    if simulated and paper:
        _fail("--simulated and --paper are two markets; choose one")
    try:
        manager = ConfigurationManager(str(path))
    except ConfigurationInvalid as error:
        _fail(str(error))
    if simulated:
        manager.use_simulated()
    if paper:
        manager.use_paper()
    if problems := manager.validate_config():
        _fail("\n".join(problems))
    return manager


def _store(url: str, *, read_only: bool = True) -> Any:
    try:
        return open_store(url, read_only=read_only)
    except BybitError as error:
        _fail(f"{error}; has the bot been run?")


def _when(time_ms: int | None) -> str:
    return "" if time_ms is None else datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(" ", "seconds")


def _fail(text: str) -> Any:
    Console(stderr=True).print(text, style="red", markup=False)
    raise typer.Exit(1)
