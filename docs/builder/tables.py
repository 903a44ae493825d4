"""Tables of the reference that the code knows by itself: endpoints, errors, topics, the command line."""

from __future__ import annotations

import inspect
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bybit_async
from bybit_async import Endpoint
from docs.builder import errors

ROOT = Path(__file__).parent.parent.parent


def pages() -> dict[str, str]:
    """Every generated table by its file name."""
    return {
        "endpoints.md": endpoints_page(),
        "errors.md": errors.page(),
        "command-line.md": command_line_page(),
        "topics.md": topics_page(),
        "environment-variables.md": variables_page(),
        "configuration.md": configuration_page(),
        "figures.md": figures_page(),
        "reliability.md": reliability_page(),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(),
    }


def endpoints_page() -> str:
    """Every endpoint: the method of ours, Bybit's path, whether it is signed, how often it may be called."""
    rows = [
        "# Endpoints",
        "",
        f"The {len(bybit_async.endpoints())} endpoints that have a method. Anything else can be called by "
        "`bybit.request(method, path, params)`.",
        "",
        "| method | path | signed | limit |",
        "|---|---|---|---|",
    ]
    rows += [_endpoint_row(endpoint) for endpoint in sorted(bybit_async.endpoints(), key=lambda item: item.name)]
    return "\n".join(rows) + "\n"


def _endpoint_row(endpoint: Endpoint[Any]) -> str:
    group, _, method = endpoint.name.partition(".")
    most = ", ".join(
        f"{requests} in {seconds:g} s" + ("" if category == "all" else f" ({category})")
        for category, (requests, seconds) in endpoint.limits.items()
    )
    signed = "yes" if endpoint.signed else ""
    return f"| [{endpoint.name}](api/{group}.md#{method}) | `{endpoint.method} {endpoint.path}` | {signed} | {most} |"


def command_line_page() -> str:
    """Every command with its arguments and options."""
    import typer.main

    from bybit_async.cli.app import app

    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="bybit-async")
    return "# Command line\n\n" + "\n\n".join(_command("bybit-async", root, context)) + "\n"


def _command(name: str, command: Any, context: Any) -> Iterator[str]:
    yield f"## {name}\n\n{inspect.cleandoc(command.help or '').replace('``', '`')}"
    rows = [
        f"| `{' '.join(parameter.opts) if parameter.param_type_name == 'option' else parameter.name}` "
        f"| {' '.join((getattr(parameter, 'help', None) or '').split())} |"
        for parameter in command.params
        if parameter.name != "help"
    ]
    if rows:
        yield "\n".join(["| option | meaning |", "|---|---|", *rows])
    for child in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from _command(f"{name} {child}", command.get_command(context, child), context)


_NO_METHOD = {"raw", "earn_offers"}
"""Topics that `bybit.stream` opens by methods of other names."""


def topics_page() -> str:
    """Every topic: Bybit's name, the method of `bybit.stream`, and what it carries."""
    from bybit_async.stream import topics
    from bybit_async.stream.streams import Streams

    rows = [
        "# Topics",
        "",
        "A topic without a method is subscribed to by its name: `bybit.stream.subscribe(name, channel=…)`.",
        "",
        "| method of `bybit.stream` | arguments | topic |",
        "|---|---|---|",
    ]
    for name, function in inspect.getmembers(topics, inspect.isfunction):
        if function.__module__ == topics.__name__ and not name.startswith("_") and name not in _NO_METHOD:
            words = inspect.cleandoc(function.__doc__ or "").partition("\n")[0].removeprefix("Return ")
            arguments = ", ".join(f"`{argument}`" for argument in inspect.signature(function).parameters)
            rows.append(f"| `{name}` | {arguments} | {words.replace('``', '`')} |")
    rows += [f"| `{name}` |  | {_last_sentence(getattr(Streams, name))} |" for name in _offers(Streams)]
    return "\n".join(rows) + "\n"


def _offers(streams: type) -> list[str]:
    return [name for name in dir(streams) if name.endswith("_offers") and not name.startswith("_")]


def _last_sentence(documented: Any) -> str:
    return inspect.cleandoc(documented.__doc__ or "").partition(". ")[2].rstrip(".")


