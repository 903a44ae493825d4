"""The call sequences that the documents of the bot print, on a simulated exchange: only what they import differs."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bybit_async.bot import (
    BaseStrategy,
    BybitAPIError,
    BybitClient,
    BybitV5Connector,
    ConfigurationManager,
    DataManager,
    EngineState,
    ExchangePriority,
    ExecutionStatus,
    InsufficientBalanceError,
    MovingAverageCrossoverStrategy,
    OrderNotFoundError,
    OrderSide,
    OrderType,
    RateLimitError,
    RiskMetrics,
    SignalStrength,
    StrategyManager,
    TimeInForce,
    TradeRiskAssessment,
    TradeSignal,
    TradingEngine,
    TradingSignal,
    UnifiedRiskManager,
    get_exchange_connector,
)
from bybit_async.simulator import SimulatedExchange
from tests.bot.trading import exchange_with

YAML = """
exchange: {{address: "{address}", api_key: "{api_key}", api_secret: "{api_secret}"}}
trading: {{symbols: [BTCUSDT, ETHUSDT], max_slippage: 0.1}}
data: {{warm_up: 60, directory: "{folder}/data"}}
journal: {{url: "sqlite:///{folder}/journal.sqlite3"}}
engine: {{state_directory: "{folder}"}}
"""


@pytest.fixture
async def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """What the documents call config_manager, client, data_manager, risk_manager and engine."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    async with exchange_with("BTCUSDT", "ETHUSDT") as exchange:
        text = YAML.format(
            address=exchange.environment.rest_url, folder=tmp_path, **exchange.new_account(usdt="100000")
        )
        for name in ("default", "production"):
            (tmp_path / "config" / f"{name}.yaml").write_text(text)
        config_manager = ConfigurationManager()
        client = BybitClient(config_manager)
        data_manager = DataManager(client, config_manager)
        risk_manager = UnifiedRiskManager(config_manager)
        engine = TradingEngine(client, data_manager, risk_manager, config_manager)
        yield SimpleNamespace(**{name: value for name, value in locals().items() if name not in ("tmp_path", "text")})
        await engine.stop()
        await client.aclose()


@pytest.fixture
async def started(parts: Any) -> Any:
    await parts.engine.start()
    return parts


def signal_at(price: Decimal) -> TradeSignal:
    return TradeSignal(
        strategy_id="ma_crossover",
        symbol="BTCUSDT",
        action="BUY",
        quantity=Decimal("0.1"),
        price=price,
        confidence=0.8,
        strength=SignalStrength.STRONG,
        timestamp=datetime.now(),
    )


# The engine


@pytest.mark.parametrize(
    ("function", "parameters"),
    [
        (TradingEngine.__init__, "self bybit_client data_manager risk_manager config_manager"),
        (TradingEngine.process_trade_signal, "self signal"),
        (TradingEngine.cancel_trade, "self execution_id"),
        (TradingEngine.get_trade_history, "self symbol limit"),
        (UnifiedRiskManager.__init__, "self config_manager"),
        (UnifiedRiskManager.assess_trade_risk, "self symbol side size entry_price stop_loss take_profit"),
        (UnifiedRiskManager.calculate_portfolio_metrics, "self positions portfolio_value"),
        (UnifiedRiskManager.check_circuit_breakers, "self portfolio_value"),
        (BybitClient.place_order, "self symbol side order_type qty price stop_loss take_profit time_in_force"),
        (BybitClient.cancel_order, "self symbol order_id"),
        (BybitClient.get_order_status, "self symbol order_id"),
        (BybitClient.get_positions, "self symbol"),
        (BybitClient.get_wallet_balance, "self coin"),
        (BybitClient.get_market_data, "self symbol"),
        (BaseStrategy.__init__, "self strategy_id name data_manager risk_manager config_manager"),
        (BaseStrategy.generate_signals, "self symbol data"),
        (BaseStrategy.update_performance, "self symbol pnl win"),
        (StrategyManager.generate_all_signals, "self symbols"),
        (ConfigurationManager.__init__, "self config_path"),
        (ConfigurationManager.get, "self key default"),
        (BybitAPIError.__init__, "self message code"),
    ],
)
def test_signatures_begin_as_documented(function: Any, parameters: str) -> None:
    names = list(inspect.signature(function).parameters)
    wanted = parameters.split()
    assert names[: len(wanted)] == wanted


async def test_an_engine_is_built_and_started(parts: Any) -> None:
    bybit_client, data_manager = parts.client, parts.data_manager
    risk_manager, config_manager = parts.risk_manager, parts.config_manager
    engine = TradingEngine(bybit_client, data_manager, risk_manager, config_manager)
    await engine.start()
    assert engine.state is EngineState.RUNNING
    await engine.stop()
    assert engine.state is EngineState.STOPPED


