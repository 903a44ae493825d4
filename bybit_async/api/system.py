"""The state of Bybit's services, and its announcements."""

from __future__ import annotations

from bybit_async.api.resource import Resource
from bybit_async.enums import AnnouncementType, Locale
from bybit_async.models import system as m
from bybit_async.transport.endpoint import get
from bybit_async.wire import Rows

GET_SYSTEM_STATUS = get("/v5/system/status", "system.get_system_status", Rows[m.SystemStatus], signed=False)
GET_ANNOUNCEMENT = get("/v5/announcements/index", "system.get_announcement", m.Announcements, signed=False)


class System(Resource):
    """The state of the services and announcements."""

    __slots__ = ()

    async def get_system_status(
        self, *, id: str | None = None, state: str | None = None, timeout: float | None = None
    ) -> Rows[m.SystemStatus]:
        """Maintenance that is planned, under way or done. `GET /v5/system/status`."""
        return await self._call(GET_SYSTEM_STATUS, timeout, id=id, state=state)

    async def get_announcement(
        self,
        *,
        locale: Locale,
        type: AnnouncementType | None = None,
        tag: str | None = None,
        page: int | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> m.Announcements:
        """Announcements in one language, newest first.

        `page` counts from 1, `limit` is the page size (20 when left out). `GET /v5/announcements/index`.
        """
        return await self._call(
            GET_ANNOUNCEMENT, timeout, locale=locale, type=type, tag=tag, page=page, limit=limit,
        )  # fmt: skip
