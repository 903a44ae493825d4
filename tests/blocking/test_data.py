"""History through the blocking twin."""

from datetime import UTC, datetime, timedelta


def test_klines_come_as_a_frame(bybit):
    end = datetime.fromtimestamp(bybit.get_server_time() / 1000, UTC)
    frame = bybit.data.fetch_klines(
        category="linear", symbol="BTCUSDT", interval="60", start=end - timedelta(days=2), end=end
    )
    assert 47 <= len(frame) <= 49
    assert (frame["high"] >= frame["low"]).all()
