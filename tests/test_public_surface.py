"""The fixed names of the public surface, and what a user may rely on of them."""

from __future__ import annotations

import ast
import inspect
import pickle
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import bybit_async
from bybit_async import AsyncBybit, BybitError, Environment, endpoints, errors
from bybit_async.api.domains import Domains
from bybit_async.simulator import SimulatedExchange
from bybit_async.transport.pages import Pager

ROOT = Path(__file__).parent.parent
PUBLIC = {"simulator", "data", "models", "enums", "errors", "pybit", "blocking", "leases", "bot"}

DOMAINS = [
    "market",
    "trade",
    "position",
    "account",
    "asset",
    "user",
    "spot_margin",
    "spread",
    "rfq",
    "crypto_loan",
    "institutional_loan",
    "earn",
    "alpha",
    "broker",
    "affiliate",
    "p2p",
    "fiat",
    "card",
    "trading_bot",
    "strategy",
    "rate_limit",
    "leveraged_token",
    "pre_upgrade",
    "tax",
    "system",
]


def test_every_exported_name_exists() -> None:
    for name in bybit_async.__all__:
        assert getattr(bybit_async, name) is not None


def test_the_fixed_errors_are_at_the_top() -> None:
    fixed = [
        "BybitError",
        "RequestRejected",
        "OutcomeUnknown",
        "RateLimited",
        "AuthenticationError",
        "TransportError",
        "StreamError",
    ]
    for name in fixed:
        assert issubclass(getattr(bybit_async, name), BybitError)


async def test_every_domain_is_an_attribute_with_documented_methods() -> None:
    async with AsyncBybit() as bybit:
        for name in DOMAINS:
            resource = getattr(bybit, name)
            methods = [method for method in dir(resource) if not method.startswith("_")]
            assert methods, name
            for method in methods:
                assert inspect.getdoc(getattr(resource, method)), f"{name}.{method} has no docstring"
    assert {name for name in vars(Domains) if not name.startswith("_")} == set(DOMAINS)


async def test_every_endpoint_is_a_method_with_keywords_and_a_timeout() -> None:
    async with AsyncBybit() as bybit:
        for endpoint in endpoints():
            domain, _, method = endpoint.name.partition(".")
            signature = inspect.signature(getattr(getattr(bybit, domain), method))
            assert "timeout" in signature.parameters, endpoint.name
            for parameter in signature.parameters.values():
                keyword = parameter.kind is parameter.KEYWORD_ONLY or "Unpack" in str(parameter.annotation)
                assert keyword, f"{endpoint.name}({parameter.name})"


def test_environment_has_the_fixed_fields() -> None:
    place = Environment(name="x", rest_url="http://a", public_url="ws://b", private_url="ws://c", trade_url="ws://d")
    assert place.stream_url("linear") == "ws://b/linear"
    assert place.stream_url("private") == "ws://c"
    with pytest.raises(AttributeError):
        place.name = "y"  # type: ignore[misc]


async def test_the_exchange_offers_an_environment_and_accounts() -> None:
    async with SimulatedExchange(seed=7) as exchange:
        assert isinstance(exchange.environment, Environment)
        assert set(exchange.new_account(usdt="10000")) == {"api_key", "api_secret"}


def test_a_list_call_sends_nothing_until_it_is_awaited() -> None:
    assert isinstance(AsyncBybit(api_key="K", api_secret="S").trade.get_order_history(category="linear"), Pager)


@pytest.mark.parametrize(
    "error",
    [
        errors.RequestRejected(110007, "no money", method="POST", path="/v5/order/create", status=200),
        errors.HostBanned(403, "x", until=5),
        errors.OutcomeUnknown("lost", order_link_id="a", reason="10000"),
        errors.AnswerUnreadable("html", status=502, body=b"<html>"),
        errors.InvalidParameter("qty", "too small"),
        errors.SubscriptionRefused("tickers.X", "no"),
        errors.NotSent("x"),
    ],
)
def test_errors_survive_pickling(error: BybitError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_no_secret_is_shown_or_pickled() -> None:
    bybit = AsyncBybit(api_key="CANARYKEY", api_secret="CANARYSECRET")
    for shown in (repr(bybit), repr(bybit._signer), str(vars(bybit))):
        assert "CANARY" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(bybit._signer)


def test_importing_connects_to_nothing_and_loads_no_heavy_package() -> None:
    script = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise AssertionError('network at import')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "import bybit_async\n"
        "print([name for name in ('pandas', 'numpy', 'aiohttp', 'typer', 'pyarrow', 'bybit_async.simulator') "
        "if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_dir_lists_what_is_loaded_later() -> None:
    script = "import bybit_async; print(*dir(bybit_async))"
    listed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert set(bybit_async.__all__) <= set(listed)


def test_the_version_is_the_one_of_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["version"]["path"] == "bybit_async/__init__.py"
    assert "version" in project["project"]["dynamic"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", bybit_async.__version__)


def test_every_error_is_at_the_top_level() -> None:
    defined = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, BybitError)
    }
    assert defined <= set(bybit_async.__all__)


def _imports(source: str) -> set[tuple[str, str]]:
    """Return (module, name) of everything that is imported from the library."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "bybit_async":
            found |= {(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(a.name, "") for a in node.names if a.name.split(".")[0] == "bybit_async"}
    return found


def _pages() -> list[Path]:
    written = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").glob("*.py"))]
    return [page for page in written if "bybit_async" in page.read_text()]


@pytest.mark.parametrize("page", _pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_public_means_public(page: Path) -> None:
    """README, docs and examples import from the top level, or from a package that is named public."""
    text = page.read_text()
    sources = [text] if page.suffix == ".py" else re.findall(r"```(?:python|py)\b[^\n]*\n(.*?)```", text, re.DOTALL)
    for module, name in set().union(*map(_imports, sources)) if sources else set():
        if module == "bybit_async":
            assert not name or name in PUBLIC or name in bybit_async.__all__, f"{name} is not public"
        else:
            package = module.split(".")[1]
            assert package in PUBLIC, f"{module} is not public; the top level or {', '.join(sorted(PUBLIC))} are"
            assert module.count(".") == 1 or package == "models", f"{module} lies too deep"


def test_the_check_of_imports_can_fail() -> None:
    assert _imports("from bybit_async.live.account import LiveAccount") == {("bybit_async.live.account", "LiveAccount")}
