"""Uploads through pybit's interface: the file as pybit's callers give it, and what is sent of it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from bybit_async.errors import InvalidParameter
from bybit_async.pybit import HTTP
from tests.transport.raw_server import Request, http, now, raw_server

PICTURE = b"\x89PNG\r\n\x1a\n--not a boundary\r\n"
UPLOADED = b'{"retCode":0,"retMsg":"OK","result":{"url":"/1.png","type":"pic","msgUuid":"7"},"retExtInfo":{},"time":%d}'


def a_path(folder: Path) -> dict[str, Any]:
    (folder / "proof.png").write_bytes(PICTURE)
    return {"upload_file": str(folder / "proof.png")}


def an_open_file(folder: Path) -> dict[str, Any]:
    return {"upload_file": (folder / "proof.png").open("rb")} if a_path(folder) else {}


def some_bytes(folder: Path) -> dict[str, Any]:
    return {"upload_file": PICTURE, "filename": "proof.png"}


def a_stream_with_a_name(folder: Path) -> dict[str, Any]:
    return {"upload_file": io.BytesIO(PICTURE), "filename": str(folder / "proof.png")}


@pytest.mark.parametrize("given", [a_path, an_open_file, some_bytes, a_stream_with_a_name])
async def test_a_file_is_sent_and_signed_as_it_is(given: Callable[[Path], dict[str, Any]], tmp_path: Path) -> None:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(http(UPLOADED % now()))

    async with raw_server(answer) as server:

        def upload() -> dict[str, Any]:
            with HTTP(environment=server.environment, api_key="K", api_secret="S") as session:
                arguments = given(tmp_path)
                found: dict[str, Any] = session.upload_chat_file(**arguments)
                if not isinstance(arguments["upload_file"], str | bytes):
                    arguments["upload_file"].close()
                return found

        found = await asyncio.to_thread(upload)
        assert found["result"]["url"] == "/1.png"
        [request] = [request for request in server.requests if request.method == "POST"]
    headers, body = request.headers, request.body
    assert request.target == b"/v5/p2p/oss/upload_file"
    payload = headers["x-bapi-timestamp"].encode() + b"K5000" + body
    assert headers["x-bapi-sign"] == hmac.new(b"S", payload, hashlib.sha256).hexdigest()
    [part] = message_from_bytes(b"Content-Type: " + headers["content-type"].encode() + b"\r\n\r\n" + body).get_payload()
    assert part.get_filename() == "proof.png"
    assert part.get_content_type() == "image/png"
    assert PICTURE in body
    assert str(tmp_path).encode() not in body


@pytest.mark.parametrize(
    "given", [{}, {"upload_file": PICTURE}, {"upload_file": 7, "filename": "a.png"}, {"upload_file": io.BytesIO(b"x")}]
)
def test_what_is_no_file_is_refused_with_its_name(given: dict[str, Any]) -> None:
    with HTTP() as session, pytest.raises(InvalidParameter, match="upload_file"):
        session.upload_chat_file(**given)


def test_a_name_that_would_break_out_of_its_header_is_refused() -> None:
    with HTTP(api_key="K", api_secret="S") as session, pytest.raises(Exception, match="quotes or line breaks"):
        session.upload_chat_file(upload_file=PICTURE, filename='a"b.png')
