"""Tax reports."""

from __future__ import annotations

from bybit_async.api.resource import Resource
from bybit_async.api.spelling import seconds
from bybit_async.models import tax as m
from bybit_async.transport.endpoint import post
from bybit_async.wire import Time

REQUEST_EXPORT_REPORT = post("/fht/compliance/tax/v3/private/create", "tax.request_export_report", m.TaxReportId)
GET_USER_REGISTER_TIME = post(
    "/fht/compliance/tax/v3/private/registertime", "tax.get_user_register_time", m.RegisterTime, write=False
)
GET_EXPORT_REPORT_STATUS = post(
    "/fht/compliance/tax/v3/private/status", "tax.get_export_report_status", m.TaxReportStatus, write=False
)
GET_EXPORT_REPORT_FILES = post(
    "/fht/compliance/tax/v3/private/url", "tax.get_export_report_files", m.TaxReportFiles, write=False
)


class Tax(Resource):
    """Reports for the tax authorities."""

    __slots__ = ()

    async def request_export_report(
        self, *, type: str, number: str, start: Time, end: Time, timeout: float | None = None
    ) -> m.TaxReportId:
        """Ask for a report over at most 60 days, sent as whole seconds; the end is not included.

        Ask `get_export_report_status` when it is ready. `POST /fht/compliance/tax/v3/private/create`.
        """
        return await self._call(
            REQUEST_EXPORT_REPORT, timeout, type=type, number=number, start_time=str(seconds(start, "start")),
            end_time=str(seconds(end, "end")),
        )  # fmt: skip

    async def get_user_register_time(self, *, timeout: float | None = None) -> m.RegisterTime:
        """When the user registered. `POST /fht/compliance/tax/v3/private/registertime`."""
        return await self._call(GET_USER_REGISTER_TIME, timeout)

    async def get_export_report_status(self, *, query_id: str, timeout: float | None = None) -> m.TaxReportStatus:
        """How far a report is. `POST /fht/compliance/tax/v3/private/status`."""
        return await self._call(GET_EXPORT_REPORT_STATUS, timeout, query_id=query_id)

    async def get_export_report_files(self, *, query_id: str, timeout: float | None = None) -> m.TaxReportFiles:
        """Where the files of a report are. `POST /fht/compliance/tax/v3/private/url`."""
        return await self._call(GET_EXPORT_REPORT_FILES, timeout, query_id=query_id)
