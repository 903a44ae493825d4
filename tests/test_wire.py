"""Numbers and times as Bybit wants them, and answers as frames."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from bybit_async.errors import InvalidParameter
from bybit_async.wire import Rows, Wire, milliseconds, plain

NOON = 1_704_110_400_000  # 2024-01-01 12:00 UTC
MIDNIGHT = 1_704_067_200_000


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (NOON, NOON),
        (str(NOON), NOON),
        (" 1704110400000 ", NOON),
        ("2024-01-01", MIDNIGHT),
        ("2024-01-01T12:00", NOON),
        ("2024-01-01T13:00+01:00", NOON),
        (datetime(2024, 1, 1, 12, tzinfo=UTC), NOON),
        (datetime(2024, 1, 1, 13, tzinfo=timezone(timedelta(hours=1))), NOON),
        (date(2024, 1, 1), MIDNIGHT),
    ],
    ids=str,
)
def test_a_time_in_any_spelling_is_milliseconds(given: Any, expected: int) -> None:
    assert milliseconds(given) == expected


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (True, "expected a time"),
        (None, "expected a time"),
        (1.5, "expected a time"),
        ("yesterday", "ISO 8601"),
        (datetime(2024, 1, 1), "needs a time zone"),
    ],
    ids=str,
)
def test_what_is_no_time_names_the_parameter(given: Any, why: str) -> None:
    with pytest.raises(InvalidParameter, match=why) as caught:
        milliseconds(given, "start")
    assert caught.value.parameter == "start"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (1e-05, "0.00001"),
        (Decimal("1E+3"), "1000"),
        (7, "7"),
        ("0.10", "0.10"),
        (" +1.5 ", "1.5"),
        ("1e3", "1000"),
        ("1_000", "1000"),
    ],
    ids=str,
)
def test_a_number_is_spelled_in_plain_digits(given: Any, expected: str) -> None:
    assert plain(given) == expected


@pytest.mark.parametrize("given", [True, None, "x", "", float("nan"), Decimal("Infinity")], ids=str)
def test_what_is_no_number_names_the_parameter(given: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"expected a (finite )?number") as caught:
        plain(given, "qty")
    assert caught.value.parameter == "qty"


class Leg(Wire):
    side: str
    price: Decimal


class Combination(Wire):
    symbol: str
    leg: Leg
    size: Decimal | None = None
    tags: list[str] = []


def test_rows_become_a_frame_with_a_column_for_each_nested_field() -> None:
    rows = Rows[Combination](
        rows=[
            Combination(symbol="A", leg=Leg(side="Buy", price=Decimal("1.5")), tags=["x"]),
            Combination(symbol="B", leg=Leg(side="Sell", price=Decimal("2.5")), size=Decimal(3)),
        ]
    )
    frame = rows.to_frame()
    assert list(frame.columns) == ["symbol", "leg_side", "leg_price", "size", "tags"]
    assert [str(kind) for kind in frame.dtypes[["leg_price", "size"]]] == ["float64", "float64"]
    assert frame["leg_price"].tolist() == [1.5, 2.5]
    assert frame["size"].isna().tolist() == [True, False]
    assert frame["tags"].tolist() == [["x"], []]
    assert frame["symbol"].tolist() == ["A", "B"]
