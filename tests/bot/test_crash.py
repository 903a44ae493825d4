"""A market that crashes while requests get lost: three strategies on five symbols, a breaker, and an exact account."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bybit_async.bot import Bot, ConfigurationManager, EngineState
from bybit_async.bot.journal import open_store
from bybit_async.bot.strategies import BookStrategy, Decision
from bybit_async.simulator import Crash, Rule
from tests.bot.trading import calm_closes, exchange_with, until

D = Decimal
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "DOGEUSDT")
FAULTS = (
    Rule(path="/v5/order/create", nth=3, action="drop-after"),
    Rule(path="/v5/order/create", nth=6, action="code", code=10016, executed=True),
    Rule(path="/v5/order/create", every=5, action="delay-reply", milliseconds=30),
    Rule(path="/v5/order/cancel", every=2, action="drop-after"),
    Rule(topic="execution*", every=4, action="duplicate"),
    Rule(topic="order*", every=5, action="reorder"),
    Rule(topic="position*", nth=9, action="reset"),
)


class Buyer(BookStrategy):
    """Buys a little whenever it holds too little: what a crash hurts."""

    def __init__(self, *parts, share: float = 0.05):
        super().__init__(*parts)
        self.share = share

    def decide_on_book(self, symbol, bids, asks, position):
        price = (bids[0][0] + asks[0][0]) / 2
        portfolio = self.risk_manager.portfolio
        if portfolio is None or portfolio.equity is None or position * D(str(price)) > D(12_000):
            return None
        return Decision("BUY", quantity=portfolio.equity * D(str(self.share)) / D(str(price)))


class Seller(BookStrategy):
    """Takes a part off now and then."""

    def decide_on_book(self, symbol, bids, asks, position):
        return (
            Decision("SELL", quantity=position / 3, reduce_only=True)
            if position * D(str(bids[0][0])) > 11_000
            else None
        )


def configuration(folder, exchange, credentials):
    own = "tests.bot.test_crash"
    return ConfigurationManager.from_dict(
        {
            "exchange": {"address": exchange.environment.rest_url, **credentials},
            "trading": {"symbols": list(SYMBOLS), "max_position_size": 0.2, "stop_loss_distance": 0.5},
            "risk": {
                "max_exposure": 1.2, "max_daily_loss": 0.03, "max_portfolio_risk": 0.2, "on_breaker": "emergency_stop",
                "max_volatility": 50.0, "max_consecutive_losses": 10_000,
            },
            "engine": {"flatten_on_emergency": True, "state_directory": str(folder), "max_signals_per_minute": 100_000},
            "data": {"warm_up": 30, "directory": f"{folder}/data"},
            "journal": {"url": f"sqlite:///{folder}/journal.sqlite3"},
            "strategies": {
                "eager": {"type": f"{own}:Buyer", "parameters": {"share": 0.08}},
                "timid": {"type": f"{own}:Buyer", "parameters": {"share": 0.03}},
                "seller": {"type": f"{own}:Seller"},
            },
        }
    )  # fmt: skip


@pytest.mark.timeout(120)
async def test_a_crash_trips_a_breaker_flattens_and_every_cent_is_in_the_journal(tmp_path):
    scenes = [Crash(coin=symbol.removesuffix("USDT"), drop=0.25, over="4s", at="5s") for symbol in SYMBOLS]
    async with exchange_with(*SYMBOLS, script=scenes) as exchange:
        credentials = exchange.new_account(usdt="100000")
        account = exchange.account(credentials["api_key"])
        exchange.faults.add(*FAULTS)
        bot = Bot(configuration(tmp_path, exchange, credentials))
        async with bot:
            bot.risk.closes_from(calm_closes, 60_000)
            await until(lambda: bot.engine.state is EngineState.EMERGENCY_STOPPED, 60)
            await until(lambda: not any(position.net for position in account.positions.values()), 20)
            tripped = set(bot.risk.tripped)
            sent = [order for order in exchange.orders if order.link_id.startswith("bot-")]
            await until(lambda: not bot.engine.get_active_trades(), 40)
        assert "daily_loss" in tripped
        assert {order.listing.instrument.symbol for order in sent} == set(SYMBOLS)
        assert {firing.rule.action for firing in exchange.faults.fired} >= {"drop-after", "code", "duplicate"}
        assert len(sent) == len({order.link_id for order in sent})
        balance = account.balances["USDT"]
    store = open_store(f"sqlite:///{tmp_path}/journal.sqlite3", read_only=True)
    rows, trades = store.read("executions"), store.read("trades")
    kinds = [row["kind"] for row in store.read("events")]
    store.close()
    assert {"breaker", "emergency_stop"} <= set(kinds)
    cash = sum((D(row["price"]) * D(row["qty"]) * (-1 if row["side"] == "Buy" else 1) for row in rows), D(0))
    fees = sum((D(row["fee"]) for row in rows), D(0))
    assert D(100_000) + cash - fees == balance
    assert sum((D(row["realized_pnl"] or 0) for row in trades), D(0)) == pytest.approx(
        balance - D(100_000), abs=D("1e-15")
    )
    assert {row["strategy_id"] for row in trades} >= {"eager", "timid"}
