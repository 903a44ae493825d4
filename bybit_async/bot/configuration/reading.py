"""Reads configuration files and the variables of the process into plain objects."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_origin

import msgspec

from bybit_async.bot.configuration.checking import dotted_keys, key_at, nearest
from bybit_async.bot.errors import ConfigurationInvalid, ConfigurationNotFound
from bybit_async.extras import require

PREFIX = "BYBIT_BOT__"
"""What the variables begin with that override a key: ``BYBIT_BOT__RISK__MAX_DAILY_LOSS=0.02``."""

_VARIABLE = re.compile(r"\$(?:\$|\{([^}:]*)(?::-([^}]*))?\})")


def read_file(path: Path) -> dict[str, Any]:
    """Read a YAML or TOML file.

    Raises:
        ConfigurationNotFound: it does not exist.
        ConfigurationInvalid: it is not what its suffix says, names a key twice, or cannot be read.
        MissingExtra: YAML needs the `bot` extra.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        cure = f"bybit-async bot init {path}"
        raise ConfigurationNotFound([f"{path}: there is no such file; make one with: {cure}"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid([f"{path}: cannot be read: {error}"]) from error
    if path.suffix == ".toml":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationInvalid([f"{path}: {error}"]) from error
    if path.suffix in (".yaml", ".yml"):
        return _read_yaml(path, text)
    raise ConfigurationInvalid([f"{path}: expected a name that ends in .yaml, .yml or .toml"])


def _read_yaml(path: Path, text: str) -> dict[str, Any]:
    require("bot", "configurations in YAML")
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            made: dict[Any, Any] = super().construct_mapping(node, deep=deep)
            if len(made) != len(node.value):
                where = node.start_mark.line + 1
                raise ConfigurationInvalid([f"{path}: a key of the section at line {where} is written twice"])
            return made

    try:
        # A subclass of the safe loader: it makes plain objects only.
        read = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise ConfigurationInvalid([f"{path}: {error}"]) from error
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise ConfigurationInvalid([f"{path}: expected keys and values, got {type(read).__name__}"])
    return read


def substituted(raw: Any, environment: Mapping[str, str], problems: list[str], path: str = "") -> Any:
    """Return a copy in which ``${NAME}`` and ``${NAME:-default}`` are replaced; ``$$`` is a dollar sign."""
    if isinstance(raw, dict):
        return {key: substituted(value, environment, problems, f"{path}{key}.") for key, value in raw.items()}
    if isinstance(raw, list):
        return [substituted(value, environment, problems, f"{path}{number}.") for number, value in enumerate(raw)]
    if not isinstance(raw, str) or "$" not in raw:
        return raw

    def value_of(match: re.Match[str]) -> str:
        name, default = match.group(1), match.group(2)
        if name is None:
            return "$"
        if name in environment:
            return environment[name]
        if default is None:
            problems.append(f"{path.rstrip('.')}: the variable {name} of the environment is not set")
        return default or ""

    text = _VARIABLE.sub(value_of, raw)
    key = key_at(path.rstrip("."))
    return text if key is None or text == raw else _typed(text, key.kind)


def overrides(environment: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """Return the dotted keys that variables of the process set."""
    known = {name.upper().replace(".", "__"): name for name in dotted_keys()}
    found = {}
    for variable in sorted(name for name in environment if name.startswith(PREFIX)):
        spelled = variable.removeprefix(PREFIX)
        name = known.get(spelled, spelled.lower().replace("__", "."))
        key = key_at(name)
        if key is None:
            problems.append(f"{variable}: no key is called {name}; {nearest(name, dict.fromkeys(known.values()))}")
        else:
            found[name] = _typed(environment[variable], key.kind)
    return found


def credentials(environment: Mapping[str, str], exchange: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the connector's own variables say where the file is silent."""
    found: dict[str, Any] = {}
    if not exchange.get("api_key") and not exchange.get("api_secret"):
        for name in ("api_key", "api_secret"):
            if value := environment.get(f"BYBIT_{name.upper()}"):
                found[f"exchange.{name}"] = value
    if "address" not in exchange and "BYBIT_TESTNET" in environment:
        testnet = environment["BYBIT_TESTNET"].strip().lower() in ("1", "true", "yes", "on")
        found["exchange.address"] = "testnet" if testnet else "mainnet"
    return found


def environment_now() -> dict[str, str]:
    """Return the variables of the process."""
    return dict(os.environ)


def _typed(text: str, kind: Any) -> Any:
    """Read text as a key's type wants it; what cannot be read so stays text, for checking to name."""
    if get_origin(kind) is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind is str or get_origin(kind) is dict:
        return text
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        return text
