"""The trading bots speak snake_case, unlike every other domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bybit_async.api.resource import Resource


class Bots(Resource):
    """A kind of bot; its parameters are sent under the names they have here."""

    __slots__ = ()

    def _wire(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in params.items() if value is not None}
