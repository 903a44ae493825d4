"""The strategy manager: who is asked, and what happens to those that misbehave."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bybit_async.bot.strategies import BaseStrategy, BookImbalanceStrategy, StrategyManager
from tests.bot.strategies.making import START, D, frame_of, made


class Buys(BaseStrategy):
    """Buys always, as often as `times` says."""

    times = 1

    async def generate_signals(self, symbol: str, data: Any) -> list[Any]:
        from bybit_async.bot.strategies import View

        return self.signals_of([View.buy(D(1))] * self.times, symbol, float(data["close"].iloc[-1]), START, D(0))


class Raises(Buys):
    async def generate_signals(self, symbol: str, data: Any) -> list[Any]:
        raise KeyError("momentum")


class Hangs(Buys):
    async def generate_signals(self, symbol: str, data: Any) -> list[Any]:
        await asyncio.Event().wait()
        return []


class Floods(Buys):
    times = 7


class Frames:
    """Data of two symbols."""

    def __init__(self) -> None:
        self.frames = {"BTCUSDT": frame_of([100.0]), "ETHUSDT": frame_of([50.0])}

    def frame(self, symbol: str) -> Any:
        return self.frames.get(symbol)


def manager_of(*kinds: type[BaseStrategy], **settings: Any) -> StrategyManager:
    strategies = [made(kind, strategy_id=kind.__name__.lower()) for kind in kinds]
    config = strategies[0].config_manager
    config.update_config({"engine.strategy_timeout": 0.05, "engine.max_signals_per_minute": 6, **settings})
    manager = StrategyManager(Frames(), strategies[0].risk_manager, config)  # type: ignore[arg-type]
    for strategy in strategies:
        manager.add_strategy(strategy)
    return manager


async def asked(manager: StrategyManager, *symbols: str) -> list[tuple[str, str]]:
    signals = await manager.generate_all_signals(symbols or ("BTCUSDT", "ETHUSDT", "XRPUSDT"))
    return [(signal.strategy_id, signal.symbol) for signal in signals]


async def test_who_is_asked() -> None:
    manager = manager_of(Buys)
    assert await asked(manager) == []
    await manager.activate_all_strategies()
    assert await asked(manager) == [("buys", "BTCUSDT"), ("buys", "ETHUSDT")]
    strategy = manager.get_strategy("buys")
    assert strategy is not None
    strategy.add_symbol("ETHUSDT")
    assert await asked(manager) == [("buys", "ETHUSDT")]
    await manager.deactivate_all_strategies()
    assert await asked(manager) == []
    with pytest.raises(ValueError, match="there is a strategy 'buys' already"):
        manager.add_strategy(made(Buys, strategy_id="buys"))
    manager.add_strategy(strategy)
    manager.remove_strategy("buys")
    manager.remove_strategy("buys")
    assert (manager.get_strategy("buys"), manager.strategies) == (None, [])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Raises, "raised KeyError: 'momentum'"),
        (Hangs, "took longer than 0.05 s"),
        (Floods, "made more than 6 signals within a minute"),
    ],
)
async def test_one_that_misbehaves_is_stopped_alone(kind: type[BaseStrategy], reason: str) -> None:
    manager = manager_of(kind, Buys)
    told: list[tuple[str, str]] = []
    manager.on_failure = lambda strategy_id, why: told.append((strategy_id, why))
    await manager.activate_all_strategies()
    assert await asked(manager, "BTCUSDT") == [("buys", "BTCUSDT")]
    name = kind.__name__.lower()
    assert manager.failures == {name: reason}
    assert told == [(name, reason)]
    assert [strategy.active for strategy in manager.strategies] == [False, True]
    await manager.activate_all_strategies()
    assert manager.failures == {}


async def test_one_that_cannot_be_activated() -> None:
    class Never(Buys):
        async def activate(self) -> None:
            raise RuntimeError("no licence")

    manager = manager_of(Never, Buys)
    await manager.activate_all_strategies()
    assert manager.failures == {"never": "raised RuntimeError: no licence"}
    assert [strategy.active for strategy in manager.strategies] == [False, True]


async def test_books_go_to_those_that_decide_on_books() -> None:
    manager = manager_of(BookImbalanceStrategy, Buys)
    await manager.activate_all_strategies()
    signals = await manager.generate_book_signals("BTCUSDT", [(99.9, 9.0)], [(100.1, 1.0)], START)
    assert [(signal.strategy_id, signal.action) for signal in signals] == [("bookimbalancestrategy", "BUY")]


class ReturnsOne(Buys):
    async def generate_signals(self, symbol: str, data: Any) -> Any:
        return (await super().generate_signals(symbol, data))[0]


class ReturnsWords(Buys):
    async def generate_signals(self, symbol: str, data: Any) -> Any:
        return ["BUY"]


class ReturnsFrame(Buys):
    async def generate_signals(self, symbol: str, data: Any) -> Any:
        return data


class RaisesWithoutAsync(Buys):
    def generate_signals(self, symbol: str, data: Any) -> Any:  # type: ignore[override]
        raise KeyError("momentum")


class ReturnsWithoutAsync(Buys):
    def generate_signals(self, symbol: str, data: Any) -> Any:  # type: ignore[override]
        return []


@pytest.mark.parametrize("kind", [ReturnsOne, ReturnsWords, ReturnsFrame, RaisesWithoutAsync, ReturnsWithoutAsync])
async def test_one_that_returns_something_else_is_stopped_alone(kind: type[BaseStrategy]) -> None:
    manager = manager_of(kind, Buys)
    await manager.activate_all_strategies()
    assert await asked(manager, "BTCUSDT") == [("buys", "BTCUSDT")]
    assert list(manager.failures) == [kind.__name__.lower()]
