"""A caller that answers with bytes of the test's choosing, decoded as live answers are, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bybit_async.transport.answer import read_answer
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Response


def answer(result: Any, *, code: int = 0, message: str = "OK", ext: Any = None) -> bytes:
    document = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": ext or {}, "time": 1}
    return json.dumps(document, separators=(",", ":")).encode()


class Recorder:
    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def call(
        self,
        endpoint: Endpoint,
        params: Mapping[str, Any],
        *,
        timeout: float | None = None,
        on_unknown: str | None = None,
    ) -> Response[Any]:
        self.asked.append((endpoint.path, dict(params)))
        return read_answer(endpoint, self.answers.pop(0), params)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]
