"""Whose market a row is of: one store may hold several exchanges, and none is ever served for another."""

from __future__ import annotations

import contextlib
import shutil

import msgspec
import pytest

from bybit_async import AsyncBybit
from bybit_async.data.errors import StoreTooOld
from bybit_async.data.parquet import read_parquet
from bybit_async.data.store import Store
from bybit_async.environments import DEMO, MAINNET, REGIONS, TESTNET, Environment, choose
from bybit_async.simulator import MarketSettings, SimulatedExchange

from .ledger import assert_equals_ledger, ms

DAYS = ("2024-01-30", "2024-02-02")


@contextlib.asynccontextmanager
async def simulated(folder, seed, start="2024-03-01"):
    settings = MarketSettings(makers=None)
    async with SimulatedExchange(
        seed=seed, symbols=["BTCUSDT"], market=settings, manual=True, start=ms(start)
    ) as exchange:
        async with AsyncBybit(environment=exchange.environment, data_dir=folder) as bybit:
            yield exchange, bybit


def place(name, url, **more):
    return Environment(name=name, rest_url=url, public_url="ws://x", private_url="ws://x", **more)


def test_every_environment_says_whose_market_it_shows():
    assert (MAINNET.identity, TESTNET.identity, DEMO.identity) == ("mainnet", "testnet", "mainnet")
    assert {name: site.identity for name, site in REGIONS.items() if name in ("global", "bytick", "eu")} == {
        "global": "mainnet", "bytick": "mainnet", "eu": "eu",
    }  # fmt: skip
    assert choose(testnet=True, region="jp").identity == "jp-testnet"
    assert not REGIONS["eu"].archive_url, "mainnet's trades would be served as another market's"
    assert DEMO.archive_url == MAINNET.archive_url


def test_an_address_of_ones_own_is_its_own_identity_unless_it_is_a_known_site():
    assert place("mine", "http://127.0.0.1:8100").identity == "127.0.0.1:8100"
    assert place("mine", "https://api.bybit.com").identity == "mainnet"
    assert place("mine", "https://api-testnet.bybit.com").identity == "testnet"
    assert place("mine", "http://127.0.0.1:8100", identity="mine").identity == "mine"


async def test_simulated_exchanges_of_another_seed_or_start_have_another_identity():
    found = [SimulatedExchange(seed=seed, start=start).environment.identity for seed, start in ((1, 5), (2, 5), (1, 6))]
    assert found == ["simulated-1-5", "simulated-2-5", "simulated-1-6"]


async def test_two_exchanges_share_a_folder_and_no_row(tmp_path):
    frames = []
    for seed in (1, 2):
        async with simulated(tmp_path, seed) as (exchange, bybit):
            frame = await bybit.data.fetch_klines("BTCUSDT", "1h", *DAYS)
            assert_equals_ledger(frame, exchange, "BTCUSDT", ms(DAYS[0]), ms(DAYS[1]), interval=60)
            assert frame.attrs["identity"] == exchange.environment.identity == f"simulated-{seed}-{ms('2024-03-01')}"
            assert frame.attrs["source"] == "exchange"
            frames.append(frame)
    assert not frames[0].equals(frames[1])
    assert [series.identity for series in Store(tmp_path).series()] == [frame.attrs["identity"] for frame in frames]


async def test_files_say_whose_rows_they_hold_and_are_not_read_in_anothers_folder(tmp_path, caplog):
    async with simulated(tmp_path, 1) as (_, bybit):
        await bybit.data.fetch_klines("BTCUSDT", "1h", *DAYS)
        [foreign] = tmp_path.glob("identity=*")
    async with simulated(tmp_path, 2) as (exchange, bybit):
        own = tmp_path / f"identity={exchange.environment.identity}"
        shutil.copytree(foreign, own)
        frame = await bybit.data.fetch_klines("BTCUSDT", "1h", *DAYS)
        assert_equals_ledger(frame, exchange, "BTCUSDT", ms(DAYS[0]), ms(DAYS[1]), interval=60)
        assert f"holds rows of {foreign.name.removeprefix('identity=')}" in caplog.text
    for file in foreign.rglob("*.parquet"):
        read_parquet(file.relative_to(tmp_path).as_posix(), file.read_bytes())


async def test_repair_leaves_the_series_of_another_exchange_alone(tmp_path):
    async with simulated(tmp_path, 1) as (_, bybit):
        await bybit.data.fetch_klines("BTCUSDT", "1h", *DAYS)
    for file in tmp_path.rglob("month=02/month.parquet"):
        file.write_bytes(b"broken")
    async with simulated(tmp_path, 2) as (exchange, bybit):
        [report] = await bybit.data.repair()
        assert not report.sound
        assert exchange.requests == 0
    async with simulated(tmp_path, 1) as (_, bybit):
        [report] = await bybit.data.repair()
        assert report.sound


async def test_a_store_from_before_there_were_identities_is_refused_and_not_touched(tmp_path):
    async with simulated(tmp_path, 1) as (_, bybit):
        await bybit.data.fetch_klines("BTCUSDT", "1h", *DAYS)
    mark = tmp_path / "_store.json"
    mark.write_bytes(msgspec.json.encode({"version": 1}))
    async with simulated(tmp_path, 1) as (exchange, bybit):
        with pytest.raises(StoreTooOld, match="data_dir"):
            await bybit.data.fetch_klines("BTCUSDT", "1h", *DAYS)
        assert exchange.requests == 0
    assert msgspec.json.decode(mark.read_bytes()) == {"version": 1}
