"""Reports and where their files are."""

from __future__ import annotations

from typing import Literal

from bybit_async.wire import Wire


class TaxReportId(Wire):
    """The id of a report."""

    query_id: str | None = None


class RegisterTime(Wire):
    """When the user registered.

    Attributes:
        register_time: seconds.
    """

    register_time: int | None = None


class TaxReportStatus(Wire):
    """How far a report is.

    Attributes:
        status: ``-1`` failed, ``0`` queued, ``1`` processing, ``2`` ready, ``3`` expired.
    """

    status: Literal["-1", "0", "1", "2", "3"] | None = None


class TaxReportFiles(Wire):
    """Where the files of a report are.

    Attributes:
        url: a JSON text with the base path and the file names below it.
    """

    url: str | None = None
