"""Every error survives what a process pool, a cache or a copy does to it."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest

from bybit_async import errors
from bybit_async.errors import AuthenticationError, BybitError, NotModified, OrderNotFound
from bybit_async.ret_codes import _table

ARGUMENTS: dict[str, Any] = {
    "code": 110007, "ret_code": 110007, "ret_msg": "no", "message": "went wrong", "method": "POST", "path": "/v5/x",
    "parameter": "qty", "extra": "rsa", "purpose": "RSA keys", "name": "btc", "holder": "another", "owner": "session",
    "over": True, "topic": "trade", "reason": "no", "order_link_id": "mine",
}  # fmt: skip
KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, BybitError)]


def made(kind: type[BybitError]) -> BybitError:
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in inspect.signature(kind).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name in ARGUMENTS:
            named[parameter.name] = ARGUMENTS[parameter.name]
        elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.default is parameter.empty:
            positional.append(ARGUMENTS[parameter.name])
    return kind(*positional, **named)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"])
def test_an_error_is_the_same_after_a_copy(kind: type[BybitError], again: Any) -> None:
    error = made(kind)
    error.trace_id = "trace"
    other = again(error)
    assert type(other) is kind
    assert (str(other), other.args, vars(other)) == (str(error), error.args, vars(error))


def test_a_code_means_one_thing() -> None:
    with pytest.raises(AssertionError, match="110001 is listed twice"):
        _table((OrderNotFound, (110001,)), (NotModified, (110001,)))
    table = _table((OrderNotFound, (110001,)), (AuthenticationError, (10003, 10004)))
    assert table == {110001: OrderNotFound, 10003: AuthenticationError, 10004: AuthenticationError}
