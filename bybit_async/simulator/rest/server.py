"""From an HTTP request to a V5 answer: find the endpoint, check the caller, call it, wrap what it says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from bybit_async.simulator.engine.refusals import Refused, parameter
from bybit_async.simulator.feeds.departure import Departure
from bybit_async.simulator.limits import HostLimiter, LimitVerdict
from bybit_async.simulator.rest import (
    account,
    announcements,
    archive,
    asset,
    batch,
    borrowing,
    contracts,
    conversion,
    demo,
    deposits,
    execution,
    funding,
    instruments,
    klines,
    market,
    market_making,
    members,
    move_positions,
    overview,
    position,
    small_balances,
    trade,
    user,
    withdrawals,
)
from bybit_async.simulator.rest.authentication import authenticate, check_permission
from bybit_async.simulator.rest.call import Parameters, RestAnswer, RestCall, Route, TooManyVisits
from bybit_async.simulator.rest.misbehaviour import misbehave
from bybit_async.simulator.venue import SimulatedVenue

_log = logging.getLogger(__name__)

ROUTES: dict[tuple[str, str], Route] = {
    (route.method, route.path): route
    for module in (
        account, announcements, asset, batch, borrowing, contracts, conversion, demo, deposits, execution, funding,
        instruments, klines, market, market_making, members, move_positions, overview, position, small_balances, trade,
        user, withdrawals,
    )
    for route in module.ROUTES
}  # fmt: skip
_DOMAINS = frozenset(
    {
        "account", "affiliate", "alpha", "announcements", "apilimit", "asset", "bot", "broker", "card", "crypto-loan",
        "crypto-loan-common", "crypto-loan-fixed", "crypto-loan-flexible", "dca", "earn", "event", "execution",
        "fcombobot", "fgridbot", "fiat", "fmartingalebot", "grid", "ins", "ins-loan", "lending", "market", "order",
        "p2p", "position", "pre-upgrade", "rfq", "spot-cross-margin-trade", "spot-lever-token", "spot-margin-trade",
        "spot-x", "spread", "strategy", "system", "tax", "user",
    }
)  # fmt: skip
_TAX = "/fht/compliance/tax/"
_HTML = {"Content-Type": "text/html"}
_JSON = "application/json"
_FORBIDDEN = "<html><body><h1>403 Forbidden</h1>access too frequent</body></html>"


class RestServer:
    """Serves every `/v5/...` request of one exchange."""

    def __init__(self, venue: SimulatedVenue, hosts: HostLimiter, latency: float) -> None:
        self._venue = venue
        self._latency = latency
        self._hosts = hosts
        self.fixtures: dict[str, Any] = {}
        self.served: int = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        venue = self._venue
        now = venue.clock.now_ms()
        address = request.remote or ""
        body = await request.read()
        # A GET with an empty JSON object for a body is forbidden, as it is at Bybit.
        if (request.method == "GET" and body.strip() == b"{}") or not self._hosts.allows(address, now):
            return web.Response(status=403, text=_FORBIDDEN, headers=_HTML)
        self.served += 1
        path, query = request.rel_url.raw_path, request.rel_url.raw_query_string
        if not await self._prepare(request.method, path, query):
            return web.Response(status=503, text="the exchange is closed")
        rule = venue.faults.find("request", path, now)

        def answer(skew: int) -> web.Response:
            return self.answer(request.method, path, query, body, request.headers, address, skew=skew)

        if rule is not None or not self._latency:
            return await self._late(answer(0) if rule is None else await misbehave(venue, request, rule, answer))
        departure = Departure()
        try:
            with venue.departures.answering(departure):
                response = answer(0)
            return await self._late(response)
        finally:
            departure.leave()

    async def _late(self, response: web.StreamResponse) -> web.StreamResponse:
        if self._latency:
            await asyncio.sleep(self._latency)
        return response

    async def _prepare(self, method: str, path: str, query: str) -> bool:
        """Do the long part of an answer bit by bit; return whether it came to its end before the exchange did."""
        route = ROUTES.get((method, path))
        if route is None or route.prepare is None or path in self.fixtures:
            return True
        venue = self._venue
        call = RestCall(venue, Parameters(_read(method, query, b"")), venue.clock.now_ms(), None, None)
        # What is refused here is refused again when it is answered.
        with suppress(Refused):
            for _ in route.prepare(call):
                await asyncio.sleep(0)
                if venue.closing.is_set():
                    return False
        return True

    def answer(
        self,
        method: str,
        path: str,
        query: str,
        body: bytes,
        headers: Mapping[str, str],
        address: str,
        *,
        skew: int = 0,
    ) -> web.Response:
        """Answer a request that has been read, by a clock that is `skew` milliseconds ahead."""
        now = self._venue.clock.now_ms() + skew
        route = ROUTES.get((method, path))
        if route is None and path not in self.fixtures:
            return archive.serve(self._venue, method, path, now) or self._missing(method, path, now)
        verdict: LimitVerdict | None = None
        try:
            call = self._authorise(route, method, query, body, headers, address, now)
            if route is None or path in self.fixtures:
                outcome: Any = self.fixtures[path]
            else:
                verdict = self._spend(route, call, now)
                outcome = route.endpoint(call)
            answer = outcome if isinstance(outcome, RestAnswer) else RestAnswer(outcome)
        except Refused as refused:
            verdict = refused.verdict if isinstance(refused, TooManyVisits) else verdict
            answer = RestAnswer({}, None, refused.message, refused.code)
        except Exception:  # noqa: BLE001 - a defect of the simulator must look like one of the exchange
            _log.exception("%s %s failed", method, path)
            answer = RestAnswer({}, None, "Server error.", 10016)
        self._venue.settle()
        return self._respond(answer, now, answer.verdict or verdict)

    def _authorise(
        self,
        route: Route | None,
        method: str,
        query: str,
        body: bytes,
        headers: Mapping[str, str],
        address: str,
        now: int,
    ) -> RestCall:
        values = _read(method, query, body)
        if route is None or not route.signed:
            return RestCall(self._venue, Parameters(values), now, None, None)
        payload = query.encode() if method == "GET" else body
        key = authenticate(self._venue.keys, headers, payload, address, now)
        if self._venue.demo:
            demo.require_demo(route.path, str(values.get("category", "")))
        check_permission(key, permission_for(route.permission, values), writes=method == "POST")
        caller = self._venue.engine.accounts.get(key.uid)
        return RestCall(self._venue, Parameters(values), now, key, caller)

    def _spend(self, route: Route, call: RestCall, now: int) -> LimitVerdict | None:
        limiter = self._venue.account_limiter
        if limiter is None or call.key is None or route.path in batch.PATHS:
            return None
        verdict = limiter.spend(call.key.uid, route.path, call.params.text("category"), now)
        if verdict is not None and not verdict.passed:
            raise TooManyVisits(verdict)
        return verdict

    def _missing(self, method: str, path: str, now: int) -> web.Response:
        parts = path.split("/")
        if (len(parts) > 3 and parts[1] == "v5" and parts[2] in _DOMAINS) or path.startswith(_TAX):
            return self._respond(RestAnswer({}, None, f"not simulated: {method} {path}", 10032), now, None)
        return web.Response(status=404, text="404 page not found")

    def _respond(self, answer: RestAnswer, now: int, verdict: LimitVerdict | None) -> web.Response:
        envelope = {
            "retCode": answer.code,
            "retMsg": answer.message,
            **answer.beside,
            "result": answer.result,
            "retExtInfo": answer.ext_info if answer.ext_info is not None else {},
            "time": now,
        }
        headers = {"Content-Type": _JSON, "Timenow": str(now), "Traceid": self._venue.trace_id()}
        if verdict is not None:
            headers["X-Bapi-Limit"] = str(verdict.limit)
            headers["X-Bapi-Limit-Status"] = str(verdict.remaining)
            headers["X-Bapi-Limit-Reset-Timestamp"] = str(verdict.reset)
        return web.Response(body=orjson.dumps(envelope), headers=headers)


def permission_for(permission: str, values: Mapping[str, Any]) -> str:
    """Return the permission a key needs; trading needs a different one for each category."""
    if permission != "Trade":
        return permission
    return {"spot": "Spot", "option": "Options"}.get(str(values.get("category")), "ContractTrade")


def _read(method: str, query: str, body: bytes) -> dict[str, Any]:
    if method == "GET":
        return dict(parse_qsl(query, keep_blank_values=True))
    if not body:
        return {}
    try:
        values = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise parameter("the body is not JSON") from None
    if not isinstance(values, dict):
        raise parameter("the body is not a JSON object")
    return values
