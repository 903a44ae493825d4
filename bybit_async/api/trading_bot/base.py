"""The trading bots speak snake_case, unlike every other domain."""

from __future__ import annotations

from typing import Any

from bybit_async.api.resource import Resource
from bybit_async.transport.endpoint import Endpoint


class Bots(Resource):
    """A kind of bot; its parameters are sent under the names they have here."""

    __slots__ = ()

    async def _call(self, endpoint: Endpoint, timeout: float | None, **params: Any) -> Any:
        given = {name: value for name, value in params.items() if value is not None}
        answer = await self._caller.call(endpoint, given, timeout=timeout)
        return answer.result