VARIABLES = {
    "BYBIT_API_KEY": ("the API key", "`from_env()`, command line, bot"),
    "BYBIT_API_SECRET": ("its secret; both or neither", "`from_env()`, command line, bot"),
    "BYBIT_ENVIRONMENT": ("`mainnet`, `testnet`, `demo`, a region or an address", "`from_env()`"),
    "BYBIT_TESTNET": ("true or false; not together with `BYBIT_ENVIRONMENT`", "`from_env()`"),
    "BYBIT_DEMO": ("true or false; not together with `BYBIT_ENVIRONMENT`", "`from_env()`"),
    "BYBIT_REGION": ("a regional site, such as `eu`; not together with `BYBIT_ENVIRONMENT`", "`from_env()`"),
    "BYBIT_DATA_DIR": ("where history is stored", "`from_env()`, `bybit-async data`, `download`, `chart`"),
    "BYBIT_DATA_LEASES": ("where downloads are divided among processes", "`from_env()`, `bybit-async download`"),
    "BYBIT_REDIS": ("the Redis server of a relay", "`bybit-async relay`"),
    "BYBIT_BOT__SECTION__KEY": (
        "a key of the bot's configuration, such as `BYBIT_BOT__RISK__MAX_DAILY_LOSS`; wins over the file",
        "bot",
    ),
    "NO_COLOR": ("no colours in the terminal", "command line"),
}
"""What each variable means, and who reads it."""


def variables_page() -> str:
    """Every environment variable that is read."""
    rows = [f"| `{name}` | {meaning} | {reader} |" for name, (meaning, reader) in VARIABLES.items()]
    head = [
        "# Environment variables",
        "",
        "`AsyncBybit(...)` itself reads none of these; `AsyncBybit.from_env()` does.",
        "",
        "| variable | meaning | read by |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def configuration_page() -> str:
    """Every key of the bot's configuration."""
    from bybit_async.bot.configuration.checking import keys_of, section_of
    from bybit_async.bot.configuration.sections import BotSettings

    parts = [
        "# Configuration of the bot",
        "`bybit-async bot init bot.yaml` writes a file with every key explained. A value may be `${VARIABLE}` or "
        "`${VARIABLE:-default}`. A key marked *fixed* cannot change while the bot runs; the others are read again on "
        "SIGHUP. An unknown key is refused, and the nearest known one is named.",
    ]
    for name, section_key in keys_of(BotSettings).items():
        section = section_of(section_key.kind)
        assert section is not None
        parts += [f"## {name}", section_key.description]
        parts.append("\n".join(["| key | default | allowed | meaning |", "|---|---|---|---|", *_keys(section)]))
    return "\n\n".join(parts) + "\n"


def _keys(section: Any) -> Iterator[str]:
    from bybit_async.bot.configuration.checking import keys_of

    for name, key in keys_of(section).items():
        default = "" if "NODEFAULT" in repr(key.default) else f"`{json.dumps(key.default)}`"
        allowed = key.allowed.replace("|", "\\|")
        fixed = " *Fixed.*" if key.fixed else ""
        yield f"| `{name}` | {default} | {allowed} | {key.description}{fixed} |"


def figures_page() -> str:
    """Every figure of risk and of a backtest, with its formula."""
    from bybit_async.bot.backtesting import metrics
    from bybit_async.bot.risk import RiskMetrics, figures

    parts = ["# Risk figures", _words(figures)]
    for name, function in inspect.getmembers(figures, inspect.isfunction):
        if function.__module__ == figures.__name__ and not name.startswith("_"):
            parts += [f"## {name}", _words(function)]
    parts += ["## The metrics of a portfolio", _words(RiskMetrics), "## The metrics of a backtest"]
    parts.append(_words(metrics.metrics_of))
    return "\n\n".join(parts) + "\n"


def _words(documented: Any) -> str:
    text = inspect.cleandoc(documented.__doc__ or "").replace("``", "`")
    head, heading, rest = text.partition("Attributes:\n")
    items = re.sub(r"\n {8}", " ", rest)
    return head + (
        "\n".join(f"- `{line.strip().replace(': ', '`: ', 1)}" for line in items.splitlines()) if heading else ""
    )


def reliability_page() -> str:
    """Every fault that tests provoke."""
    rows: dict[str, str] = runpy.run_path(str(ROOT / "tests" / "faults" / "rows.py"))["ROWS"]
    parts = [
        "# Reliability",
        "Each row is something that goes wrong in practice, and has tests in `tests/faults` that provoke it on the "
        "simulated exchange. `pytest tests/faults -k o07` runs the tests of row O7. After each, no order "
        "is lost or sent twice, every execution is delivered once, a book that is wrong says so, and nothing hangs.",
    ]
    for letter, title in _ROOMS.items():
        found = [f"| {name} | {words} |" for name, words in rows.items() if name.startswith(letter)]
        parts += [f"## {title}", "\n".join(["| row | what goes wrong |", "|---|---|", *found])]
    return "\n\n".join(parts) + "\n"


_ROOMS = {"O": "Orders", "W": "Streams", "B": "Books and tickers", "R": "Requests"}
"""The groups of the fault table."""
