"""What a session, its groups, its pagers and its answers look like when they are looked at; and what misuse says."""

from __future__ import annotations

import copy
import io
import pickle
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from rich.console import Console

from bybit_async import AsyncBybit, PlaceOrder, Wire
from bybit_async.models.market import Kline, Klines
from bybit_async.models.trade import OrderAck
from bybit_async.models.user import ApiKey
from bybit_async.wire import Rows


class LinearTicker(Wire):
    symbol: str
    last_price: Decimal
    funding_rate: Decimal | None = None
    next_funding_time: int | None = None


class LinearTickers(Rows[LinearTicker]):
    pass


def ticker(symbol: str = "BTCUSDT", **fields: Any) -> LinearTicker:
    return LinearTicker(symbol=symbol, last_price=Decimal("50301.20"), **fields)


class Nested(Wire):
    name: str
    inner: OrderAck | None = None


@pytest.fixture
def bybit() -> AsyncBybit:
    return AsyncBybit(api_key="CANARYKEY", api_secret="CANARYSECRET")


def test_a_group_names_itself_and_its_methods(bybit: AsyncBybit) -> None:
    shown = repr(bybit.market)
    assert shown.startswith("<Market: ")
    assert "get_adl_alert" in shown
    assert len(shown) < 200
    assert "CANARY" not in shown + repr(bybit.trade)


def test_a_pager_says_what_it_asks_and_how_to_use_it(bybit: AsyncBybit) -> None:
    shown = repr(bybit.trade.get_order_history(category="linear", symbol="BTCUSDT"))
    assert shown == (
        "<Pager of trade.get_order_history(category='linear', symbol='BTCUSDT'): "
        "await it for the first page, `async for` for every row>"
    )


def test_what_is_absent_is_not_shown() -> None:
    assert repr(ticker(funding_rate=Decimal("0.0001"))) == (
        "LinearTicker(symbol='BTCUSDT', last_price=50301.20, funding_rate=0.0001)"
    )


def test_a_list_shows_its_first_rows_a_line_each() -> None:
    rows = LinearTickers(category="linear", rows=[ticker(f"S{n}") for n in range(200)])
    lines = repr(rows).splitlines()
    assert lines[0] == "<LinearTickers of 200 rows, category='linear'"
    assert lines[1].strip() == "LinearTicker(symbol='S0', last_price=50301.20)"
    assert lines[-1].strip() == "… 197 more>"
    assert len(lines) == 5
    assert repr(LinearTickers(rows=[])) == "<LinearTickers of 0 rows>"
    long = repr(Rows(rows=["x" * 500]))
    assert max(map(len, long.splitlines())) <= 160


def test_klines_are_no_wall() -> None:
    text = b'["1","1","2","1","2","3","4"]'
    kline = msgspec.json.decode(text, type=Kline, strict=False)
    assert len(repr(Klines(symbol="BTCUSDT", category="linear", rows=[kline] * 3)).splitlines()) == 4


def test_a_notebook_gets_a_table() -> None:
    html = LinearTickers(rows=[ticker("<b>S</b>"), ticker("ETHUSDT", funding_rate=Decimal("0.0001"))])._repr_html_()
    assert html.count("<tr>") == 3
    assert "&lt;b&gt;S&lt;/b&gt;" in html
    assert "<th>funding_rate</th>" in html
    assert "next_funding_time" not in html, "a column without a value is left out"
    long = LinearTickers(rows=[ticker(f"S{n}") for n in range(200)])._repr_html_()
    assert long.count("<tr>") == 61
    assert "140 more rows" in long
    assert "<th>order_id</th><td>1</td>" in OrderAck(order_id="1")._repr_html_()


def test_to_dict_speaks_both_spellings() -> None:
    row = Nested(name="x", inner=OrderAck(order_id="1", order_link_id="a"))
    assert row.to_dict() == {"name": "x", "inner": {"order_id": "1", "order_link_id": "a"}}
    assert row.to_dict(wire=True) == {"name": "x", "inner": {"orderId": "1", "orderLinkId": "a"}}
    rows = LinearTickers(category="linear", rows=[ticker()])
    assert rows.to_dict()["rows"][0]["last_price"] == Decimal("50301.20")
    assert rows.to_dict(wire=True)["list"][0]["lastPrice"] == "50301.20"


def test_a_new_key_shows_neither_itself_nor_its_secret() -> None:
    key = ApiKey(id="7", note="bot", api_key="CANARYKEY", secret="CANARYSECRET")
    console = Console(file=io.StringIO(), width=200)
    console.print(key)
    for shown in (repr(key), key._repr_html_(), Rows(rows=[key])._repr_html_(), repr(Rows(rows=[key]))):
        assert "CANARY" not in shown
        assert "bot" in shown
    assert "CANARY" not in console.file.getvalue()  # type: ignore[attr-defined]
    assert key.to_dict()["secret"] == "CANARYSECRET", "who asks for everything gets it"


def test_structs_stay_structs() -> None:
    row = ticker()
    assert copy.copy(row) == row == pickle.loads(pickle.dumps(row))
    assert msgspec.json.decode(msgspec.json.encode(row), type=LinearTicker) == row


async def test_misuse_of_a_pager_says_what_to_do(bybit: AsyncBybit) -> None:
    pager: Any = bybit.trade.get_order_history(category="linear")
    with pytest.raises(TypeError, match="`async for`"):
        for _ in pager:
            pass
    for wrong in (lambda: pager[0], lambda: len(pager), lambda: list(pager)):
        with pytest.raises(TypeError, match="await"):
            wrong()
    with pytest.raises(AttributeError, match=r"\(await .*\)\.rows"):
        _ = pager.rows
    assert not hasattr(pager, "__wrapped__")


def test_misuse_of_a_result_says_what_to_do() -> None:
    rows: Any = LinearTickers(rows=[ticker()])
    with pytest.raises(TypeError, match=r"\.rows.*to_dict\(wire=True\)"):
        rows["list"]
    row: Any = OrderAck(order_id="1")
    with pytest.raises(TypeError, match=r"write \.order_id.*to_dict\(wire=True\)"):
        row["orderId"]
    with pytest.raises(TypeError, match="to_dict"):
        row["nonsense"]
    with pytest.raises(TypeError):
        list(row)
    assert rows[0].symbol == rows[-1].symbol == "BTCUSDT"
    assert rows[:1] == [rows[0]]


def test_an_order_shows_what_it_says() -> None:
    order = PlaceOrder(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="1", order_link_id="a")
    assert repr(order) == (
        "PlaceOrder(category='linear', symbol='BTCUSDT', side='Buy', order_type='Market', qty='1', order_link_id='a')"
    )
