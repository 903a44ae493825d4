"""Settings: calls that bring something into a state, and may find it there already."""

from __future__ import annotations

from typing import Any

from bybit_async.api.resource import Resource
from bybit_async.errors import NotModified
from bybit_async.transport.endpoint import Endpoint
from bybit_async.wire import Wire


class Setting(Wire):
    """A setting now has the value that was asked for.

    Attributes:
        changed: False when it had that value before.
    """

    changed: bool


class SettingResource(Resource):
    """A resource with settings."""

    __slots__ = ()

    async def _set(self, endpoint: Endpoint, timeout: float | None, **params: Any) -> Setting:
        try:
            await self._call(endpoint, timeout, **params)
        except NotModified:
            return Setting(changed=False)
        return Setting(changed=True)
