"""Maintenance and announcements."""

from __future__ import annotations

import msgspec

from bybit_async.wire import Rows, Wire


class SystemStatus(Wire):
    """A maintenance.

    Attributes:
        end: moves until the maintenance is completed.
        service_types: 1 trading, 2 trading by HTTP, 3 trading by WebSocket, 4 private streams, 5 market data.
        product: 1 futures, 2 spot, 3 option, 4 spread.
        uid_suffix: last digits of the users concerned.
        maintain_type: 1 planned, 2 temporary, 3 an incident.
        env: 1 production, 2 production demo.
    """

    id: str
    title: str | None = None
    state: str | None = None
    begin: int | None = None
    end: int | None = None
    href: str | None = None
    service_types: list[int] = msgspec.field(default_factory=list)
    product: list[int] = msgspec.field(default_factory=list)
    uid_suffix: list[int] = msgspec.field(default_factory=list)
    maintain_type: int | None = None
    env: int | None = None


class AnnouncementKind(Wire):
    """The kind of an announcement."""

    title: str | None = None
    key: str | None = None


class Announcement(Wire):
    """An announcement."""

    title: str | None = None
    description: str | None = None
    type: AnnouncementKind | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    url: str | None = None
    date_timestamp: int | None = None
    start_data_timestamp: int | None = None
    end_data_timestamp: int | None = None
    publish_time: int | None = None
    start_date_timestamp: int | None = None
    end_date_timestamp: int | None = None


class Announcements(Rows[Announcement]):
    """A numbered page of announcements."""

    total: int | None = None
