"""What the strategies that come along trade, and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.bot.configuration import ConfigurationManager
from bybit_async.bot.records import OrderSide, SignalStrength
from bybit_async.bot.strategies import (
    BaseStrategy,
    BookImbalanceStrategy,
    CandleStrategy,
    GridStrategy,
    MeanReversionStrategy,
    MovingAverageCrossoverStrategy,
    RsiStrategy,
    View,
    columns_of,
)
from bybit_async.bot.strategies.imbalance import imbalance
from tests.bot.risk.accounts import account, long
from tests.bot.strategies.making import MINUTE, START, D, frame_of, made, walk

FALLING_THEN_UP = [*np.linspace(110, 100, 30), 103.0, 106.0]


def decisions(strategy: CandleStrategy, closes: list[float], position: str = "0") -> list[tuple[str, bool]]:
    frame = frame_of(closes)
    view = View("BTCUSDT", columns_of(strategy, frame), position=D(position), entry_price=D(100))
    wanted = strategy.decide(view)
    listed = [wanted] if wanted is not None and not isinstance(wanted, list) else wanted or []
    return [(decision.action, decision.reduce_only) for decision in listed]


async def test_a_crossover_as_documented() -> None:
    strategy = made(MovingAverageCrossoverStrategy, strategy_id="ma_5_20", fast_period=2, slow_period=5)
    strategy.add_symbol("BTCUSDT")
    await strategy.activate()
    signals = await strategy.generate_signals("BTCUSDT", frame_of(FALLING_THEN_UP[:-1]))
    assert len(signals) == 1
    signal = signals[0]
    assert (signal.strategy_id, signal.symbol, signal.action) == ("ma_5_20", "BTCUSDT", "BUY")
    assert signal.price == D("103.0")
    # 2 % of 10,000 at a stop 2 % away; worth 10,000 at most
    assert signal.quantity == D("97.087")
    assert signal.strength is SignalStrength.MODERATE
    assert signal.timestamp.timestamp() * 1000 == START + 31 * MINUTE
    assert await strategy.generate_signals("BTCUSDT", frame_of(FALLING_THEN_UP)) == []
    assert await strategy.generate_signals("BTCUSDT", frame_of([])) == []


def test_a_crossover_turns_a_position() -> None:
    strategy = made(MovingAverageCrossoverStrategy, fast_period=2, slow_period=5)
    rising = [210.0 - price for price in FALLING_THEN_UP[:-1]]
    assert decisions(strategy, FALLING_THEN_UP[:-1], "-3") == [("BUY", True), ("BUY", False)]
    assert decisions(strategy, FALLING_THEN_UP[:-1], "3") == []
    assert decisions(strategy, rising) == [("SELL", False)]
    assert decisions(strategy, rising, "3") == [("SELL", True), ("SELL", False)]
    spot = made(
        MovingAverageCrossoverStrategy, fast_period=2, slow_period=5, settings={"exchange": {"category": "spot"}}
    )
    assert decisions(spot, rising, "3") == [("SELL", True)]
    assert decisions(spot, rising) == []


async def test_stop_and_target_by_distance() -> None:
    strategy = made(MovingAverageCrossoverStrategy, fast_period=2, slow_period=5, stop_loss=0.01, take_profit=0.02)
    signal = (await strategy.generate_signals("BTCUSDT", frame_of(FALLING_THEN_UP[:-1])))[0]
    assert (signal.stop_loss, signal.take_profit) == (D("102.0"), D("105.1"))
    strategy.risk_manager.observe(account(positions=(long("4", side=OrderSide.SELL),)))
    closing, opening = await strategy.generate_signals("BTCUSDT", frame_of(FALLING_THEN_UP[:-1]))
    assert (closing.quantity, closing.metadata["reduce_only"]) == (4, True)
    assert "reduce_only" not in opening.metadata


def test_rsi_enters_on_the_way_back_and_leaves_in_the_middle() -> None:
    strategy = made(RsiStrategy, period=3)
    falling = [100.0, 101.0, 99.0, 97.0, 95.0, 93.0]
    assert decisions(strategy, falling) == []
    assert decisions(strategy, [*falling, 94.5]) == [("BUY", False)]
    assert decisions(strategy, [*falling, 94.5, 99.0], "1") == [("SELL", True)]
    rising = [200 - price for price in falling]
    assert decisions(strategy, [*rising, 105.5]) == [("SELL", False)]
    assert decisions(strategy, [*rising, 105.5, 101.0], "-1") == [("BUY", True)]


def test_reversion_enters_far_away_and_leaves_near_the_mean() -> None:
    strategy = made(MeanReversionStrategy, period=10, entry_score=2.0, exit_score=0.5)
    quiet = [100.0, 100.2] * 6
    assert decisions(strategy, [*quiet, 98.0]) == [("BUY", False)]
    assert decisions(strategy, [*quiet, 98.0], "1") == []
    assert decisions(strategy, [*quiet, 102.0], "1") == [("SELL", True), ("SELL", False)]
    assert decisions(strategy, [*quiet, 100.1], "1") == [("SELL", True)]
    assert decisions(strategy, [100.0] * 12) == []


@pytest.mark.parametrize(
    ("close", "position", "wanted"),
    [
        (100.0, "0", []),
        (99.5, "0", []),
        (98.9, "0", [("BUY", D(2), False)]),
        (97.9, "2", [("BUY", D(2), False)]),
        (90.0, "4", [("BUY", D(2), False)]),  # ten steps away, but three lines are all there are
        (98.5, "4", []),
        (97.5, "6", []),
        (99.1, "4", [("SELL", D(2), True)]),
        (102.1, "0", [("SELL", D(4), False)]),
        (102.1, "2", [("SELL", D(2), True), ("SELL", D(4), False)]),
    ],
)
def test_a_grid(close: float, position: str, wanted: list[Any]) -> None:
    strategy = made(GridStrategy, quantity="2", spacing=0.01, levels=3, center=100.0)
    view = View("BTCUSDT", columns_of(strategy, frame_of([close])), position=D(position))
    found = [(each.action, each.quantity, each.reduce_only) for each in strategy.decide(view) or []]
    assert found == wanted


def test_a_leaning_book() -> None:
    heavy, light = [(99.9, 9.0), (99.8, 50.0)], [(100.1, 1.0)]
    strategy = made(BookImbalanceStrategy, depth=1, threshold=0.6)
    assert imbalance(heavy, light, 1) == pytest.approx(0.8)
    assert imbalance([], [], 1) is None
    buy = strategy.signals_from_book("BTCUSDT", heavy, light, START)
    assert [(each.action, each.confidence) for each in buy] == [("BUY", pytest.approx(0.8))]
    sell = strategy.signals_from_book("BTCUSDT", light, heavy, START)
    assert [each.action for each in sell] == ["SELL"]
    assert strategy.signals_from_book("BTCUSDT", [], heavy, START) == []
    strategy.risk_manager.observe(account(positions=(long("1"),)))
    assert strategy.signals_from_book("BTCUSDT", heavy, light, START) == []
    even = strategy.signals_from_book("BTCUSDT", light, light, START)
    assert [(each.action, each.metadata["reduce_only"]) for each in even] == [("SELL", True)]


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        (MovingAverageCrossoverStrategy, {"fast_period": 50, "slow_period": 10}, "fast_period < slow_period, got 50"),
        (RsiStrategy, {"oversold": 60}, "oversold < 50"),
        (MeanReversionStrategy, {"entry_score": 0.1}, "exit_score < entry_score"),
        (GridStrategy, {"quantity": 0}, "quantity must be positive, not 0"),
        (GridStrategy, {"quantity": 1, "spacing": -1.0}, "spacing must be positive"),
        (BookImbalanceStrategy, {"threshold": 1.5}, "threshold must be between 0 and 1"),
    ],
)
def test_parameters_that_make_no_sense(kind: type[BaseStrategy], options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        made(kind, **options)


KINDS: list[tuple[type[CandleStrategy], dict[str, Any]]] = [
    (MovingAverageCrossoverStrategy, {"fast_period": 3, "slow_period": 8}),
    (RsiStrategy, {"period": 5}),
    (MeanReversionStrategy, {"period": 8, "entry_score": 1.5}),
    (GridStrategy, {"quantity": "1", "spacing": 0.002, "period": 8}),
]


@settings(max_examples=8)
@given(seed=st.integers(0, 1000))
@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_candle_by_candle_is_the_same_as_all_at_once(kind: type, options: dict[str, Any], seed: int) -> None:
    strategy, frame = made(kind, **options), walk(60, seed)
    columns = columns_of(strategy, frame)
    for position in ("0", "2", "-2"):
        for index in range(0, 60, 7):
            whole = View("BTCUSDT", columns, index, position=D(position))
            cut = View("BTCUSDT", columns_of(strategy, frame.iloc[: index + 1]), position=D(position))
            assert strategy.decide(whole) == strategy.decide(cut)


@settings(max_examples=20)
@given(seed=st.integers(0, 1000))
def test_candidates_miss_nothing(seed: int) -> None:
    strategy = made(MovingAverageCrossoverStrategy, fast_period=3, slow_period=8)
    columns = columns_of(strategy, walk(120, seed, move=0.01))
    candidates = strategy.candidates(columns)
    for position in ("0", "2", "-2"):
        for index in range(120):
            if strategy.decide(View("BTCUSDT", columns, index, position=D(position))):
                assert candidates[index]
    assert 0 < candidates.sum() < 60


def test_indicators_must_fit() -> None:
    class Short(MovingAverageCrossoverStrategy):
        def indicators(self, data):
            return {"fast": [1.0]}

    class Named(MovingAverageCrossoverStrategy):
        def indicators(self, data):
            return {"close": data["close"]}

    with pytest.raises(ValueError, match=r"'fast' has shape \(1,\), expected \(30,\)"):
        columns_of(made(Short), walk(30))
    with pytest.raises(ValueError, match="'close' has the name of a candle column"):
        columns_of(made(Named), walk(30))


def test_what_is_abstract() -> None:
    with pytest.raises(TypeError, match="generate_signals"):
        made(BaseStrategy)
    with pytest.raises(TypeError, match="decide"):
        made(CandleStrategy)


async def test_a_strategy_in_the_documented_form() -> None:
    class Mine(BaseStrategy):
        async def generate_signals(self, symbol, data):
            return []

    mine = made(Mine)
    assert mine.symbols == []
    mine.add_symbol("ETHUSDT")
    mine.add_symbol("BTCUSDT")
    mine.remove_symbol("ETHUSDT")
    mine.remove_symbol("XRPUSDT")
    assert (mine.symbols, mine.active) == (["BTCUSDT"], False)
    await mine.activate()
    mine.update_performance("BTCUSDT", D(100), True)
    mine.update_performance("BTCUSDT", D(-40), False)
    counted = mine.performance["BTCUSDT"]
    assert (counted.trades, counted.wins, counted.pnl, counted.win_rate) == (2, 1, 60, 0.5)
    await mine.deactivate()
    assert not mine.active


def test_any_talib_function_serves() -> None:
    talib = pytest.importorskip("talib")

    class Theirs(MovingAverageCrossoverStrategy):
        def indicators(self, data):
            closes = data["close"].to_numpy()
            return {"fast": talib.SMA(closes, self.fast_period), "slow": talib.SMA(closes, self.slow_period)}

    theirs = made(Theirs, fast_period=2, slow_period=5)
    assert decisions(theirs, FALLING_THEN_UP[:-1]) == [("BUY", False)]


def test_no_size_no_signal() -> None:
    strategy = made(MovingAverageCrossoverStrategy)
    config: ConfigurationManager = strategy.config_manager
    config.set("risk.max_daily_loss", 0.01)
    strategy.risk_manager.check(account("9000"))
    assert strategy.signals_of(View.buy(), "BTCUSDT", 100.0, START, D(0)) == []
    assert strategy.signals_of(View.buy(D(1)), "BTCUSDT", 100.0, START, D(0)) != []


async def test_nothing_is_decided_before_the_warm_up() -> None:
    strategy = made(RsiStrategy, period=2)
    closes = [*np.linspace(110, 100, strategy.warm_up - 1), 109.0]
    assert not await strategy.generate_signals("BTCUSDT", frame_of(closes[1:]))
    assert [signal.action for signal in await strategy.generate_signals("BTCUSDT", frame_of(closes))] == ["BUY"]
