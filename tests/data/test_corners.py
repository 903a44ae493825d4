"""What seldom happens: odd answers, odd files, stores that refuse."""

from __future__ import annotations

import gzip
from types import SimpleNamespace

import fsspec
import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import bybit_async.data
from bybit_async import AnswerUnreadable, AsyncBybit, InvalidParameter, RequestRejected
from bybit_async.data import StoreDamaged, StoreError, StoreMissing, StoreUnwritable, resample
from bybit_async.data.archive import Archive
from bybit_async.data.columns import Numbers, Table, empty, join
from bybit_async.data.coverage import Coverage
from bybit_async.data.files import LocalFiles
from bybit_async.data.lifetimes import find_lifetime
from bybit_async.data.records import record_path
from bybit_async.data.rows import RawRows, table_of
from bybit_async.data.series import Series, unit_of_path
from bybit_async.data.source import fetch, fetch_trades
from bybit_async.data.store import Store
from bybit_async.simulator import MarketSettings, SimulatedExchange

from .file_server import FileServer
from .ledger import ms

HOUR = 3_600_000
SERIES = Series("premium_klines", "linear", "BTCUSDT", "60", "mainnet")


def one_hour(time=0):
    column = Numbers(np.array([1], dtype=np.int64), 0)
    return Table(np.array([time], dtype=np.int64), dict.fromkeys(("open", "high", "low", "close"), column))


def test_the_package_lists_its_names_and_knows_no_other():
    assert {"Data", "read_candles", "save", "load", "StoreIncomplete"} <= set(dir(bybit_async.data))
    for name in dir(bybit_async.data):
        assert getattr(bybit_async.data, name) is not None or name.startswith("_")
    with pytest.raises(AttributeError, match="no attribute 'gossip'"):
        bybit_async.data.gossip  # noqa: B018


async def test_a_frame_may_end_before_now_while_an_older_gap_lies_before_it(bybit):
    """Events of the last minutes may still be published; that is not a gap, and the older one stays one."""
    fundings = await bybit.data.fetch_funding_rates("BTCUSDT", "2019-12-01")
    assert fundings.attrs["gaps"] == [("2019-12-01T00:00:00Z", "2020-01-01T00:00:00Z")]
    now = pd.Timestamp((await bybit.market.get_server_time()).time_nano, tz="UTC")
    assert now - pd.Timedelta("21min") < pd.Timestamp(fundings.attrs["end"]) <= now


async def test_the_latest_trades_are_asked_for_although_a_gap_is_long_past(tmp_path):
    now = ms("2024-05-05T12:00")
    market = MarketSettings(makers=None)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT"], start=now, manual=True, market=market) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path) as bybit:
            asked = []
            recent = bybit.data._history._supply.recent_trades

            async def counted(series):
                asked.append(series)
                return await recent(series)

            bybit.data._history._supply.recent_trades = counted
            async with FileServer() as files:
                for day in ("03", "04"):
                    files.files[f"/trading/BTCUSDT/BTCUSDT2024-05-{day}.csv.gz"] = gzip.compress(b"")
                bybit.data._archive._base_url = files.url
                trades = await bybit.data.fetch_trades("BTCUSDT", "2024-05-02")
            assert len(asked) == 1
            assert trades.attrs["gaps"][0] == ("2024-05-02T00:00:00Z", "2024-05-03T00:00:00Z")


async def test_an_answer_that_is_no_list_is_unreadable():
    class Odd:
        async def call(self, endpoint, params, *, timeout=None):
            return SimpleNamespace(result=RawRows(), time=None, raw=b"odd")

    with pytest.raises(AnswerUnreadable, match="without a result or without its time"):
        await fetch(Odd(), SERIES, (0, HOUR))


async def test_no_recent_trade_is_no_trade():
    class Quiet:
        async def call(self, endpoint, params, *, timeout=None):
            return SimpleNamespace(result=[], time=5)

    series = Series("trades", "spot", "BTCUSDT", "all", "mainnet")
    table, coverage = await fetch_trades(Quiet(), series)
    assert (len(table), list(table.texts), coverage) == (0, ["side", "id"], Coverage())


