"""Numbers keep every digit from the wire to the file, and become the nearest float in a frame."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.data.columns import Numbers, Table, absorb, join, numbers_of
from bybit_async.data.coverage import Coverage
from bybit_async.data.frames import frame_of
from bybit_async.data.parquet import read_parquet, write_parquet
from bybit_async.data.rows import RawRows, read_rows
from bybit_async.errors import AnswerUnreadable

NAMES = ("open", "close")


@st.composite
def plain_decimals(draw, places=8, whole=9):
    """Numbers as Bybit spells them; what a column holds altogether fits into eighteen digits."""
    decimals = draw(st.integers(0, places))
    limit = 10 ** (whole + decimals)
    text = format(Decimal(draw(st.integers(-limit, limit))).scaleb(-decimals), "f")
    return text + "0" * draw(st.integers(0, 8 - decimals)) if decimals else text


rows = st.lists(st.tuples(plain_decimals(), plain_decimals()), min_size=1, max_size=8)
quick = settings(max_examples=60, deadline=None)


def wire(cells):
    listed = [[str(1_700_000_000_000 - 60_000 * i), *row] for i, row in enumerate(cells)]
    return json.dumps({"symbol": "X", "list": listed}, separators=(",", ":")).encode()


@quick
@given(rows)
def test_plain_numbers_are_exact_as_decimals_and_nearest_as_floats(cells):
    table = read_rows(wire(cells), NAMES)
    for index, name in enumerate(NAMES):
        sent = [Decimal(row[index]) for row in reversed(cells)]
        assert table.numbers[name].decimals() == sent
        assert table.numbers[name].floats().tolist() == [float(value) for value in sent]
    assert (np.diff(table.times) == 60_000).all()


@quick
@given(rows)
def test_a_file_gives_back_what_was_put_into_it(cells):
    table = read_rows(wire(cells), NAMES)
    read, coverage = read_parquet("x", write_parquet(table, Coverage([(1, 5), (7, 9)]), "mainnet"))
    assert coverage == Coverage([(1, 5), (7, 9)])
    assert np.array_equal(read.times, table.times)
    assert {n: c.decimals() for n, c in read.numbers.items()} == {n: c.decimals() for n, c in table.numbers.items()}


@quick
@given(rows, rows)
def test_joined_tables_keep_every_number_whatever_their_scales(first, second):
    tables = [read_rows(wire(cells), NAMES) for cells in (first, second)]
    joined = join(tables)
    for name in NAMES:
        assert joined.numbers[name].decimals() == [d for table in tables for d in table.numbers[name].decimals()]


@quick
@given(rows, rows)
def test_absorbed_tables_are_joined_ones_and_are_let_go(first, second):
    tables = [read_rows(wire(cells), NAMES) for cells in (first, second)] + [read_rows(b'{"list":[]}', NAMES)]
    joined = join(tables)
    absorbed = absorb(tables)
    assert tables == []
    assert np.array_equal(absorbed.times, joined.times)
    assert {n: c.decimals() for n, c in absorbed.numbers.items()} == {
        n: c.decimals() for n, c in joined.numbers.items()
    }


@pytest.mark.parametrize("cell", ["-0.5", ".5", "5.", "-7", "0", "-0.0", "000.10"])
def test_odd_but_plain_spellings_are_read_beside_usual_ones(cell):
    table = read_rows(f'{{"list":[["2","{cell}","1.25"],["1","3","-4"]]}}'.encode(), NAMES)
    assert table.numbers["open"].decimals() == [3, Decimal(cell)]
    assert table.numbers["close"].decimals() == [-4, Decimal("1.25")]


@pytest.mark.parametrize("cell", ["1-2", "--1", "1.2.3", "-", "+", "1e", "0x1"])
def test_cells_that_are_no_numbers_are_unreadable(cell):
    with pytest.raises(AnswerUnreadable):
        read_rows(f'{{"list":[["2","{cell}","1"],["1","3","4"]]}}'.encode(), NAMES)


def test_spellings_that_are_not_plain_are_read_all_the_same():
    table = read_rows(b'{"list":[["3","1e-7","12345678901234567.25"],["2","-0.5","1E+3"]]}', NAMES)
    assert table.numbers["open"].decimals() == [Decimal("-0.5"), Decimal("1e-7")]
    assert table.numbers["close"].floats().tolist() == [1000.0, 12345678901234567.25]


def test_more_digits_than_fit_are_rounded_finer_than_a_float():
    table = read_rows(b'{"list":[["2","123456789012.12345678901","1"]]}', NAMES)
    exact = Decimal("123456789012.12345678901")
    [kept] = table.numbers["open"].decimals()
    assert abs(kept - exact) < abs(Decimal(float(exact)) - exact)


def test_long_whole_numbers_beside_long_fractions_do_not_overflow():
    table = read_rows(b'{"list":[["2","-92345678901234567","1"],["1","0.12345678","1"]]}', NAMES)
    assert table.numbers["open"].decimals() == [Decimal("0.1"), Decimal("-92345678901234567")]


def test_a_row_without_a_price_is_a_gap_and_not_a_zero():
    table = read_rows(b'{"list":[["3","1","2"],["2","","2"],["1","1","2"]]}', NAMES)
    assert table.times.tolist() == [1, 3]


def test_a_repeated_row_counts_once_and_order_does_not_matter():
    table = read_rows(b'{"list":[["1","1","2"],["3","5","6"],["3","5","6"],["2","3","4"]]}', NAMES)
    assert table.times.tolist() == [1, 2, 3]
    assert table.numbers["open"].decimals() == [1, 3, 5]


@pytest.mark.parametrize("body", [b'{"list":[["1","2"]]}', b'{"list":[["a","1","2"]]}', b'{"list":{"1":2}}', b"[1]"])
def test_what_are_no_rows_is_unreadable_and_not_wrong(body):
    with pytest.raises(AnswerUnreadable):
        read_rows(body, NAMES)


def test_a_column_more_than_known_shifts_nothing():
    listed = ",".join(f'["{i}","1","2","9"]' for i in (3, 2, 1))
    table = read_rows(f'{{"list":[{listed}]}}'.encode(), NAMES)
    assert table.times.tolist() == [1, 2, 3]
    assert table.numbers["close"].floats().tolist() == [2.0, 2.0, 2.0]


def test_no_rows_are_an_empty_table():
    for body in (b'{"list":[]}', b'{"list":null}', b"{}"):
        assert len(read_rows(body, NAMES)) == 0


def test_results_may_come_decoded_but_for_their_rows():
    result = msgspec.json.decode(b'{"symbol":"X","list":[["1","2","3"]]}', type=RawRows)
    assert len(read_rows(result, NAMES)) == 1


def test_floats_beyond_what_a_float_counts_exactly_are_still_the_nearest():
    values = np.array([2**53 + 1, 10**17 + 3, -(10**17) - 7, 1], dtype=np.int64)
    assert Numbers(values, 5).floats().tolist() == [float(Decimal(v).scaleb(-5)) for v in values.tolist()]


def test_days_with_and_without_trades_have_frames_of_one_kind():
    full = Table(
        np.array([1, 2]),
        {"price": numbers_of([Decimal(1), Decimal(2)])},
        {"side": np.array(["Buy", "Buy"], dtype=object), "id": np.array(["a", "b"], dtype=object)},
    )
    frames = [frame_of(full), frame_of(full.cut(0, 0))]
    assert frames[0].dtypes.equals(frames[1].dtypes)
    assert list(frames[0]["side"].cat.categories) == ["Buy", "Sell"]
    odd = msgspec.structs.replace(full, texts={**full.texts, "side": np.array(["Buy", "?"], dtype=object)})
    assert frame_of(odd)["side"].tolist() == ["Buy", "?"], "a word that nobody knows is kept"


def test_a_table_is_cut_by_time():
    table = Table(np.array([10, 20, 30]), {"x": numbers_of([Decimal(1), Decimal(2), Decimal(3)])})
    assert table.cut(10, 30).times.tolist() == [10, 20]
    assert table.cut(11, 20).times.tolist() == []
