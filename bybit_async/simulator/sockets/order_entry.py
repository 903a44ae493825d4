"""The order entry channel: the order endpoints over a socket."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson

from bybit_async.simulator.engine.refusals import Refused
from bybit_async.simulator.faults import Rule
from bybit_async.simulator.feeds.connection import SocketConnection
from bybit_async.simulator.feeds.departure import Departure
from bybit_async.simulator.feeds.distortion import end
from bybit_async.simulator.keys import IssuedKey
from bybit_async.simulator.limits import LimitVerdict
from bybit_async.simulator.rest import batch, trade
from bybit_async.simulator.rest.authentication import check_permission, check_time
from bybit_async.simulator.rest.call import CATEGORIES, Endpoint, Parameters, RestAnswer, RestCall, TooManyVisits
from bybit_async.simulator.rest.misbehaviour import message_of
from bybit_async.simulator.rest.server import permission_for
from bybit_async.simulator.sockets.login import login
from bybit_async.simulator.venue import SimulatedVenue

_OPERATIONS: Mapping[str, tuple[str, Endpoint]] = {
    "order.create": ("/v5/order/create", trade.place_order),
    "order.amend": ("/v5/order/amend", trade.amend_order),
    "order.cancel": ("/v5/order/cancel", trade.cancel_order),
    "order.create-batch": ("/v5/order/create-batch", batch.place_batch),
    "order.amend-batch": ("/v5/order/amend-batch", batch.amend_batch),
    "order.cancel-batch": ("/v5/order/cancel-batch", batch.cancel_batch),
}
_LONGEST_ID = 36


class OrderEntrySession:
    """What one client says on `/v5/trade`, and what it is answered."""

    def __init__(self, venue: SimulatedVenue, connection: SocketConnection) -> None:
        self._venue = venue
        self._connection = connection
        self._key: IssuedKey | None = None
        self._seen: set[str] = set()
        self._rate = venue.socket_limiter.session()

    def receive(self, text: bytes) -> None:
        """Answer one frame of the client."""
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            message = None
        if not isinstance(message, dict):
            self._respond({}, RestAnswer({}, None, "invalid request", 10001))
            return
        op = message.get("op")
        if op == "ping":
            now = self._venue.clock.now_ms()
            self._send(message, {"retCode": 0, "retMsg": "OK", "op": "pong", "data": [str(now)]})
        elif op == "auth":
            self._login(message)
        else:
            self._misbehave(message, str(op or ""))

    def leave(self) -> None:
        """The client has gone."""

    def _login(self, message: dict[str, Any]) -> None:
        code, reason = 0, "OK"
        if self._key is not None:
            code, reason = 20001, "Repeat auth"
        else:
            try:
                now = self._venue.clock.now_ms()
                key = login(self._venue.keys, message.get("args"), self._connection.address, now)
                self._check_sessions(key.uid)
                self._key, self._connection.uid = key, key.uid
            except Refused as refused:
                code, reason = refused.code, refused.message
        self._send(message, {"retCode": code, "retMsg": reason, "op": "auth"})

    def _check_sessions(self, uid: int) -> None:
        most = self._venue.socket_limiter.limits.sessions
        others = (other for other in self._venue.connections if other.channel == "trade" and other.uid == uid)
        if most is not None and sum(1 for _ in others) >= most:
            raise Refused(10003, "Too many sessions under the same UID")

    def _check_rates(self, now: int) -> None:
        if not self._venue.socket_limiter.host_allows(self._connection.address, now):
            raise Refused(10403, "Exceeded the request limit of this IP address")
        if not self._rate.allows(now):
            raise Refused(20003, "Too frequent requests under the same session")

    def _misbehave(self, message: dict[str, Any], op: str) -> None:
        venue, connection = self._venue, self._connection
        now = venue.clock.now_ms()
        rule = venue.faults.find("request", op, now, connection.channel, connection.number)
        if rule is None:
            self._operate(message, op)
        elif rule.action == "delay":
            venue.clock.call_later(rule.milliseconds, partial(self._operate, message, op))
        elif rule.action == "restart":
            venue.restart()
        else:
            self._distort(message, op, rule)

    def _distort(self, message: dict[str, Any], op: str, rule: Rule) -> None:
        connection = self._connection
        frames: list[bytes] = []
        if rule.executed or rule.action not in ("drop-before", "code", "close", "reset", "half-open"):
            self._operate(message, op, frames)
        if rule.action == "code":
            self._respond(message, RestAnswer({}, None, message_of(rule), rule.code))
        elif rule.action == "delay-reply":
            for frame in frames:
                self._venue.clock.call_later(rule.milliseconds, partial(connection.send, frame))
        elif rule.action == "duplicate":
            for frame in frames * 2:
                connection.send(frame)
        elif rule.action == "truncate":
            for frame in frames:
                connection.send(frame[: len(frame) // 2])
        elif rule.action == "malform":
            connection.send((rule.body or "{'retCode'").encode())
        else:
            end(connection, rule)

    def _operate(self, message: dict[str, Any], op: str, frames: list[bytes] | None = None) -> None:
        now = self._venue.clock.now_ms()
        verdict: LimitVerdict | None = None
        # What a fault does to the answer must not hold up what the order sets off.
        departure = Departure() if frames is None else None
        try:
            self._check_rates(now)
            path, endpoint = self._check(message, op, now)
            call = self._call(message, now)
            verdict = self._spend(path, call)
            with self._venue.departures.answering(departure):
                outcome = endpoint(call)
            answer = outcome if isinstance(outcome, RestAnswer) else RestAnswer(outcome)
        except Refused as refused:
            verdict = refused.verdict if isinstance(refused, TooManyVisits) else verdict
            answer = RestAnswer({}, None, refused.message, refused.code)
        self._venue.settle()
        self._respond(message, answer, answer.verdict or verdict, frames, departure)

    def _check(self, message: dict[str, Any], op: str, now: int) -> tuple[str, Endpoint]:
        operation = _OPERATIONS.get(op)
        if operation is None:
            raise Refused(10404, "op type is not found")
        if self._key is None:
            raise Refused(10004, "Request not authorized")
        name = message.get("reqId")
        if name is not None:
            if not isinstance(name, str) or len(name) > _LONGEST_ID:
                raise Refused(10001, "params error: reqId invalid")
            if name in self._seen:
                raise Refused(20006, "reqId is duplicated")
            self._seen.add(name)
        header = message.get("header")
        if not isinstance(header, dict) or not header.get("X-BAPI-TIMESTAMP"):
            raise Refused(10001, "params error: X-BAPI-TIMESTAMP is required")
        check_time(str(header["X-BAPI-TIMESTAMP"]), str(header.get("X-BAPI-RECV-WINDOW") or ""), now)
        return operation

    def _call(self, message: dict[str, Any], now: int) -> RestCall:
        args = message.get("args")
        if not isinstance(args, list) or len(args) != 1 or not isinstance(args[0], dict):
            raise Refused(10001, "params error: args must hold one request")
        values = args[0]
        if values.get("category") not in CATEGORIES:
            raise Refused(10404, "category is not correct")
        key = self._key
        if key is None:
            raise Refused(10004, "Request not authorized")
        check_permission(key, permission_for("Trade", values), writes=True)
        return RestCall(self._venue, Parameters(values), now, key, self._venue.engine.accounts.get(key.uid))

    def _spend(self, path: str, call: RestCall) -> LimitVerdict | None:
        limiter = self._venue.account_limiter
        if limiter is None or path in batch.PATHS:
            return None
        verdict = limiter.spend(call.account.uid, path, call.params.text("category"), call.now)
        if verdict is not None and not verdict.passed:
            raise TooManyVisits(verdict)
        return verdict

    def _respond(
        self,
        message: dict[str, Any],
        answer: RestAnswer,
        verdict: LimitVerdict | None = None,
        frames: list[bytes] | None = None,
        departure: Departure | None = None,
    ) -> None:
        now = self._venue.clock.now_ms()
        header = {"Timenow": str(now), "Traceid": self._venue.trace_id()}
        if verdict is not None:
            header |= {
                "X-Bapi-Limit": str(verdict.limit),
                "X-Bapi-Limit-Status": str(verdict.remaining),
                "X-Bapi-Limit-Reset-Timestamp": str(verdict.reset),
            }
        response = {
            "retCode": answer.code,
            "retMsg": answer.message,
            "op": str(message.get("op") or ""),
            "data": answer.result,
            "retExtInfo": answer.ext_info if answer.ext_info is not None else {},
            "header": header,
        }
        self._send(message, response, frames, departure)

    def _send(
        self,
        message: dict[str, Any],
        response: dict[str, Any],
        frames: list[bytes] | None = None,
        departure: Departure | None = None,
    ) -> None:
        if message.get("reqId") is not None:
            response = {"reqId": message["reqId"], **response}
        frame = orjson.dumps({**response, "connId": self._connection.conn_id})
        if frames is None:
            self._connection.send(frame, departure)
        else:
            frames.append(frame)
