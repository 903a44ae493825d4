"""An exchange with a long history and a session whose store lies in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from bybit_async import AsyncBybit
from bybit_async.simulator import MarketSettings, SimulatedExchange


@pytest.fixture
async def exchange():
    """Quiet books: history is what matters here."""
    settings = MarketSettings(makers=None, step=5_000)
    async with SimulatedExchange(seed=7, symbols=["BTCUSDT", "ETHUSDT", "BTCUSD"], market=settings) as exchange:
        yield exchange


@pytest.fixture
async def bybit(exchange, tmp_path):
    # The exchange makes years of minutes up in the moment they are asked for: that takes what the machine needs for it.
    async with AsyncBybit(environment=exchange.environment, data_dir=tmp_path / "history", timeout=60) as bybit:
        yield bybit


@pytest.fixture
def s3(monkeypatch):
    """A server that speaks S3 on loopback, with one bucket."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    import boto3

    boto3.client("s3").create_bucket(Bucket="history")
    yield "s3://history/bybit"
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture(autouse=True, scope="session")
def _importable():
    """The forking process looks for what it imports beforehand where Python does, not where pytest does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent.parent.parent))
        yield
