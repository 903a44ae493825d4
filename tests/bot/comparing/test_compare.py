"""The drift meter: a run compared with itself, and with one thing changed at a time."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bybit_async.bot import FillRule, NothingToCompare, compare
from bybit_async.bot.journal import open_store
from tests.bot.comparing.recording import BEGIN, COUNT, MINUTE, START, Recorder, candles, configuration


@pytest.fixture
def run():
    return Recorder(candles(), configuration())


async def test_a_run_compared_with_itself_has_no_difference(run, tmp_path):
    found = compare(await run.write(tmp_path), candles())
    assert found.differences == []
    assert found.first is None
    assert found.orders == len(run.tables["signals"]) > 20
    assert found.decisions == COUNT - 3 - BEGIN
    assert found.mode == "simulated"
    assert found.against_backtest == (len(run.tables["trades"]), 0.0, 0.0)
    assert found.against_decision.median != 0
    assert "no difference" in str(found)
    assert len([fill for fill in run.result.fills if fill.reason == "stop"]) == 0 or found.differences == []


def first_trade(run, *, reduces: bool = False):
    return next(row for row in run.tables["trades"] if bool(row["reduce_only"]) is reduces)


async def test_a_changed_candle_is_the_cause_of_what_was_decided_on_it(run, tmp_path):
    """The data were corrected afterwards: the bot saw another close than they have now."""
    decided = run.tables["signals"][4]["decided_ms"]
    frame, place = candles(), (decided - START) // MINUTE - 1
    corrected = frame["close"].iloc[place] + (-400 if run.tables["signals"][4]["signal"].count("BUY") else 400)
    frame.iloc[place, frame.columns.get_loc("close")] = corrected
    frame.iloc[place + 1, frame.columns.get_loc("open")] = corrected
    for name, how in (("high", "max"), ("low", "min")):
        frame[name] = getattr(frame[["open", "high", "low", "close"]], how)(axis=1)
    found = compare(await run.write(tmp_path), frame)
    assert found.first.cause == "data"
    assert "the bot saw" in found.first.words
    assert found.first.decided_ms == START + (place + 1) * MINUTE
    assert any("not those that the bot saw" in note for note in found.notes)


async def test_a_changed_candle_of_the_warm_up_is_found_by_the_digest(run, tmp_path):
    frame = candles()
    frame.iloc[BEGIN - 5 : BEGIN - 1, :4] *= 1.01
    found = compare(await run.write(tmp_path), frame)
    assert found.first.cause == "data"
    assert "from before" in found.first.words
    assert found.first.decided_ms < START + (BEGIN + 15) * MINUTE


async def test_an_order_that_arrives_later_is_named_with_its_delay(run, tmp_path):
    order = run.tables["trades"][2]
    order["arrived_ms"] += 3_000
    for row in run.tables["executions"]:
        if row["execution_id"] == order["execution_id"]:
            row["time_ms"] += 3_000
            row["price"] = str(float(row["price"]) + 60)
    found = compare(await run.write(tmp_path), candles())
    assert [item.cause for item in found.differences] == ["latency"]
    assert found.first.execution_id == order["execution_id"]
    assert f"{found.first.journal['arrived_ms'] - found.first.decided_ms} ms after the close" in found.first.words
    # A latency that was measured is one that can be assumed; then only the price is left.
    assumed = compare(str(tmp_path / "journal.sqlite3"), candles(), latency=3_250, slack=3_000)
    assert "latency" not in assumed.causes
    slow = max(found.slippage, key=lambda row: abs(row.against_backtest))
    assert slow.execution_id == order["execution_id"]
    sign = 1 if slow.side == "Buy" else -1
    assert slow.against_backtest == pytest.approx(sign * 60 / float(slow.backtest_price) * 1e4)


async def test_another_spread_is_a_matter_of_fills(run, tmp_path):
    found = compare(await run.write(tmp_path), candles(), rule=FillRule(spread=61))
    assert set(found.causes) == {"fill"}
    assert found.first.decided_ms == min(item["decided_ms"] for item in run.tables["signals"])
    assert found.against_backtest.median == pytest.approx(-0.5, abs=0.05)
    assert "spread 61 ticks" in found.rule


async def test_an_altered_parameter_shows_in_what_was_decided(run, tmp_path):
    altered = configuration(fast_period=4).recordable()
    run.tables["sessions"][0]["configuration"] = json.dumps(altered)
    found = compare(await run.write(tmp_path), candles())
    assert found.first.cause == "decision"
    assert "does not want it" in found.first.words or "did not want it" in found.first.words


async def test_an_altered_size_or_stop_is_named(run, tmp_path):
    order = first_trade(run)
    signal = json.loads(order["signal"])
    order["qty"] = str(float(order["qty"]) / 2)
    order["stop_loss"] = str(float(order["stop_loss"]) - 50)
    found = compare(await run.write(tmp_path), candles())
    assert found.first.cause == "decision"
    assert "stop" in found.first.words
    assert "size" in found.first.words
    assert signal["action"] in found.first.words


async def test_a_size_that_follows_equity_is_a_matter_of_fills(run, tmp_path):
    order = run.tables["trades"][2]
    signal = next(row for row in run.tables["signals"] if row["execution_id"] == order["execution_id"])
    signal["equity"] = str(float(signal["equity"]) * 1.5)
    order["qty"] = str(round(float(order["qty"]) * 1.5, 3))
    found = compare(await run.write(tmp_path), candles())
    assert found.first.cause == ("fill" if not order["reduce_only"] else "decision")
    assert "equity was" in found.first.words or order["reduce_only"]


async def test_a_deleted_order_is_missing(run, tmp_path):
    order = run.tables["trades"].pop(3)
    run.tables["executions"] = [r for r in run.tables["executions"] if r["execution_id"] != order["execution_id"]]
    found = compare(await run.write(tmp_path), candles())
    assert [item.cause for item in found.differences] == ["missing"]
    assert found.first.execution_id == order["execution_id"]


async def test_an_order_at_a_close_where_nobody_was_asked_is_missing(run, tmp_path):
    order = run.tables["trades"][3]
    decided = next(row["decided_ms"] for row in run.tables["signals"] if row["execution_id"] == order["execution_id"])
    run.tables["decisions"] = [row for row in run.tables["decisions"] if row["closed_ms"] != decided]
    for table in ("trades", "signals", "executions"):
        rows = run.tables[table]
        run.tables[table] = [row for row in rows if row["execution_id"] != order["execution_id"]]
    found = compare(await run.write(tmp_path), candles())
    assert found.first.cause == "missing"
    assert "not asked" in found.first.words


async def test_an_order_that_nobody_asked_for_is_extra(run, tmp_path):
    order = first_trade(run)
    signal = json.loads(order["signal"]) | {"strategy_id": "by hand"}
    extra = order | {"execution_id": "bot-x", "strategy_id": "by hand", "signal": json.dumps(signal)}
    run.tables["trades"].append(extra)
    found = compare(await run.write(tmp_path), candles())
    assert [item.cause for item in found.differences] == ["extra"]


async def test_a_refusal_on_one_side_is_a_decision(run, tmp_path):
    order = first_trade(run)
    run.tables["trades"].remove(order)
    signal = next(row for row in run.tables["signals"] if row["execution_id"] == order["execution_id"])
    signal["refusal"] = "the price is 100 s old"
    run.tables["executions"] = [r for r in run.tables["executions"] if r["execution_id"] != order["execution_id"]]
    found = compare(await run.write(tmp_path), candles())
    assert found.first.cause == "decision"
    assert "100 s old" in found.first.words


async def test_stops_are_compared_too(tmp_path):
    run = Recorder(candles(), configuration(stop_loss=0.0015))
    stops = [row for row in run.tables["executions"] if row["order_id"].startswith("stop")]
    assert len(stops) > 3
    assert compare(await run.write(tmp_path), candles()).differences == []
    (tmp_path / "other").mkdir()
    stops[1]["price"] = str(float(stops[1]["price"]) - 20)
    found = compare(await run.write(tmp_path / "other"), candles())
    assert [item.cause for item in found.differences] == ["fill"]
    assert "an exit traded" in found.first.words
    (tmp_path / "third").mkdir()
    run.tables["executions"].remove(stops[1])
    found = compare(await run.write(tmp_path / "third"), candles())
    assert "only in the backtest" in found.first.words


async def test_what_is_lacking_is_named(run, tmp_path):
    path = await run.write(tmp_path)
    with pytest.raises(NothingToCompare, match="no run beef; known: 5e55"):
        compare(path, candles(), session="beef")
    with pytest.raises(NothingToCompare, match="BTCUSDT too"):
        compare(path, {"ETHUSDT": candles()})
    with pytest.raises(NothingToCompare, match="end before"):
        compare(path, candles().iloc[: BEGIN - 5])
    store = open_store(f"sqlite:///{path}")
    store.change(["UPDATE meta SET value = '1' WHERE name = 'version'"], [])
    with pytest.raises(NothingToCompare, match="version 1"):
        compare(store, candles())
    store.close()


async def test_data_that_end_early_are_compared_as_far_as_they_go(run, tmp_path):
    found = compare(await run.write(tmp_path), candles().iloc[: COUNT - 60])
    assert found.differences == []
    assert any("end before the run" in note for note in found.notes)
    assert found.orders < len(run.tables["signals"])


async def test_all_of_it_is_plain(run, tmp_path):
    run.tables["trades"].pop(3)
    found = compare(await run.write(tmp_path), candles())
    plain = json.loads(found.to_json())
    assert plain["first"]["cause"] == "missing"
    assert plain["causes"] == {"missing": 1} | {k: v for k, v in plain["causes"].items() if k != "missing"}
    assert set(plain["against_decision"]) == {"orders", "median", "p95"}
    assert replace(found, differences=[]).first is None