async def test_it_is_paused_resumed_and_stopped_in_an_emergency(started: Any) -> None:
    engine = started.engine
    assert await engine.pause() is None
    assert await engine.resume() is None
    assert await engine.emergency_stop() is None
    assert engine.get_engine_status()["state"] == "emergency_stopped"


async def test_a_signal_is_processed(started: Any) -> None:
    engine = started.engine
    ticker = await started.client.get_market_data("BTCUSDT")
    signal = signal_at(Decimal(ticker["lastPrice"]))
    execution = await engine.process_trade_signal(signal)
    assert execution.status == ExecutionStatus.FILLED, execution
    assert f"Trade status: {execution.status}"


async def test_a_signal_far_from_the_market_is_a_value_too(started: Any) -> None:
    execution = await started.engine.process_trade_signal(signal_at(Decimal("10")))
    assert execution.status is ExecutionStatus.REJECTED
    assert execution.rejection_reason


async def test_a_trade_is_cancelled(started: Any) -> None:
    success = await started.engine.cancel_trade("execution-123")
    assert success is False


async def test_trades_history_and_status(started: Any) -> None:
    engine = started.engine
    ticker = await started.client.get_market_data("BTCUSDT")
    await engine.process_trade_signal(signal_at(Decimal(ticker["lastPrice"])))
    active_trades = engine.get_active_trades()
    for trade in active_trades:
        assert f"Symbol: {trade.signal.symbol}, Status: {trade.status}"
    all_trades = engine.get_trade_history()
    btc_trades = engine.get_trade_history("BTCUSDT")
    assert len(all_trades) == len(btc_trades) == 1
    status = engine.get_engine_status()
    assert status["state"] == "running"
    assert status["active_trades_count"] == 0


# Risk


async def test_a_trade_is_assessed(started: Any) -> None:
    risk_manager = started.risk_manager
    assessment = await risk_manager.assess_trade_risk(
        symbol="BTCUSDT",
        side="BUY",
        size=Decimal("0.1"),
        entry_price=Decimal("50000"),
        stop_loss=Decimal("48000"),
        take_profit=Decimal("54000"),
    )
    assert isinstance(assessment, TradeRiskAssessment)
    assert assessment.risk_level
    assert assessment.recommended_action
    assert assessment.position_size_recommendation == Decimal("0.1")


async def test_metrics_of_a_portfolio(parts: Any) -> None:
    positions = {"BTCUSDT": {"value": 5000, "unrealized_pnl": 100}, "ETHUSDT": {"value": 3000, "unrealized_pnl": -50}}
    metrics = await parts.risk_manager.calculate_portfolio_metrics(positions, Decimal("10000"))
    assert isinstance(metrics, RiskMetrics)
    assert metrics.total_exposure == 8000
    assert (metrics.var_95, metrics.current_drawdown, metrics.risk_score) is not None


async def test_breakers_are_checked(parts: Any) -> None:
    breakers = await parts.risk_manager.check_circuit_breakers(Decimal("8000"))
    # Nothing was ever shown to it, and what cannot be computed counts as tripped.
    assert breakers
    for breaker in breakers:
        assert f"- {breaker}"


async def test_a_summary_of_risk(parts: Any) -> None:
    summary = parts.risk_manager.get_risk_summary()
    assert summary["risk_profile"]["max_portfolio_risk"] == 0.02
    assert summary["current_state"]["emergency_stop_active"] is False


# The client


async def test_a_limit_order_with_stop_and_target(parts: Any) -> None:
    client = parts.client
    order_id = await client.place_order(
        symbol="BTCUSDT",
        side=OrderSide.BUY,
        order_type=OrderType.LIMIT,
        qty=Decimal("0.1"),
        price=Decimal("50000"),
        stop_loss=Decimal("48000"),
        take_profit=Decimal("54000"),
    )
    assert isinstance(order_id, str)
    order = await client.get_order_status("BTCUSDT", order_id)
    assert order["orderStatus"] in ("New", "Filled", "PartiallyFilled")
    assert Decimal(order["cumExecQty"]) >= 0


async def test_an_order_is_cancelled(parts: Any) -> None:
    client = parts.client
    order_id = await client.place_order(
        "BTCUSDT", OrderSide.BUY, OrderType.LIMIT, Decimal("0.1"), Decimal("40000"), time_in_force=TimeInForce.GTC
    )
    success = await client.cancel_order("BTCUSDT", order_id)
    assert success is True
    with pytest.raises(OrderNotFoundError) as caught:
        await client.cancel_order("BTCUSDT", "order-123")
    assert caught.value.code == 110001
    with pytest.raises(OrderNotFoundError):
        await client.get_order_status("BTCUSDT", "order-123")


