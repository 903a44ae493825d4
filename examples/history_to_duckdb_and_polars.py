"""Download candles once, then read the store with DuckDB and with Polars. Needs `pip install duckdb polars`."""

import asyncio
import tempfile

import duckdb
import polars

from bybit_async import AsyncBybit
from bybit_async.simulator import SimulatedExchange


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with SimulatedExchange(seed=7, symbols=["BTCUSDT"]) as exchange:
            async with AsyncBybit(environment=exchange.environment, data_dir=folder) as bybit:
                await bybit.data.download("BTCUSDT", "1h", "2026-01-01", "2026-01-08")
        files = f"{folder}/**/month.parquet"
        with duckdb.connect() as database:
            print(database.execute(f"select count(*), max(high) from '{files}'").fetchall())
        print(polars.scan_parquet(files).select(polars.col("close").mean()).collect())


if __name__ == "__main__":
    asyncio.run(main())