async def test_refusals_are_told_apart_when_a_lifetime_is_looked_for():
    class Refusing:
        def __init__(self, code):
            self.code = code

        async def get_instruments_info(self, **_):
            raise RequestRejected(self.code, "no")

    with pytest.raises(RequestRejected):
        await find_lifetime(None, Refusing(10016), "linear", "BTCUSDT")
    with pytest.raises(InvalidParameter, match="no instrument"):
        await find_lifetime(None, Refusing(10001), "linear", "BTCUSDT")


async def test_an_option_without_a_launch_time_has_no_beginning():
    class Market:
        async def get_instruments_info(self, **_):
            return [SimpleNamespace(symbol="BTC-X", launch_time=0, delivery_time=7)]

    found = await find_lifetime(None, Market(), "option", "BTC-X")
    assert (found.launched, found.delivered) == (None, 7)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1585180699,Buy,,2,a", "number that is missing"),
        (",Buy,1,2,a", "time that is missing"),
        ("1585180699,Buy,x,2,a", "not such a table"),
        ("1585180699,Buy,1", "not such a table"),
        ("soon,Buy,1,2,a", "not such a table"),
    ],
)
async def test_rows_with_holes_are_unreadable(row, said):
    async with FileServer() as files:
        path = "/trading/BTCUSDT/BTCUSDT2020-03-25.csv.gz"
        files.files[path] = gzip.compress(f"timestamp,side,size,price,trdMatchID\n{row}\n".encode())
        archive = Archive(files.url)
        series = Series("trades", "linear", "BTCUSDT", "all", "mainnet")
        with pytest.raises(AnswerUnreadable, match=f"{path}.*{said}"):
            await archive.trades(series, (ms("2020-03-25"), ms("2020-03-26")))
        await archive.aclose()


async def test_a_book_that_neither_depth_has_is_none():
    async with FileServer() as files:
        archive = Archive(files.url)
        series = Series("orderbook_snapshots", "linear", "BTCUSDT", "60000ms-1", "mainnet")
        assert await archive.order_book(series, (ms("2020-03-25"), ms("2020-03-26"))) is None
        assert [path[-13:] for path in files.asked] == ["ob200.data.zip"[1:], "ob500.data.zip"[1:]]
        await archive.aclose()


def test_numbers_too_long_for_one_integer_are_kept_as_texts_first():
    table = table_of([1, 2], [["1234567890.12345678", "1"], ["0.5", "2"]], ["a", "b"])
    assert table.numbers["a"].floats().tolist() == [1234567890.12345678, 0.5]


def test_columns_are_rounded_to_fewer_places_half_to_even_and_joined_when_empty():
    assert Numbers(np.array([15, 25, 26], dtype=np.int64), 1).rescaled(0).tolist() == [2, 2, 3]
    none = empty(("a",))
    assert len(join([none, none])) == 0


def test_a_file_that_another_program_wrote_is_not_the_stores(tmp_path):
    store = Store(tmp_path)
    store.merge(SERIES, one_hour(), Coverage([(0, HOUR)]))
    [path] = [path for path, _ in store.files(SERIES)]
    pq.write_table(pa.table({"time": [1]}), tmp_path / path)
    with pytest.raises(StoreDamaged, match="was not written by this library"):
        store.read(path)
    (tmp_path / path).unlink()
    with pytest.raises(StoreDamaged, match="is gone"):
        store.read(path)


def test_paths_that_are_no_days_are_no_units():
    daily = Series("trades", "linear", "BTCUSDT", "all", "mainnet")
    path = daily.path_of((0, 86_400_000))
    assert unit_of_path(daily, path) == (0, 86_400_000)
    assert unit_of_path(daily, path.replace("01.parquet", "first.parquet")) is None
    assert unit_of_path(daily, path.replace("month=01", "month=13")) is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"absent": 5}'])
