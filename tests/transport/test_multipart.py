"""Uploads: the body is signed byte for byte as it is sent, and no name can break out of its header."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from email import message_from_bytes
from typing import Any

import pytest

from bybit_async.errors import InvalidParameter
from bybit_async.session import AsyncBybit
from bybit_async.transport.endpoint import post
from bybit_async.transport.multipart import multipart
from tests.transport.raw_server import OK, Request, http, now, raw_server

UPLOAD = post("/v5/p2p/oss/upload_file", "p2p.upload", dict)
FILES = {"upload_file": ("receipt.png", b"\x89PNG\r\n--not a boundary\r\n", "image/png")}


def parts_of(body: bytes, content_type: bytes) -> list[tuple[Any, ...]]:
    """What Python's own parser reads."""
    message = message_from_bytes(b"Content-Type: " + content_type + b"\r\n\r\n" + body)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.get_payload()  # type: ignore[union-attr]
    ]


def test_parameters_and_files_are_parts() -> None:
    body, content_type = multipart({"orderId": 7, "note": "ü"}, FILES)
    assert parts_of(body, content_type) == [
        ("orderId", None, "text/plain", b"7"),
        ("note", None, "text/plain", "ü".encode()),
        ("upload_file", "receipt.png", "image/png", FILES["upload_file"][1]),
    ]


def test_two_bodies_have_different_boundaries() -> None:
    assert multipart({}, FILES)[1] != multipart({}, FILES)[1]


@pytest.mark.parametrize("bad", ['a"b', "a\r\nX: y", "a\nb", "a\0b"])
def test_a_name_that_would_break_out_of_its_header_is_refused(bad: str) -> None:
    for params, files in (
        ({bad: "x"}, FILES),
        ({}, {bad: ("a.png", b"", "image/png")}),
        ({}, {"file": (bad, b"", "image/png")}),
        ({}, {"file": ("a.png", b"", bad)}),
    ):
        with pytest.raises(InvalidParameter) as caught:
            multipart(params, files)  # type: ignore[arg-type]
        assert caught.value.parameter == (bad if bad in params or bad in files else "file")


async def test_what_is_sent_is_what_was_signed() -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(OK % now()))

    async with raw_server(answer) as server:
        async with AsyncBybit(environment=server.environment, api_key="K", api_secret="S") as bybit:
            await bybit._rest.call(UPLOAD, {"orderId": "7"}, files=FILES)
    request = server.requests[-1]
    sent = parts_of(request.body, request.headers["content-type"].encode())
    assert [(name, content) for name, _, _, content in sent] == [
        ("orderId", b"7"),
        ("upload_file", FILES["upload_file"][1]),
    ]
    signed = f"{request.headers['x-bapi-timestamp']}K5000".encode() + request.body
    assert request.headers["x-bapi-sign"] == hmac.new(b"S", signed, hashlib.sha256).hexdigest()
