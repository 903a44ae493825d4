"""The configuration: files, variables, every problem at once, and changes that are all or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from bybit_async import BybitError
from bybit_async.bot import ConfigurationInvalid, ConfigurationManager
from bybit_async.bot.configuration.checking import dotted_keys, key_at
from bybit_async.bot.errors import ConfigurationNotFound


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BYBIT_API_KEY", "BYBIT_API_SECRET", "BYBIT_TESTNET"):
        monkeypatch.delenv(name, raising=False)


def written(folder: Path, text: str, name: str = "bot.yaml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_an_empty_file_is_a_valid_configuration(tmp_path: Path) -> None:
    config = ConfigurationManager(written(tmp_path, ""))
    assert config.validate_config() == []
    assert config.get("trading.max_position_size") == 0.1
    assert config.settings.exchange.address == "simulated"


def test_yaml_and_toml_say_the_same(tmp_path: Path) -> None:
    yaml = written(tmp_path, "risk:\n  max_daily_loss: 0.05\ntrading: {symbols: [ETHUSDT]}\n")
    toml = written(tmp_path, '[risk]\nmax_daily_loss = 0.05\n[trading]\nsymbols = ["ETHUSDT"]\n', "bot.toml")
    assert ConfigurationManager(yaml).settings == ConfigurationManager(toml).settings
    assert ConfigurationManager(yaml).get("risk.max_daily_loss") == 0.05


def test_everything_that_is_wrong_is_named_at_once_with_key_value_and_range(tmp_path: Path) -> None:
    text = """
trading:
  max_position_size: 5
  "enable_stop_loss ": true
risk: {max_daily_loss: .nan, max_consecutive_losses: two}
riks: {}
strategies: {mine: {tpye: crossover}}
"""
    problems = ConfigurationManager(written(tmp_path, text)).validate_config()
    assert problems == [
        "trading.max_position_size: 5 is not allowed; allowed: a number above 0 up to 1",
        'trading.enable_stop_loss : unknown key; did you mean "enable_stop_loss"?',
        "risk.max_daily_loss: nan is invalid; allowed: a number above 0 up to 1",
        "risk.max_consecutive_losses: 'two' is not allowed; allowed: a whole number from 1",
        'riks: unknown key; did you mean "risk"?',
        'strategies.mine.tpye: unknown key; did you mean "type"?',
        "strategies.mine.type: missing; allowed: text",
    ]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"exchange": {"api_key": "K"}}, "exchange.api_secret"),
        ({"exchange": {"address": "mainet"}}, "exchange.address"),
        ({"trading": {"max_position_size": 0.5}, "risk": {"max_exposure": 0.2}}, "trading.max_position_size"),
        ({"risk": {"max_exposure": 5.0}}, "risk.max_exposure"),
        ({"trading": {"symbols": ["btc-usdt"]}}, "trading.symbols"),
        ({"trading": {"symbols": []}}, "trading.symbols"),
        ({"alerts": {"webhooks": [{"url": "http://x", "shape": "telegram"}]}}, "alerts.webhooks.0.chat_id"),
        ({"trading": 3}, "trading"),
        ({"engine": {"on_foreign": "ignore"}}, "engine.on_foreign"),
        ({"exchange": {"category": "spot"}, "strategies": {"trend": {"type": "crossover"}}}, "exchange.category"),
    ],
)
def test_contradictions_are_problems(values: dict[str, object], named: str) -> None:
    problems = ConfigurationManager.from_dict(values).validate_config()
    assert [problem.split(":")[0] for problem in problems] == [named]


def test_an_invalid_configuration_gives_no_settings() -> None:
    config = ConfigurationManager.from_dict({"risk": {"max_daily_loss": 2}})
    with pytest.raises(ConfigurationInvalid, match="max_daily_loss") as caught:
        config.settings  # noqa: B018
    assert isinstance(caught.value, BybitError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "a: [", "a.yaml"),
        ("a.toml", "a = ", "a.toml"),
        ("a.yaml", "- 1", "expected keys and values"),
        ("a.yaml", "risk:\n  max_daily_loss: 0.1\n  max_daily_loss: 0.9\n", "line 2 is written twice"),
        ("a.ini", "", ".toml"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=said):
        ConfigurationManager(written(tmp_path, text, name))


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationNotFound, match="bybit-async bot init") as caught:
        ConfigurationManager(str(tmp_path / "default.yaml"))
    assert isinstance(caught.value, FileNotFoundError)


def test_variables_are_put_in_and_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "K1")
    monkeypatch.setenv("MY_LOSS", "0.04")
    monkeypatch.setenv("BYBIT_BOT__TRADING__SYMBOLS", "ETHUSDT, XRPUSDT")
    monkeypatch.setenv("BYBIT_BOT__TRADING__ENABLE_STOP_LOSS", "false")
    text = """
