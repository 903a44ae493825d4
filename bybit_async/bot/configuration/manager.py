"""`ConfigurationManager`: the configuration of one bot, checked whenever it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from bybit_async.bot.configuration import reading
from bybit_async.bot.configuration.checking import check, dotted_keys, key_at, nearest
from bybit_async.bot.configuration.sections import BotSettings, Section
from bybit_async.bot.errors import ConfigurationInvalid
from bybit_async.secret import hidden

_ABSENT = object()


class ConfigurationManager:
    """Reads a YAML or TOML file, with ``${VARIABLES}`` and overrides from the environment.

    What the file does not say has its default; ``BYBIT_BOT__SECTION__KEY`` of the environment wins over the file.
    Reading does not refuse wrong values, so that `validate_config` can list them all; `settings` does.

    Args:
        config_path: the file; relative to the working folder.

    Raises:
        ConfigurationNotFound: there is no such file.
        ConfigurationInvalid: it cannot be read as YAML or TOML.
    """

    def __init__(self, config_path: str = "config/default.yaml") -> None:
        self._raw: dict[str, Any] = {}
        self._problems: list[str] = []
        self._settings: BotSettings | None = None
        self._in_use = 0
        self._given: dict[str, Any] = {}
        self._listeners: list[Callable[[BotSettings], None]] = []
        self.path: Path = Path(config_path)
        self.load_config(config_path)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ConfigurationManager:
        """Build a configuration without a file, from nested keys as a file would hold them."""
        made = cls.__new__(cls)
        made._raw, made._problems, made._settings = {}, [], None
        made._in_use, made._listeners, made._given, made.path = 0, [], {}, Path()
        made._take(_copied(dict(values)))
        return made

    @classmethod
    def exactly(cls, values: Mapping[str, Any]) -> ConfigurationManager:
        """Build a configuration from these values alone: no ``${VARIABLES}``, and nothing of the environment."""
        made = cls.from_dict({})
        raw = _copied(dict(values))
        checked = check(raw)
        made._adopt(raw, checked.settings, checked.problems)
        return made

    def recordable(self) -> dict[str, Any]:
        """Return what decides how the bot trades, as `exactly` takes it: no key, no address, nothing secret."""
        sections = ("exchange", "trading", "risk", "strategies", "data", "engine")
        values = {name: msgspec.to_builtins(getattr(self.settings, name), enc_hook=str) for name in sections}
        for name in ("address", "paper", "api_key", "api_secret"):
            del values["exchange"][name]
        return values

    @property
    def settings(self) -> BotSettings:
        """The configuration as typed sections.

        Raises:
            ConfigurationInvalid: something is wrong with it; everything is named.
        """
        if self._settings is None:
            raise ConfigurationInvalid(self._problems)
        return self._settings

    def load_config(self, config_path: str) -> None:
        """Read a file in place of what was read before.

        Raises:
            ConfigurationNotFound: there is no such file.
            ConfigurationInvalid: it cannot be read; or an engine runs on this configuration, and the file is invalid
                or changes what cannot change meanwhile.
        """
        path = Path(config_path)
        self._take(reading.read_file(path))
        self.path = path

    def reload(self) -> list[str]:
        """Read the file again and return the dotted keys that changed.

        Raises:
            ConfigurationInvalid: as `load_config`; then nothing changes.
        """
        before = self._flat()
        self.load_config(str(self.path))
        after = self._flat()
        return [name for name in sorted(before | after) if before.get(name) != after.get(name)]

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a dotted key, as ``"risk.max_daily_loss"``: what the bot itself goes by.

        A key that the file does not set has its own default; `default` is returned only for keys that do not exist.
        """
        found: Any = self._settings if self._settings is not None else self._raw
        for part in key.split("."):
            found = _child(found, part)
            if found is _ABSENT:
                known = key_at(key)
                usable = known is not None and isinstance(known.default, str | int | float | list)
                return known.default if known is not None and usable else default
        return _copied(found) if isinstance(found, dict | list) else found

    def set(self, key: str, value: Any) -> None:
        """Set the value of one dotted key, until the file is read again.

        Raises:
            ConfigurationInvalid: as `update_config`.
        """
        self.update_config({key: value})

    def update_config(self, updates: Mapping[str, Any]) -> None:
        """Set several dotted keys: all of them or, if one is refused, none.

        Raises:
            ConfigurationInvalid: a key is unknown, a value not allowed, or a key cannot change while an engine runs.
        """
        known = dict.fromkeys(dotted_keys())
        unknown = [f"{key}: unknown key; {nearest(key, known)}" for key in updates if key_at(key) is None]
        if unknown:
            raise ConfigurationInvalid(unknown)
        raw = _copied(self._raw)
        for key, value in updates.items():
            _put(raw, key, _copied(value))
        _hide(raw)
        checked = check(raw)
        # What was wrong before need not be repaired first, but nothing may be added to it.
        added = [problem for problem in checked.problems if problem not in self._problems]
        if added:
            raise ConfigurationInvalid(added)
        self._adopt(raw, checked.settings, checked.problems)

    def validate_config(self) -> list[str]:
        """Return everything that is wrong with the configuration, one line each; empty if it is valid."""
        return list(self._problems)

    def use_simulated(self) -> None:
        """Trade on an exchange inside the process, whatever the file says; no key of a real account is used."""
        self._use_without_key(address="simulated", paper=False)

    def use_paper(self) -> None:
        """Trade the live market of the file's address on a simulated account; no key of a real account is used.

        Where the file names no live market, it is mainnet's.
        """
        exchange = self._raw.get("exchange")
        given = exchange.get("address", "simulated") if isinstance(exchange, dict) else "simulated"
        self._use_without_key(address="mainnet" if given == "simulated" else given, paper=True)

    def _use_without_key(self, *, address: Any, paper: bool) -> None:
        wanted = {"address": address, "paper": paper, "api_key": "", "api_secret": ""}
        raw = _copied(self._raw)
        exchange = raw.get("exchange")
        raw["exchange"] = {**(exchange if isinstance(exchange, dict) else {}), **wanted}
        checked = check(raw)
        variables = [problem for problem in self._problems if "of the environment is not set" in problem]
        variables = [problem for problem in variables if not problem.startswith("exchange.")]
        self._adopt(raw, None if variables else checked.settings, variables + checked.problems)
        self._given |= {f"exchange.{name}": value for name, value in wanted.items()}

    def override(self, key: str, value: Any) -> None:
        """Set the value of one dotted key for good: it wins over the file whenever that is read again.

        Raises:
            ConfigurationInvalid: as `update_config`.
        """
        self.set(key, value)
        self._given[key] = value

    def hold(self) -> None:
        """Keep what cannot change while an engine runs from changing, until `release`."""
        self._in_use += 1

    def release(self) -> None:
        """End one `hold`."""
        self._in_use = max(self._in_use - 1, 0)

    def subscribe(self, listener: Callable[[BotSettings], None]) -> None:
        """Call `listener` with the settings after every change."""
        self._listeners.append(listener)

    def unsubscribe(self, listener: Callable[[BotSettings], None]) -> None:
        """End a `subscribe`; harmless if there was none."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def _take(self, read: dict[str, Any]) -> None:
        environment = reading.environment_now()
        problems: list[str] = []
        raw = reading.substituted(read, environment, problems)
        exchange = raw.get("exchange")
        silent = reading.credentials(environment, exchange if isinstance(exchange, dict) else {})
        for key, value in (silent | reading.overrides(environment, problems) | self._given).items():
            _put(raw, key, value)
        _hide(raw)
        checked = check(raw)
        problems = problems + checked.problems
        if problems and self._in_use:
            raise ConfigurationInvalid(problems)
        self._adopt(raw, None if problems else checked.settings, problems)

    def _adopt(self, raw: dict[str, Any], settings: BotSettings | None, problems: list[str]) -> None:
        if self._in_use and settings is not None and self._settings is not None:
            before, after = _flat(self._settings), _flat(settings)
            changed = [name for name in sorted(before | after) if before.get(name) != after.get(name)]
            fixed = [name for name in changed if (key := key_at(name)) is None or key.fixed or "strategies." in name]
            if fixed:
                raise ConfigurationInvalid([f"{name}: cannot change while the engine runs" for name in fixed])
        self._raw, self._settings, self._problems = raw, settings, problems
        if settings is not None:
            for listener in list(self._listeners):
                listener(settings)

    def _flat(self) -> dict[str, Any]:
        return {} if self._settings is None else _flat(self._settings)

    def __repr__(self) -> str:
        state = f"{len(self._problems)} problems" if self._problems else "valid"
        return f"<ConfigurationManager {self.path}, {state}>"


def _flat(section: Section, before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in section.__struct_fields__:
        value = getattr(section, name)
        if isinstance(value, Section):
            found |= _flat(value, f"{before}{name}.")
        elif isinstance(value, dict):
            for inner, item in value.items():
                nested = _flat(item, f"{before}{name}.{inner}.") if isinstance(item, Section) else {}
                found |= nested or {f"{before}{name}.{inner}": item}
        else:
            found[before + name] = value
    return found


def _child(holder: Any, name: str) -> Any:
    if isinstance(holder, Section):
        return getattr(holder, name, _ABSENT) if name in holder.__struct_fields__ else _ABSENT
    return holder.get(name, _ABSENT) if isinstance(holder, dict) else _ABSENT


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _hide(raw: dict[str, Any]) -> None:
    """Let the secret hide itself, in the locals of a traceback too."""
    exchange = raw.get("exchange")
    if isinstance(exchange, dict) and isinstance(exchange.get("api_secret"), str):
        exchange["api_secret"] = hidden(exchange["api_secret"])


def _put(raw: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for section in sections:
        if not isinstance(raw.get(section), dict):
            raw[section] = {}
        raw = raw[section]
    raw[last] = value
