"""From a signal to an order, without an exchange: what is decided, and forty ways in which nothing may be."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bybit_async.bot import ConfigurationManager, SignalStrength, TradeSignal, UnifiedRiskManager
from bybit_async.bot.engine.decisions import OrderPlan, PriceQuote, Refusal, Situation, decide, execution_id_of
from bybit_async.bot.engine.rooms import rules_of
from bybit_async.bot.records import HeldPosition, OrderSide, OrderType, PortfolioSnapshot, WorkingOrder
from bybit_async.models.market import ContractLotSize, ContractPriceFilter, LinearInstrument
from tests.bot.trading import calm_closes

D = Decimal
NOW = 1_700_000_000_000
INSTRUMENT = LinearInstrument(
    symbol="BTCUSDT", base_coin="BTC", quote_coin="USDT", status="Trading",
    price_filter=ContractPriceFilter(tick_size=D("0.1"), min_price=D("0.1"), max_price=D(1_000_000)),
    lot_size_filter=ContractLotSize(
        qty_step=D("0.001"), min_order_qty=D("0.001"), max_order_qty=D(100), max_mkt_order_qty=D(50),
        min_notional_value=D(5),
    ),
)  # fmt: skip
QUOTE = PriceQuote(D("49999.9"), D("50000.1"), D(50000), NOW)


def healthy(**changed) -> PortfolioSnapshot:
    sound = {
        "time_ms": NOW, "equity": D(100_000), "available": D(100_000), "data_age_ms": 0, "clock_error_ms": 1.0,
        "calls": 10, "errors": 0,
    }  # fmt: skip
    return PortfolioSnapshot(**(sound | changed))


def signal(**changed) -> TradeSignal:
    sound = {
        "strategy_id": "s", "symbol": "BTCUSDT", "action": "BUY", "quantity": D("0.01"), "price": D(50000),
        "confidence": 0.5, "strength": SignalStrength.STRONG, "timestamp": datetime.fromtimestamp(NOW / 1000, UTC),
        "metadata": {"order_type": "market"},
    }  # fmt: skip
    return TradeSignal(**(sound | changed))


def held(size="0.01", side=OrderSide.BUY, mark="50000", **changed):
    return HeldPosition(symbol="BTCUSDT", side=side, size=D(size), entry_price=D(50000), mark_price=D(mark), **changed)


def decided(given_signal=None, portfolio=None, *, closes=calm_closes, setup=None, **situation):
    values = situation.pop("values", {})
    config = ConfigurationManager.from_dict(values)
    risk = UnifiedRiskManager(config)
    risk.closes_from(closes, 60_000)
    risk.observe(healthy())
    risk.set_rules("BTCUSDT", rules_of(INSTRUMENT))
    if setup is not None:
        setup(risk)
    sound = {"portfolio": portfolio or healthy(), "instrument": INSTRUMENT, "quote": QUOTE, "now_ms": NOW}
    made = Situation(**(sound | situation), settings=config.settings)
    return decide(given_signal or signal(), made, risk)


def test_a_sound_signal_becomes_a_market_order_with_a_stop():
    plan = decided()
    assert isinstance(plan, OrderPlan)
    assert (plan.side, plan.order_type, plan.qty, plan.price) == (OrderSide.BUY, OrderType.MARKET, D("0.01"), None)
    assert plan.stop_loss == D("49000.1")  # two percent below the ask, rounded towards it
    assert not plan.reduce_only
    order = plan.order("linear")
    assert (order.order_link_id, order.stop_loss, order.position_idx) == (plan.execution_id, "49000.1", 0)


def test_a_limit_order_stands_at_the_price_of_the_signal():
    plan = decided(signal(price=D("49900.06"), metadata={"order_type": "limit"}))
    assert (plan.order_type, plan.price) == (OrderType.LIMIT, D("49900.0"))
    assert plan.time_in_force.value == "GTC"


@pytest.mark.parametrize(
    ("position", "quantity", "wanted", "reduces"),
    [("0.02", "0.01", "0.01", True), ("0.02", "0.02", "0.02", True), ("0.02", "0.05", "0.05", False)],
)
def test_what_only_closes_carries_no_stop(position, quantity, wanted, reduces):
    plan = decided(signal(action="SELL", quantity=D(quantity)), healthy(positions=(held(position),)))
    assert (plan.qty, plan.reduce_only) == (D(wanted), reduces)
    assert (plan.stop_loss is None) is reduces


def test_a_position_can_be_closed_whatever_the_breakers_say():
    plan = decided(
        signal(action="SELL", metadata={"reduce_only": True, "order_type": "market"}),
        healthy(positions=(held(),), data_age_ms=None, calls=None),
    )
    assert plan.reduce_only


def order_of(**changed):
    sound = {"order_link_id": "a", "symbol": "BTCUSDT", "side": OrderSide.BUY, "remaining": D(2), "price": D(50000)}
    return WorkingOrder(**(sound | changed))


def lose(risk):
    from bybit_async.bot.risk import ClosedTrade

    risk.record_trades([ClosedTrade("BTCUSDT", D(-1))] * 6)
    risk.check(healthy())


def tripped(snapshot):
    def act(risk):
        risk.check(snapshot)

    return act


def nan(symbol):
    return [*calm_closes(symbol)[:-1], float("nan")]


def wild(symbol):
    return [100.0 * (1.3 if number % 2 else 1.0) for number in range(300)]


REFUSED = {
    "quantity nan": {"given_signal": signal(quantity=D("NaN"))},
    "quantity infinite": {"given_signal": signal(quantity=D("Infinity"))},
    "quantity zero": {"given_signal": signal(quantity=D(0))},
    "quantity negative": {"given_signal": signal(quantity=D(-1))},
    "quantity a float": {"given_signal": signal(quantity=0.1)},
    "quantity absurd": {"given_signal": signal(quantity=D(10) ** 30)},
    "quantity below the lot": {"given_signal": signal(quantity=D("0.0001"))},
    "price nan": {"given_signal": signal(price=D("NaN"))},
    "price zero": {"given_signal": signal(price=D(0))},
    "action unknown": {"given_signal": signal(action="HODL")},
    "confidence above one": {"given_signal": signal(confidence=1.5)},
    "confidence nan": {"given_signal": signal(confidence=float("nan"))},
    "stop on the wrong side": {"given_signal": signal(stop_loss=D(51000))},
    "stop nan": {"given_signal": signal(stop_loss=D("NaN"))},
    "target on the wrong side": {"given_signal": signal(take_profit=D(49000))},
    "signal old": {"now_ms": NOW + 31_000, "quote": QUOTE._replace(time_ms=NOW + 31_000)},
    "signal from the future": {"now_ms": NOW - 31_000},
    "order type unknown": {"given_signal": signal(metadata={"order_type": "iceberg"})},
    "instrument halted": {"instrument": msgspec.structs.replace(INSTRUMENT, status="Closed")},
    "instrument being delivered": {"instrument": msgspec.structs.replace(INSTRUMENT, status="Delivering")},
    "lot size changed": {
        "instrument": msgspec.structs.replace(
            INSTRUMENT, lot_size_filter=msgspec.structs.replace(INSTRUMENT.lot_size_filter, qty_step=D(1))
        )
    },
    "no price": {"quote": None},
    "price old": {"quote": QUOTE._replace(time_ms=NOW - 91_000)},
    "price moved away": {"quote": QUOTE._replace(ask=D(50600))},
    "limit far above the market": {
        "given_signal": signal(price=D(52000), metadata={"order_type": "limit"}),
    },
    "account not synced": {"portfolio": healthy(synced=False)},
    "closing while the account is not synced": {
        "given_signal": signal(action="SELL"),
        "portfolio": healthy(synced=False, positions=(held(),)),
    },
    "equity unknown": {"portfolio": healthy(equity=None)},
    "equity zero": {"portfolio": healthy(equity=D(0))},
    "equity negative": {"portfolio": healthy(equity=D(-5))},
    "candles old": {"portfolio": healthy(data_age_ms=91_000)},
    "age of candles unknown": {"portfolio": healthy(data_age_ms=None)},
    "clock off": {"portfolio": healthy(clock_error_ms=1001.0)},
    "clock unknown": {"portfolio": healthy(clock_error_ms=None)},
    "calls fail": {"portfolio": healthy(calls=10, errors=5)},
    "calls not counted": {"portfolio": healthy(calls=None, errors=None)},
    "loss of the day": {"portfolio": healthy(equity=D(96_999))},
    "drawdown": {"portfolio": healthy(equity=D(89_999)), "values": {"risk": {"max_daily_loss": 1.0}}},
    "losses in a row": {"setup": lose},
    "a breaker that tripped before": {"setup": tripped(healthy(equity=D(96_000)))},
    "exposure": {"portfolio": healthy(positions=(held("2.1"),))},
    "exposure with orders": {"portfolio": healthy(orders=(order_of(),))},
    "exposure with an unknown order": {"portfolio": healthy(orders=(order_of(unknown=True, side=OrderSide.SELL),))},
    "position at its limit": {"portfolio": healthy(positions=(held("0.2"),))},
    "leverage": {"portfolio": healthy(equity=D(1_000), positions=(held("0.1"),)), "values": {"risk": {
        "max_daily_loss": 1.0, "max_drawdown": 1.0}}},
    "volatility": {"closes": wild},
    "volatility unknown": {"closes": lambda symbol: None},
    "too few closes": {"closes": lambda symbol: [1.0, 2.0]},
    "closes nan": {"closes": nan},
    "emergency stop": {"setup": lambda risk: risk.set_emergency_stop(active=True)},
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_nothing_is_sent(case):
    made = decided(**REFUSED[case])
    assert isinstance(made, Refusal), made
    assert made.reason


def test_one_decision_has_one_id():
    first = execution_id_of(signal())
    assert first == execution_id_of(signal(quantity=D(9), price=D(50001)))
    others = [
        signal(strategy_id="t"),
        signal(action="SELL"),
        signal(symbol="ETHUSDT"),
        signal(timestamp=datetime.fromtimestamp(NOW / 1000 + 60, UTC)),
        signal(metadata={"order_type": "limit"}),
        signal(metadata={"order_type": "limit"}, price=D(49000)),
        signal(metadata={"order_type": "market", "reduce_only": True}),
    ]
    ids = {first, *(execution_id_of(other) for other in others)}
    assert len(ids) == 1 + len(others)
    assert all(len(name) <= 36 for name in ids)


@settings(max_examples=60)
@given(
    st.decimals("0.0001", 10, places=4),
    st.sampled_from(["BUY", "SELL"]),
    st.decimals(-1, 1, places=3),
    st.decimals(49000, 51000, places=2),
    st.sampled_from(["market", "limit"]),
)
def test_whatever_is_decided_fits_the_instrument_and_the_limits(quantity, action, position, price, kind):
    positions = (held(str(abs(position)), OrderSide.BUY if position > 0 else OrderSide.SELL),) if position else ()
    portfolio = healthy(positions=positions)
    made = decided(signal(quantity=quantity, action=action, price=price, metadata={"order_type": kind}), portfolio)
    if isinstance(made, Refusal):
        return
    INSTRUMENT.validate(made.order("linear"))
    assert made.qty <= quantity
    after = portfolio.size_of("BTCUSDT") + made.qty * made.side.sign
    if made.reduce_only:
        assert abs(after) < abs(position)
    else:
        # What is held counts at the mark price, what is bought at its limit.
        assert abs(after) * D(50000) <= D(10_000) * D("1.05")
        entry = made.price or QUOTE.price_for(made.side)
        assert made.stop_loss is not None
        assert (made.stop_loss < entry) is (made.side is OrderSide.BUY)
