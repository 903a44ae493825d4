"""Scenarios of the exchange's operator: halt, delisting, another tick size, maintenance."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from bybit_async.simulator.durations import milliseconds_of
from bybit_async.simulator.engine.instruments import Category
from bybit_async.simulator.engine.listing import Listing
from bybit_async.simulator.faults import Rule
from bybit_async.simulator.script.scene import Duration, Scene, Stage

Service = Literal["trading", "http trading", "websocket trading", "private stream", "market data"]

_PRODUCTS: dict[Category, int] = {"linear": 1, "inverse": 1, "spot": 2, "option": 3}
_SERVICES: dict[Service, int] = {
    "trading": 1,
    "http trading": 2,
    "websocket trading": 3,
    "private stream": 4,
    "market data": 5,
}
_RULES: dict[Service, Rule] = {
    "http trading": Rule(path="/v5/order/*", action="code", code=10016, text="Service is restarting."),
    "websocket trading": Rule(path="order.*", action="code", code=10019, text="Service is restarting."),
    "private stream": Rule(channel="private", action="refuse"),
    "market data": Rule(path="/v5/market/*", action="code", code=10016, text="Service is restarting."),
}


class Halt(Scene, tag="halt", frozen=True, kw_only=True):
    """For `lasting`, no one trades a symbol: orders are refused, makers leave the book, resting orders stay."""

    symbol: str
    category: Category = "linear"
    lasting: Duration = "5m"

    def spans(self) -> tuple[str, ...]:
        """Return the names of the fields that are spans of time."""
        return "at", "jitter", "lasting"

    def play(self, stage: Stage) -> None:
        """Arrange the halt and its end."""
        listing = stage.listing(self.category, self.symbol)
        stage.cue(0, f"{self.symbol} is halted", lambda: _halt(stage, [listing]))
        end = milliseconds_of(self.lasting)
        stage.cue(end, f"{self.symbol} trades again", lambda: _resume(stage, [listing]))


class Delisting(Scene, tag="delisting", frozen=True, kw_only=True):
    """A symbol is closed; `notice` before that it is announced, and positions may only be reduced from then on.

    At the end orders are cancelled, positions are settled at the mark price, and the books are numbered afresh.
    """

    symbol: str
    category: Category = "linear"
    notice: Duration = "1h"

    def spans(self) -> tuple[str, ...]:
        """Return the names of the fields that are spans of time."""
        return "at", "jitter", "notice"

    def play(self, stage: Stage) -> None:
        """Arrange the announcement and the end."""
        venue = stage.venue
        listing = stage.listing(self.category, self.symbol)

        def announce() -> None:
            listing.delivery_ms = stage.start
            title = f"Delisting of {self.symbol}"
            venue.records.announcements.insert(0, _announcement(stage, title, "delistings", "Delistings"))
            venue.engine.set_status(self.category, self.symbol, listing.status, reduce_only=True)

        def close() -> None:
            venue.engine.delist(self.category, self.symbol)
            venue.hub.books.reset(listing)

        stage.cue(-milliseconds_of(self.notice), f"{self.symbol} may only be reduced", announce)
        stage.cue(0, f"{self.symbol} is delisted", close)


class TickSizeChange(Scene, tag="tick size change", frozen=True, kw_only=True):
    """A symbol gets the tick size `tick`: its orders are cancelled, its books start again with update id 1."""

    symbol: str
    tick: str
    category: Category = "linear"

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            valid = Decimal(self.tick) > 0
        except InvalidOperation:
            valid = False
        if not valid:
            raise ValueError(f"not a tick size: {self.tick!r}")

    def play(self, stage: Stage) -> None:
        """Arrange the change."""
        venue = stage.venue
        listing = stage.listing(self.category, self.symbol)

        def change() -> None:
            if listing.status == "Closed":
                return
            venue.market.replace(replace(listing.instrument, tick=Decimal(self.tick), min_price=Decimal(self.tick)))
            venue.hub.books.reset(listing)

        stage.cue(0, f"{self.symbol} has the tick size {self.tick}", change)


class Maintenance(Scene, tag="maintenance", frozen=True, kw_only=True):
    """For `lasting`, some services of some products are down; the system status announces it `notice` ahead.

    ``trading`` halts every symbol of the products; ``http trading`` and ``market data`` answer 10016, ``websocket
    trading`` 10019; ``private stream`` cuts private sockets and refuses new ones. With `restart` every socket is reset
    half way through, closed orders are forgotten and books start again with update id 1.
    """

    products: tuple[Category, ...] = ("linear", "inverse", "spot", "option")
    services: tuple[Service, ...] = ("trading",)
    notice: Duration = "10m"
    lasting: Duration = "5m"
    title: str = "Planned maintenance"
    restart: bool = True

    def spans(self) -> tuple[str, ...]:
        """Return the names of the fields that are spans of time."""
        return "at", "jitter", "notice", "lasting"

    def play(self, stage: Stage) -> None:
        """Arrange announcement, beginning and end."""
        end = milliseconds_of(self.lasting)
        stage.cue(-milliseconds_of(self.notice), f"{self.title}: scheduled", lambda: self._tell(stage, "scheduled"))
        stage.cue(0, f"{self.title}: ongoing", lambda: self._begin(stage))
        if self.restart:
            stage.cue(end // 2, f"{self.title}: restart", stage.venue.restart)
        stage.cue(end, f"{self.title}: completed", lambda: self._end(stage))

    def _begin(self, stage: Stage) -> None:
        venue = stage.venue
        self._tell(stage, "ongoing")
        if "trading" in self.services:
            _halt(stage, self._listings(stage))
        venue.faults.add(*self._rules())
        if "private stream" in self.services:
            venue.drop_connections("private")

    def _end(self, stage: Stage) -> None:
        for rule in self._rules():
            stage.venue.faults.remove(rule)
        if "trading" in self.services:
            _resume(stage, self._listings(stage))
        self._tell(stage, "completed")

    def _rules(self) -> list[Rule]:
        return [_RULES[service] for service in self.services if service in _RULES]

    def _listings(self, stage: Stage) -> list[Listing]:
        listings = stage.venue.engine.listings
        return [listing for key, listing in listings.items() if key[0] in self.products]

    def _tell(self, stage: Stage, state: str) -> None:
        name = f"{stage.key('status'):032x}"
        entry: dict[str, Any] = {
            "id": f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}",
            "title": self.title,
            "state": state,
            "begin": str(stage.start),
            "end": str(stage.start + milliseconds_of(self.lasting)),
            "href": "",
            "serviceTypes": sorted(_SERVICES[service] for service in self.services),
            "product": sorted({_PRODUCTS[product] for product in self.products}),
            "uidSuffix": [],
            "maintainType": 1,
            "env": 1,
        }
        known = stage.venue.records.system_status
        known[:] = [entry, *(other for other in known if other["id"] != entry["id"])]


def _halt(stage: Stage, listings: list[Listing]) -> None:
    for listing in listings:
        listing.halts += 1
        if listing.halts == 1 and listing.status == "Trading":
            _change(stage, listing, "Halted")


def _resume(stage: Stage, listings: list[Listing]) -> None:
    for listing in listings:
        listing.halts -= 1
        if listing.halts == 0 and listing.status == "Halted":
            _change(stage, listing, "Trading")


def _change(stage: Stage, listing: Listing, status: Literal["Halted", "Trading"]) -> None:
    category, symbol = listing.instrument.key
    stage.venue.engine.set_status(category, symbol, status, reduce_only=listing.reduce_only)
    stage.venue.market.refresh(listing.instrument.key)


def _announcement(stage: Stage, title: str, key: str, kind: str) -> dict[str, Any]:
    now = stage.venue.clock.now_ms()
    return {
        "title": title,
        "description": title,
        "type": {"title": kind, "key": key},
        "tags": [],
        "url": "",
        "dateTimestamp": now,
        "startDateTimestamp": now,
        "endDateTimestamp": stage.start,
        "publishTime": now,
    }
