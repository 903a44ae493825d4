"""Every documented parameter of an endpoint is an argument of the method that wraps it."""

import importlib
import inspect
import json
import typing
from collections.abc import Callable
from pathlib import Path

import pytest

from bybit_async.api.registry import endpoint_for, endpoints
from bybit_async.wire import wire_name

FACTS = Path(__file__).resolve().parents[3] / "shared" / "v5" / "rest.json"

pytestmark = pytest.mark.skipif(not FACTS.exists(), reason="the documented parameters are not here")

CORE = ("market", "trade", "position", "account", "user")

# Time bounds have one name in Python, whatever Bybit calls them.
BOUNDS = {"startTime": "start", "endTime": "end"}

# (name, parameter): what the documentation lists by mistake.
NOT_TAKEN = {
    # The page shows the table of the other endpoint that it documents.
    ("user.create_demo_member", "adjustType"),
    ("user.create_demo_member", "utaDemoApplyMoney"),
}


def _method(name: str) -> Callable[..., typing.Any]:
    domain, _, method = name.partition(".")
    module = importlib.import_module(f"bybit_async.api.{domain}")
    cls = getattr(module, domain.title().replace("_", ""))
    return getattr(cls, method)


def _documented() -> list[tuple[str, str, bool]]:
    found = {}
    for entry in json.loads(FACTS.read_text()) if FACTS.exists() else []:
        endpoint = endpoint_for(entry["method"], entry["path"])
        # The page about agreements names two paths of the market that it only links to.
        if endpoint is None or not endpoint.name.startswith(CORE) or "tradfi" in entry["doc"]:
            continue
        for parameter in entry["request"]:
            if parameter.get("depth", 0) == 0:
                found[endpoint.name, parameter["name"]] = bool(parameter.get("required"))
    return [(name, parameter, required) for (name, parameter), required in sorted(found.items())]


@pytest.mark.parametrize(("name", "parameter", "required"), _documented())
def test_a_documented_parameter_is_an_argument(name: str, parameter: str, required: bool) -> None:
    if (name, parameter) in NOT_TAKEN:
        return
    signature = inspect.signature(_method(name))
    arguments = {wire_name(argument): info for argument, info in signature.parameters.items()}
    argument = BOUNDS.get(parameter, parameter)
    assert argument in arguments
    assert arguments[argument].kind is inspect.Parameter.KEYWORD_ONLY
    if not required:
        assert arguments[argument].default is not inspect.Parameter.empty


@pytest.mark.parametrize("endpoint", [e for e in endpoints() if e.name.startswith(CORE)], ids=lambda e: e.name)
def test_a_method_takes_keywords_and_a_timeout(endpoint: typing.Any) -> None:
    parameters = list(inspect.signature(_method(endpoint.name)).parameters.values())[1:]
    named = [parameter for parameter in parameters if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
    assert named[-1].name == "timeout"
    assert {parameter.kind for parameter in named} == {inspect.Parameter.KEYWORD_ONLY}
    assert all(parameter.annotation is not inspect.Parameter.empty for parameter in parameters)


def test_a_deprecated_endpoint_has_a_deprecated_method() -> None:
    for endpoint in endpoints():
        if endpoint.name.startswith(CORE):
            marked = hasattr(_method(endpoint.name), "__deprecated__")
            assert marked == bool(endpoint.deprecated), endpoint.name
