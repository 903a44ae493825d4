"""Sessions of USDC settlement: every eight hours gains and losses are paid out, and nothing else changes."""

from decimal import Decimal

import pytest

from .trading import LINEAR, Desk

D = Decimal
USDC = {"category": "linear", "symbol": "BTCPERP"}
HOURS = 3_600_000


@pytest.fixture
def desk():
    desk = Desk()
    for account in (desk.a, desk.b):
        desk.engine.deposit(account, "USDC", "20000")
    desk.prices("60000", USDC)
    desk.engine.set_funding_rate(*USDC.values(), "0")
    desk.trade(desk.a, desk.b, "1", "60000", USDC)
    yield desk
    desk.engine.audit()


def settle(desk, price):
    desk.prices(price, USDC)
    desk.clock.advance(8 * HOURS)


def test_gains_and_losses_are_paid_out(desk):
    before = desk.balance(desk.a, "USDC"), desk.balance(desk.b, "USDC")
    settle(desk, "61000")
    assert desk.balance(desk.a, "USDC") == before[0] + 1000
    assert desk.balance(desk.b, "USDC") == before[1] - 1000
    wire = desk.engine.position_wire(desk.position(desk.a, USDC))
    assert (wire["avgPrice"], wire["sessionAvgPrice"], wire["unrealisedPnl"]) == ("60000", "61000", "0")
    assert D(wire["curRealisedPnl"]) == 1000 - 60000 * D("0.0002")


def test_the_log_and_the_record_tell_of_it(desk):
    settle(desk, "61000")
    settle(desk, "60500")
    entries = desk.engine.transaction_log(desk.a, {"type": "SETTLEMENT"})
    assert [(entry.cash_flow, entry.balance) for entry in entries] == [
        (D(-500), desk.balance(desk.a, "USDC")),
        (D(1000), desk.balance(desk.a, "USDC") + 500),
    ]
    first, second = desk.a.settlements
    assert (first.to_wire()["realisedPnl"], first.to_wire()["sessionAvgPrice"]) == ("1000", "60000")
    assert (second.to_wire()["realisedPnl"], second.to_wire()["sessionAvgPrice"]) == ("-500", "61000")


def test_all_parts_of_a_position_together_gain_what_it_gained(desk):
    before = desk.balance(desk.a, "USDC")
    settle(desk, "61000")
    desk.trade(desk.b, desk.a, "0.4", "61500", USDC)
    settle(desk, "62000")
    assert desk.engine.position_wire(desk.position(desk.a, USDC))["avgPrice"] == "60000"
    desk.trade(desk.b, desk.a, "0.6", "62500", USDC)
    fees = (D("0.4") * 61500 + D("0.6") * 62500) * D("0.00055")
    gained = D("0.4") * 1500 + D("0.6") * 2500
    assert desk.balance(desk.a, "USDC") == before + gained - fees
    position = desk.position(desk.a, USDC)
    assert (position.net, position.entry_value, position.settled) == (0, 0, 0)


def test_isolated_margin_grows_and_shrinks_with_what_is_paid_out(desk):
    desk.engine.set_margin_mode(desk.a, "ISOLATED_MARGIN")
    position = desk.position(desk.a, USDC)
    margin, liquidation = position.margin, desk.engine.position_wire(position)["liqPrice"]
    settle(desk, "59000")
    assert position.margin == margin - 1000
    assert desk.engine.position_wire(position)["liqPrice"] == liquidation


def test_contracts_settled_in_usdt_have_no_sessions(desk):
    desk.trade(desk.a, desk.b, "1", "60000")
    desk.engine.set_funding_rate(*LINEAR.values(), "0")
    before = desk.balance(desk.a)
    desk.prices("61000")
    desk.clock.advance(8 * HOURS)
    assert desk.balance(desk.a) == before
