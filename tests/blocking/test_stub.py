"""What editors and type checkers are told of the blocking twin is what it is."""

import ast
import inspect

from bybit_async import Bybit
from bybit_async.bridge.derive import blocking_class, lives_on_the_loop
from bybit_async.session import AsyncBybit
from tests.stubs.stub import STUB, Stub


def test_the_stub_is_up_to_date():
    assert STUB.read_text() == Stub().text(), "run: python -m tests.stubs"


def written():
    """Class name → public names, as the stub has them."""
    tree = ast.parse(STUB.read_text())
    return {
        node.name: {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def test_every_group_has_in_the_stub_what_it_has_at_run_time():
    stub = written()
    for name in sorted(stub["Bybit"] & {"market", "trade", "position", "account", "asset", "earn", "p2p", "stream"}):
        derived = type(getattr(Bybit(), name))
        public = {member for member in vars(derived) if not member.startswith("_")}
        assert public == {member for member in stub[derived.__name__] if not member.startswith("_")} - {"settings"}, (
            name
        )
    public = {member for member in dir(Bybit) if not member.startswith("_")}
    assert public <= stub["Bybit"]


def test_nothing_in_the_stub_is_asynchronous():
    text = STUB.read_text()
    assert "async def" not in text
    assert "Awaitable" not in text
    assert "AsyncIterator" not in text


def test_the_runtime_signature_is_the_asynchronous_one():
    assert inspect.signature(Bybit) == inspect.signature(AsyncBybit)
    assert "async with" not in (blocking_class(AsyncBybit).__doc__ or "")
    assert not lives_on_the_loop(dict)
