"""One file, one hash: a backtest, and the live engine on a simulated exchange, trade the same to the last decimal."""

from __future__ import annotations

import pytest

from bybit_async.bot.backtesting import FillRule, backtest
from bybit_async.bot.engine import supervision
from bybit_async.bot.strategies import GridStrategy, MeanReversionStrategy, MovingAverageCrossoverStrategy
from tests.bot.backtesting.live_run import live_run
from tests.bot.backtesting.markets import market
from tests.bot.backtesting.scenes import FREE, D, free, instrument

COUNT = 120
RULE = FillRule(path="nearest")
TRADED = instrument(reference_price=D(1000))
STRATEGIES = [
    (MovingAverageCrossoverStrategy, {"fast_period": 3, "slow_period": 25, "stop_loss": 0.02, "take_profit": 0.03}),
    (MeanReversionStrategy, {"period": 25, "entry_score": 1.0, "stop_loss": 0.015}),
    (GridStrategy, {"quantity": "2", "spacing": 0.01, "period": 25}),
]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("kind", "parameters"), STRATEGIES, ids=lambda value: getattr(value, "__name__", ""))
async def test_a_backtest_and_the_live_engine_have_one_hash(kind, parameters, seed, tmp_path, monkeypatch):
    # Here the driver knows when all news of a fill have come, and waits for them.
    monkeypatch.setattr(supervision, "_QUIET", 0.0)
    frame = market(seed, count=COUNT).candles.assign(volume=100.0)
    tested = backtest(
        (kind, parameters), frame, balance="100000", interval="1", rule=RULE, latency=RULE.latency, seed=seed,
        config=free(), instruments={"BTCUSDT": TRADED},
    )  # fmt: skip
    assert len(tested.fills) > 10
    for network in (False, True):
        folder = tmp_path / str(network)
        folder.mkdir()
        live = await live_run(
            kind, parameters, frame, network=network, folder=folder, instrument=TRADED,
            rule=RULE, seed=seed, values=FREE, balance="100000",
        )  # fmt: skip
        assert live.ledger.fills == tested.fills
        assert live.ledger.orders == [order for order in tested.orders if order.sent_ms is not None]
        assert live.hash == tested.hash
