"""Every documented stream example decodes, with nothing of it dropped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bybit_async import decode_stream
from bybit_async.models.stream_message import StreamMessage
from bybit_async.stream.frames import Acknowledgement, AuthAnswer, OrderEntryAnswer, Pong
from bybit_async.stream.router import route

TOPICS = Path(__file__).parents[3] / "shared" / "v5" / "ws.json"


def documents() -> list[dict[str, Any]]:
    # The binary (SBE) channels are served by market maker hosts only and are no part of this library.
    docs = json.loads(TOPICS.read_text()) if TOPICS.exists() else []
    return [doc for doc in docs if "/sbe/" not in doc["doc"]]


def channel_of(doc: str, frame: dict[str, Any]) -> str:
    for part in ("trade", "private", "spread", "rfq", "system"):
        if f"/{part}/" in doc:
            return {"system": "status"}.get(part, part)
    if "earn" in doc:
        return "earn"
    if doc.endswith("public/ticker.mdx"):
        return "option" if "bidIv" in frame["data"] else "spot" if "usdIndexPrice" in frame["data"] else "linear"
    return "linear"


def examples() -> Iterator[Any]:
    for doc in documents():
        for count, frame in enumerate(frames_of(doc), 1):
            yield pytest.param(doc["doc"], frame, id=f"{doc['doc'].removeprefix('v5/')}-{count}")


def names_of(doc: dict[str, Any]) -> list[str]:
    return [row["name"] for row in doc["response"] if row.get("depth", 0) == 1 and "[" not in row["name"]]


def frames_of(doc: dict[str, Any]) -> list[dict[str, Any]]:
    return [f for group in doc["response_examples"] for f in (group if isinstance(group, list) else [group])]


def has_fields(doc: dict[str, Any]) -> bool:
    """Whether a document describes fields of its own; the answers of order entry are those of REST."""
    return bool(names_of(doc) and frames_of(doc)) and "/trade/" not in doc["doc"]


def leaves(value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{where}[{index}]")
    else:
        yield where, value


def same(sent: Any, decoded: Any) -> bool:
    if sent == "":
        return decoded is None
    if isinstance(decoded, str) and isinstance(sent, int | float | str) and not isinstance(sent, bool):
        try:
            return Decimal(str(sent)) == Decimal(decoded)
        except ArithmeticError:
            return str(sent) == decoded
    return str(sent) == str(decoded)


@pytest.mark.skipif(not TOPICS.exists(), reason="the documented topics are not here")
@pytest.mark.parametrize(("doc", "frame"), list(examples()))
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["compact", "spaced"])
def test_every_example_decodes_with_nothing_dropped(doc: str, frame: dict[str, Any], separators: Any) -> None:
    message = decode_stream(channel_of(doc, frame), json.dumps(frame, separators=separators).encode())
    assert isinstance(message, StreamMessage)
    if "/trade/" in doc:
        return
    assert not isinstance(message.data, dict), "the data is untyped"
    back = dict(leaves(json.loads(msgspec.json.encode(message))))
    for where, sent in leaves(frame):
        assert where in back or sent == "", f"{where} was dropped"
        assert same(sent, back.get(where)), f"{where}: {sent!r} became {back.get(where)!r}"


@pytest.mark.skipif(not TOPICS.exists(), reason="the documented topics are not here")
@pytest.mark.parametrize(
    "doc", [pytest.param(d, id=d["doc"].removeprefix("v5/")) for d in documents() if has_fields(d)]
)
def test_every_documented_field_has_a_place(doc: dict[str, Any]) -> None:
    names, frames = names_of(doc), frames_of(doc)
    if doc["doc"].endswith("public/ticker.mdx"):
        names = []  # three shapes in one table; their examples cover them
    message = decode_stream(channel_of(doc["doc"], frames[0]), json.dumps(frames[0], separators=(",", ":")).encode())
    item = message.data[0] if isinstance(message.data, list) else message.data
    known = {field.encode_name for field in msgspec.structs.fields(item)}
    assert set(names) <= known


def test_the_trade_socket_answers_keep_everything() -> None:
    frame = {
        "reqId": "test-005", "retCode": 0, "retMsg": "OK", "op": "order.create",
        "data": {"orderId": "a4c1", "orderLinkId": ""}, "retExtInfo": {},
        "header": {"X-Bapi-Limit": "10", "Traceid": "38b7"}, "connId": "cnt5",
    }  # fmt: skip
    message = decode_stream("trade", json.dumps(frame).encode())
    answer = message.data
    assert isinstance(answer, OrderEntryAnswer)
    assert message.topic == "order.create"
    assert (answer.req_id, answer.ret_code, answer.ret_msg, answer.conn_id) == ("test-005", 0, "OK", "cnt5")
    assert answer.data == {"orderId": "a4c1", "orderLinkId": ""}
    assert answer.header["X-Bapi-Limit"] == "10"


PONGS = [
    ("spot", b'{"success":true,"ret_msg":"pong","conn_id":"0970e817","op":"ping"}', Pong()),
    ("linear", b'{"success":true,"ret_msg":"pong","conn_id":"465772b1","req_id":"","op":"ping"}', Pong()),
    ("option", b'{"args":["1672916271846"],"op":"pong"}', Pong(time=1672916271846)),
    ("private", b'{"req_id":"test","op":"pong","args":["1675418560633"],"conn_id":"c"}', Pong("test", 1675418560633)),
    (
        "trade",
        b'{"retCode":0,"retMsg":"OK","op":"pong","data":["1711002002529"],"connId":"c"}',
        Pong(time=1711002002529),
    ),
]


@pytest.mark.parametrize(("channel", "frame", "expected"), PONGS, ids=[row[0] for row in PONGS])
def test_the_five_shapes_of_a_pong(channel: str, frame: bytes, expected: Pong) -> None:
    assert route(channel, frame) == expected


ACKNOWLEDGEMENTS = [
    b'{"success":true,"ret_msg":"","op":"subscribe","conn_id":"cejre"}',
    b'{"success":true,"ret_msg":"subscribe","conn_id":"2324d924","req_id":"10001","op":"subscribe"}',
    b'{"success":true,"ret_msg":"","conn_id":"3cd84cb1","req_id":"","op":"subscribe"}',
    b'{"success":true,"conn_id":"aa01","data":{"failTopics":["a"],"successTopics":["b"]},"type":"COMMAND_RESP"}',
]


@pytest.mark.parametrize("frame", ACKNOWLEDGEMENTS)
def test_the_four_shapes_of_an_acknowledgement(frame: bytes) -> None:
    found = route("linear", frame)
    assert isinstance(found, Acknowledgement)
    assert found.success
    if b"COMMAND_RESP" in frame:
        assert (found.succeeded, found.failed) == (("b",), ("a",))


def test_authentication_answers_of_both_sockets() -> None:
    assert route("private", b'{"success":true,"ret_msg":"","op":"auth","conn_id":"c"}') == AuthAnswer(True)
    assert route("private", b'{"success":false,"ret_msg":"no","op":"auth"}') == AuthAnswer(False, None, "no")
    assert route("trade", b'{"retCode":0,"retMsg":"OK","op":"auth","connId":"c"}') == AuthAnswer(True, 0, "OK")
    assert route("trade", b'{"retCode":10004,"retMsg":"sign","op":"auth"}') == AuthAnswer(False, 10004, "sign")
