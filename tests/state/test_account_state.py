from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bybit_async.models.account import CoinBalance, Wallet
from bybit_async.models.position import Position
from bybit_async.models.stream_private import ExecutionData, PositionData, WalletCoinData, WalletData
from bybit_async.models.trade import Execution
from bybit_async.state.executions import Executions
from bybit_async.state.positions import KnownPositions
from bybit_async.state.pushed import execution_of, position_of, wallet_of
from bybit_async.state.wallet import WalletState


def position(size=1, *, seq=None, at=0, symbol="X", idx=0, **more):
    return Position(symbol=symbol, position_idx=idx, size=Decimal(size), seq=seq, updated_time=at, **more)


def test_positions_are_told_apart_by_category_symbol_and_side():
    positions = KnownPositions()
    positions.apply(position(1), category="linear")
    positions.apply(position(2, idx=2), category="linear")
    positions.apply(position(0), category="inverse")
    assert len(positions) == 3
    assert positions.get("X").size == 1
    assert positions.get("X", position_idx=2).size == 2
    assert [item.category for item in positions.open] == ["linear", "linear"]
    assert positions.get("Y") is None


def test_the_category_that_a_position_names_goes_before_the_one_it_was_asked_for_under():
    positions = KnownPositions()
    change = positions.apply(position(3, category="inverse"), category="linear")
    assert change.position.category == "inverse"
    assert positions.get("X") is None
    assert positions.get("X", category="inverse").size == 3


def test_o16_a_position_does_not_go_back():
    positions = KnownPositions()
    assert positions.apply(position(5, seq=10, at=10)).previous is None
    assert positions.apply(position(4, seq=9, at=11)) is None
    assert positions.apply(position(4, seq=10, at=9)) is None
    assert positions.late == 2
    assert positions.apply(position(6, seq=11, at=9)).previous.size == 5


def test_a_report_without_a_change_is_no_event_but_renews_the_figures():
    positions = KnownPositions()
    positions.apply(position(5, seq=1, at=1, unrealised_pnl=Decimal(1)))
    assert positions.apply(position(5, seq=1, at=2, unrealised_pnl=Decimal(2))) is None
    assert positions.repeats == 1
    assert positions.get("X").unrealised_pnl == 2
    assert positions.apply(position(5, seq=1, at=3, leverage=Decimal(7))).position.leverage == 7


def test_a_pushed_position_becomes_the_same_position_that_rest_answers_with():
    pushed = PositionData(category="linear", symbol="X", size=Decimal(1), entry_price=Decimal(7), side="Buy")
    assert position_of(pushed) == Position(
        category="linear", symbol="X", position_idx=0, size=Decimal(1), avg_price=Decimal(7), side="Buy"
    )


