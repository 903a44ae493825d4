"""What is certain about a request is checked and spelled before anything is sent."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bybit_async.api.asset import Asset
from bybit_async.api.broker import Broker
from bybit_async.api.crypto_loan import CryptoLoan
from bybit_async.api.earn import Earn
from bybit_async.api.fiat import Fiat
from bybit_async.api.market import Market
from bybit_async.api.p2p import P2P
from bybit_async.api.rfq import Rfq
from bybit_async.api.spelling import (
    no_longer,
    none_or_compact_day,
    none_or_day,
    none_or_seconds,
    none_or_text,
    none_or_wire,
    none_or_wires,
    seconds,
)
from bybit_async.api.spread import Spread
from bybit_async.api.strategy import Strategy
from bybit_async.errors import InvalidParameter
from bybit_async.models.crypto_loan import CollateralAmount
from bybit_async.models.earn import DualAssetsExtra
from bybit_async.models.trading_bot import ComboSymbol
from tests.api.recorder import Recorder, answer


class Unreachable:
    """A caller that nothing may reach."""

    async def call(self, *_: object, **__: object) -> Any:
        raise AssertionError("a request was sent")


def test_whole_seconds_come_from_milliseconds_as_everywhere() -> None:
    assert seconds(1_700_000_000_999, "start") == 1_700_000_000
    assert seconds(datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), "start") == 1_700_000_000
    assert none_or_seconds(None, "start") is None


def test_days_are_taken_as_dates_or_text() -> None:
    assert none_or_day(date(2026, 1, 31), "start") == "2026-01-31"
    assert none_or_day("20260131", "start") == "2026-01-31"
    assert none_or_compact_day("2026-01-31", "start") == "20260131"
    assert none_or_compact_day(datetime(2026, 1, 31, 23, tzinfo=UTC), "start") == "20260131"
    assert none_or_day(None, "start") is None
    with pytest.raises(InvalidParameter, match="start"):
        none_or_day("yesterday", "start")


def test_whole_numbers_may_be_text() -> None:
    assert none_or_text(20) == "20"
    assert none_or_text(None) is None


def test_an_id_has_a_longest_length() -> None:
    assert no_longer("a" * 36, 36, "order_link_id") == "a" * 36
    assert no_longer(None, 36, "order_link_id") is None
    for bad in ("", "a" * 37):
        with pytest.raises(InvalidParameter, match="order_link_id"):
            no_longer(bad, 36, "order_link_id")


def test_a_part_spells_numbers_plainly_and_leaves_out_what_is_absent() -> None:
    assert CollateralAmount(currency="BTC", amount=1e-05).wire() == {"currency": "BTC", "amount": "0.00001"}
    assert CollateralAmount(amount=Decimal("1E+3")).wire() == {"amount": "1000"}
    extra = DualAssetsExtra(order_direction="BuyLow", select_price=2325, apy_e8=857565000)
    assert extra.wire() == {"orderDirection": "BuyLow", "selectPrice": "2325", "apyE8": 857565000}


def test_a_part_of_a_bot_keeps_its_names() -> None:
    part = ComboSymbol(symbol="BTCUSDT", target_position_percent="0.5", side=1)
    assert part.wire() == {"symbol": "BTCUSDT", "target_position_percent": "0.5", "side": 1}


def test_a_part_refuses_what_is_no_number() -> None:
    with pytest.raises(InvalidParameter, match="amount"):
        CollateralAmount(currency="BTC", amount="much")


def test_parts_may_be_absent() -> None:
    assert none_or_wire(CollateralAmount, None, "pov_params") is None
    assert none_or_wires(CollateralAmount, None, "parts") is None
    assert none_or_wires(CollateralAmount, [{"currency": "BTC", "amount": 1}], "parts") == [
        {"currency": "BTC", "amount": "1"}
    ]


@pytest.mark.parametrize(
    ("resource", "method", "arguments"),
    [
        (Spread, "spread_cancel_order", {}),
        (Spread, "spread_amend_order", {"symbol": "S", "price": "1"}),
        (Spread, "spread_amend_order", {"symbol": "S", "order_id": "1"}),
        (Spread, "spread_cancel_all_orders", {}),
        (Spread, "spread_place_order", {"symbol": "S", "side": "Buy", "order_type": "Limit", "qty": "1"}),
        (Rfq, "cancel_rfq", {}),
        (Rfq, "create_quote", {"rfq_id": "1"}),
        (Rfq, "cancel_quote", {}),
        (Fiat, "query_fiat_trade", {}),
        (CryptoLoan, "repay_fixed_crypto_loan", {}),
        (Earn, "add_liquidity", {"product_id": "1", "order_link_id": "1"}),
        (Earn, "get_stake_or_redemption_history", {"category": "OnChain"}),
        (Earn, "place_rwa_order", {"product_id": 1, "order_type": "Redeem", "coin": "USDC", "order_link_id": "1"}),
        (P2P, "review_seller_cancel_order_apply", {"order_id": "1", "examine_result": "REJECT"}),
        (Asset, "get_funding_acc_history", {"start": 1_700_000_000_000}),
        (Strategy, "create_strategy", {"category": "UTA_USDT", "symbol": "S", "side": "Buy", "strategy_type": "twap"}),
        (Earn, "pwm_claim", {"plan_id": "1", "order_link_id": "a" * 37}),
        (Broker, "get_exchange_broker_earnings", {"start": "soon"}),
    ],
)
async def test_what_is_certainly_refused_is_not_sent(resource: Any, method: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter):
        await getattr(resource(Unreachable()), method)(**arguments)


@pytest.mark.parametrize(
    ("given", "sent"), [("1h", "60"), ("60", "60"), ("1d", "D"), ("1M", "M"), ("1m", "1"), ("12h", "720")]
)
async def test_intervals_are_taken_in_both_spellings(given: Any, sent: str) -> None:
    recorder = Recorder(answer({"symbol": "BTCUSDT", "category": "linear", "list": []}))
    await Market(recorder).get_kline(category="linear", symbol="BTCUSDT", interval=given)
    assert recorder.asked[0][1]["interval"] == sent
