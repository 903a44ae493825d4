"""The trading engine on a simulated exchange that replays candles, in virtual time, written down as a backtest is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from bybit_async.bot import BybitClient, ConfigurationManager, TradingEngine, UnifiedRiskManager
from bybit_async.bot.backtesting.ledger import OrderRecord, RunLedger
from bybit_async.bot.backtesting.rules import FillRule, charged
from bybit_async.bot.data_manager import DataManager
from bybit_async.bot.engine.decisions import PREFIX, execution_id_of
from bybit_async.bot.strategies import BaseStrategy, StrategyManager
from bybit_async.simulator import Cadences, MarketSettings, Rule, SimulatedExchange
from bybit_async.simulator.engine import AccountExecution, Instrument, Sink

MINUTE = 60_000
SYMBOL = "BTCUSDT"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens in other tasks and threads, and has no event of its own."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


class LiveRun(Sink):
    """One strategy, one symbol, one-minute candles: the exchange's clock moves only when the bot has nothing to do."""

    def __init__(self, exchange: SimulatedExchange, config: ConfigurationManager, rule: FillRule, key: str) -> None:
        self.exchange, self.rule = exchange, rule
        self.account = exchange.account(key)
        self.client = BybitClient(config)
        self.data = DataManager(self.client, config)
        self.risk = UnifiedRiskManager(config)
        self.engine = TradingEngine(self.client, self.data, self.risk, config)
        self.strategies = StrategyManager(self.data, self.risk, config)
        self.ledger = RunLedger(lambda trade: None)
        self.decided: dict[str, tuple[Any, int]] = {}
        self.outcomes: list[Any] = []
        self.hash = ""
        exchange.engine.add_sink(self)

    def on_executions(self, account: Any, executions: list[AccountExecution]) -> None:
        if account is self.account:
            for execution in executions:
                self.ledger.execution(execution)

    @property
    def now_ms(self) -> int:
        return self.exchange.clock.now_ms()

    async def go(self, strategy: BaseStrategy, closes: range) -> None:
        """Ask the strategy at each of these moments, and trade what it wants."""
        self.strategies.add_strategy(strategy)
        await self.client.initialize()
        # Local time stands still with the exchange's, or signatures would be from its future.
        self.client.session.clock.monotonic = lambda: self.now_ms / 1000
        await self.client.session.get_server_time()
        await self.engine.start()
        await self.strategies.activate_all_strategies()
        for connection in self.exchange.connections:
            # Time that leaps is no silence.
            connection.idle_limit = 1 << 60
        try:
            for closed in closes:
                await self.reach(closed)
                await self.settled(closed)
                if closed == closes[-1]:
                    # What is decided here would arrive after the last candle.
                    break
                self.engine.observe()
                for signal in await self.strategies.generate_all_signals([SYMBOL]):
                    await self.trade(signal)
        finally:
            await self.engine.stop()
            await self.client.aclose()

    async def reach(self, time_ms: int) -> None:
        if time_ms > self.now_ms:
            # In one leap: what happens on the way happens at its time, and only its news come together.
            self.exchange.clock.advance(time_ms - self.now_ms)
            self.exchange.settle()
        await self.client.session.get_server_time()

    async def trade(self, signal: Any) -> None:
        """Trade one signal; its order is on its way for as long as the rule says, and so is the answer."""
        arrived = len(self.exchange.faults.fired)
        self.decided[execution_id_of(signal)] = signal, self.now_ms
        trading = asyncio.ensure_future(self.engine.process_trade_signal(signal))
        await until(lambda: trading.done() or len(self.exchange.faults.fired) > arrived)
        if trading.done():
            self.outcomes.append(trading.result())
            return
        await self.reach(self.now_ms + self.rule.latency)
        self.outcomes.append(await trading)
        await self.reach(self.now_ms + self.rule.latency)
        await self.settled()

    async def settled(self, closed: int | None = None) -> None:
        """Wait until the bot knows what the exchange knows."""
        await until(lambda: self._is_told(closed))

    def _is_told(self, closed: int | None) -> bool:
        frame = self.data.frame(SYMBOL)
        if closed is not None and (frame is None or self.data.closing_time(frame) < closed):
            return False
        portfolio = self.engine.portfolio()
        assert portfolio is not None
        listing = self.exchange.engine.listing("linear", SYMBOL)
        position = self.account.position(listing, 0)
        held = portfolio.position(SYMBOL)
        if not portfolio.synced or (held.signed_size if held else 0) != position.net:
            return False
        if held is not None and held.mark_price != listing.mark_price:
            return False
        stop = position.stop_loss.trigger_price if position.stop_loss is not None else None
        if held is not None and (held.stop_loss, held.entry_price) != (stop, round(position.avg_price, 8)):
            return False
        working = {order.order_link_id for order in portfolio.orders if order.order_link_id}
        if working != {order.link_id for order in self.account.orders.values() if order.link_id}:
            return False
        unrealised = held.unrealised_pnl if held is not None else 0
        return portfolio.equity == self.account.balances["USDT"] + unrealised

    def digest(self) -> str:
        """Return the hash of the orders that reached the exchange, their fills, fees and the balance."""
        mine = [order for order in self.exchange.orders if order.link_id.startswith(PREFIX)]
        for order in sorted(mine, key=lambda order: order.created_ms):
            signal, decided_ms = self.decided[order.link_id]
            self.ledger.orders.append(
                OrderRecord(
                    execution_id=order.link_id,
                    strategy_id=signal.strategy_id,
                    symbol=order.symbol,
                    side=signal.action,
                    qty=order.qty,
                    price=order.price if order.order_type == "Limit" else None,
                    stop_loss=order.exit_plan.stop_loss,
                    take_profit=order.exit_plan.take_profit,
                    reduce_only=order.reduce_only,
                    decided_ms=decided_ms,
                    decided_price=signal.price,
                    sent_ms=order.created_ms,
                )
            )
        return self.ledger.digest(self.account.balances["USDT"])


