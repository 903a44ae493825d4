"""REST answers that go wrong on purpose."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.client import responses

import orjson
from aiohttp import web

from bybit_async.simulator.faults import Rule
from bybit_async.simulator.venue import SimulatedVenue

_BLOCKED = "<html><body><h1>403 Forbidden</h1>This site is not available in your country.</body></html>"
_MESSAGES = {
    429: "The trading service is experiencing a high server load",
    10000: "Server Timeout",
    10006: "Too many visits. Exceeded the API Rate Limit.",
    10016: "Server error.",
    10019: "ws trade service is restarting",
    10003: "Too many sessions under the same UID",
    10403: "Exceeded the request limit of this IP address",
    10429: "System level frequency protection",
    20003: "Too frequent requests under the same session",
}


def message_of(rule: Rule) -> str:
    """Return the text that goes with a rule's code."""
    return rule.text or _MESSAGES.get(rule.code, "Server error.")


def page_of(status: int) -> str:
    """Return the HTML that a gateway answers with; 403 is what a blocked region reads."""
    if status == HTTPStatus.FORBIDDEN:
        return _BLOCKED
    return f"<html><body><h1>{status} {responses.get(status, 'Error')}</h1></body></html>"


def reset(transport: asyncio.BaseTransport | None) -> None:
    """End a TCP connection with a reset."""
    if not isinstance(transport, asyncio.WriteTransport):
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def misbehave(
    venue: SimulatedVenue,
    request: web.BaseRequest,
    rule: Rule,
    answer: Callable[[int], web.Response],
) -> web.StreamResponse:
    """Answer a request the way a rule says; `answer` carries it out, with the clock so many milliseconds ahead."""
    action = rule.action
    if action == "delay":
        await _pause(venue, rule)
        return answer(0)
    if action in ("drop-before", "drop-after", "close", "reset", "half-open"):
        return await _vanish(venue, request, rule, answer)
    if action == "skew":
        return answer(rule.milliseconds)
    if action == "restart":
        venue.restart()
        return answer(0)
    if action in ("status", "code") and not rule.executed:
        return _replaced(venue, rule)
    response = answer(0)
    if action in ("status", "code"):
        return _replaced(venue, rule)
    if action == "delay-reply":
        await _pause(venue, rule)
        return response
    return await _mangled(request, rule, response)


async def _pause(venue: SimulatedVenue, rule: Rule) -> None:
    # An exchange that closes does not wait for what it holds back.
    with suppress(TimeoutError):
        async with asyncio.timeout(rule.milliseconds / 1_000):
            await venue.closing.wait()


async def _vanish(
    venue: SimulatedVenue, request: web.BaseRequest, rule: Rule, answer: Callable[[int], web.Response]
) -> web.StreamResponse:
    executed = rule.action == "drop-after" or (rule.executed and rule.action != "drop-before")
    response = answer(0) if executed else web.Response()
    if rule.action == "half-open":
        await venue.closing.wait()
    elif rule.action == "reset":
        reset(request.transport)
    if request.transport is not None:
        request.transport.close()
    return response


def _replaced(venue: SimulatedVenue, rule: Rule) -> web.Response:
    if rule.action == "status":
        return web.Response(status=rule.status, text=rule.body or page_of(rule.status), content_type="text/html")
    envelope = {
        "retCode": rule.code,
        "retMsg": message_of(rule),
        "result": {},
        "retExtInfo": {},
        "time": venue.clock.now_ms(),
    }
    return web.Response(body=orjson.dumps(envelope), content_type="application/json")


async def _mangled(request: web.BaseRequest, rule: Rule, response: web.Response) -> web.StreamResponse:
    body = response.body if isinstance(response.body, bytes) else b""
    if rule.action == "truncate":
        return web.Response(body=body[: len(body) // 2], content_type="application/json")
    if rule.action == "malform":
        return web.Response(body=(rule.body or "{'retCode'").encode(), content_type="application/json")
    if rule.action not in ("cut", "slow"):
        return response
    stream = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await stream.prepare(request)
    if rule.action == "cut":
        await stream.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return stream
    for start in range(len(body)):
        await stream.write(body[start : start + 1])
        await asyncio.sleep(rule.milliseconds / 1_000)
    return stream
