"""Every documented request, made through the blocking twin: the whole table of the asynchronous tests."""

import importlib
import inspect
import typing
import warnings

import pytest

from bybit_async import Bybit
from bybit_async.api.registry import endpoints
from bybit_async.api.setting import Setting
from bybit_async.bridge.derive import blocking_class
from bybit_async.bridge.iterators import BlockingPager
from bybit_async.models.trade import BatchResult
from bybit_async.session import AsyncBybit
from tests.api.request_cases import FACTS, NOT_TAKEN, Probe, _argument, _cases, _filler, _given, _spelling


def _group(endpoint):
    domain = endpoint.name.partition(".")[0]
    return getattr(importlib.import_module(f"bybit_async.api.{domain}"), domain.title().replace("_", ""))


def _arguments(endpoint, params, method):
    signature, hints = inspect.signature(method), typing.get_type_hints(method)
    found = {}
    for parameter, value in params.items():
        name = _argument(endpoint, parameter, signature.parameters)
        bound = name in ("start", "end")
        found[name] = _given(value, hints[name], bound=bound, category=params.get("category"))
    for name, info in signature.parameters.items():
        if info.default is inspect.Parameter.empty and name not in found:
            found[name] = _filler(hints[name])
    return found


@pytest.mark.skipif(not FACTS.exists(), reason="the documented requests are not here")
def test_every_documented_request_is_made_as_the_asynchronous_twin_makes_it():
    cases = _cases()
    assert len(cases) > 300
    with Bybit() as bybit, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, case in enumerate(cases):
            endpoint, probe = case.endpoint, Probe(case.answer)
            cls = _group(endpoint)
            params = {
                k: v for k, v in case.params.items() if v not in (None, "") and (endpoint.name, k) not in NOT_TAKEN
            }
            name = endpoint.name.partition(".")[2]
            arguments = _arguments(endpoint, params, getattr(cls(None), name))
            answer = getattr(bybit.attach(f"group{number}", lambda _, cls=cls, probe=probe: cls(probe)), name)(
                **arguments
            )
            result = answer.first_page() if isinstance(answer, BlockingPager) else answer
            assert probe.endpoint is endpoint
            sent = _spelling(probe.params)
            assert {key: sent.get(key) for key in params} == _spelling(params)
            if case.answer is not None:
                expected = endpoint.result_type(probe.params)
                assert isinstance(result, (typing.get_origin(expected) or expected, Setting, BatchResult)), (
                    endpoint.name
                )


def test_every_endpoint_is_a_method_of_the_blocking_twin():
    for endpoint in endpoints():
        cls = _group(endpoint)
        name = endpoint.name.partition(".")[2]
        assert callable(getattr(blocking_class(cls), name)), endpoint.name
        assert hasattr(blocking_class(AsyncBybit), endpoint.name.partition(".")[0]), endpoint.name
