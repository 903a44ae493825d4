"""Every documented example answer decodes without drift, and no key of it is lost.

The examples are Bybit's documentation, kept beside the repository; without them these tests are skipped.
"""

import json
import typing
import warnings
from pathlib import Path

import msgspec
import pytest
from msgspec import inspect

from bybit_async.api.decode import decode_rest
from bybit_async.api.registry import endpoint_for, endpoints
from bybit_async.drift import SchemaDriftWarning, forget_reports

FACTS = Path(__file__).resolve().parents[3] / "shared" / "v5" / "rest.json"

pytestmark = pytest.mark.skipif(not FACTS.exists(), reason="the documented examples are not here")

# (path, index of the example): what is wrong with the documentation, so that the example is no answer of the endpoint.
WRONG_EXAMPLES: dict[tuple[str, int], str] = {}

# (path, dotted key): keys of examples that are no fields on purpose.
WRONG_KEYS: dict[tuple[str, str], str] = {}


class Example(typing.NamedTuple):
    method: str
    path: str
    index: int
    params: dict[str, str]
    body: bytes

    @property
    def result(self) -> object:
        return json.loads(self.body).get("result")


def _documented() -> list[dict[str, typing.Any]]:
    return json.loads(FACTS.read_text()) if FACTS.exists() else []


def _examples() -> list[Example]:
    """The example answers that are answers: some pages show refusals, requests of other endpoints, or two at once."""
    found = []
    for entry in _documented():
        endpoint = endpoint_for(entry["method"], entry["path"])
        if endpoint is None:
            continue
        requests = entry["request_examples"]
        for index, answers in enumerate(entry["response_examples"]):
            params = _query(requests[index]) if index < len(requests) else {}
            for answer in answers if isinstance(answers, list) else [answers]:
                if not isinstance(answer, dict) or (entry["path"], index) in WRONG_EXAMPLES:
                    continue
                # The same page documents another endpoint too, under its own path.
                if entry["path"] not in requests[min(index, len(requests) - 1)] if requests else False:
                    continue
                if answer.get("retCode", 0) == 0 or endpoint.bare:
                    body = json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()
                    found.append(Example(entry["method"], entry["path"], index, params, body))
    return found


def _query(request: str) -> dict[str, str]:
    line = request.split(" HTTP/")[0]
    _, _, query = line.partition("?")
    return dict(pair.split("=", 1) for pair in query.strip().split("&") if "=" in pair)


EXAMPLES = _examples()


@pytest.fixture(autouse=True)
def _report_every_drift() -> None:
    forget_reports()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.method} {e.path} {e.index}")
def test_an_example_decodes_without_drift_and_keeps_every_key(example: Example) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", SchemaDriftWarning)
        answer = decode_rest(example.method, example.path, example.body, example.params)
    assert answer.ret_code == 0
    lost = [key for key in _lost(answer.result, example.result) if (example.path, key) not in WRONG_KEYS]
    assert lost == []


def _lost(decoded: object, raw: object, where: str = "") -> list[str]:
    """The keys of the raw answer that the decoded one has no field for."""
    if isinstance(raw, list):
        if isinstance(decoded, msgspec.Struct):
            return []  # a row of an array-like Struct: it has positions, not keys
        assert isinstance(decoded, list), f"{where} is a list but was decoded as {type(decoded).__name__}"
        assert len(decoded) == len(raw), f"{where} lost items"
        return [key for left, right in zip(decoded, raw, strict=True) for key in _lost(left, right, where)]
    if not isinstance(raw, dict) or isinstance(decoded, dict):
        return []
    if decoded is None:
        assert raw == {}, f"{where} was dropped"
        return []
    assert isinstance(decoded, msgspec.Struct), f"{where} is an object but was decoded as {type(decoded).__name__}"
    fields = {field.encode_name: field.name for field in msgspec.structs.fields(decoded)}
    lost = []
    for key, value in raw.items():
        place = f"{where}.{key}" if where else key
        if key not in fields:
            lost.append(place)
        else:
            lost += _lost(getattr(decoded, fields[key]), value, place)
    return lost


def test_every_example_of_the_core_domains_is_read() -> None:
    core = ("/v5/market/", "/v5/order/", "/v5/execution/", "/v5/position/", "/v5/account/", "/v5/user/")
    documented = {(e["method"], e["path"]) for e in _documented() if e["path"].startswith(core)}
    # Pages about agreements list two market paths that they only link to.
    known = {(e.method, e.path) for e in endpoints()}
    assert documented - known == set()


def test_documented_lists_decode_to_rows_of_their_own_type() -> None:
    unresolved = [
        endpoint.name
        for endpoint in endpoints()
        for tp in (endpoint.result, *endpoint.variants.values())
        if isinstance(inspect.type_info(tp), inspect.CustomType)
    ]
    assert unresolved == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.method} {e.path} {e.index}")
def test_a_spoiled_example_never_raises(example: Example) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SchemaDriftWarning)
        for spoiled in _spoiled(json.loads(example.body)):
            body = json.dumps(spoiled, separators=(",", ":")).encode()
            assert decode_rest(example.method, example.path, body, example.params).ret_code == 0


def _spoiled(document: dict[str, typing.Any]) -> typing.Iterator[dict[str, typing.Any]]:
    """The document with each key of its result removed, nulled, emptied, replaced, and one added beside it."""
    text = json.dumps(document)
    for path in list(_places(document.get("result"), ("result",)))[:60]:
        for change in ("remove", None, "", "SomethingNew", 7, [], {}, "add"):
            copy = json.loads(text)
            holder = copy
            for step in path[:-1]:
                holder = holder[step]
            if change == "remove":
                del holder[path[-1]]
            elif change == "add":
                holder["somethingNew"] = {"a": 1}
            else:
                holder[path[-1]] = change
            yield copy


def _places(value: object, path: tuple[typing.Any, ...]) -> typing.Iterator[tuple[typing.Any, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from _places(item, (*path, key))
    elif isinstance(value, list) and value:
        yield from _places(value[0], (*path, 0))