def test_a_damaged_record_costs_nothing_but_the_notice_of_lost_edges(tmp_path, content):
    store = Store(tmp_path)
    store.merge(SERIES, one_hour(), Coverage([(0, HOUR)]))
    store.note_absent(SERIES, Coverage([(HOUR, 2 * HOUR)]))
    before = (tmp_path / record_path(SERIES)).read_bytes()
    store.note_absent(SERIES, Coverage([(HOUR, 2 * HOUR)]))
    store.note_absent(SERIES, Coverage())
    assert (tmp_path / record_path(SERIES)).read_bytes() == before
    (tmp_path / record_path(SERIES)).write_bytes(content)
    assert store.record(SERIES).span is None
    assert store.reach(SERIES) == (0, HOUR)


def test_a_damaged_lifetime_is_asked_for_again(tmp_path):
    from bybit_async.data.records import Lifetime, lifetime_path

    store = Store(tmp_path)
    store.keep_lifetime(SERIES, Lifetime(1, 2, 3))
    (tmp_path / lifetime_path(SERIES)).write_bytes(b"{")
    assert store.lifetime(SERIES) is None


def test_local_files_say_what_the_system_refuses(tmp_path):
    files = LocalFiles(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreUnwritable, match="cannot write to"):
        files.remove("folder")
    (tmp_path / ".locks").write_text("a file")
    with pytest.raises(StoreUnwritable, match="cannot write to"):
        with files.lock("x"):
            raise AssertionError("locked")


class Grudging(MemoryFileSystem):
    """Holds what it has, and gives nothing up."""

    protocol = "grudging"
    store: dict = {}
    pseudo_dirs = [""]

    def rm_file(self, path):
        raise PermissionError("AccessDenied")

    def makedirs(self, path, exist_ok=False):
        self.made = path


def test_a_remote_place_that_refuses_to_remove_is_told_as_such():
    fsspec.register_implementation("grudging", Grudging, clobber=True)
    store = Store("grudging://x")
    store.merge(SERIES, one_hour(), Coverage([(0, HOUR)]))
    with pytest.raises(StoreUnwritable, match="cannot remove grudging://x"):
        store.drop(SERIES.path_of(SERIES.unit_of(0)))


def test_removing_what_is_not_there_is_harmless():
    files = Store("memory://nothing-here")._files
    files.remove("a/b")
    assert files.read("a/b") is None


def test_a_remote_place_with_nothing_in_it_is_no_store():
    with pytest.raises(StoreMissing, match="memory://nowhere-at-all"):
        Store("memory://nowhere-at-all").must_exist()
    store = Store("memory://somewhere")
    store.merge(SERIES, one_hour(), Coverage([(0, HOUR)]))
    store.must_exist()


async def test_repair_stops_where_the_store_itself_fails(bybit, tmp_path, monkeypatch):
    await bybit.data.fetch_klines("BTCUSDT", "1h", "2024-01-20", "2024-01-22")
    next((tmp_path / "history").rglob("*.parquet")).write_bytes(b"x")

    def full(self, path, content, **options):
        raise StoreUnwritable("the disk is full")

    monkeypatch.setattr(LocalFiles, "write", full)
    with pytest.raises(StoreError, match="the disk is full"):
        await bybit.data.repair()


def test_resampling_refuses_a_frame_without_times():
    with pytest.raises(InvalidParameter, match="time index"):
        resample(pd.DataFrame({"close": [1.0]}), "1h")


def test_coverages_hash_and_print_as_their_spans():
    assert hash(Coverage([(1, 2)])) == hash(Coverage([(1, 2)]))
    assert repr(Coverage([(1, 2), (2, 3)])) == "Coverage([(1, 3)])"


def test_errors_of_the_store_can_be_pickled():
    import pickle

    error = pickle.loads(pickle.dumps(StoreDamaged("a/b", "gone")))
    assert (error.path, error.reason) == ("a/b", "gone")


def test_a_series_of_old_has_no_identity_and_is_not_read(tmp_path):
    old = SERIES.path_of(SERIES.unit_of(0)).removeprefix("identity=mainnet/")
    (tmp_path / old).parent.mkdir(parents=True)
    (tmp_path / old).write_bytes(b"whatever")
    (tmp_path / "_store.json").write_bytes(msgspec.json.encode({"version": 2}))
    assert Store(tmp_path).series() == []
