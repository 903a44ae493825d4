"""One engine, one scene, in a process of its own: what `benchmarks.backtest` starts, with the engine's own Python.

    python backtest_engines.py ENGINE SCENE CANDLES.npy

Prints JSON: seconds of import, of loading and of the run (of the processor, so that other programs do not count), peak
memory in megabytes, and the trades as (opened, entry price, closed, exit price), times in minutes from the first one.

The fill rule is the same for all: what is decided at a close trades at the next open, buyers paying a tick more; a stop
or target trades at its price, or at the open where that is beyond it. Only long positions, of one size.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

TICK = 0.1
SIZE = 0.1
FEE = 0.00055
CASH = 100_000.0
STOP, TARGET = 0.01, 0.02
SCENES = {"hourly": (60, 10, 50, False), "minutely": (1, 50, 200, True), "candidates": (1, 50, 200, True)}
"""Minutes between decisions, both averages, and whether there are stop and target."""


def frame_of(path: str) -> Any:
    import numpy as np
    import pandas as pd

    rows = np.load(path)
    times = pd.date_range("2024-01-01", periods=rows.shape[1], freq="min", tz="UTC", name="time")
    return pd.DataFrame(rows.T, columns=["open", "high", "low", "close", "volume"], index=times)


def crosses(closes: Any, fast: int, slow: int) -> tuple[Any, Any]:
    """Return where the fast average comes above the slow one, and where below."""
    import numpy as np
    import pandas as pd

    series = pd.Series(np.asarray(closes))
    apart = (series.rolling(fast).mean() - series.rolling(slow).mean()).to_numpy()
    before = np.concatenate([[np.nan], apart[:-1]])
    return (apart > 0) & (before <= 0), (apart < 0) & (before >= 0)


def signals_by_minute(frame: Any, scene: str) -> tuple[Any, Any]:
    """Return at which minutes' closes there is a cross up, or down."""
    import numpy as np

    every, fast, slow, _ = SCENES[scene]
    closes = frame["close"].to_numpy()[every - 1 :: every]
    up, down = crosses(closes, fast, slow)
    found = []
    for each in (up, down):
        wide = np.zeros(len(frame), dtype=bool)
        wide[every - 1 :: every] = each
        found.append(wide)
    return found[0], found[1]


def ours(frame: Any, scene: str) -> Any:
    from decimal import Decimal

    from bybit_async.bot import ConfigurationManager, FillRule, MovingAverageCrossoverStrategy, backtest

    every, fast, slow, exits = SCENES[scene]

    class Fixed(MovingAverageCrossoverStrategy):
        """One size; asked at every candle, as an engine that knows no candidates would ask it."""

        def candidates(self, columns: Any) -> Any:
            return None if scene == "minutely" else super().candidates(columns)

        def decide(self, view: Any) -> Any:
            now, before = view["fast"] - view["slow"], view.ago("fast", 1) - view.ago("slow", 1)
            if now > 0 and before <= 0 and not view.position:
                close = view["close"]
                if exits:
                    # Rounded as the others round it: half a tick may go either way.
                    stop, target = round(close * (1 - STOP), 1), round(close * (1 + TARGET), 1)
                    return view.buy(size, stop_loss=stop, take_profit=target)
                return view.buy(size)
            return view.close() if now < 0 and before >= 0 else None

    size = Decimal(str(SIZE))
    limits = {"max_daily_loss": 1.0, "max_drawdown": 1.0, "max_consecutive_losses": 10**6, "max_volatility": 1000.0}
    config = ConfigurationManager.from_dict(
        {"risk": limits, "trading": {"max_position_size": 1.0, "enable_stop_loss": exits, "max_slippage": 0.1}}
    )
    options: Any = {"balance": CASH, "interval": str(every), "config": config, "rule": FillRule()}
    backtest((Fixed, {"fast_period": fast, "slow_period": slow}), frame.iloc[: 60 * 60 * 3], **options)

    def run() -> list[tuple[float, float, float, float]]:
        result = backtest((Fixed, {"fast_period": fast, "slow_period": slow}), frame, **options)
        start = frame.index[0].value // 1_000_000
        return [
            (
                (t.entry_time - start) // 60_000,
                float(t.entry_price),
                (t.exit_time - start) // 60_000,
                float(t.exit_price),
            )
            for t in result.trades
        ]

    return run


