"""Lists whose pages have numbers are walked to their end, and no further."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bybit_async.api.affiliate import Affiliate
from bybit_async.api.alpha import Alpha
from bybit_async.api.p2p import P2P
from bybit_async.bridge.derive import turned
from bybit_async.bridge.iterators import BlockingPager
from bybit_async.models import alpha, p2p
from bybit_async.transport.endpoint import Endpoint
from bybit_async.transport.pages import Numbered, NumberedPager


class Shelf:
    """A service with so many rows, so many a page; `asked` is what it was asked for."""

    def __init__(self, rows: int, size: int, *, total: int | None = None, clamps: bool = False) -> None:
        self.rows, self.size, self.total, self.clamps = list(range(rows)), size, total, clamps
        self.asked: list[Any] = []

    async def call(self, endpoint: Endpoint, params: Any, *, timeout: float | None = None, **_: Any) -> Any:
        number = params.get("page", 1)
        self.asked.append(number)
        last = max(-(-len(self.rows) // self.size), 1)
        at = (min(int(number), last) if self.clamps else int(number)) - 1
        rows = self.rows[at * self.size : (at + 1) * self.size]
        return SimpleNamespace(result=SimpleNamespace(rows=rows, total=self.total))

    def pager(self, *, text: bool = False, **params: Any) -> NumberedPager[Any, int]:
        endpoint: Any = SimpleNamespace(path="/v5/p2p/order/simplifyList")
        return NumberedPager(self.call, endpoint, params, None, Numbered("page", "total", text))


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 20, 25, 30])
@pytest.mark.parametrize("clamps", [False, True])
@pytest.mark.parametrize("told", ["rows", "nothing", "zero"])
async def test_every_row_comes_once_whatever_the_total_says(rows: int, clamps: bool, told: str) -> None:
    total = {"rows": rows, "nothing": None, "zero": 0}[told]
    shelf = Shelf(rows, 10, total=total, clamps=clamps)
    assert [row async for row in shelf.pager()] == list(range(rows))
    # One page too many is asked for only where neither a total nor a shorter page says that it is the last.
    pages = max(-(-rows // 10), 1)
    certain = told == "rows" or rows == 0 or (pages > 1 and rows % 10 > 0)
    assert len(shelf.asked) == (pages if certain else pages + 1)


async def test_pages_go_on_from_the_one_that_was_asked_for() -> None:
    shelf = Shelf(45, 10, total=45)
    assert [row async for row in shelf.pager(page=3)] == list(range(20, 45))
    assert shelf.asked == [3, 4, 5]
    shelf = Shelf(40, 10, total=40)
    assert [len(page.rows) async for page in shelf.pager(page=2).pages()] == [10, 10, 10]
    assert shelf.asked == [2, 3, 4]


async def test_awaited_it_is_one_page_and_numbers_keep_their_spelling() -> None:
    shelf = Shelf(25, 10)
    assert (await shelf.pager(page=2)).rows == list(range(10, 20))
    assert shelf.asked == [2]
    shelf = Shelf(25, 10)
    assert len([row async for row in shelf.pager(text=True)]) == 25
    assert shelf.asked == [1, "2", "3"]


async def test_an_empty_list_is_one_empty_page() -> None:
    assert [page.rows async for page in Shelf(0, 10).pager().pages()] == [[]]


class Recorder:
    """Answers every call with a full page until the third."""

    def __init__(self, full: Any, empty: Any) -> None:
        self._full, self._empty = full, empty
        self.sent: list[dict[str, Any]] = []

    async def call(self, endpoint: Endpoint, params: Any, *, timeout: float | None = None, **_: Any) -> Any:
        self.sent.append(dict(params))
        return SimpleNamespace(result=self._full(len(self.sent)) if len(self.sent) < 3 else self._empty)


async def test_peer_to_peer_orders_and_ads_are_walked() -> None:
    orders = Recorder(
        lambda number: p2p.P2POrders(rows=[p2p.P2POrderSummary(id=str(number), token_id="USDT")]), p2p.P2POrders()
    )
    assert [order.id async for order in P2P(orders).get_orders(size=1)] == ["1", "2"]
    assert [sent["page"] for sent in orders.sent] == [1, 2, 3]
    ads = Recorder(lambda number: p2p.MyAds(rows=[p2p.Ad(id=str(number), token_id="USDT")], count=1), p2p.MyAds())
    # Its count is that of the pages, and says nothing here.
    assert [ad.id async for ad in P2P(ads).get_ads_list()] == ["1", "2"]
    assert [sent.get("page") for sent in ads.sent] == [None, "2", "3"]


async def test_alpha_orders_of_so_many_days_are_walked() -> None:
    full = alpha.AlphaOrders(rows=[alpha.AlphaOrder(order_no="1")], total=2)
    caller = Recorder(lambda number: alpha.AlphaOrders(rows=[alpha.AlphaOrder(order_no=str(number))], total=2), full)
    assert [order.order_no async for order in Alpha(caller).get_order_list(limit=1, days=90)] == ["1", "2"]
    assert [(sent["days"], sent["pageIndex"]) for sent in caller.sent] == [(90, 1), (90, 2)]


async def test_sub_affiliates_of_a_year_are_asked_for_by_quarters() -> None:
    class Page:
        rows: list[Any] = []
        next_page_cursor = None

    caller = Recorder(lambda number: Page(), Page())
    assert [row async for row in Affiliate(caller).get_affiliate_sub_list(start="2024-01-01", end="2024-12-31")] == []
    assert [(sent["startDate"], sent["endDate"]) for sent in caller.sent] == [
        ("2024-01-01", "2024-03-31"), ("2024-04-01", "2024-06-30"), ("2024-07-01", "2024-09-30"),
        ("2024-10-01", "2024-12-31"),
    ]  # fmt: skip


def test_the_blocking_twin_turns_them_into_iterators() -> None:
    assert isinstance(turned(None, Shelf(1, 1).pager()), BlockingPager)  # type: ignore[arg-type]
