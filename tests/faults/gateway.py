"""A gateway that answers orders like an exchange, but for what a test makes of one of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec

from tests.faults.trading import CREATE, OPEN
from tests.transport.raw_server import OK, Request, http, now

KEY: dict[str, Any] = {"api_key": "K", "api_secret": "S", "rate_limits": False, "recv_window": 1000}


REFUSED = b'{"retCode":110007,"retMsg":"not enough","result":{},"retExtInfo":{},"time":1}'


def accepted(request: Request) -> bytes:
    sent = json.loads(request.body)
    result: dict[str, Any] = {"orderId": f"id-{sent.get('orderLinkId')}", "orderLinkId": sent.get("orderLinkId")}
    if "request" in sent:
        result = {
            "list": [{"orderId": f"id-{i['orderLinkId']}", "orderLinkId": i["orderLinkId"]} for i in sent["request"]]
        }
    info = {"list": [{"code": 0, "msg": "OK"}] * len(sent.get("request", ()))}
    return msgspec.json.encode({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": info, "time": now()})


class Gateway:
    """Answers orders like an exchange, but for what a test makes of the order with its link id."""

    def __init__(self, odd: dict[str, Any]) -> None:
        self.odd = odd
        self.alive: dict[str, dict[str, Any]] = {}

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        path = request.target.split(b"?")[0].decode()
        if not path.startswith(CREATE):
            writer.write(http(self._read(path, request)))
            return
        body = json.loads(request.body)
        link = body.get("orderLinkId", "batch")
        odd = self.odd.get(link)
        if link.startswith("refused"):
            writer.write(http(REFUSED))
            return
        for item in body.get("request", [body]):
            self.alive[item["orderLinkId"]] = item
        writer.write(odd(request) if odd is not None else http(accepted(request)))

    def _read(self, path: str, request: Request) -> bytes:
        if path == "/v5/market/time":
            return OK % now()
        rows = [
            {**order, "orderId": f"id-{link}", "createdTime": str(now())}
            for link, order in self.alive.items()
            if path == OPEN and link.encode() in request.target
        ]
        result = {"list": rows, "category": "linear", "nextPageCursor": ""}
        return msgspec.json.encode({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": now()})