def backtrader(frame: Any, scene: str) -> Any:
    import backtrader as bt

    every, fast, slow, exits = SCENES[scene]

    class Broker(bt.brokers.BackBroker):
        """Buyers pay a tick more, sellers get the price."""

        def _slip_up(self, pmax: float, price: float, doslip: bool = True, lim: bool = False) -> float:
            return price + TICK

        def _slip_down(self, pmin: float, price: float, doslip: bool = True, lim: bool = False) -> float:
            return price

    class Cross(bt.Strategy):
        def __init__(self) -> None:
            decided = self.datas[-1]
            self.cross = bt.ind.CrossOver(
                bt.ind.SMA(decided.close, period=fast), bt.ind.SMA(decided.close, period=slow)
            )
            self.decided, self.seen = decided, 0
            self.exits: list[Any] = []
            self.fills: list[tuple[int, float]] = []

        def notify_order(self, order: Any) -> None:
            if order.status == order.Completed:
                self.fills.append((len(self.datas[0]) - 1, order.executed.price))
                if order.isbuy() and exits:
                    close = self.signal_close
                    stop, target = round(close * (1 - STOP), 1), round(close * (1 + TARGET), 1)
                    first = self.sell(size=SIZE, exectype=bt.Order.Stop, price=stop)
                    self.exits = [first, self.sell(size=SIZE, exectype=bt.Order.Limit, price=target, oco=first)]
                elif order.issell():
                    for other in self.exits:
                        self.cancel(other)
                    self.exits = []

        def next(self) -> None:
            if len(self.decided) == self.seen:
                return
            self.seen = len(self.decided)
            if self.cross[0] > 0 and not self.position:
                self.signal_close = self.decided.close[0]
                self.buy(size=SIZE)
            elif self.cross[0] < 0 and self.position:
                for other in self.exits:
                    self.cancel(other)
                self.exits = []
                self.sell(size=SIZE)

    def run() -> list[tuple[float, float, float, float]]:
        cerebro = bt.Cerebro(stdstats=False)
        cerebro.broker = Broker(slip_fixed=TICK)
        cerebro.broker.setcash(CASH)
        cerebro.broker.setcommission(FEE)
        # Its bars carry the times of their ends.
        ends = frame.tz_localize(None).shift(1, freq="min")
        data = bt.feeds.PandasData(dataname=ends, timeframe=bt.TimeFrame.Minutes, compression=1)
        cerebro.adddata(data)
        if every > 1:
            cerebro.resampledata(data, timeframe=bt.TimeFrame.Minutes, compression=every, bar2edge=True, rightedge=True)
        cerebro.addstrategy(Cross)
        fills = cerebro.run()[0].fills
        return _paired(fills)

    return run


def backtesting(frame: Any, scene: str) -> Any:
    from backtesting import Backtest, Strategy
    from backtesting.backtesting import _Broker

    _, _, _, exits = SCENES[scene]
    renamed = frame.tz_localize(None).rename(columns=str.capitalize)

    def adjusted(self: Any, size: float | None = None, price: float | None = None) -> float:
        given = price or self.last_price
        return given + TICK if size is not None and size > 0 else given

    _Broker._adjusted_price = adjusted

    class Cross(Strategy):
        def init(self) -> None:
            up, down = signals_by_minute(frame, scene)
            self.up, self.down = self.I(lambda: up, name="up"), self.I(lambda: down, name="down")

        def next(self) -> None:
            if self.up[-1] and not self.position:
                close = self.data.Close[-1]
                stops = {"sl": round(close * (1 - STOP), 1), "tp": round(close * (1 + TARGET), 1)} if exits else {}
                self.buy(size=1, **stops)
            elif self.down[-1] and self.position:
                self.position.close()

    def run() -> list[tuple[float, float, float, float]]:
        stats = Backtest(renamed, Cross, cash=CASH * 100, commission=FEE, finalize_trades=False).run()
        trades = stats["_trades"]
        columns = ("EntryBar", "EntryPrice", "ExitBar", "ExitPrice")
        return [tuple(row) for row in trades[list(columns)].itertuples(index=False)]

    return run


def vectorbt(frame: Any, scene: str) -> Any:
    import numpy as np
    import vectorbt as vbt

    _, _, _, exits = SCENES[scene]

    def run() -> list[tuple[float, float, float, float]]:
        up, down = signals_by_minute(frame, scene)
        entries, leaving = (np.concatenate([[False], each[:-1]]) for each in (up, down))
        opened = frame["open"].to_numpy()
        price = np.where(entries, opened + TICK, opened)
        options: dict[str, Any] = {}
        if exits:
            before = np.concatenate([[np.nan], frame["close"].to_numpy()[:-1]])
            options = {
                "sl_stop": 1 - np.round(before * (1 - STOP), 1) / price,
                "tp_stop": np.round(before * (1 + TARGET), 1) / price - 1,
                "stop_entry_price": "FillPrice",
                "open": frame["open"],
                "high": frame["high"],
                "low": frame["low"],
            }
        portfolio = vbt.Portfolio.from_signals(
            frame["close"], entries, leaving, price=price, size=SIZE, fees=FEE, init_cash=CASH, freq="1min", **options
        )
        closed = portfolio.trades.closed.records
        columns = ("entry_idx", "entry_price", "exit_idx", "exit_price")
        return [tuple(row) for row in closed[list(columns)].itertuples(index=False)]

    run()
    return run


def decade(frame: Any, scene: str) -> Any:
    """Ten times the data, one after the other: for memory."""
    import numpy as np
    import pandas as pd

    block = np.tile(frame.to_numpy().T, 10)
    times = pd.date_range("2015-01-01", periods=block.shape[1], freq="min", tz="UTC", name="time")
    return ours(pd.DataFrame(block.T, columns=frame.columns, index=times, copy=False), scene)


def _paired(fills: list[tuple[int, float]]) -> list[tuple[float, float, float, float]]:
    return [(*entry, *exit_) for entry, exit_ in zip(fills[::2], fills[1::2], strict=False)]


ENGINES = {
    "bybit_async": ours,
    "backtrader": backtrader,
    "backtesting": backtesting,
    "vectorbt": vectorbt,
    "decade": decade,
}


def main() -> None:
    engine, scene, path = sys.argv[1:4]
    began = time.process_time()
    __import__("bybit_async.bot" if engine in ("bybit_async", "decade") else engine)
    imported = time.process_time()
    frame = frame_of(path)
    loaded = time.process_time()
    run = ENGINES[engine](frame, scene)
    ready = time.process_time()
    trades = run()
    done = time.process_time()
    print(
        json.dumps(
            {
                "import": imported - began,
                "load": loaded - imported,
                "prepare": ready - loaded,
                "run": done - ready,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "trades": trades,
            }
        )
    )


if __name__ == "__main__":
    main()