async def live_run(
    kind: type[BaseStrategy],
    parameters: dict[str, Any],
    frame: pd.DataFrame,
    *,
    network: bool,
    folder: Path,
    instrument: Instrument,
    rule: FillRule,
    seed: int,
    values: dict[str, Any],
    balance: str,
) -> LiveRun:
    """Run a strategy over candles on an exchange with or without a network."""
    times = frame.index.as_unit("ms").asi8
    warm = kind("", "", None, None, ConfigurationManager.from_dict({}), **parameters).warm_up - 1
    async with SimulatedExchange(
        network=network, seed=seed, manual=True, latency=0, start=int(times[0]), rate_limits=False, host_limit=None,
        connection_limit=None, instruments=[charged(instrument, rule)],
        market=MarketSettings(makers=None, step=8 * MINUTE), cadences=Cadences(klines=0, tickers=0),
    ) as exchange:  # fmt: skip
        keys = exchange.new_account(usdt=balance)
        config = ConfigurationManager.from_dict(
            values
            | {
                "data": {"warm_up": max(warm, 1), "directory": str(folder / "data")},
                "exchange": {"address": exchange.environment.rest_url, "orders_via": "websocket", **keys},
                "journal": {"url": f"sqlite:///{folder}/journal.sqlite3"},
                "engine": {"state_directory": str(folder), "cancel_on_stop": False, "max_signals_per_minute": 10**6},
            }
        )
        run = LiveRun(exchange, config, rule, keys["api_key"])
        exchange.replay(frame, symbol=SYMBOL, touch=rule.touch, spread=rule.spread, depth=rule.depth)
        exchange.faults.add(Rule(path="order.create", action="delay", milliseconds=rule.latency))
        strategy = kind(kind.__name__, kind.__name__, run.data, run.risk, config, **parameters)
        await exchange.advance(warm * MINUTE or 1)
        first = int(times[0]) + (warm + 1) * MINUTE
        await run.go(strategy, range(first, int(times[-1]) + MINUTE + 1, MINUTE))
        exchange.engine.audit()
        run.hash = run.digest()
        return run
