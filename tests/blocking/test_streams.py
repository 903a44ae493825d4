"""Streams of the blocking twin: iterators with a timeout, books, caches, callbacks."""

import contextlib
import threading
import time

import pytest

from bybit_async import Bybit, SessionClosed, SubscriptionRefused


def test_a_stream_is_an_iterator(bybit):
    with bybit.stream.trades("BTCUSDT", category="linear", timeout=10) as trades:
        seen = [next(trades) for _ in range(3)]
        assert {trade.symbol for trade in seen} == {"BTCUSDT"}
        assert trades.stale is False
        assert trades.dropped == 0
    assert list(trades) == []


def test_a_quiet_stream_times_out_and_goes_on(bybit):
    orders = bybit.stream.orders(timeout=0.2)
    with orders:
        with pytest.raises(TimeoutError, match=r"0\.2 s"):
            next(orders)
        bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01")
        orders._timeout = 10
        assert next(orders).symbol == "BTCUSDT"


def test_a_refused_topic_raises_where_it_was_asked_for(bybit):
    with pytest.raises(SubscriptionRefused):
        with bybit.stream.trades("NOSUCHUSDT", category="linear"):
            pass
    with pytest.raises(SubscriptionRefused):
        bybit.stream.on_trades("NOSUCHUSDT", category="linear", callback=print)


def test_a_book_is_read_while_it_changes(bybit):
    with bybit.stream.order_book("BTCUSDT", category="linear", depth=50) as book:
        for _ in range(30):
            book.updated(timeout=10)
            bids, asks = book.bids(50), book.asks(50)
            assert [level.price for level in bids] == sorted((level.price for level in bids), reverse=True)
            assert [level.price for level in asks] == sorted(level.price for level in asks)
        assert book.read(lambda book: book.best_bid.price < book.best_ask.price)
        assert book.update_id > 0
        versions = [changed.version for changed, _ in zip(book, range(3), strict=False)]
        assert versions == sorted(set(versions))


def test_callbacks_come_in_order_on_one_thread_each(bybit):
    threads, sequences, enough = set(), [], threading.Event()

    def callback(book):
        threads.add(threading.current_thread())
        sequences.append(book.version)
        if len(sequences) >= 20:
            enough.set()

    with bybit.stream.on_order_book("BTCUSDT", category="linear", depth=50, callback=callback) as watched:
        assert enough.wait(10)
        assert not watched.closed
    assert watched.closed
    assert sequences == sorted(sequences)
    assert len(threads) == 1
    assert threading.current_thread() not in threads
    count = len(sequences)
    bybit.get_server_time()
    assert len(sequences) == count


def test_a_failing_or_slow_callback_harms_nobody(bybit, caplog):
    fine, failed, release = threading.Event(), [], threading.Event()

    def failing(trade):
        failed.append(trade)
        raise ValueError("mine")

    with (
        bybit.stream.on_tickers("BTCUSDT", category="linear", callback=lambda ticker: release.wait(10)),
        bybit.stream.on_tickers("BTCUSDT", category="linear", callback=failing),
    ):
        counted = []

        def count(ticker):
            counted.append(ticker)
            if len(counted) >= 10 and len(failed) >= 2:
                fine.set()

        with bybit.stream.on_tickers("BTCUSDT", category="linear", callback=count):
            assert fine.wait(10)
            assert bybit.get_server_time()
        release.set()
    assert "mine" in caplog.text


def test_a_callback_may_close_its_own_stream_and_call_the_session(bybit):
    done, times = threading.Event(), []
    watched = []

    def callback(trade):
        times.append(bybit.get_server_time())
        with hold:
            watched[0].close()
        done.set()

    hold = threading.Lock()
    with hold:
        watched.append(bybit.stream.on_trades("BTCUSDT", category="linear", callback=callback))
    assert done.wait(10)
    watched[0].join(5)
    assert watched[0].closed
    assert len(times) == 1


def test_the_newest_wins_where_that_is_asked_for(bybit):
    seen, enough = [], threading.Event()

    def slow(book):
        time.sleep(0.05)
        seen.append(book.pushed_at)
        if len(seen) >= 5:
            enough.set()

    with bybit.stream.on_tickers("BTCUSDT", category="linear", policy="latest", callback=slow):
        assert enough.wait(10)
    assert seen == sorted(seen)


def test_closing_the_session_oneself_is_no_error_of_its_streams(served):
    errors = []
    bybit = Bybit(environment=served.environment)
    stream = bybit.stream.on_trades("BTCUSDT", category="linear", callback=lambda trade: None, on_error=errors.append)
    bybit.close()
    assert stream.closed
    assert errors == []
    assert stream.error is None


def test_events_and_raw_topics(bybit):
    with bybit.stream.events() as events:
        with bybit.stream.subscribe("tickers.BTCUSDT", channel="linear", timeout=10) as messages:
            assert next(messages).topic == "tickers.BTCUSDT"
        assert next(iter(events)).kind == "connected"
    with pytest.raises(StopIteration):
        next(events)


def test_a_closed_session_ends_whoever_iterates(served):
    bybit = Bybit(environment=served.environment)
    stream = bybit.stream.trades("BTCUSDT", category="linear")
    next(stream)
    closer = threading.Timer(0.1, bybit.close)
    closer.start()
    with contextlib.suppress(SessionClosed):
        for trade in stream:
            assert trade.symbol == "BTCUSDT"
    closer.join()
    with pytest.raises(SessionClosed):
        next(stream)


def test_a_live_account_is_read_from_a_thread(bybit):
    with bybit.live_account(categories=("linear",)) as account:
        ack = bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01")
        order = account.wait_order(order_link_id=ack.order_link_id, status="Filled", timeout=10)
        assert order.order_id == ack.order_id
        assert account.synced
        kinds, seen = [], threading.Event()

        def note(event):
            kinds.append(event.kind)
            if "execution" in kinds:
                seen.set()

        with account.on_events(callback=note):
            bybit.trade.place_order(category="linear", symbol="BTCUSDT", side="Buy", order_type="Market", qty="0.01")
            assert seen.wait(10)