async def test_positions_balances_and_tickers(parts: Any) -> None:
    client = parts.client
    await client.place_order("BTCUSDT", OrderSide.BUY, OrderType.MARKET, Decimal("0.01"))
    all_positions = await client.get_positions()
    btc_positions = await client.get_positions("BTCUSDT")
    assert [(held["symbol"], held["size"]) for held in all_positions] == [("BTCUSDT", "0.01")]
    assert len(btc_positions) == 1
    assert await client.get_positions("ETHUSDT") == []
    balances = await client.get_wallet_balance()
    assert 99_000 < balances["USDT"]["available_balance"] < balances["USDT"]["wallet_balance"] < 100_000
    assert set(await client.get_wallet_balance("USDT")) == {"USDT"}
    btc_ticker = await client.get_market_data("BTCUSDT")
    assert Decimal(btc_ticker["lastPrice"]) > 0
    all_tickers = await client.get_market_data()
    assert {ticker["symbol"] for ticker in all_tickers} >= {"BTCUSDT", "ETHUSDT"}


async def test_calls_are_coroutines(parts: Any) -> None:
    result = parts.client.get_positions()
    assert inspect.iscoroutine(result)
    assert await result == []


async def test_errors_are_told_apart_in_their_order(parts: Any) -> None:
    client, caught = parts.client, ""
    try:
        await client.place_order(symbol="BTCUSDT", side=OrderSide.BUY, order_type=OrderType.MARKET, qty=Decimal("100"))
    except InsufficientBalanceError:
        caught = "Insufficient balance to place order"
    except RateLimitError:
        await asyncio.sleep(1)
    except BybitAPIError as e:
        caught = f"API error: {e.message} (code: {e.code})"
    assert caught == "Insufficient balance to place order"


# Strategies


async def test_a_crossover_strategy(started: Any) -> None:
    data_manager, risk_manager, config_manager = started.data_manager, started.risk_manager, started.config_manager
    ma_strategy = MovingAverageCrossoverStrategy(
        strategy_id="ma_5_20",
        name="MA 5-20 Crossover",
        data_manager=data_manager,
        risk_manager=risk_manager,
        config_manager=config_manager,
        fast_period=5,
        slow_period=20,
    )
    ma_strategy.add_symbol("BTCUSDT")
    await ma_strategy.activate()
    ma_strategy.update_performance("BTCUSDT", Decimal("100"), True)
    manager = StrategyManager(data_manager, risk_manager, config_manager)
    manager.add_strategy(ma_strategy)
    await manager.activate_all_strategies()
    signals = await manager.generate_all_signals(["BTCUSDT", "ETHUSDT"])
    for signal in signals:
        assert isinstance(signal, TradingSignal)
        assert f"Strategy: {signal.strategy_id}, Symbol: {signal.symbol}, Action: {signal.action}"
    assert manager.get_strategy("ma_5_20") is ma_strategy
    manager.remove_strategy("ma_5_20")
    assert manager.get_strategy("ma_5_20") is None
    ma_strategy.remove_symbol("BTCUSDT")
    await ma_strategy.deactivate()


# Configuration


async def test_values_are_read_and_updated(parts: Any) -> None:
    config_manager = ConfigurationManager("config/production.yaml")
    max_position_size = config_manager.get("trading.max_position_size", 0.1)
    enable_stop_loss = config_manager.get("trading.enable_stop_loss", True)
    max_portfolio_risk = config_manager.get("risk.max_portfolio_risk", 0.02)
    assert (max_position_size, enable_stop_loss, max_portfolio_risk) == (0.1, True, 0.02)
    config_manager.update_config({"trading.max_position_size": 0.05, "risk.max_daily_loss": 0.03})
    assert config_manager.get("trading.max_position_size") == 0.05
    config_manager.set("risk.max_daily_loss", 0.02)
    config_manager.load_config("config/default.yaml")
    assert config_manager.get("risk.max_daily_loss") == 0.03


def test_an_invalid_configuration_ends_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "production.yaml"
    path.write_text("risk: {max_daily_loss: 3}\n")

    def program() -> None:
        config_manager = ConfigurationManager(str(path))
        errors = config_manager.validate_config()
        if errors:
            print(f"Configuration errors: {errors}")
            sys.exit(1)

    with pytest.raises(SystemExit, match="1"):
        program()
    assert "risk.max_daily_loss" in capsys.readouterr().out