@given(order=st.permutations([position(n, seq=n // 2, at=n) for n in range(8)]))
def test_positions_end_the_same_in_any_order(order):
    positions = KnownPositions()
    for report in order:
        positions.apply(report)
    assert positions.get("X").size == 7


def execution(number, *, order_id="a", at=None):
    return Execution(
        exec_id=str(number), order_id=order_id, symbol="X", side="Buy", exec_price=Decimal(1), exec_qty=Decimal(1),
        exec_time=number if at is None else at,
    )  # fmt: skip


def ids(executions):
    return [item.exec_id for item in executions]


def test_o18_each_execution_once():
    executions = Executions()
    assert ids(executions.apply([execution(1, at=5), execution(2, at=5)])) == ["1", "2"]
    assert ids(executions.apply([execution(2, at=5), execution(3, at=5)])) == ["3"]
    assert ids(executions) == ["1", "2", "3"]
    assert (executions.repeats, executions.last_time, len(executions)) == (1, 5, 3)


def test_both_sides_of_a_trade_with_oneself_count():
    executions = Executions()
    assert len(executions.apply([execution(1), execution(1, order_id="b")])) == 2
    assert ids(executions.of(order_id="b")) == ["1"]


def test_o18_memory_is_bounded_and_what_was_forgotten_stays_seen():
    executions = Executions(keep=2)
    for number in range(100):
        executions.apply([execution(number)])
    assert ids(executions) == ["98", "99"]
    assert len(executions._seen) == 20
    assert executions.apply([execution(number) for number in range(100)]) == []


@given(data=st.data())
def test_o18_repeated_and_shuffled_executions_come_once(data):
    every = [execution(number) for number in range(20)]
    batches = data.draw(st.lists(st.lists(st.sampled_from(every), max_size=8), max_size=10))
    executions, seen = Executions(), []
    for batch in batches:
        seen += ids(executions.apply(batch))
    assert len(seen) == len(set(seen))
    assert set(seen) == {item.exec_id for batch in batches for item in batch}


def test_a_pushed_execution_becomes_the_same_execution_that_rest_answers_with():
    pushed = ExecutionData(
        symbol="X", exec_id="1", order_id="a", side="Buy", exec_price=Decimal(1), exec_qty=Decimal(1), exec_time=1
    )
    assert execution_of(pushed) == execution(1)
    assert execution_of(msgspec.structs.replace(pushed, order_id=None)).order_id == ""


def wallet(**coins):
    rows = [CoinBalance(coin=name, wallet_balance=Decimal(amount)) for name, amount in coins.items()]
    return Wallet(account_type="UNIFIED", total_equity=Decimal(sum(coins.values())), coin=rows)


def amounts(state):
    return {name: coin.wallet_balance for name, coin in state.coins.items()}


def test_a_report_of_some_coins_leaves_the_others():
    state = WalletState()
    assert state.current is None
    state.apply(wallet(BTC=1, USDT=100), at=1, whole=True)
    change = state.apply(wallet(USDT=90), at=2)
    assert [coin.coin for coin in change.coins] == ["USDT"]
    assert amounts(state) == {"BTC": 1, "USDT": 90}
    assert change.wallet.total_equity == 90
    assert change.wallet.balance("BTC").wallet_balance == 1


def test_an_answer_asked_for_before_the_last_push_changes_nothing():
    state = WalletState()
    state.apply(wallet(USDT=90), at=10)
    assert state.apply(wallet(USDT=100, BTC=1), at=9, whole=True).coins[0].coin == "BTC"
    assert amounts(state) == {"USDT": 90, "BTC": 1}
    assert state.current.total_equity == 90
    assert state.late == 1


def test_a_coin_that_a_whole_report_lacks_is_empty():
    state = WalletState()
    state.apply(wallet(USDT=90, BTC=1), at=1, whole=True)
    change = state.apply(wallet(USDT=90), at=2, whole=True)
    assert [coin.coin for coin in change.coins] == ["BTC"]
    assert not state.coins["BTC"].wallet_balance
    assert state.apply(wallet(USDT=90), at=3, whole=True) is None


def test_a_report_without_a_change_is_no_event():
    state = WalletState()
    state.apply(wallet(USDT=90), at=1)
    assert state.apply(wallet(USDT=90), at=2) is None


def test_a_pushed_wallet_becomes_the_same_wallet_that_rest_answers_with():
    pushed = WalletData(total_equity=Decimal(90), coin=[WalletCoinData(coin="USDT", wallet_balance=Decimal(90))])
    assert wallet_of(pushed) == wallet(USDT=90)


@given(order=st.permutations([(n, {"USDT": n, "BTC" if n % 2 else "ETH": n}) for n in range(1, 9)]))
def test_the_wallet_ends_the_same_in_any_order(order):
    state = WalletState()
    for at, coins in order:
        state.apply(wallet(**coins), at=at)
    assert amounts(state) == {"USDT": 8, "BTC": 7, "ETH": 8}
    assert state.current.total_equity == 16


def test_a_coin_that_came_after_the_question_is_not_emptied_by_the_answer():
    state = WalletState()
    state.apply(wallet(USDT=90), at=1, whole=True)
    state.apply(wallet(BTC=1), at=20)
    state.apply(wallet(USDT=80), at=10, whole=True)
    assert amounts(state) == {"USDT": 80, "BTC": 1}
