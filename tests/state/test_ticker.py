from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.state.ticker import TickerState
from bybit_async.stream.router import decode_stream


def frame(kind, fields, *, cs=1, ts=1000):
    body = ",".join(f'"{name}":"{value}"' for name, value in {"symbol": "X", **fields}.items())
    return f'{{"topic":"tickers.X","type":"{kind}","data":{{{body}}},"cs":{cs},"ts":{ts}}}'.encode()


def push(state, kind, fields, *, channel="linear", **more):
    return state.apply(decode_stream(channel, frame(kind, fields, **more)))


def test_b7_a_delta_before_the_snapshot_is_ignored():
    state = TickerState()
    assert push(state, "delta", {"lastPrice": "5"}) is None
    assert state.stale
    assert state.current is None
    assert state.ignored == 1


def test_b7_an_absent_field_has_not_changed_and_an_empty_one_has_no_value():
    state = TickerState()
    whole = push(state, "snapshot", {"lastPrice": "5", "fundingRate": "0.0001", "bid1Size": "0"})
    assert whole.funding_rate == Decimal("0.0001")
    merged = push(state, "delta", {"lastPrice": "6.50"}, cs=2, ts=2000)
    assert (str(merged.last_price), merged.funding_rate, merged.bid1_size) == ("6.50", Decimal("0.0001"), 0)
    assert merged.changed == ("symbol", "last_price")
    assert merged.symbol == "X"
    emptied = push(state, "delta", {"fundingRate": ""}, cs=3)
    assert emptied.funding_rate is None
    assert emptied.last_price == Decimal("6.5")
    assert state.current == emptied


def test_a_message_older_than_what_is_known_is_dropped():
    state = TickerState()
    push(state, "snapshot", {"lastPrice": "5"}, cs=10)
    assert push(state, "delta", {"lastPrice": "4"}, cs=9) is None
    assert state.late == 1
    assert state.current.last_price == 5


def test_after_a_drop_deltas_wait_for_a_snapshot():
    state = TickerState()
    push(state, "snapshot", {"lastPrice": "5"}, cs=10)
    state.mark_stale()
    assert push(state, "delta", {"lastPrice": "6"}, cs=11) is None
    assert push(state, "snapshot", {"lastPrice": "7"}, cs=3).last_price == 7
    assert not state.stale


def test_spot_tickers_pass_through_whole():
    state = TickerState()
    push(state, "snapshot", {"lastPrice": "5", "usdIndexPrice": "5"}, channel="spot")
    assert push(state, "snapshot", {"lastPrice": "6"}, channel="spot", cs=2).usd_index_price is None


_fields = st.dictionaries(
    st.sampled_from(["lastPrice", "markPrice", "bid1Price", "ask1Size", "price24hPcnt", "prevPrice1h"]),
    st.sampled_from(["", "0", "1.10", "-0.5", "1e-8"]),
)


@given(first=_fields, deltas=st.lists(_fields, max_size=6))
def test_merging_is_a_dict_update(first, deltas):
    state, model = TickerState(), dict(first)
    current = push(state, "snapshot", first)
    for cs, delta in enumerate(deltas, 2):
        model |= delta
        current = push(state, "delta", delta, cs=cs)
    expected = decode_stream("linear", frame("snapshot", model)).data
    shown = {
        name: getattr(current, name) for name in expected.__struct_fields__ if name not in ("changed", "pushed_at")
    }
    assert shown == {name: getattr(expected, name) for name in shown}


@pytest.mark.filterwarnings("ignore::bybit_async.drift.SchemaDriftWarning")
def test_a_sequence_that_is_not_a_number_says_nothing_of_the_order():
    state = TickerState()
    push(state, "snapshot", {"lastPrice": "5"}, cs=7)
    for odd in ('"x"', "[]", "null"):
        assert push(state, "delta", {"lastPrice": "6"}, cs=odd).last_price == 6
    assert state.late == 0
    push(state, "snapshot", {"lastPrice": "5"}, cs=7)
    assert push(state, "delta", {"lastPrice": "6"}, cs=6) is None
    assert state.late == 1