exchange: {api_key: "${MY_KEY}", api_secret: "$$${MY_SECRET:-S1}"}
risk: {max_daily_loss: "${MY_LOSS}"}
trading: {enable_stop_loss: true}
"""
    config = ConfigurationManager(written(tmp_path, text))
    assert config.validate_config() == []
    assert config.get("exchange.api_key") == "K1"
    assert config.get("exchange.api_secret") == "$S1"
    assert config.get("risk.max_daily_loss") == 0.04
    assert config.get("trading.symbols") == ["ETHUSDT", "XRPUSDT"]
    assert config.get("trading.enable_stop_loss") is False


def test_variables_that_are_missing_or_unknown_are_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYBIT_BOT__RISK__MAX_DAILY_LOS", "0.1")
    config = ConfigurationManager(written(tmp_path, 'journal: {url: "${NOT_THERE_AT_ALL}"}'))
    assert config.validate_config() == [
        "journal.url: the variable NOT_THERE_AT_ALL of the environment is not set",
        'BYBIT_BOT__RISK__MAX_DAILY_LOS: no key is called risk.max_daily_los; did you mean "risk.max_daily_loss"?',
    ]


@pytest.mark.parametrize(("testnet", "address"), [("True", "testnet"), ("False", "mainnet")])
def test_the_connectors_variables_fill_what_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, testnet: str, address: str
) -> None:
    monkeypatch.setenv("BYBIT_API_KEY", "K")
    monkeypatch.setenv("BYBIT_API_SECRET", "S")
    monkeypatch.setenv("BYBIT_TESTNET", testnet)
    config = ConfigurationManager(written(tmp_path, ""))
    assert config.settings.exchange.address == address
    assert config.settings.exchange.api_key == "K"
    explicit = written(tmp_path, "exchange: {address: demo, api_key: A, api_secret: B}", "b.yaml")
    assert ConfigurationManager(explicit).settings.exchange.address == "demo"
    assert ConfigurationManager(explicit).settings.exchange.api_secret == "B"


def test_no_secret_is_shown(tmp_path: Path) -> None:
    text = """
exchange: {api_key: [CANARY], api_secret: CANARY}
journal: {url: "postgresql://me:CANARY@host/db"}
alerts: {webhooks: [{url: "https://CANARY"}]}
"""
    config = ConfigurationManager(written(tmp_path, text))
    assert "CANARY" not in repr(config) + str(config.validate_config())
    config.update_config({"exchange.api_key": "CANARY"})
    assert config.validate_config() == []
    assert "CANARY" not in repr(config.settings)


def test_updates_are_all_or_nothing() -> None:
    config = ConfigurationManager.from_dict({})
    config.update_config({"trading.max_position_size": 0.05, "risk.max_daily_loss": 0.04})
    assert config.get("trading.max_position_size") == 0.05
    for updates in ({"trading.max_position_size": 0.02, "risk.max_daily_loss": 7}, {"trading.max_position_sise": 0.1}):
        with pytest.raises(ConfigurationInvalid):
            config.update_config(updates)
    assert config.get("trading.max_position_size") == 0.05
    with pytest.raises(ConfigurationInvalid, match="did you mean"):
        config.set("trading.max_position", 0.2)


def test_keys_that_do_not_exist_have_the_default_that_was_given() -> None:
    config = ConfigurationManager.from_dict({})
    assert config.get("no.such.key", 7) == 7
    assert config.get("no.such.key") is None
    assert config.get("trading.max_position_size", 0.7) == 0.1


def test_while_an_engine_runs_only_what_is_safe_changes(tmp_path: Path) -> None:
    path = written(tmp_path, "risk: {max_daily_loss: 0.05}")
    config = ConfigurationManager(path)
    heard = []
    config.subscribe(lambda settings: heard.append(settings.risk.max_daily_loss))
    config.hold()
    written(tmp_path, "risk: {max_daily_loss: 0.04}")
    assert config.reload() == ["risk.max_daily_loss"]
    assert heard == [0.04]
    written(tmp_path, "risk: {max_daily_loss: 0.02}\nexchange: {address: mainnet}")
    with pytest.raises(ConfigurationInvalid, match="address: cannot change while the engine runs"):
        config.reload()
    written(tmp_path, "risk: {max_daily_loss: 9}")
    with pytest.raises(ConfigurationInvalid, match="max_daily_loss"):
        config.reload()
    assert config.get("risk.max_daily_loss") == 0.04
    config.release()
    written(tmp_path, "exchange: {address: mainnet}")
    assert "exchange.address" in config.reload()


def test_parameters_of_strategies_are_their_own() -> None:
    config = ConfigurationManager.from_dict({"strategies": {"ma": {"type": "crossover", "parameters": {"fast": 5}}}})
    assert config.get("strategies.ma.parameters.fast") == 5
    config.set("strategies.ma.parameters.fast", 8)
    assert config.settings.strategies["ma"].parameters == {"fast": 8}


def test_every_key_says_what_it_means() -> None:
    for name in dotted_keys():
        key = key_at(name)
        assert key is not None
        assert key.description.endswith("."), name
        assert key.allowed, name
