"""A configuration file to start from, every key explained, written from what the sections say of themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_origin

from bybit_async.bot.configuration.checking import Key, keys_of, section_of
from bybit_async.bot.configuration.sections import BotSettings, Section, StrategySettings

_INTRODUCTION = """\
# A trading bot. Try it: bybit-async bot check {path}
#                        bybit-async bot run {path} --simulated
#
# Values may be ${{VARIABLES}} of the environment, with ${{NAME:-default}}; $$ is a dollar sign.
# BYBIT_BOT__SECTION__KEY of the environment wins over this file.
# Keys marked (fixed) cannot change while the bot runs; the others are read again on SIGHUP.
"""

_CREDENTIALS = {"api_key": "${BYBIT_API_KEY:-}", "api_secret": "${BYBIT_API_SECRET:-}"}

_STRATEGIES: dict[str, dict[str, Any]] = {
    "trend": {"type": "crossover", "parameters": {"fast_period": 10, "slow_period": 50}},
    "book": {"type": "imbalance", "enabled": False, "parameters": {"depth": 5, "threshold": 0.6}},
}


def commented(path: str = "bot.yaml") -> str:
    """Return the text of a YAML file with every key, its meaning, allowed values and default."""
    lines = [_INTRODUCTION.format(path=path)]
    for name, key in keys_of(BotSettings).items():
        section = section_of(key.kind)
        assert section is not None
        lines.append(f"\n# {key.description}\n{name}:")
        if section is StrategySettings:
            lines += _strategies()
        else:
            lines += _section(section)
    return "\n".join(lines) + "\n"


def _section(section: type[Section]) -> Iterator[str]:
    for name, key in keys_of(section).items():
        mark = " (fixed)" if key.fixed else ""
        yield f"  # {key.description} Allowed: {key.allowed}.{mark}"
        inner = section_of(key.kind)
        if inner is not None:
            yield f"  {name}: []"
            yield from (f"  #   {item}" for item in _example(inner))
        else:
            yield f"  {name}: {_plain(_CREDENTIALS.get(name, key.default))}"


def _example(section: type[Section]) -> Iterator[str]:
    for number, (name, key) in enumerate(keys_of(section).items()):
        start = "- " if number == 0 else "  "
        yield f"{start}{name}: {_plain(key.default) if _has_default(key) else '…'}  # {key.description}"


def _has_default(key: Key) -> bool:
    return isinstance(key.default, str | int | float | list | dict)


def _strategies() -> Iterator[str]:
    for line in keys_of(StrategySettings).items():
        name, key = line
        yield f"  # {name}: {key.description} Allowed: {key.allowed}."
    for strategy_id, values in _STRATEGIES.items():
        yield f"  {strategy_id}:"
        for name, value in values.items():
            if isinstance(value, dict):
                yield f"    {name}:"
                yield from (f"      {inner}: {_plain(item)}" for inner, item in value.items())
            else:
                yield f"    {name}: {_plain(value)}"


def _plain(value: Any) -> str:
    """Write a value as JSON, which is YAML too."""
    return json.dumps(value) if get_origin(type(value)) is None else str(value)