# Practices


async def test_a_signal_is_branched_on(started: Any) -> None:
    engine = started.engine
    ticker = await started.client.get_market_data("BTCUSDT")
    try:
        execution = await engine.process_trade_signal(signal_at(Decimal(ticker["lastPrice"])))
        if execution.status == ExecutionStatus.FILLED:
            said = "Trade executed successfully"
        elif execution.status == ExecutionStatus.REJECTED:
            said = f"Trade rejected: {execution.rejection_reason}"
    except Exception as e:  # noqa: BLE001 - so it is printed
        said = f"Error processing trade: {e}"
    assert said == "Trade executed successfully"


async def test_resources_are_released_even_if_starting_failed(parts: Any) -> None:
    engine = parts.engine
    await parts.exchange.close()

    async def program() -> None:
        try:
            await engine.start()
        finally:
            await engine.stop()

    with pytest.raises(ConnectionError):
        await program()


# The connector that blocks


@pytest.fixture
def exchange() -> Iterator[Any]:
    with SimulatedExchange(seed=7, symbols=["BTCUSDT"], rate_limits=False, host_limit=None) as made:  # type: ignore[attr-defined]
        yield made


def test_the_blocking_connector(exchange: Any) -> None:
    connector = BybitV5Connector(**exchange.new_account(usdt="100000"), address=exchange.environment.rest_url)
    asyncio.run(connector.initialize())
    balances = connector.get_balances()
    positions = connector.get_positions(symbol="BTCUSDT")
    account_info = connector.get_account_balance()
    assert balances["USDT"]["wallet_balance"] == account_info["total_equity"] == 100_000
    assert positions == []
    ohlcv = connector.get_ohlcv(symbol="BTCUSDT", interval="1", limit=100)
    assert len(ohlcv) == 100
    assert ohlcv[0]["timestamp"] < ohlcv[-1]["timestamp"]
    orderbook = connector.get_orderbook(symbol="BTCUSDT", limit=50)
    assert orderbook["bids"][0][0] < orderbook["asks"][0][0]
    market_data = connector.get_market_data(symbol="BTCUSDT")
    price = float(market_data["lastPrice"])  # type: ignore[call-overload]

    connector.place_order(symbol="BTCUSDT", side="Buy", order_type="Market", qty=0.01)
    limit_order = connector.place_order(symbol="BTCUSDT", side="Buy", order_type="Limit", qty=0.01, price=30000)
    connector.place_order(
        symbol="BTCUSDT", side="Buy", order_type="Market", qty=0.01, take_profit=price // 1 + 2000,
        stop_loss=price // 1 - 2000,
    )  # fmt: skip
    assert connector.modify_order(symbol="BTCUSDT", order_id=limit_order, price=31000, qty=0.02)
    assert connector.get_order_status("BTCUSDT", limit_order)["price"] == "31000"
    assert connector.cancel_order(symbol="BTCUSDT", order_id=limit_order)
    connector.cancel_all_orders(symbol="BTCUSDT")
    assert connector.close_position(symbol="BTCUSDT")
    assert connector.get_positions() == []

    signal = {
        "symbol": "BTCUSDT",
        "side": "Buy",
        "order_type": "Market",
        "qty": 0.01,
        "price": None,
        "take_profit": price // 1 + 2000,
        "stop_loss": price // 1 - 2000,
    }
    trade_result = connector.execute_trade(signal)
    assert trade_result["orderStatus"] == "Filled"
    with pytest.raises(ValueError, match="signal"):
        connector.execute_trade({"symbol": "BTCUSDT", "sid": "Buy"})
    connector.close()


def test_the_factory_and_the_environment(exchange: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = exchange.new_account(usdt="100")
    monkeypatch.setenv("BYBIT_API_KEY", credentials["api_key"])
    monkeypatch.setenv("BYBIT_API_SECRET", credentials["api_secret"])
    monkeypatch.setenv("BYBIT_TESTNET", "True")
    connector = get_exchange_connector("bybit_v5", priority=ExchangePriority.PRIMARY)
    assert connector._client.settings.exchange.address == "testnet"
    assert BybitV5Connector(testnet=False)._client.settings.exchange.address == "mainnet"
    monkeypatch.delenv("BYBIT_TESTNET")
    assert BybitV5Connector()._client.settings.exchange.address == "mainnet"
    with pytest.raises(ValueError, match="bybit_v5"):
        get_exchange_connector("kraken")
    with BybitV5Connector(address=exchange.environment.rest_url) as here:
        asyncio.run(here.initialize())
        assert here.get_balances()["USDT"]["wallet_balance"] == 100
