"""`bybit-async bot backtest` and `sweep`: the strategies of a configuration over history."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bybit_async.bot.client import BybitClient
from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.errors import ConfigurationInvalid
from bybit_async.errors import BybitError

if TYPE_CHECKING:
    from bybit_async.bot.backtesting import BacktestResult, CandleData, SweepResult

Config = Annotated[Path, typer.Argument(help="The configuration, YAML or TOML.")]
Start = Annotated[str, typer.Option(help="First day or time, UTC.")]
End = Annotated[str | None, typer.Option(help="Exclusive; now, without it.")]
Candles = Annotated[str, typer.Option(help="Candles to go by between decisions: 1m, 5m, 1h.")]
Balance = Annotated[float, typer.Option(min=0.0, help="What the account starts with, in USDT.")]
Latency = Annotated[str, typer.Option(help="From a decision to the exchange, as 250ms or 2s.")]


def add(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("backtest")(run_backtest)
    group.command("sweep")(run_sweep)


def run_backtest(
    config: Config,
    start: Start,
    end: End = None,
    candles: Candles = "1m",
    balance: Balance = 10_000.0,
    latency: Latency = "250ms",
    seed: Annotated[int, typer.Option(help="Of the exchange's ids.")] = 0,
    html: Annotated[Path | None, typer.Option(help="Write a page here.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw equity here.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write everything here, as JSON.")] = None,
) -> None:
    """Run the strategies of a configuration over history."""
    from bybit_async.bot.backtesting import backtest
    from bybit_async.bot.runner import Bot

    console, manager = Console(), _loaded(config)
    try:
        strategies = Bot(manager).strategies.strategies
        if not strategies:
            raise ConfigurationInvalid(["strategies: none is enabled"])
        data, instruments = asyncio.run(_history(manager, start, end, candles))
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("backtest", total=1.0)
            result = backtest(
                strategies,
                data,
                balance=balance,
                interval=manager.settings.trading.interval,
                latency=latency,
                seed=seed,
                config=manager,
                instruments=instruments,
                progress=lambda done: bar.update(task, completed=done),
            )
    except (BybitError, ValueError) as error:
        _fail(str(error))
    _show(console, result)
    for path, write in ((html, result.to_html), (png, result.to_png), (json, result.to_json)):
        if path is not None:
            write(path)
            console.print(f"wrote {path}")


def run_sweep(
    config: Config,
    strategy: Annotated[str, typer.Argument(help="The id of the strategy.")],
    start: Start,
    values: Annotated[list[str], typer.Option("--set", help="Values of a parameter: fast_period=5,10,20.")],
    end: End = None,
    candles: Candles = "1m",
    balance: Balance = 10_000.0,
    latency: Latency = "250ms",
    metric: Annotated[str, typer.Option(help="What the best is chosen by.")] = "sharpe_ratio",
    folds: Annotated[int, typer.Option(min=0, help="Steps of a walk forward.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; everything in this one without it.")] = None,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler instead.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all rows here.")] = None,
) -> None:
    """Backtest one strategy with every combination of parameters."""
    from bybit_async.bot.backtesting import sweep
    from bybit_async.bot.runner import strategy_class

    console, manager = Console(), _loaded(config)
    wanted = manager.settings.strategies.get(strategy)
    if wanted is None:
        _fail(f"there is no strategy {strategy!r}; known: {', '.join(manager.settings.strategies) or 'none'}")
    try:
        grid = {**{name: [value] for name, value in wanted.parameters.items()}, **_grid(values)}
        data, instruments = asyncio.run(_history(manager, start, end, candles))
        found = sweep(
            strategy_class(strategy, wanted.type),
            grid,
            data,
            executor=None if dask is None else _dask(dask),
            workers=workers if dask is None else None,
            metric=metric,
            folds=folds,
            balance=balance,
            interval=manager.settings.trading.interval,
            latency=latency,
            config=manager,
            instruments=instruments,
        )
    except (BybitError, ValueError, ImportError) as error:
        _fail(str(error))
    _show_rows(console, found)
    if csv is not None:
        found.to_frame().to_csv(csv, index=False)
        console.print(f"wrote {csv}")


async def _history(
    manager: ConfigurationManager, start: str, end: str | None, candles: str
) -> tuple[dict[str, CandleData], dict[str, Any]]:
    """Fetch candles, fundings and instruments of every symbol that is traded; what is stored is not asked for again."""
    from bybit_async.bot.backtesting import CandleData

    settings = manager.settings
    if settings.exchange.category != "linear":
        raise ConfigurationInvalid(["exchange.category: backtests know linear contracts only"])
    named = {*settings.trading.symbols, *(name for each in settings.strategies.values() for name in each.symbols)}
    found, instruments = {}, {}
    async with BybitClient(manager) as client:
        history = client.session.data
        for symbol in sorted(named):
            frame = await history.fetch_klines(symbol, candles, start, end)
            funding = await history.fetch_funding_rates(symbol, start, end)
            found[symbol] = CandleData(frame, funding if len(funding) else None)
            instruments[symbol] = await client.instrument(symbol)
    return found, instruments


def _grid(given: list[str]) -> dict[str, list[Any]]:
    """Read ``name=1,2,3``; values are read as the numbers they look like."""
    grid: dict[str, list[Any]] = {}
    for item in given:
        name, equals, texts = item.partition("=")
        if not (name and equals and texts):
            raise ValueError(f"--set {item}: expected a name and values, as fast_period=5,10,20")
        grid[name] = [_value(text) for text in texts.split(",")]
    return grid


def _value(text: str) -> Any:
    known: Mapping[str, bool | None] = {"true": True, "false": False, "none": None}
    if text.lower() in known:
        return known[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _dask(address: str) -> Executor:
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise ImportError("--dask needs the package distributed: pip install distributed") from None
    executor: Executor = distributed.Client(address).get_executor()
    return executor


def _show(console: Console, result: BacktestResult) -> None:
    table = Table(title=str(result), show_header=False)
    for name, value in result.metrics.items():
        table.add_row(name.replace("_", " "), "not known" if value is None else f"{value:,.4f}")
    console.print(table)
    refused = [order.refused for order in result.orders if order.refused]
    if refused:
        console.print(f"{len(refused)} orders were refused, the first one: {refused[0]}", markup=False)
    for note in result.assumptions:
        console.print(note, style="dim", markup=False)
    if result.stopped:
        console.print(f"stopped by a breaker at {result.stopped}", style="red")


def _show_rows(console: Console, found: SweepResult) -> None:
    ranked = sorted(found.rows, key=lambda row: row.figure(found.metric), reverse=True)[:20]
    names = list(ranked[0].parameters)
    table = Table(*names, found.metric, "profit", "trades", "ambiguous")
    for row in ranked:
        cells = [str(row.parameters[name]) for name in names]
        figure, profit = f"{row.figure(found.metric):.4f}", row.error or str(row.profit)
        table.add_row(*cells, figure, profit, str(row.trades), str(row.ambiguous_fills))
    console.print(table)
    for number, fold in enumerate(found.folds, 1):
        tried = fold.outcome.figure(found.metric)
        console.print(f"fold {number}: best {fold.best.parameters}, then {tried:.4f} on what came next", markup=False)
    for warning in found.warnings:
        console.print(warning, style="yellow", markup=False)


def _loaded(path: Path) -> ConfigurationManager:
    try:
        manager = ConfigurationManager(str(path))
    except ConfigurationInvalid as error:
        _fail(str(error))
    if problems := manager.validate_config():
        _fail("\n".join(problems))
    return manager


def _fail(text: str) -> NoReturn:
    Console(stderr=True).print(text, style="red", markup=False)
    raise typer.Exit(1)
